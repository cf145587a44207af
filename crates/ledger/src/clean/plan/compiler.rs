//! Checks a source document against the columns of a file, and compiles it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::{Expression, Scope, Want};
use gradus_model::document::{IdentityKind, OutlierRule, Source, Workspace};
use gradus_model::event_stream::{self as stream, FieldType};
use gradus_model::{Finding, Findings, Place, Text};
use jiff::tz::TimeZone;

use super::super::column::Column;
use super::super::date::{DateRules, Form};
use super::super::event_id::{EventHasher, IdSource, name_tag};
use super::super::identity::IdentityRules;
use super::super::personal::PersonalRules;
use super::super::rate::RatePlan;
use super::super::text::Given;
use super::super::{currency, near};
use super::{
    FieldPlan, IdentityPlan, KeyColumn, OutlierColumn, OutlierPlan, Parts, PrivatePlan, SourcePlan, Value,
};

pub(super) struct Compiler<'a> {
    source: &'a Source,
    columns: &'a [String],
    place: &'a Place,
    scope: Scope,
    findings: Findings,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(source: &'a Source, columns: &'a [String], place: &'a Place) -> Self {
        let fields: Vec<Field> = columns.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let scope = Scope::new(Arc::new(Schema::new(fields)));
        Compiler { source, columns, place, scope, findings: Findings::default() }
    }

    pub(super) fn compile(mut self, name: &str, workspace: &Workspace) -> Result<SourcePlan, Findings> {
        let mapping = &self.source.mapping;
        let cleaning = &self.source.cleaning;
        let at = self.place.key("mapping");
        let skip = mapping.skip.as_deref().and_then(|sql| self.value(sql, Want::Boolean, &at.key("skip")));
        // What a reference is about is the kind of its facts.
        let kind = match (&self.source.reference, &mapping.kind) {
            (Some(reference), _) => Some(format!("'{}'", reference.replace('\'', "''"))),
            (None, kind) => kind.clone(),
        };
        let kind = kind.and_then(|sql| self.value(&sql, Want::Text, &at.key("kind")));
        let mut optional = |sql: &Option<String>, name: &str| {
            sql.as_deref().and_then(|sql| self.value(sql, Want::Any, &at.key(name)))
        };
        let time = optional(&mapping.time, "time");
        let known = optional(&mapping.known, "known");
        let order = optional(&mapping.order, "order");
        let amount = optional(&mapping.amount, "amount");
        let currency_value = optional(&mapping.currency, "currency");
        let quantity = optional(&mapping.quantity, "quantity");
        let retracts = optional(&mapping.retracts, "retracts");
        let message_id = optional(&mapping.message_id, "message_id");
        let line = at.key("line");
        let line_type = mapping
            .line
            .as_ref()
            .and_then(|mapped| self.value(&mapped.line_type, Want::Any, &line.key("type")));
        let spend = mapping
            .line
            .as_ref()
            .and_then(|mapped| mapped.spend.as_deref())
            .and_then(|sql| self.value(sql, Want::Any, &line.key("spend")));
        let identities = self.identities();
        let private = self.private();
        let fields = match &self.source.reference {
            Some(reference) => self.reference_fields(reference),
            None => self.fields(order.as_ref()),
        };

        let rate = match (fields.as_slice(), self.source.reference.as_deref()) {
            ([_, rate], Some(stream::RATES)) => Some(RatePlan {
                rate: rate.value.clone(),
                per: mapping.per.as_deref().and_then(|sql| self.value(sql, Want::Any, &at.key("per"))),
            }),
            _ => None,
        };

        let mut sensitive: BTreeSet<&str> = BTreeSet::new();
        let identifying = identities.iter().map(|one| &one.value).chain(private.iter().map(|one| &one.value));
        sensitive
            .extend(identifying.flat_map(|value| value.expression.references().iter().map(String::as_str)));
        let shown = [&kind, &order, &line_type, &amount, &currency_value, &quantity];
        for value in shown.into_iter().flatten() {
            self.check_leak(value, &sensitive);
        }
        for field in &fields {
            if matches!(field.field_type, FieldType::Text | FieldType::Integer | FieldType::Decimal) {
                self.check_leak(&field.value, &sensitive);
            }
        }
        let key = self.key(&sensitive);
        let id_source = match (&message_id, key.is_empty()) {
            (Some(_), _) => IdSource::Message,
            (None, false) => IdSource::Key,
            (None, true) => IdSource::Row,
        };
        if let Some(retracts) = &retracts {
            self.check_retracts(retracts, id_source, key.len());
        }
        if mapping.time.is_none() && !self.source.history && self.source.reference.is_none() {
            self.error(
                "time-not-mapped",
                &at.key("time"),
                Text::new("没有映射时间", "no time is mapped"),
                Text::new(
                    "一个日期列，或写明名单的日期（如 \"'2024-06-01'\"）；一次性导入的历史属性请写 history: true",
                    "a date column, or the date of the list itself (such as \"'2024-06-01'\"); \
                     history: true for undated attributes of a one-off back-load",
                ),
            );
        }
        let outliers = self.outliers(&fields);
        self.check_region_fields();
        let dates = self.dates(workspace);
        let identity_rules = IdentityRules::new(&workspace.region);
        if identity_rules.is_none() {
            self.error(
                "unknown-region",
                &self.place.key("region"),
                Text::new(
                    format!("gradus.yaml 的 region“{}”不是国家代码", workspace.region),
                    format!("region “{}” of gradus.yaml is no country code", workspace.region),
                ),
                Text::new("ISO 3166 两位代码，如 CN", "a two-letter ISO 3166 code, such as CN"),
            );
        }
        let own_currency = currency::iso(&workspace.currency);
        if own_currency.is_none() {
            self.error(
                "unknown-currency",
                &self.place.key("currency"),
                Text::new(
                    format!("gradus.yaml 的 currency“{}”不是货币代码", workspace.currency),
                    format!("currency “{}” of gradus.yaml is no currency code", workspace.currency),
                ),
                Text::new("ISO 4217 代码，如 CNY", "an ISO 4217 code, such as CNY"),
            );
        }
        let (Some(kind), Some(dates), Some(identity_rules), Some(own_currency)) =
            (kind, dates, identity_rules, own_currency)
        else {
            return Err(self.findings);
        };
        if self.findings.has_errors() {
            return Err(self.findings);
        }
        let declared = fields.iter().map(|field| stream::Field {
            name: field.name.clone(),
            field_type: field.field_type,
            purpose: field.purpose.clone(),
        });
        Ok(SourcePlan(Arc::new(Parts {
            source: name.to_string(),
            currency: own_currency,
            reference: self.source.reference.is_some(),
            rate,
            history: self.source.history,
            skip,
            kind,
            time,
            known,
            order,
            line_type,
            spend,
            amount,
            currency_value,
            quantity,
            retracts,
            message_id,
            key,
            identities,
            private,
            outliers,
            dates,
            given: Given::new(&cleaning.null_texts),
            identity_rules,
            personal: PersonalRules::new(&workspace.region),
            round_amounts: cleaning.round_amounts.unwrap_or(true),
            decimal_comma: cleaning.decimal_comma,
            id_source,
            hasher: EventHasher::new(name, id_source),
            row_hasher: EventHasher::new(name, IdSource::Row),
            schema: super::super::events::schema(declared),
            fields,
            findings: self.findings,
        })))
    }

    fn error(&mut self, code: &'static str, place: &Place, what: Text, right: Text) {
        self.findings.push(Finding::error(code, place.clone(), what, right));
    }

    fn value(&mut self, sql: &str, want: Want, place: &Place) -> Option<Value> {
        let expression = match gradus_expression::compile(sql, &self.scope, want, place) {
            Ok(expression) => expression,
            Err(findings) => {
                self.findings.extend(findings);
                return None;
            }
        };
        let constant = if expression.references().is_empty() { self.constant(&expression) } else { None };
        Some(Value { expression, path: place.path.clone().unwrap_or_default(), constant })
    }

    /// Evaluates an expression that reads no column, once.
    fn constant(&self, expression: &Expression) -> Option<Column> {
        let nothing =
            self.scope.schema().fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(self.scope.schema().clone(), nothing, &options).ok()?;
        let evaluated = expression.evaluate(&row);
        if !evaluated.faults.is_empty() {
            return None;
        }
        match Column::of(&evaluated.values)? {
            Column::Text(texts) if texts.is_valid(0) => Some(Column::Same(texts.value(0).into())),
            // Other constants are rare: they are evaluated like any expression.
            _ => None,
        }
    }

    fn identities(&mut self) -> Vec<IdentityPlan> {
        let mut plans = Vec::new();
        for (index, mapped) in self.source.mapping.identity.iter().enumerate() {
            let place = self.place.key("mapping").key("identity").index(index);
            let system = mapped.system.as_deref().map(str::trim).unwrap_or("");
            let kind_name = match mapped.kind {
                IdentityKind::Id => "id".to_string(),
                IdentityKind::Phone => "phone".to_string(),
                IdentityKind::Email => "email".to_string(),
                IdentityKind::External => format!("external:{system}"),
            };
            let needs_system = mapped.kind == IdentityKind::External;
            if needs_system == system.is_empty() {
                let (what, right) = if needs_system {
                    (
                        Text::new("外部编号没有写明系统", "an external id does not say whose it is"),
                        Text::new("system: 系统名，如 tmall", "system: the system's name, such as shopify"),
                    )
                } else {
                    (
                        Text::new("只有 kind: external 才写 system", "only kind: external has a system"),
                        Text::new("去掉 system，或改为 kind: external", "no system, or kind: external"),
                    )
                };
                self.error("identity-system", &place.key("system"), what, right);
            }
            if let Some(value) = self.value(&mapped.value, Want::Any, &place.key("value")) {
                plans.push(IdentityPlan { kind: mapped.kind, kind_name: kind_name.into(), value });
            }
        }
        plans
    }

    fn private(&mut self) -> Vec<PrivatePlan> {
        let mut plans = Vec::new();
        for (name, sql) in self.source.mapping.private.iter() {
            let place = self.place.key("mapping").key("private").key(name);
            if let Some(value) = self.value(sql, Want::Any, &place) {
                plans.push(PrivatePlan { name: name.to_string(), tag: name_tag(name), value });
            }
        }
        plans
    }

    fn fields(&mut self, order: Option<&Value>) -> Vec<FieldPlan> {
        let mut plans: Vec<FieldPlan> = Vec::new();
        for (name, declared) in self.source.fields.iter() {
            let place = self.place.key("fields").key(name);
            let taken = stream::FIXED_COLUMNS.iter().any(|fixed| fixed.eq_ignore_ascii_case(name));
            if taken || name.trim().is_empty() || plans.iter().any(|other| other.name == name) {
                self.error(
                    "field-name",
                    &place,
                    Text::new(format!("字段名“{name}”不可用"), format!("the field name “{name}” cannot be used")),
                    Text::new(
                        "不同于事件流固定列（如 time、amount、kind）、且不重复的名称",
                        "a name that is given once and is no fixed column of the stream (time, amount, kind ...)",
                    ),
                );
            }
            if let Some(value) = self.value(&declared.value, Want::Any, &place.key("value")) {
                let read = value.expression.references();
                let of_order = order.map(|order| order.expression.references());
                let is_order = !read.is_empty() && of_order.is_some_and(|order| read.is_subset(order));
                plans.push(FieldPlan {
                    name: name.to_string(),
                    field_type: declared.field_type,
                    purpose: declared.purpose.clone(),
                    tag: name_tag(name),
                    is_region: self.source.cleaning.region_fields.iter().any(|region| region == name),
                    identifies_nobody: declared.identifies_nobody,
                    is_order,
                    value,
                });
            }
        }
        plans
    }

    /// The fields of a reference under the names of their columns; the key is the first.
    fn reference_fields(&mut self, reference: &str) -> Vec<FieldPlan> {
        let mut plans = Vec::new();
        let mapping = self.place.key("mapping");
        let column = |name: &str| stream::reference_column(reference, name);
        if let Some(value) =
            self.source.mapping.key.as_deref().and_then(|sql| self.value(sql, Want::Any, &mapping.key("key")))
        {
            plans.push(FieldPlan::plain(column(stream::REFERENCE_KEY), FieldType::Text, value));
        }
        if reference == stream::RATES
            && let Some(value) = self
                .source
                .mapping
                .rate
                .as_deref()
                .and_then(|sql| self.value(sql, Want::Any, &mapping.key("rate")))
        {
            plans.push(FieldPlan::plain(column(stream::RATE), FieldType::Text, value));
        }
        for mut field in self.fields(None) {
            field.name = column(&field.name);
            field.tag = name_tag(&field.name);
            plans.push(field);
        }
        plans
    }

    fn key(&mut self, sensitive: &BTreeSet<&str>) -> Vec<KeyColumn> {
        let mut key = Vec::new();
        for (index, column) in self.source.key.iter().enumerate() {
            if !self.columns.contains(column) {
                let place = self.place.key("key").index(index);
                self.error(
                    "unknown-column",
                    &place,
                    Text::new(
                        format!("文件没有“{column}”这一列"),
                        format!("the file has no column “{column}”"),
                    ),
                    near::did_you_mean(column, self.columns),
                );
            }
            key.push(KeyColumn { name: column.clone(), sensitive: sensitive.contains(column.as_str()) });
        }
        key
    }

    /// Direct identifiers and free text stay out of the ledger, whatever the mapping says.
    fn check_leak(&mut self, value: &Value, sensitive: &BTreeSet<&str>) {
        let read = value.expression.references().iter().find(|name| sensitive.contains(name.as_str()));
        if let Some(column) = read {
            self.error(
                "identifier-in-event",
                &Place { path: Some(value.path.clone()), ..self.place.clone() },
                Text::new(
                    format!("“{column}”已映射为身份或私密文字，不得进入账本"),
                    format!(
                        "“{column}” is mapped as an identity or private text and must not reach the ledger"
                    ),
                ),
                Text::new(
                    "改用其他列；若只需知道有没有，声明为 boolean 字段",
                    "another column; a boolean field if only its presence matters",
                ),
            );
        }
    }

    fn check_retracts(&mut self, retracts: &Value, id_source: IdSource, n_key: usize) {
        let by_flag = *retracts.expression.data_type() == DataType::Boolean;
        if by_flag || id_source == IdSource::Message || (id_source == IdSource::Key && n_key == 1) {
            return;
        }
        self.error(
            "retracts-without-key",
            &self.place.key("mapping").key("retracts"),
            Text::new(
                "按名称撤销需要 message_id 或恰好一个键列",
                "to retract by name, the source needs a message_id or exactly one key column",
            ),
            Text::new(
                "写明 message_id 或 key；或写真/假表达式，表示该行撤销与自己的键或内容相同的事件",
                "a message_id or key; or an expression that is true on rows that retract the event \
                 with their own key or content",
            ),
        );
    }

    fn outliers(&mut self, fields: &[FieldPlan]) -> Vec<OutlierPlan> {
        let mut plans = Vec::new();
        for (name, rule) in self.source.cleaning.outliers.iter() {
            let place = self.place.key("cleaning").key("outliers").key(name);
            let numeric =
                |field: &FieldPlan| matches!(field.field_type, FieldType::Integer | FieldType::Decimal);
            let column = match name {
                "amount" => Some(OutlierColumn::Amount),
                "quantity" => Some(OutlierColumn::Quantity),
                _ => {
                    let of = self.source.reference.as_deref();
                    let column = of.map_or(name.to_string(), |of| stream::reference_column(of, name));
                    fields.iter().position(|f| f.name == column && numeric(f)).map(OutlierColumn::Field)
                }
            };
            let OutlierRule { min, max, then } = rule;
            if min.zip(*max).is_some_and(|(min, max)| min > max) {
                self.error(
                    "outlier-range",
                    &place,
                    Text::new("min 大于 max", "min is greater than max"),
                    Text::new("min 不大于 max", "min not greater than max"),
                );
            }
            match column {
                Some(column) => plans.push(OutlierPlan {
                    column,
                    name: name.to_string(),
                    path: place.path.unwrap_or_default(),
                    min: min.map(|limit| limit.0),
                    max: max.map(|limit| limit.0),
                    action: *then,
                }),
                None => {
                    let numbers = ["amount", "quantity"].into_iter();
                    let names: Vec<String> = numbers
                        .map(str::to_string)
                        .chain(fields.iter().filter(|f| numeric(f)).map(|f| f.name.clone()))
                        .collect();
                    self.error(
                        "unknown-outlier-column",
                        &place,
                        Text::new(format!("“{name}”不是数字列"), format!("“{name}” is no number column")),
                        near::did_you_mean(name, &names),
                    );
                }
            }
        }
        plans
    }

    fn check_region_fields(&mut self) {
        for (index, name) in self.source.cleaning.region_fields.iter().enumerate() {
            let texts: Vec<String> = self
                .source
                .fields
                .iter()
                .filter(|(_, field)| field.field_type == FieldType::Text)
                .map(|(name, _)| name.to_string())
                .collect();
            if !texts.contains(name) {
                self.error(
                    "unknown-region-field",
                    &self.place.key("cleaning").key("region_fields").index(index),
                    Text::new(format!("“{name}”不是文字字段"), format!("“{name}” is no text field")),
                    near::did_you_mean(name, &texts),
                );
            }
        }
    }

    fn dates(&mut self, workspace: &Workspace) -> Option<DateRules> {
        let cleaning = &self.source.cleaning;
        let at = self.place.key("cleaning");
        let mut forms = Vec::new();
        for (index, name) in cleaning.dates.iter().enumerate() {
            match Form::named(name) {
                Some(form) => forms.push(form),
                None => self.error(
                    "date-format",
                    &at.key("dates").index(index),
                    Text::new(format!("“{name}”不是日期格式"), format!("“{name}” is no form of dates")),
                    Text::new(
                        "strptime 格式，如 %d/%m/%Y %H:%M；或 iso、excel、excel_1904、unix、unix_ms",
                        "a strptime form such as %d/%m/%Y %H:%M; or iso, excel, excel_1904, unix, unix_ms",
                    ),
                ),
            }
        }
        let (zone_name, zone_place) = match &cleaning.time_zone {
            Some(zone) => (zone, at.key("time_zone")),
            None => (&workspace.time_zone, self.place.key("time_zone")),
        };
        let zone = TimeZone::get(zone_name).ok();
        if zone.is_none() {
            self.error(
                "unknown-time-zone",
                &zone_place,
                Text::new(format!("没有时区“{zone_name}”"), format!("there is no time zone “{zone_name}”")),
                Text::new("IANA 时区名，如 Asia/Shanghai", "an IANA name, such as Asia/Shanghai"),
            );
        }
        let mut limit = |text: &Option<String>, name: &str| -> Option<jiff::civil::Date> {
            let text = text.as_deref()?;
            let date = text.trim().parse().ok();
            if date.is_none() {
                self.error(
                    "date-limit",
                    &at.key(name),
                    Text::new(format!("“{text}”不是日期"), format!("“{text}” is no date")),
                    Text::new("年-月-日，如 2010-12-01", "year-month-day, such as 2010-12-01"),
                );
            }
            date
        };
        let earliest = limit(&cleaning.earliest, "earliest");
        let latest = limit(&cleaning.latest, "latest");
        if earliest.zip(latest).is_some_and(|(earliest, latest)| earliest > latest) {
            self.error(
                "date-range",
                &at.key("earliest"),
                Text::new("earliest 晚于 latest", "earliest is after latest"),
                Text::new("earliest 不晚于 latest", "earliest not after latest"),
            );
        }
        Some(DateRules::new(forms, zone?, earliest, latest))
    }
}
