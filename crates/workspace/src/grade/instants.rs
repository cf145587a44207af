//! Instants as people write them.

use gradus_grading::fold::{AsOf, Zone, closes_step};
use gradus_model::document::SpanUnit;
use gradus_model::{Finding, Place, Text};

use crate::clock::instant;

/// Most instants of one grading.
const MAX_INSTANTS: usize = 1_000;

/// Instants as people write them: `2011-12-10`, or `2011-01-31..2011-12-10` with `every` month,
/// quarter, week or day. A stretch gives the closes of its steps, and its end.
pub fn parse_instants(text: &str, every: Option<&str>, zone: &Zone) -> Result<Vec<AsOf>, Finding> {
    let Some((from, to)) = text.split_once("..") else {
        return Ok(vec![AsOf::new(instant(text, zone)?, zone)]);
    };
    let unit = step_unit(every.unwrap_or("month"))?;
    let (first, last) = (AsOf::new(instant(from, zone)?, zone), AsOf::new(instant(to, zone)?, zone));
    let mut out: Vec<AsOf> = (first.day..=last.day)
        .filter(|day| closes_step(*day, unit))
        .map(|day| AsOf::close_of(day, zone))
        .collect();
    if out.last() != Some(&last) {
        out.push(last);
    }
    if first.day > last.day || out.len() > MAX_INSTANTS {
        return Err(Finding::error(
            "instants",
            Place::default(),
            Text::new(format!("{text} 不是可用的区间"), format!("{text} is no usable stretch")),
            Text::new(
                format!("从早到晚，最多 {MAX_INSTANTS} 个时点"),
                format!("early to late, {MAX_INSTANTS} instants at most"),
            ),
        ));
    }
    Ok(out)
}

/// A step as people write it.
pub(crate) fn step_unit(step: &str) -> Result<SpanUnit, Finding> {
    Ok(match step {
        "day" => SpanUnit::Day,
        "week" => SpanUnit::Week,
        "month" => SpanUnit::Month,
        "quarter" => SpanUnit::Quarter,
        "year" => SpanUnit::Year,
        other => {
            return Err(Finding::error(
                "unknown-step",
                Place::default().at("every"),
                Text::new(format!("不认识的步长「{other}」"), format!("“{other}” is no step")),
                Text::new("day、week、month、quarter 或 year", "day, week, month, quarter or year"),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use gradus_grading::fold::date_of;

    use super::*;

    #[test]
    fn a_stretch_gives_month_ends_and_its_end() {
        let zone = Zone::new("Europe/London").unwrap();
        let instants = parse_instants("2011-01-31..2011-03-10", Some("month"), &zone).unwrap();
        let dates: Vec<String> =
            instants.iter().map(|as_of| date_of(as_of.day).unwrap().to_string()).collect();
        assert_eq!(dates, ["2011-01-31", "2011-02-28", "2011-03-10"]);
        assert!(parse_instants("2011-03-01..2011-01-01", None, &zone).is_err());
        assert!(parse_instants("2011-01-01..2011-12-31", Some("fortnight"), &zone).is_err());
    }
}
