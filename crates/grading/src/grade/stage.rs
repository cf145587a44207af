//! Stage B as a whole: what is evaluated, in which order, and what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::Want;
use gradus_model::document::{IndicatorKind, Model};
use gradus_model::{Finding, Findings, Place, Text};
use jiff::civil::Date;

use super::CUSTOMER;
use super::compile::{CompileContext, Compiler, IndicatorColumn};
use super::fit::{FitRequest, Fits};
use super::frame::{Column, Faults, Formula, Frame, NullMeaning};
use super::grouping::{Groups, compile_grouping};
use super::names::{names_in_condition, names_in_sql, order};
use super::rule_set::{Rules, compile_rules, decimals};
use super::score::{self, Spread};
use super::scorecard::{Card, compile_card};
use super::segment::{Membership, compile_segment};
use super::tier::{Scheme, compile_scheme};
use crate::fold::spec::FoldIndicator;

/// A compiled model, ready to grade. Stored as its model document and what the fold was lowered
/// to; compiling again gives the same.
#[derive(Debug, Clone)]
pub struct StageB {
    pub(crate) nodes: Vec<Node>,
    pub(crate) meanings: BTreeMap<String, NullMeaning>,
    /// Indicators that go into the output as they come from the fold.
    pub(crate) indicators: Vec<(String, Text)>,
    pub(crate) hidden: Vec<FoldIndicator>,
    pub(crate) findings: Findings,
}

/// One definition in the order of evaluation.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Formula { name: String, title: Text, formula: Formula },
    Card(Box<Card>),
    Rules(Box<Rules>),
    Scheme(Box<Scheme>),
    Groups(Box<Groups>),
    Segment(Box<Membership>),
}

/// What a column of the output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    Customer,
    Indicator,
    Score,
    ScoreLow,
    ScoreHigh,
    Completeness,
    RuleSet,
    Tier,
    TierProvisional,
    TierReason,
    Grouping,
    Segment,
}

/// A column of the output.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    /// The definition that it belongs to: `value` for `value_low`.
    pub of: String,
    pub kind: OutputKind,
    pub title: Text,
    /// Names and titles of what the column may say, lowest level first; empty if open.
    pub values: Vec<(String, Text)>,
}

/// Graded customers.
#[derive(Debug, Clone)]
pub struct Graded {
    /// `customer` (Int64), indicators, formulas, and for each definition:
    /// score `s`: Decimal128(18,4), null where it is an interval; `s_low`, `s_high` the interval;
    /// `s_completeness` the share of the weight that is known. Rule set: Decimal128(18,4) or Utf8.
    /// Tier `t`: dictionary of level names, null where not graded; the lowest possible level where
    /// the interval spans several, `t_provisional` true; `t_reason` why there is none
    /// ([`super::NotGradedReason`]). Grouping: dictionary of names. Segment: Boolean, null where it
    /// cannot be told.
    pub batch: RecordBatch,
    /// How many rows failed, by the path of the expression.
    pub faults: Faults,
}

/// Names that a definition takes, with the definition's own first.
fn taken(kind: Kind, name: &str) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        Kind::Score => &["", "_low", "_high", "_completeness"],
        Kind::Tier => &["", "_provisional", "_reason"],
        _ => &[""],
    };
    suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Indicator,
    Score,
    RuleSet,
    Tier,
    Grouping,
    Segment,
}

impl Kind {
    /// The place in the line; groupings and segments may use each other.
    fn stage(self) -> u8 {
        match self {
            Kind::Indicator => 0,
            Kind::Score => 1,
            Kind::RuleSet => 2,
            Kind::Tier => 3,
            Kind::Grouping | Kind::Segment => 4,
        }
    }

    fn word(self) -> Text {
        match self {
            Kind::Indicator => Text::new("指标", "indicator"),
            Kind::Score => Text::new("评分卡", "scorecard"),
            Kind::RuleSet => Text::new("规则集", "rule set"),
            Kind::Tier => Text::new("等级体系", "tier scheme"),
            Kind::Grouping => Text::new("分群方案", "grouping"),
            Kind::Segment => Text::new("分群", "segment"),
        }
    }

    fn key(self) -> &'static str {
        match self {
            Kind::Indicator => "indicators",
            Kind::Score => "scorecards",
            Kind::RuleSet => "rule_sets",
            Kind::Tier => "tiers",
            Kind::Grouping => "groupings",
            Kind::Segment => "segments",
        }
    }
}

/// Something to compile: its kind, its position among its kind, its name, what it mentions.
struct Definition {
    kind: Kind,
    index: usize,
    name: String,
    place: Place,
    mentions: BTreeSet<String>,
    /// For indicators the SQL, title and whether nulls were given a meaning.
    sql: Option<(String, Option<Text>)>,
}

/// Compiles the grading part of a model against the columns that the fold will give. On success
/// the findings that are only warnings and notes are kept in [`StageB::findings`]; if there is an
/// error all findings come back.
pub fn compile(
    model: &Model,
    indicators: &[IndicatorColumn],
    context: &CompileContext<'_>,
) -> Result<StageB, Findings> {
    let mut compiler = Compiler::new(model, context);
    compiler.add_column(CUSTOMER, DataType::Int64, Some(Text::new("客户", "customer")));
    for column in indicators {
        compiler.add_column(&column.name, column.data_type.clone(), column.title.clone());
        compiler.meanings.insert(column.name.clone(), column.null_meaning);
    }
    let definitions = definitions(&mut compiler);
    check_names(&mut compiler, indicators, &definitions);

    let mut nodes = Vec::new();
    for stage in 0..=4u8 {
        compiler.later = definitions
            .iter()
            .filter(|definition| definition.kind.stage() > stage)
            .flat_map(|definition| {
                taken(definition.kind, &definition.name)
                    .into_iter()
                    .map(|name| (name, definition.kind.word()))
            })
            .collect();
        let here: Vec<&Definition> = definitions.iter().filter(|d| d.kind.stage() == stage).collect();
        let (order, cycles) = order(&needs(&compiler, &here, stage));
        for cycle in cycles {
            say_cycle(&mut compiler, &here, &cycle);
        }
        let placed: BTreeSet<usize> = order.iter().copied().collect();
        for (index, definition) in here.iter().enumerate() {
            if !placed.contains(&index) {
                compiler.broken.extend(taken(definition.kind, &definition.name));
            }
        }
        for index in order {
            match compile_definition(&mut compiler, here[index]) {
                Some(node) => nodes.push(node),
                None => compiler.broken.extend(taken(here[index].kind, &here[index].name)),
            }
        }
    }
    if compiler.findings.has_errors() {
        return Err(compiler.findings);
    }
    let derived: BTreeSet<&str> =
        definitions.iter().filter(|d| d.kind == Kind::Indicator).map(|d| d.name.as_str()).collect();
    let shown = indicators
        .iter()
        .filter(|column| !column.name.starts_with('_') && !derived.contains(column.name.as_str()));
    let indicators = shown
        .map(|column| {
            (column.name.clone(), column.title.clone().unwrap_or_else(|| Text::plain(&column.name)))
        })
        .collect();
    let hidden = compiler.sink.hidden;
    Ok(StageB { nodes, meanings: compiler.meanings, indicators, hidden, findings: compiler.findings })
}

fn definitions(compiler: &mut Compiler<'_>) -> Vec<Definition> {
    let (model, root) = (compiler.model, compiler.root());
    let mut all = Vec::new();
    for (index, derived) in compiler.context.derived.iter().enumerate() {
        all.push(Definition {
            kind: Kind::Indicator,
            index,
            name: derived.name.clone(),
            place: derived.place.clone(),
            mentions: names_in_sql(&derived.sql),
            sql: Some((derived.sql.clone(), derived.title.clone())),
        });
    }
    let lowered: BTreeSet<&str> =
        compiler.context.derived.iter().map(|derived| derived.name.as_str()).collect();
    for (index, (name, indicator)) in model.indicators.iter().enumerate() {
        if indicator.kind != IndicatorKind::Formula || lowered.contains(name) {
            continue;
        }
        let place = root.key("indicators").key(name);
        let Some(sql) = &indicator.of else {
            let what = Text::new("公式指标缺少 of", "a formula needs `of`");
            let right = Text::new("例如 of: monetary / orders", "such as `of: monetary / orders`");
            compiler.findings.push(Finding::error("formula-missing", place.key("of"), what, right));
            compiler.broken.insert(name.to_string());
            continue;
        };
        all.push(Definition {
            kind: Kind::Indicator,
            index,
            name: name.to_string(),
            place: place.key("of"),
            mentions: names_in_sql(sql),
            sql: Some((sql.clone(), indicator.title.clone())),
        });
    }
    let mut add = |kind: Kind, index: usize, name: &str, mentions: BTreeSet<String>| {
        let place = root.key(kind.key()).key(name);
        all.push(Definition { kind, index, name: name.to_string(), place, mentions, sql: None });
    };
    for (index, (name, card)) in model.scorecards.iter().enumerate() {
        let mut mentions: BTreeSet<String> =
            card.attributes.iter().flat_map(|(_, attribute)| names_in_sql(&attribute.value)).collect();
        for condition in card.adjustments.iter().filter_map(|(_, adjustment)| adjustment.when.as_ref()) {
            names_in_condition(condition, &mut mentions);
        }
        add(Kind::Score, index, name, mentions);
    }
    for (index, (name, set)) in model.rule_sets.iter().enumerate() {
        let mut mentions = BTreeSet::new();
        set.rules.iter().for_each(|(_, rule)| names_in_condition(&rule.when, &mut mentions));
        add(Kind::RuleSet, index, name, mentions);
    }
    for (index, (name, scheme)) in model.tiers.iter().enumerate() {
        let mut mentions = BTreeSet::new();
        scheme.eligible.iter().for_each(|condition| names_in_condition(condition, &mut mentions));
        mentions.extend(scheme.by.iter().flat_map(|sql| names_in_sql(sql)));
        if let Some(grid) = &scheme.grid {
            mentions.extend([&grid.rows.value, &grid.columns.value].iter().flat_map(|sql| names_in_sql(sql)));
        }
        add(Kind::Tier, index, name, mentions);
    }
    for (index, (name, grouping)) in model.groupings.iter().enumerate() {
        let mut mentions = BTreeSet::from([grouping.base.clone()]);
        let values = [&grouping.recency, &grouping.frequency, &grouping.monetary, &grouping.value];
        mentions.extend(values.into_iter().flatten().flat_map(|sql| names_in_sql(sql)));
        for condition in grouping.layers.iter().filter_map(|(_, layer)| layer.condition.as_ref()) {
            names_in_condition(condition, &mut mentions);
        }
        add(Kind::Grouping, index, name, mentions);
    }
    for (index, (name, segment)) in model.segments.iter().enumerate() {
        let mut mentions = BTreeSet::from([segment.base.clone()]);
        names_in_condition(&segment.condition, &mut mentions);
        add(Kind::Segment, index, name, mentions);
    }
    all
}

/// Which of the definitions of one stage each of them needs. A name that something earlier already
/// has means that (and is a finding of its own).
fn needs(compiler: &Compiler<'_>, definitions: &[&Definition], stage: u8) -> Vec<BTreeSet<usize>> {
    let mut owner: BTreeMap<String, usize> = BTreeMap::new();
    for (index, definition) in definitions.iter().enumerate() {
        for name in taken(definition.kind, &definition.name) {
            if stage == 0 || compiler.column_type(&name).is_none() {
                owner.entry(name).or_insert(index);
            }
        }
    }
    let of = |definition: &&Definition| {
        definition.mentions.iter().filter_map(|name| owner.get(name).copied()).collect()
    };
    definitions.iter().map(of).collect()
}

fn say_cycle(compiler: &mut Compiler<'_>, definitions: &[&Definition], cycle: &[usize]) {
    let Some(first) = cycle.first().and_then(|index| definitions.get(*index)) else { return };
    let names: Vec<&str> =
        cycle.iter().chain(cycle.first()).map(|index| definitions[*index].name.as_str()).collect();
    let what = Text::new(
        format!("循环引用：{}", names.join(" → ")),
        format!("these need each other: {}", names.join(" → ")),
    );
    let right = Text::new("断开其中一处引用", "one of these references taken away");
    compiler.findings.push(Finding::error("cycle", first.place.clone(), what, right));
}

/// One namespace for whatever an expression can name.
fn check_names(compiler: &mut Compiler<'_>, indicators: &[IndicatorColumn], definitions: &[Definition]) {
    let root = compiler.root();
    let mut owners: BTreeMap<String, Place> = BTreeMap::new();
    let mut names: Vec<(Kind, String, Place)> = Vec::new();
    for (name, indicator) in compiler.model.indicators.iter() {
        let _ = indicator;
        names.push((Kind::Indicator, name.to_string(), root.key("indicators").key(name)));
    }
    for column in indicators.iter().filter(|column| !column.name.starts_with('_')) {
        if compiler.model.indicators.get(&column.name).is_none() {
            names.push((Kind::Indicator, column.name.clone(), root.key("indicators").key(&column.name)));
        }
    }
    for definition in definitions.iter().filter(|definition| definition.kind != Kind::Indicator) {
        names.push((definition.kind, definition.name.clone(), definition.place.clone()));
    }
    for (kind, name, place) in names {
        if name.is_empty() || name.starts_with('_') || name == CUSTOMER || name == super::EVERYONE {
            let what = Text::new(format!("“{name}”不能用作名字"), format!("`{name}` cannot be a name"));
            let right = Text::new(
                "换一个名字：不以下划线开头，也不是 customer、everyone",
                "another name: not beginning with an underscore, not `customer` or `everyone`",
            );
            compiler.findings.push(Finding::error("name-reserved", place, what, right));
            continue;
        }
        for name in taken(kind, &name) {
            match owners.get(&name) {
                Some(first) => {
                    let first = first.path.clone().unwrap_or_default();
                    let what = Text::new(
                        format!("名字“{name}”已被 {first} 占用"),
                        format!("the name `{name}` is already taken by {first}"),
                    );
                    let right = Text::new(
                        "指标、评分、规则集、等级、分群方案、分群的名字都不能相同",
                        "one name for one thing: indicators, scores, rule sets, tiers, groupings and segments share their names",
                    );
                    compiler.findings.push(Finding::error("duplicate-name", place.clone(), what, right));
                }
                None => drop(owners.insert(name, place.clone())),
            }
        }
    }
}

fn compile_definition(compiler: &mut Compiler<'_>, definition: &Definition) -> Option<Node> {
    let (model, name, index) = (compiler.model, definition.name.as_str(), definition.index);
    let decimal = DataType::Decimal128(18, 4);
    match definition.kind {
        Kind::Indicator => {
            let (sql, title) = definition.sql.clone()?;
            let formula = compiler.formula(&sql, Want::Any, &definition.place)?;
            compiler.replace_column(name, formula.data_type.clone(), title.clone());
            let title = title.unwrap_or_else(|| Text::plain(name));
            Some(Node::Formula { name: name.to_string(), title, formula })
        }
        Kind::Score => {
            let card = compile_card(compiler, name, &model.scorecards.0[index].1)?;
            for column in taken(Kind::Score, name) {
                compiler.add_column(&column, decimal.clone(), Some(score_title(&card.title, name, &column)));
            }
            Some(Node::Card(Box::new(card)))
        }
        Kind::RuleSet => {
            let rules = compile_rules(compiler, name, &model.rule_sets.0[index].1)?;
            compiler.add_column(name, rules.data_type(), Some(rules.title.clone()));
            Some(Node::Rules(Box::new(rules)))
        }
        Kind::Tier => {
            let scheme = compile_scheme(compiler, name, &model.tiers.0[index].1)?;
            compiler.add_column(name, DataType::Utf8, Some(scheme.title.clone()));
            compiler.add_column(&format!("{name}_provisional"), DataType::Boolean, None);
            compiler.add_column(&format!("{name}_reason"), DataType::Utf8, None);
            Some(Node::Scheme(Box::new(scheme)))
        }
        Kind::Grouping => {
            let groups = compile_grouping(compiler, name, &model.groupings.0[index].1)?;
            compiler.add_column(name, DataType::Utf8, Some(groups.title.clone()));
            Some(Node::Groups(Box::new(groups)))
        }
        Kind::Segment => {
            let segment = compile_segment(compiler, name, &model.segments.0[index].1)?;
            compiler.add_column(name, DataType::Boolean, Some(segment.title.clone()));
            Some(Node::Segment(Box::new(segment)))
        }
    }
}

fn score_title(title: &Text, name: &str, column: &str) -> Text {
    let with = |zh: &str, en: &str| Text::new(format!("{}{zh}", title.zh), format!("{}{en}", title.en));
    match column.strip_prefix(name) {
        Some("_low") => with("（下限）", " (lower end)"),
        Some("_high") => with("（上限）", " (upper end)"),
        Some("_completeness") => with("（完整度）", " (completeness)"),
        _ => title.clone(),
    }
}

impl StageB {
    /// Values that the fold has to give beside the model's indicators: hidden columns `_b1` …
    pub fn fold_requests(&self) -> &[FoldIndicator] {
        &self.hidden
    }

    /// Warnings and notes of a model that compiled.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Everything that is a fit, in the order in which it can be estimated.
    pub fn fit_requests(&self) -> Vec<FitRequest> {
        self.nodes.iter().flat_map(Node::fit_requests).collect()
    }

    /// The columns of the output, in order.
    pub fn output_columns(&self) -> Vec<OutputColumn> {
        let column =
            |name: &str, of: &str, kind: OutputKind, title: &Text, values: &[(String, Text)]| OutputColumn {
                name: name.to_string(),
                of: of.to_string(),
                kind,
                title: title.clone(),
                values: values.to_vec(),
            };
        let customer = Text::new("客户", "customer");
        let mut columns = vec![column(CUSTOMER, CUSTOMER, OutputKind::Customer, &customer, &[])];
        for (name, title) in &self.indicators {
            columns.push(column(name, name, OutputKind::Indicator, title, &[]));
        }
        for node in &self.nodes {
            match node {
                Node::Formula { name, title, .. } => {
                    columns.push(column(name, name, OutputKind::Indicator, title, &[]))
                }
                Node::Card(card) => {
                    let kinds = [
                        OutputKind::Score,
                        OutputKind::ScoreLow,
                        OutputKind::ScoreHigh,
                        OutputKind::Completeness,
                    ];
                    for (own, kind) in taken(Kind::Score, &card.name).iter().zip(kinds) {
                        columns.push(column(
                            own,
                            &card.name,
                            kind,
                            &score_title(&card.title, &card.name, own),
                            &[],
                        ));
                    }
                }
                Node::Rules(rules) => {
                    columns.push(column(&rules.name, &rules.name, OutputKind::RuleSet, &rules.title, &[]))
                }
                Node::Scheme(scheme) => {
                    let name = &scheme.name;
                    columns.push(column(name, name, OutputKind::Tier, &scheme.title, &scheme.levels));
                    let title = |zh: &str, en: &str| {
                        Text::new(format!("{}{zh}", scheme.title.zh), format!("{}{en}", scheme.title.en))
                    };
                    let provisional = title("（暂定）", " (provisional)");
                    columns.push(column(
                        &format!("{name}_provisional"),
                        name,
                        OutputKind::TierProvisional,
                        &provisional,
                        &[],
                    ));
                    let reason = title("（未定级原因）", " (why not graded)");
                    columns.push(column(
                        &format!("{name}_reason"),
                        name,
                        OutputKind::TierReason,
                        &reason,
                        &[],
                    ));
                }
                Node::Groups(groups) => {
                    columns.push(column(
                        &groups.name,
                        &groups.name,
                        OutputKind::Grouping,
                        &groups.title,
                        &groups.names,
                    ));
                }
                Node::Segment(segment) => {
                    columns.push(column(
                        &segment.name,
                        &segment.name,
                        OutputKind::Segment,
                        &segment.title,
                        &[],
                    ));
                }
            }
        }
        columns
    }

    /// Grades the customers of one batch: `customer` (Int64) and the columns of the fold. Every fit
    /// must be there: rows that need a missing one are unknown and counted as faults.
    pub fn apply(&self, batch: &RecordBatch, fits: &Fits, as_of: Date) -> Graded {
        let mut frame = self.frame(batch);
        for node in &self.nodes {
            node.evaluate(&mut frame, fits, as_of);
        }
        self.graded(frame)
    }

    pub(crate) fn frame(&self, batch: &RecordBatch) -> Frame {
        Frame::new(batch, &self.meanings)
    }

    pub(crate) fn graded(&self, frame: Frame) -> Graded {
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for column in self.output_columns() {
            if let Some(found) = frame.columns.get(&column.name) {
                let nullable = column.kind != OutputKind::Customer || found.array.null_count() > 0;
                fields.push(Field::new(&column.name, found.array.data_type().clone(), nullable));
                arrays.push(found.array.clone());
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(frame.rows));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new_with_options(schema.clone(), arrays, &options);
        debug_assert!(batch.is_ok(), "columns of one frame are of one length: {batch:?}");
        let batch = batch.unwrap_or_else(|_| RecordBatch::new_empty(schema));
        Graded { batch, faults: frame.faults }
    }
}

/// Prefix of input columns that hold what a scheme decided at its last decision instant: the tier
/// between two of them. `_decided_t`, `_decided_t_provisional`, `_decided_t_reason`.
pub const DECIDED: &str = "_decided_";

/// Takes over what was decided; false if nothing was given.
fn take_decided(scheme: &Scheme, frame: &mut Frame) -> bool {
    let names = taken(Kind::Tier, &scheme.name);
    let decided: Vec<Column> =
        names.iter().filter_map(|name| frame.columns.get(&format!("{DECIDED}{name}")).cloned()).collect();
    if decided.len() != names.len() {
        return false;
    }
    for (name, column) in names.iter().zip(decided) {
        frame.put(name, column);
    }
    true
}

impl Node {
    pub(crate) fn fit_requests(&self) -> Vec<FitRequest> {
        match self {
            Node::Card(card) => card.fit_requests(),
            Node::Scheme(scheme) => scheme.fit_request().into_iter().collect(),
            Node::Groups(groups) => groups.fit_requests(),
            _ => Vec::new(),
        }
    }

    /// Adds this definition's columns to the frame.
    pub(crate) fn evaluate(&self, frame: &mut Frame, fits: &Fits, as_of: Date) {
        match self {
            Node::Formula { name, formula, .. } => {
                let column = frame.evaluate(formula);
                frame.put(name, column);
            }
            Node::Card(card) => {
                let scored = score::evaluate(card, frame, fits, false);
                put_score(frame, &card.name, scored.score, scored.completeness);
            }
            Node::Rules(rules) => {
                let column = rules.evaluate(frame, as_of);
                frame.put(&rules.name, column);
            }
            Node::Scheme(scheme) if take_decided(scheme, frame) => {}
            Node::Scheme(scheme) => {
                let tiered = scheme.evaluate(frame, fits);
                frame.put(&scheme.name, Column::unknown_where_null(tiered.level));
                frame.put(
                    &format!("{}_provisional", scheme.name),
                    Column::unknown_where_null(tiered.provisional),
                );
                frame.put(&format!("{}_reason", scheme.name), Column::unknown_where_null(tiered.reason));
            }
            Node::Groups(groups) => {
                let array = groups.evaluate(frame, fits);
                frame.put(&groups.name, Column::unknown_where_null(array));
            }
            Node::Segment(segment) => {
                let array = segment.evaluate(frame);
                frame.put(&segment.name, Column::unknown_where_null(array));
            }
        }
    }
}

fn put_score(frame: &mut Frame, name: &str, score: Spread, completeness: Vec<i64>) {
    let plain = |values: &[i64]| -> ArrayRef {
        let values: arrow::array::Decimal128Array =
            values.iter().map(|value| i128::from(*value)).collect::<Vec<_>>().into();
        Arc::new(values.with_data_type(DataType::Decimal128(18, 4)))
    };
    let low = plain(&score.low);
    let (point, high) = match &score.high {
        None => (low.clone(), low.clone()),
        Some(high) => {
            let known = score.low.iter().zip(high);
            let values = known.map(|(low, high)| (low == high).then_some(i128::from(*low))).collect();
            (Arc::new(decimals(values)) as ArrayRef, plain(high))
        }
    };
    frame.put(name, Column::unknown_where_null(point));
    frame.put(&format!("{name}_low"), Column::unknown_where_null(low));
    frame.put(&format!("{name}_high"), Column::unknown_where_null(high));
    frame.put(&format!("{name}_completeness"), Column::unknown_where_null(plain(&completeness)));
}

/// True where a mask is true; null is not.
pub(crate) fn only_true(mask: &BooleanArray) -> BooleanArray {
    match mask.nulls() {
        Some(nulls) => BooleanArray::new(mask.values() & nulls.inner(), None),
        None => mask.clone(),
    }
}
