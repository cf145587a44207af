//! A case as a page of Markdown: prose, a model, events, a run, and the grades that are expected.

use std::collections::BTreeMap;
use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_grading::fold::{AsOf, CUSTOMER, Zone};
use gradus_grading::grade::{Fit, OutputColumn, OutputKind};
use gradus_model::document::Model;
use gradus_model::event_stream::{EventSchema, Field, FieldType, UNDATED};
use gradus_model::load::load_model;
use gradus_workspace::instant_of;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::cases_events::Row;
use crate::cases_references::References;

/// Everything below this heading is what the tool fills in.
const GRADES: &str = "\n## Grades\n";

/// `identity = customer from DATE until DATE`
pub struct Link {
    identity: i64,
    customer: i64,
    from_us: i64,
    until_us: Option<i64>,
}

/// What a page asks.
pub struct Page {
    /// The page up to and with the heading of the grades.
    pub head: String,
    /// What stands below it.
    pub grades: String,
    pub model: Model,
    pub zone: Zone,
    pub as_ofs: Vec<(String, AsOf)>,
    pub known_at_us: Option<i64>,
    pub events: EventSchema,
    pub rows: Vec<Row>,
    pub references: References,
    /// Fits that were learned before, by key.
    pub learned: BTreeMap<String, Fit>,
    /// Identities that are another customer's, from an instant on, perhaps until another.
    pub links: Vec<Link>,
    /// Names of the customers; identity `i` is the one at `i - 1`.
    pub names: Vec<String>,
}

impl Page {
    /// Reads a page; panics with the page's name and what is wrong.
    pub fn read(name: &str, text: &str) -> Page {
        let (head, grades) = match text.split_once(GRADES) {
            Some((head, grades)) => (head, grades.trim_start_matches('\n').to_string()),
            None => (text.trim_end(), String::new()),
        };
        let block = |opening: &str| -> Option<&str> {
            let begin = head.find(&format!("```{opening}\n"))? + opening.len() + 4;
            Some(head[begin..].split("\n```").next().unwrap_or_default())
        };
        let model =
            format!("gradus: 1\n{}\n", block("yaml model").unwrap_or_else(|| panic!("{name} has no model")));
        let loaded = load_model(name, &model);
        let model = loaded.value.unwrap_or_else(|| panic!("{name}: {:#?}", loaded.findings));
        let settings: BTreeMap<&str, &str> = block("text run")
            .unwrap_or_else(|| panic!("{name} has no run"))
            .lines()
            .map(|line| {
                line.split_once(':').map(|(key, value)| (key.trim(), value.trim())).expect("key: value")
            })
            .collect();
        let zone = Zone::new(settings.get("zone").unwrap_or(&"UTC")).unwrap();
        let instant =
            |text: &str| instant_of(text, &zone).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        let as_ofs = settings["as of"].split(',').map(str::trim);
        let as_ofs = as_ofs.map(|text| (text.to_string(), AsOf::new(instant(text), &zone))).collect();
        let known_at_us = settings.get("known at").map(|text| instant(text));
        let table = block("csv events").unwrap_or_else(|| panic!("{name} has no events"));
        let (events, rows, names) = read_events(name, table, &zone);
        let own = settings.get("currency").copied();
        let references = References::read(name, head, &events, own, &|text| moment(name, text, &zone));
        let links = settings.get("links").map_or(Vec::new(), |links| {
            let number = |text: &str| {
                names.iter().position(|name| name == text).expect("a name of the events") as i64 + 1
            };
            let link = |text: &str| {
                let words: Vec<&str> = text.split_whitespace().collect();
                let (identity, customer) = (number(words[0]), number(words[2]));
                Link {
                    identity,
                    customer,
                    from_us: instant(words[4]),
                    until_us: words.get(6).map(|until| instant(until)),
                }
            };
            links.split(',').map(link).collect()
        });
        let learned = block("json fits").map_or(BTreeMap::new(), |fits| {
            serde_json::from_str(fits).unwrap_or_else(|wrong| panic!("{name}: {wrong}"))
        });
        let head = format!("{}\n{GRADES}", head.trim_end());
        Page {
            head,
            grades,
            model,
            zone,
            as_ofs,
            known_at_us,
            events,
            rows,
            references,
            learned,
            links,
            names,
        }
    }

    /// The events under the customers that their identities belong to as of an instant.
    pub fn linked_rows(&self, as_of: AsOf) -> Vec<Row> {
        let holds = |link: &&Link| {
            link.from_us <= as_of.instant_us && link.until_us.is_none_or(|until| as_of.instant_us < until)
        };
        let owner = |identity: i64| {
            let link = self.links.iter().filter(holds).find(|link| link.identity == identity);
            link.map_or(identity, |link| link.customer)
        };
        self.rows.iter().map(|row| Row { identity: owner(row.identity), ..row.clone() }).collect()
    }

    /// The grades of one instant as a table.
    pub fn table(&self, label: &str, columns: &[OutputColumn], graded: &RecordBatch) -> String {
        let shown: Vec<&OutputColumn> = columns.iter().filter(|column| tells(column, graded)).collect();
        let mut table = vec![vec!["customer".to_string()]];
        table[0].extend(shown.iter().map(|column| column.name.clone()));
        let customers =
            graded.column_by_name(CUSTOMER).unwrap().as_primitive::<arrow::datatypes::Int64Type>();
        for row in 0..graded.num_rows() {
            let mut line = vec![self.names[customers.value(row) as usize - 1].clone()];
            line.extend(shown.iter().map(|column| cell(graded.column_by_name(&column.name).unwrap(), row)));
            table.push(line);
        }
        let mut out = format!("### As of {label}\n\n");
        if graded.num_rows() == 0 {
            out.push_str("Nobody.\n");
            return out;
        }
        let widths: Vec<usize> =
            (0..table[0].len()).map(|at| table.iter().map(|line| width(&line[at])).max().unwrap()).collect();
        for (at, line) in table.iter().enumerate() {
            for (cell, wide) in line.iter().zip(&widths) {
                write!(out, "| {cell}{} ", " ".repeat(wide - width(cell))).unwrap();
            }
            out.push_str("|\n");
            if at == 0 {
                widths.iter().for_each(|wide| write!(out, "|{}", "-".repeat(wide + 2)).unwrap());
                out.push_str("|\n");
            }
        }
        out
    }
}

/// The ends of an interval that is one number, a whole completeness, a tier that is firm and a reason
/// that nobody needs are left out: they are there where they say something.
fn tells(column: &OutputColumn, graded: &RecordBatch) -> bool {
    let array = graded.column_by_name(&column.name).unwrap();
    let all = |says: &str| (0..array.len()).all(|row| [says, "–"].contains(&cell(array, row).as_str()));
    match column.kind {
        OutputKind::Customer => false,
        OutputKind::ScoreLow | OutputKind::ScoreHigh => array != graded.column_by_name(&column.of).unwrap(),
        OutputKind::Completeness => !all("1"),
        OutputKind::TierProvisional => !all("no"),
        OutputKind::TierReason | OutputKind::TierBelow | OutputKind::TierHeld | OutputKind::TierUntil => {
            !all("–")
        }
        _ => true,
    }
}

/// Chinese characters are two columns wide.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c as u32 >= 0x2E80 { 2 } else { 1 }).sum()
}

fn cell(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) || array.logical_nulls().is_some_and(|nulls| nulls.is_null(row)) {
        return "–".into();
    }
    if *array.data_type() == DataType::Float64 {
        return array.as_primitive::<Float64Type>().value(row).to_string();
    }
    let options = FormatOptions::default();
    let text = ArrayFormatter::try_new(array, &options).unwrap().value(row).to_string();
    match array.data_type() {
        DataType::Boolean => if text == "true" { "yes" } else { "no" }.into(),
        data_type if data_type.is_decimal() && text.contains('.') => {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        }
        _ => text,
    }
}

/// The events of a table. `identity` and `time` are needed; a time is an instant with zone, or
/// local, or `undated`; `known` is the time if left out; `id` is the number of the row if left out;
/// `retracts` names an id. Other columns are fields, `name` for text or `name:type`.
fn read_events(page: &str, table: &str, zone: &Zone) -> (EventSchema, Vec<Row>, Vec<String>) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table.as_bytes());
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
    const FIXED: [&str; 12] = [
        "id", "identity", "time", "known", "retracts", "kind", "order", "line", "spend", "amount",
        "currency", "quantity",
    ];
    let fields: Vec<Field> = headers
        .iter()
        .filter(|header| !FIXED.contains(&header.as_str()))
        .map(|header| {
            let (name, field_type) = header.split_once(':').unwrap_or((header, "text"));
            let field_type: FieldType = serde_json::from_value(field_type.into()).expect("a type of field");
            Field { name: name.into(), field_type, purpose: "service".into() }
        })
        .collect();
    let records: Vec<csv::StringRecord> =
        reader.records().map(|record| record.unwrap_or_else(|wrong| panic!("{page}: {wrong}"))).collect();
    let get = |record: &csv::StringRecord, name: &str| -> Option<String> {
        let at = headers.iter().position(|header| header.split(':').next() == Some(name))?;
        record.get(at).filter(|text| !text.is_empty()).map(str::to_string)
    };
    let mut names: Vec<String> =
        records.iter().filter_map(|record| get(record, "identity")).filter(|name| name != "nobody").collect();
    names.sort();
    names.dedup();
    let moment = |text: &str| moment(page, text, zone);
    let mut rows: Vec<Row> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let id = get(record, "id").map_or(at as u64 + 1, |id| id.parse().expect("a number as id"));
        let known = get(record, "known");
        if let Some(retracts) = get(record, "retracts") {
            // A retraction lies at its event's identity and time.
            let retracts: u64 = retracts.parse().expect("a number as id");
            let event = rows.iter().find(|row| row.event_id == retracts).expect("an event above").clone();
            let known_us = known.map_or(event.known_us, |known| moment(&known));
            rows.push(Row { retraction: true, known_us, ..event });
            continue;
        }
        let time_us = moment(&get(record, "time").expect("a time"));
        let name = get(record, "identity").expect("an identity");
        rows.push(Row {
            identity: names.iter().position(|known| *known == name).map_or(0, |at| at as i64 + 1),
            time_us,
            event_id: id,
            retraction: false,
            known_us: known.map_or(time_us, |known| moment(&known)),
            kind: get(record, "kind").unwrap_or_else(|| "order_line".into()),
            order: get(record, "order"),
            line: get(record, "line"),
            spend: get(record, "spend").map(|spend| spend == "true"),
            amount: get(record, "amount"),
            currency: get(record, "currency"),
            quantity: get(record, "quantity"),
            fields: fields.iter().map(|field| get(record, &field.name)).collect(),
        });
    }
    (EventSchema { n_buckets: 1, fields }, rows, names)
}

/// A time with an offset is an instant, one without is local, a date is its first instant.
fn moment(page: &str, text: &str, zone: &Zone) -> i64 {
    if text == "undated" {
        return UNDATED;
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return instant.as_microsecond();
    }
    let local: DateTime = text.parse().unwrap_or_else(|_| panic!("{page}: {text} is no time"));
    TimeZone::get(zone.name()).unwrap().to_zoned(local).unwrap().timestamp().as_microsecond()
}
