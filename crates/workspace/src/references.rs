//! Reference data (参考数据): which fields of products, stores and campaigns the documents declare, and
//! what the ledger says of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use gradus_expression::Scope;
use gradus_grading::fold::{FoldPlan, ReferenceFacts, ReferenceField, Told};
use gradus_ledger::table::{EventsSnapshot, ScanBound, dictionary, field_type, scan_schema};
use gradus_model::document::{Named, Source, Workspace as Settings};
use gradus_model::event_stream::{
    self as stream, EventSchema, FieldType, RATE, RATES, REFERENCE, REFERENCE_KEY, column, reference_column,
};
use gradus_model::{Finding, Findings, Place, Text, closest};

use crate::{Documents, WorkspaceError};

/// The columns of the events table that a source fills, with their types and purposes.
pub fn columns_of(source: &Source) -> Vec<stream::Field> {
    let service = || "service".to_string();
    let column = |name: &str, field_type, purpose| stream::Field {
        name: source.reference.as_deref().map_or(name.to_string(), |of| reference_column(of, name)),
        field_type,
        purpose,
    };
    let mut columns = Vec::new();
    if source.reference.is_some() {
        columns.push(column(REFERENCE_KEY, FieldType::Text, service()));
    }
    if source.reference.as_deref() == Some(RATES) {
        columns.push(column(RATE, FieldType::Text, service()));
    }
    columns.extend(
        source.fields.iter().map(|(name, field)| column(name, field.field_type, field.purpose.clone())),
    );
    columns
}

/// What formulas may read through fields of events that refer to something: `product.category`.
pub fn reference_fields(documents: &Documents, events: &EventSchema) -> Vec<ReferenceField> {
    let mut fields: Vec<ReferenceField> = Vec::new();
    let of_events = documents.sources.iter().filter(|(_, source)| source.reference.is_none());
    for (of, declared) in of_events.flat_map(|(_, source)| source.fields.iter()) {
        let Some(reference) = declared.reference.as_deref() else { continue };
        if !events.fields.iter().any(|field| field.name == of) {
            continue;
        }
        for (_, source) in
            documents.sources.iter().filter(|(_, source)| source.reference.as_deref() == Some(reference))
        {
            for (field, declared) in source.fields.iter() {
                let name = format!("{of}.{field}");
                if fields.iter().any(|known| known.name == name) {
                    continue;
                }
                fields.push(ReferenceField {
                    name,
                    of: of.to_string(),
                    reference: reference.to_string(),
                    column: reference_column(reference, field),
                    data_type: match declared.field_type {
                        FieldType::Text => dictionary(),
                        other => field_type(other),
                    },
                });
            }
        }
    }
    fields
}

/// The columns that every event has and that a formula is about: what people call them, and what they hold.
pub(crate) const EVENT_COLUMNS: [(&str, &str, &str, &str); 9] = [
    (column::KIND, "事件类型", "kind of event", "text"),
    (column::TIME, "发生时间", "time of the event", "timestamp"),
    (column::AMOUNT, "金额", "amount", "decimal"),
    (column::CURRENCY, "币种", "currency", "text"),
    (column::QUANTITY, "数量", "quantity", "decimal"),
    (column::ORDER_ID, "订单号", "order", "text"),
    (column::LINE, "行类型", "kind of line", "text"),
    (column::SPEND, "计入消费", "counts as spend", "boolean"),
    (column::SOURCE, "数据源", "source", "text"),
];

/// What the texts that Gradus itself writes into those columns are called.
pub(crate) const EVENT_VALUES: [(&str, &str, &str, &str); 4] = [
    (column::KIND, "order_line", "订单行", "order line"),
    (column::LINE, "product", "商品", "product"),
    (column::LINE, "service", "服务", "service"),
    (column::LINE, "adjustment", "调整", "adjustment"),
];

/// The names that expressions over events may use. The columns of references are read through the
/// fields that refer to them, and under no other name.
pub fn event_scope(documents: &Documents, events: &EventSchema) -> (Scope, Vec<ReferenceField>) {
    let references = reference_fields(documents, events);
    let facts = documents.sources.iter().filter(|(_, source)| source.reference.is_some());
    let hidden: Vec<String> =
        facts.flat_map(|(_, source)| columns_of(source)).map(|field| field.name).collect();
    let columns = scan_schema(events);
    let mut fields: Vec<Field> = columns
        .fields()
        .iter()
        .map(|field| field.as_ref().clone())
        .filter(|field| !hidden.contains(field.name()))
        .collect();
    fields.extend(references.iter().map(|field| Field::new(&field.name, field.data_type.clone(), true)));
    let mut scope = Scope::new(Arc::new(Schema::new(fields)));
    for (name, zh, en, _) in EVENT_COLUMNS {
        scope = scope.with_title(name, Text::new(zh, en));
    }
    for (name, value, zh, en) in EVENT_VALUES {
        scope = scope.with_value_title(name, value, Text::new(zh, en));
    }
    for (_, source) in documents.sources.iter() {
        for (kind, declaration) in source.kinds.iter() {
            if let Some(title) = &declaration.title {
                scope = scope.with_value_title(column::KIND, kind, title.clone());
            }
        }
        for (name, declaration) in source.fields.iter() {
            let Some(title) = &declaration.title else { continue };
            match source.reference.as_deref() {
                None => scope = scope.with_title(name, title.clone()),
                Some(reference) => {
                    let column = reference_column(reference, name);
                    for field in references.iter().filter(|field| field.column == column) {
                        scope = scope.with_title(&field.name, title.clone());
                    }
                }
            }
        }
    }
    (scope, references)
}

/// The facts of the ledger under this bound as record batches that this fold reads; none if it reads none.
pub async fn read_facts(
    fold: &FoldPlan,
    snapshot: &EventsSnapshot,
    bound: ScanBound,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    read_facts_of(&fold.needs(), snapshot, bound).await
}

/// The facts of the ledger under this bound that hold these fields.
pub(crate) async fn read_facts_of(
    needs: &[ReferenceField],
    snapshot: &EventsSnapshot,
    bound: ScanBound,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    if needs.is_empty() {
        return Ok(Vec::new());
    }
    // A reference that was declared and never imported has no columns yet.
    let there = scan_schema(snapshot.event_schema());
    let columns = ReferenceFacts::columns(needs);
    let columns: Vec<&str> =
        columns.iter().map(String::as_str).filter(|name| there.column_with_name(name).is_some()).collect();
    Ok(snapshot.read_identities(&[REFERENCE], &columns, bound).await?)
}

/// The fold over the facts of the ledger that were told by then. Amounts are converted into `own` if
/// given.
pub async fn over_facts(
    fold: &FoldPlan,
    snapshot: &EventsSnapshot,
    own: Option<&str>,
    told: Told,
) -> Result<FoldPlan, WorkspaceError> {
    let fold = own.map_or_else(|| fold.clone(), |own| fold.clone().with_currency(own));
    let needs = fold.needs();
    if needs.is_empty() {
        return Ok(fold);
    }
    let bound = ScanBound { known: Some(told.known_us), position: Some(told.position), time: None };
    let rows = read_facts(&fold, snapshot, bound).await?;
    Ok(fold.with_facts(Arc::new(ReferenceFacts::of(&rows, &needs, told)?))?)
}

/// The currency into which amounts are converted, if the ledger may hold money in another.
pub fn conversion<'a>(settings: &'a Settings, snapshot: &EventsSnapshot) -> Option<&'a str> {
    snapshot.may_hold_other_currency(&settings.currency).then_some(settings.currency.as_str())
}

/// Amounts that no rate is known for: they count nowhere, and somebody should hear of it.
pub fn missing_rates(fold: &FoldPlan, own: &str) -> Findings {
    let tell = |(currency, n): (String, u64)| {
        Finding::warning(
            "missing-rate",
            Place::default(),
            Text::new(
                format!("{n} 笔 {currency} 金额在其日期没有汇率，未计入任何指标"),
                format!(
                    "{n} amounts in {currency} have no exchange rate on their date and count in no indicator"
                ),
            ),
            Text::new(
                format!("导入 {currency} 对 {own} 的汇率（数据源写 reference: rates），最早不晚于第一笔"),
                format!(
                    "import rates of {currency} to {own} (a source with `reference: rates`) from the first of them on"
                ),
            ),
        )
    };
    Findings(fold.without_rate().into_iter().map(tell).collect())
}

/// Of facts that a file tells, how many the ledger held before, and holds to be out of date or taken back:
/// telling them again changes nothing, which whoever returns to an earlier value should hear.
pub async fn out_of_date(
    snapshot: &EventsSnapshot,
    reference: &str,
    told: &HashSet<Vec<u8>>,
) -> Result<u64, WorkspaceError> {
    let key = reference_column(reference, REFERENCE_KEY);
    let columns =
        [column::TIME, column::EVENT_ID, column::RETRACTION, column::KNOWN, column::POSITION, key.as_str()];
    let mut newest: HashMap<(String, i64), (i64, i64, Vec<u8>)> = HashMap::new();
    let mut taken_back: HashSet<Vec<u8>> = HashSet::new();
    for rows in snapshot.read_identities(&[REFERENCE], &columns, ScanBound::default()).await? {
        let instants = |at: usize| rows.column(at).as_primitive::<TimestampMicrosecondType>().values();
        let ids = cast(rows.column(1), &DataType::Binary)?;
        let keys = cast(rows.column(5), &DataType::Utf8)?;
        let (ids, keys) = (ids.as_binary::<i32>(), keys.as_string::<i32>());
        let positions = rows.column(4).as_primitive::<Int64Type>().values();
        for row in (0..rows.num_rows()).filter(|row| keys.is_valid(*row)) {
            let id = ids.value(row).to_vec();
            if rows.column(2).as_boolean().value(row) {
                taken_back.insert(id);
                continue;
            }
            let fact = (instants(3)[row], positions[row], id);
            let best =
                newest.entry((keys.value(row).to_string(), instants(0)[row])).or_insert_with(|| fact.clone());
            if (fact.0, fact.1) > (best.0, best.1) {
                *best = fact;
            }
        }
    }
    let standing: HashSet<&Vec<u8>> = newest.values().map(|(_, _, id)| id).collect();
    Ok(told.iter().filter(|id| taken_back.contains(*id) || !standing.contains(id)).count() as u64)
}

/// What is wrong between the sources: names that do not exist, fields that two sources declare in two
/// ways.
pub fn check(sources: &Named<Source>) -> Findings {
    let mut findings = Findings::default();
    let place = |source: &str| Place::document(format!("sources/{source}.yaml"));
    let known: Vec<&str> = sources
        .iter()
        .filter_map(|(_, source)| source.reference.as_deref())
        .filter(|r| *r != RATES)
        .collect();
    let mut refers: Vec<(&str, &str)> = Vec::new();
    let mut columns: Vec<(stream::Field, bool)> = Vec::new();
    for (name, source) in sources.iter() {
        for (field, declared) in source.fields.iter() {
            let Some(reference) = declared.reference.as_deref().filter(|_| source.reference.is_none()) else {
                continue;
            };
            let here = place(name).key("fields").key(field).key("reference");
            if !known.contains(&reference) {
                let near = closest(reference, &known);
                let all = if known.is_empty() { "–".to_string() } else { known.join(", ") };
                let right = match near {
                    Some(near) => Text::new(format!("是否想写 {near}？"), format!("did you mean {near}?")),
                    None => Text::new(
                        format!("某个数据源的 `reference: 名称`；已有：{all}"),
                        format!("the `reference: NAME` of a source; there are: {all}"),
                    ),
                };
                findings.push(Finding::error(
                    "unknown-reference",
                    here.clone(),
                    Text::new(
                        format!("没有名为「{reference}」的参考数据"),
                        format!("no reference data are called “{reference}”"),
                    ),
                    right,
                ));
            }
            if !matches!(declared.field_type, FieldType::Text | FieldType::Integer) {
                findings.push(Finding::error(
                    "reference-key-type",
                    here.clone(),
                    Text::new(
                        "参考数据的键是文字或整数",
                        "keys of reference data are texts or whole numbers",
                    ),
                    Text::new("type: text", "type: text"),
                ));
            }
            match refers.iter().find(|(known, _)| *known == field) {
                Some((_, other)) if *other != reference => findings.push(Finding::error(
                    "reference-conflict",
                    here,
                    Text::new(
                        format!("字段「{field}」在别的数据源中指向 {other}"),
                        format!("another source says that the field “{field}” refers to {other}"),
                    ),
                    Text::new(
                        format!("reference: {other}，或换一个字段名"),
                        format!("reference: {other}, or another field"),
                    ),
                )),
                Some(_) => {}
                None => refers.push((field, reference)),
            }
        }
        for column in columns_of(source) {
            let is_fact = source.reference.is_some();
            let Some((other, of_fact)) = columns.iter().find(|(known, _)| known.name == column.name) else {
                columns.push((column, is_fact));
                continue;
            };
            let field = column
                .name
                .rsplit_once("__")
                .filter(|_| is_fact)
                .map_or(column.name.as_str(), |(_, field)| field);
            let here = place(name).key("fields").key(field);
            if *of_fact != is_fact {
                findings.push(Finding::error(
                    "field-name",
                    here,
                    Text::new(
                        format!("「{}」也是参考数据在账本中的列名", column.name),
                        format!("“{}” is also the ledger's column of a reference", column.name),
                    ),
                    Text::new("换一个字段名", "another name of the field"),
                ));
            } else if other.field_type != column.field_type {
                findings.push(Finding::error(
                    "field-type",
                    here.key("type"),
                    Text::new(
                        format!("字段「{field}」在别的数据源中是 {}", type_name(other.field_type)),
                        format!(
                            "another source declares the field “{field}” as {}",
                            type_name(other.field_type)
                        ),
                    ),
                    Text::new(
                        format!("type: {}，或换一个字段名", type_name(other.field_type)),
                        format!("type: {}, or another name", type_name(other.field_type)),
                    ),
                ));
            }
        }
    }
    findings
}

/// A field that is in the ledger with another type than the documents say now: what is there was
/// written with that type and stays so.
pub fn check_types(declared: &EventSchema, ledger: &EventSchema) -> Findings {
    let mut findings = Findings::default();
    for field in &declared.fields {
        let Some(old) =
            ledger.fields.iter().find(|old| old.name == field.name && old.field_type != field.field_type)
        else {
            continue;
        };
        let shown = field.name.replace("__", ".");
        findings.push(Finding::error(
            "field-type-changed",
            Place::default().key("fields").key(&shown),
            Text::new(
                format!(
                    "账本里「{shown}」是 {}，文档现在写的是 {}",
                    type_name(old.field_type),
                    type_name(field.field_type)
                ),
                format!(
                    "in the ledger “{shown}” is {}, and the document now says {}",
                    type_name(old.field_type),
                    type_name(field.field_type)
                ),
            ),
            Text::new(
                format!("type: {}；新的类型请用新的字段名", type_name(old.field_type)),
                format!("type: {}; a new name for a new type", type_name(old.field_type)),
            ),
        ));
    }
    findings
}

fn type_name(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Text => "text",
        FieldType::Integer => "integer",
        FieldType::Decimal => "decimal",
        FieldType::Boolean => "boolean",
        FieldType::Date => "date",
        FieldType::Timestamp => "timestamp",
    }
}
