//! A history for a terminal: instants on the workspace's clock, numbers with the digits that people read, shares
//! in per cent, units as the model names them.

use gradus_grading::fold::Zone;
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::document::Model;
use gradus_model::{Lang, Text};

use super::History;
use crate::clock::on_clock;
use crate::summary::grouped;

/// How a column's numbers are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Form {
    /// With the digits that people read.
    #[default]
    Number,
    /// A chance, in per cent.
    Chance,
    /// One or zero.
    YesOrNo,
    /// A number with the unit that the model gives it.
    Unit(Text),
}

impl Form {
    /// Of a column, by what the model says of it.
    pub(super) fn of(column: &OutputColumn, model: &Model) -> Form {
        if matches!(column.kind, OutputKind::Prediction | OutputKind::PredictionPart) {
            let Some(prediction) = model.predictions.get(&column.of) else { return Form::Number };
            let part = column.name.strip_prefix(column.of.as_str()).unwrap_or_default();
            return match part {
                "_alive" if prediction.contract.is_some() => Form::YesOrNo,
                "_alive" | "_renews" => Form::Chance,
                "" if prediction.propensity.is_some() => Form::Chance,
                _ => Form::Number,
            };
        }
        let unit = model.indicators.get(&column.name).and_then(|indicator| indicator.unit.clone());
        unit.map_or(Form::Number, Form::Unit)
    }

    /// A number as people read it; what is no number stays as it is.
    pub(super) fn written(&self, value: &str, lang: Lang) -> String {
        let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            return value.to_string();
        };
        match self {
            Form::YesOrNo if lang == Lang::Zh => if number > 0.0 { "是" } else { "否" }.to_string(),
            Form::YesOrNo => if number > 0.0 { "yes" } else { "no" }.to_string(),
            Form::Chance => format!("{}%", trimmed(100.0 * number, 1)),
            Form::Number => digits(number),
            Form::Unit(unit) => format!("{} {}", digits(number), unit.get(lang)).trim_end().to_string(),
        }
    }
}

/// Two digits after the point, four of what is below one.
fn digits(number: f64) -> String {
    trimmed(number, if number.abs() < 1.0 { 4 } else { 2 })
}

/// Without zeros that tell nothing.
fn trimmed(number: f64, decimals: usize) -> String {
    let text = grouped(number, decimals);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

impl History {
    /// Lines for a terminal, times on the clock of this zone: instant by instant; without a name only what is no
    /// indicator.
    pub fn render(&self, lang: Lang, zone: &Zone) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = format!("{} #{}\n", say("客户", "customer"), self.customer);
        let all = self.columns.iter().all(|(_, _, kind)| *kind == "indicator");
        for point in &self.points {
            let fresh = match &point.last_event {
                Some(at) => on_clock(at, zone.name()),
                None => say("无", "none").to_string(),
            };
            out.push_str(&format!(
                "{}  {} {}  {} {fresh}\n",
                on_clock(&point.as_of, zone.name()),
                say("评级", "run"),
                point.run,
                say("最近事件", "last event")
            ));
            for (at, (name, title, kind)) in self.columns.iter().enumerate() {
                if *kind == "indicator" && !all {
                    continue;
                }
                let title = title.get(lang);
                let label = if title.is_empty() { name } else { title };
                let is_number = point.numeric.get(at).copied().unwrap_or(false);
                let value = match (
                    point.titles.get(at).and_then(Option::as_ref),
                    point.values.get(at).and_then(Option::as_ref),
                ) {
                    (Some(title), _) => title.get(lang).to_string(),
                    (None, Some(value)) if *kind == "segment" => match value.as_str() {
                        "true" => say("在其中", "in").to_string(),
                        _ => say("不在其中", "not in").to_string(),
                    },
                    (None, Some(value)) if is_number => {
                        self.forms.get(at).cloned().unwrap_or_default().written(value, lang)
                    }
                    (None, Some(value)) => value.clone(),
                    (None, None) => "—".to_string(),
                };
                out.push_str(&format!("    {label}: {value}\n"));
            }
        }
        if !self.changes.is_empty() {
            out.push_str(say("变化\n", "changes\n"));
        }
        for change in &self.changes {
            for (at, words) in change.told(lang, zone.name()).iter().enumerate() {
                out.push_str(&format!("{}{words}\n", if at == 0 { "  " } else { "      " }));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        let number = |text: &str| Form::Number.written(text, Lang::En);
        assert_eq!(
            ["25311.7114", "1", "0.0042", "62.50", "-1234567"].map(number),
            ["25,311.71", "1", "0.0042", "62.5", "-1,234,567"]
        );
        let chance = |text: &str| Form::Chance.written(text, Lang::En);
        assert_eq!(["1", "0.5", "0.12345"].map(chance), ["100%", "50%", "12.3%"]);
        let yes = |text: &str| Form::YesOrNo.written(text, Lang::Zh);
        assert_eq!((yes("1"), yes("0")), ("是".to_string(), "否".to_string()));
        let unit = Form::Unit(Text::new("元", "yuan"));
        assert_eq!(
            (unit.written("1200", Lang::Zh), unit.written("7", Lang::En)),
            ("1,200 元".into(), "7 yuan".into())
        );
        assert_eq!(number("2024-01-31"), "2024-01-31");
    }

    #[test]
    fn instants_stand_on_the_clock_of_the_workspace() {
        assert_eq!(on_clock("2024-03-02T16:00:00Z", "Asia/Shanghai"), "2024-03-03 00:00");
        assert_eq!(on_clock("2024-03-31", "Asia/Shanghai"), "2024-03-31");
    }
}
