//! The question that was asked: which field holds the answers, on which scale, and what an answer means. Where
//! nobody says so, the field is found by its name and title, and the result says which it was.

use gradus_model::document::Source;
use gradus_model::event_stream::FieldType;
use gradus_model::{Finding, Place, Text};
use serde::Serialize;

use super::SatisfactionRequest;
use crate::moves::title;
use crate::{Documents, WorkspaceError};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Would recommend, 0 to 10.
    Nps,
    /// Satisfied, 1 to 5, 7 or 10.
    Csat,
    /// Found it easy, 1 to 7; more is easier.
    Ces,
}

impl Measure {
    pub fn parse(text: &str) -> Option<Measure> {
        match text {
            "nps" => Some(Measure::Nps),
            "csat" => Some(Measure::Csat),
            "ces" => Some(Measure::Ces),
            _ => None,
        }
    }

    pub fn title(self) -> Text {
        match self {
            Measure::Nps => Text::new("净推荐值（NPS）", "Net promoter score (NPS)"),
            Measure::Csat => Text::new("满意度（CSAT）", "Customer satisfaction (CSAT)"),
            Measure::Ces => Text::new("费力度（CES）", "Customer effort (CES)"),
        }
    }

    /// Parts of names and titles by which a question of this kind is known.
    fn signs(self) -> &'static [&'static str] {
        match self {
            Measure::Nps => &["nps", "recommend", "推荐"],
            Measure::Csat => &["csat", "satisf", "满意", "content with"],
            Measure::Ces => &["ces", "effort", "ease", "费力", "轻松", "省力"],
        }
    }

    fn is_named(self, name: &str, title: &Text) -> bool {
        let words = |text: &str| text.to_lowercase();
        let (name, zh, en) = (words(name), words(&title.zh), words(&title.en));
        self.signs().iter().any(|sign| match sign.len() {
            // A short sign has to be a word of its own: `process` is no question of effort.
            3 if sign.is_ascii() => [&name, &en]
                .iter()
                .any(|text| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == *sign)),
            _ => [&name, &zh, &en].iter().any(|text| text.contains(sign)),
        })
    }
}

/// The question.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    pub measure: Measure,
    /// The expression over events that gives the answer.
    pub field: String,
    pub title: Text,
    /// The kind of event that holds it, where it was named.
    pub kind: Option<String>,
    /// The least and the greatest answer.
    pub from: u32,
    pub to: u32,
    /// Customers were rated, by drivers, hosts or staff, instead of being asked.
    pub of_customers: bool,
    /// Nobody named the field: it was found.
    pub found: bool,
}

/// Parts of names and titles of fields by which others rate customers.
const OF_CUSTOMERS: [&str; 7] = [
    "rating_of_customer",
    "customer_rating",
    "rated_by",
    "rating of the customer",
    "对客户的评",
    "评价客户",
    "客户评分",
];

/// Whether a field says how a customer was rated, and not what a customer answered.
fn is_of_customers(name: &str, title: &Text) -> bool {
    let words = [name.to_lowercase(), title.zh.to_lowercase(), title.en.to_lowercase()];
    OF_CUSTOMERS.iter().any(|sign| words.iter().any(|words| words.contains(sign)))
}

/// Bands of answers, the least content first.
pub(super) const BANDS: [&str; 3] = ["low", "middle", "high"];

impl Question {
    pub(super) fn of(
        documents: &Documents,
        request: &SatisfactionRequest,
    ) -> Result<Question, WorkspaceError> {
        let measure = match request.measure.as_deref() {
            None => None,
            Some(text) => Some(Measure::parse(text).ok_or_else(|| wrong_measure(text))?),
        };
        let (measure, field, said, found) = match &request.field {
            Some(field) => {
                let said = declared(documents).find(|(name, ..)| name == field);
                let words = said.map_or_else(|| Text::plain(field), |one| one.1);
                let all = [Measure::Nps, Measure::Csat, Measure::Ces];
                let of_customers = request.of_customers.then_some(Measure::Csat);
                let named = measure
                    .or(of_customers)
                    .or_else(|| all.into_iter().find(|one| one.is_named(field, &words)));
                (named.ok_or_else(|| which_measure(field))?, field.clone(), words, false)
            }
            None => {
                let wanted = measure.map_or(vec![Measure::Nps, Measure::Csat, Measure::Ces], |one| vec![one]);
                let found = wanted.into_iter().find_map(|measure| {
                    let is_asked = |name: &str, words: &Text| match request.of_customers {
                        true => measure == Measure::Csat && is_of_customers(name, words),
                        false => measure.is_named(name, words) && !is_of_customers(name, words),
                    };
                    let (name, words, ..) = declared(documents)
                        .find(|(name, words, kind)| is_number(*kind) && is_asked(name, words))?;
                    Some((measure, name.to_string(), words))
                });
                let (measure, field, words) = found.ok_or_else(|| no_survey(measure))?;
                (measure, gradus_expression::quote_name(&field), words, true)
            }
        };
        let (from, to) = match measure {
            Measure::Nps => (0, 10),
            Measure::Ces => (1, 7),
            Measure::Csat => (1, scale(documents, &field, request.scale)?),
        };
        Ok(Question {
            measure,
            field,
            title: said,
            kind: request.kind.clone(),
            from,
            to,
            of_customers: request.of_customers,
            found,
        })
    }

    /// The events that hold answers, as SQL.
    pub(super) fn filter(&self, codes: Option<&str>) -> String {
        let answered = match codes {
            Some(codes) => format!("(({}) IS NOT NULL OR ({codes}) IS NOT NULL)", self.field),
            None => format!("({}) IS NOT NULL", self.field),
        };
        match &self.kind {
            Some(kind) => format!("kind = '{}' AND {answered}", kind.replace('\'', "''")),
            None => answered,
        }
    }

    /// The band of an answer; none if it is not on the scale.
    pub(super) fn band(&self, answer: f64) -> Option<usize> {
        let (from, to) = (f64::from(self.from), f64::from(self.to));
        if answer.fract() != 0.0 || answer < from || answer > to {
            return None;
        }
        let bounds = self.bounds();
        Some(bounds.iter().position(|(_, last)| answer <= f64::from(*last)).unwrap_or(2))
    }

    /// The first and the last answer of each band.
    pub(super) fn bounds(&self) -> [(u32, u32); 3] {
        match (self.measure, self.to) {
            (Measure::Nps, _) => [(0, 6), (7, 8), (9, 10)],
            (Measure::Ces, _) => [(1, 3), (4, 4), (5, 7)],
            (Measure::Csat, 5) => [(1, 2), (3, 3), (4, 5)],
            (Measure::Csat, 7) => [(1, 3), (4, 5), (6, 7)],
            (Measure::Csat, _) => [(1, 5), (6, 8), (9, 10)],
        }
    }

    pub(crate) fn band_title(&self, band: usize) -> Text {
        let (zh, en) = match (self.measure, band) {
            (_, 0) if self.of_customers => ("评价差", "badly rated"),
            (_, 1) if self.of_customers => ("评价一般", "rated in between"),
            (_, _) if self.of_customers => ("评价好", "well rated"),
            (Measure::Nps, 0) => ("贬损者", "detractors"),
            (Measure::Nps, 1) => ("被动者", "passives"),
            (Measure::Nps, _) => ("推荐者", "promoters"),
            (Measure::Csat, 0) => ("不满意", "dissatisfied"),
            (Measure::Csat, 1) => ("一般", "in between"),
            (Measure::Csat, _) => ("满意", "satisfied"),
            (Measure::Ces, 0) => ("费力", "found it hard"),
            (Measure::Ces, 1) => ("一般", "in between"),
            (Measure::Ces, _) => ("轻松", "found it easy"),
        };
        let (first, last) = self.bounds()[band];
        let span = if first == last { first.to_string() } else { format!("{first}–{last}") };
        Text::new(format!("{zh}（{span}）"), format!("{en} ({span})"))
    }
}

/// Fields of events with what they are called.
fn declared(documents: &Documents) -> impl Iterator<Item = (&str, Text, FieldType)> {
    let sources = documents.sources.iter().filter(|(_, source)| source.reference.is_none());
    sources.flat_map(|(_, source): (&str, &Source)| {
        source.fields.iter().map(|(name, field)| (name, title(field.title.as_ref(), name), field.field_type))
    })
}

fn is_number(kind: FieldType) -> bool {
    matches!(kind, FieldType::Integer | FieldType::Decimal)
}

/// The greatest answer: as asked for, else as cleaning bounds the field, else 5.
fn scale(documents: &Documents, field: &str, asked: Option<u32>) -> Result<u32, WorkspaceError> {
    if let Some(asked) = asked {
        return match asked {
            5 | 7 | 10 => Ok(asked),
            _ => Err(Finding::error(
                "satisfaction-scale",
                Place::default().at("scale"),
                Text::new(format!("没有 {asked} 分制"), format!("there is no scale of {asked} points")),
                Text::new("5、7 或 10", "5, 7 or 10"),
            )
            .into()),
        };
    }
    let bare = field.trim_matches('"');
    let bounds = documents.sources.iter().find_map(|(_, source)| source.cleaning.outliers.get(bare));
    let most =
        bounds.and_then(|bounds| bounds.max.as_ref()).and_then(|most| most.to_string().parse::<f64>().ok());
    Ok(match most {
        Some(most) if most == 7.0 => 7,
        Some(most) if most == 10.0 => 10,
        _ => 5,
    })
}

fn wrong_measure(text: &str) -> WorkspaceError {
    Finding::error(
        "satisfaction-measure",
        Place::default().at("measure"),
        Text::new(format!("不认识指标「{text}」"), format!("“{text}” is no measure of satisfaction")),
        Text::new("nps、csat 或 ces", "nps, csat or ces"),
    )
    .into()
}

fn which_measure(field: &str) -> WorkspaceError {
    Finding::error(
        "satisfaction-measure",
        Place::default().at("measure"),
        Text::new(format!("从「{field}」看不出问的是什么"), format!("“{field}” does not say what was asked")),
        Text::new("写明 measure：nps、csat 或 ces", "name the measure: nps, csat or ces"),
    )
    .into()
}

fn no_survey(measure: Option<Measure>) -> WorkspaceError {
    let what = measure.map_or_else(|| Text::new("满意度", "satisfaction"), Measure::title);
    Finding::error(
        "no-survey",
        Place::default().at("field"),
        Text::new(
            format!("没有数据源带有{}问卷的答案", what.zh),
            format!("no source brings answers about {}", what.en),
        ),
        Text::new(
            "导入一份问卷（客户、时间、答案各一列，写成带数值字段的数据源，例如 examples/school/sources/surveys.yaml），或用 field 指明答案所在的字段",
            "import a survey (customer, time and answer, as a source with a field that is a number, such as examples/school/sources/surveys.yaml), or name the field of the answer with `field`",
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(measure: Measure, from: u32, to: u32) -> Question {
        Question {
            measure,
            field: "x".into(),
            title: Text::plain("x"),
            kind: None,
            from,
            to,
            of_customers: false,
            found: false,
        }
    }

    #[test]
    fn bands_cover_each_scale_without_gaps() {
        for one in [
            question(Measure::Nps, 0, 10),
            question(Measure::Csat, 1, 5),
            question(Measure::Csat, 1, 7),
            question(Measure::Csat, 1, 10),
            question(Measure::Ces, 1, 7),
        ] {
            let bounds = one.bounds();
            assert_eq!((bounds[0].0, bounds[2].1), (one.from, one.to));
            assert!(bounds.windows(2).all(|two| two[0].1 + 1 == two[1].0));
            for answer in one.from..=one.to {
                let band = one.band(f64::from(answer)).unwrap();
                assert!((bounds[band].0..=bounds[band].1).contains(&answer));
            }
            assert_eq!((one.band(11.0), one.band(3.5), one.band(f64::NAN)), (None, None, None));
        }
    }

    #[test]
    fn questions_are_known_by_words() {
        let named =
            |measure: Measure, name: &str, zh: &str, en: &str| measure.is_named(name, &Text::new(zh, en));
        assert!(named(Measure::Nps, "q1", "推荐意愿", "") && named(Measure::Nps, "last_NPS", "", ""));
        assert!(named(Measure::Csat, "teacher", "老师满意度（1–5）", ""));
        assert!(named(Measure::Ces, "x", "", "Customer effort") && named(Measure::Ces, "ces", "", ""));
        assert!(
            !named(Measure::Ces, "process", "流程", "Process")
                && !named(Measure::Nps, "amount", "金额", "Amount")
        );
    }

    #[test]
    fn ratings_of_customers_are_no_answers_of_theirs() {
        let of = |name: &str, zh: &str| is_of_customers(name, &Text::new(zh, ""));
        assert!(of("customer_rating", "") && of("x", "司机对客户的评分") && !of("rating", "客户满意度"));
        let rated = Question { of_customers: true, ..question(Measure::Csat, 1, 5) };
        assert_eq!(
            (rated.band_title(2).zh.as_str(), rated.band_title(0).en.as_str()),
            ("评价好（4–5）", "badly rated (1–2)")
        );
    }

    #[test]
    fn an_event_kind_is_quoted() {
        let asked = Question { kind: Some("it's".into()), ..question(Measure::Nps, 0, 10) };
        assert_eq!(asked.filter(None), "kind = 'it''s' AND (x) IS NOT NULL");
        assert_eq!(
            asked.filter(Some("codes")),
            "kind = 'it''s' AND ((x) IS NOT NULL OR (codes) IS NOT NULL)"
        );
    }
}
