//! What a model defines, what each definition needs of the others, and their names.

use std::collections::{BTreeMap, BTreeSet};

use gradus_model::document::{Cell, IndicatorKind, Model, Named, Outcome, TableInput, TierScheme};
use gradus_model::{Finding, Place, Text};

use super::CUSTOMER;
use super::compile::{Compiler, IndicatorColumn};
use super::decision_table::columns_of;
use super::flow;
use super::names::{names_in_condition, names_in_sql};
use super::prediction::{columns_of as prediction_columns, mentions_of};
use super::remembered::memory_columns;

/// Names that a definition takes, with the definition's own first.
pub(super) fn taken(kind: Kind, name: &str) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        Kind::Score => &["", "_low", "_high", "_completeness"],
        Kind::Tier => &["", "_provisional", "_reason"],
        _ => &[""],
    };
    suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

/// The same with what a scheme that remembers gives beside.
pub(super) fn taken_in(model: &Model, kind: Kind, name: &str) -> Vec<String> {
    let mut names = taken(kind, name);
    if let Some(prediction) = model.predictions.get(name).filter(|_| kind == Kind::Prediction) {
        return prediction_columns(name, prediction);
    }
    if kind == Kind::Tier && model.tiers.get(name).is_some_and(TierScheme::remembers) {
        names.extend(memory_columns(name).map(|(column, _)| column));
    }
    names
}

/// The place of what comes last in the line.
pub(super) const LAST_STAGE: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Indicator,
    Prediction,
    Score,
    RuleSet,
    Table,
    Cross,
    Tree,
    Step,
    Flow,
    Tier,
    Grouping,
    Segment,
}

impl Kind {
    /// The place in the line; groupings and segments may use each other.
    pub(super) fn stage(self) -> u8 {
        match self {
            Kind::Indicator => 0,
            Kind::Prediction => 1,
            // Scores and rules may use each other, as long as there is an order.
            Kind::Score | Kind::RuleSet | Kind::Table | Kind::Cross => 2,
            Kind::Tree | Kind::Step | Kind::Flow => 2,
            Kind::Tier => 3,
            Kind::Grouping | Kind::Segment => 4,
        }
    }

    pub(super) fn word(self) -> Text {
        match self {
            Kind::Indicator => Text::new("指标", "indicator"),
            Kind::Prediction => Text::new("预测", "prediction"),
            Kind::Score => Text::new("评分卡", "scorecard"),
            Kind::RuleSet => Text::new("规则集", "rule set"),
            Kind::Table => Text::new("决策表", "decision table"),
            Kind::Cross => Text::new("交叉决策表", "cross table"),
            Kind::Tree => Text::new("决策树", "decision tree"),
            Kind::Step => Text::new("规则流的步骤", "step of a rule flow"),
            Kind::Flow => Text::new("规则流", "rule flow"),
            Kind::Tier => Text::new("等级体系", "tier scheme"),
            Kind::Grouping => Text::new("分群方案", "grouping"),
            Kind::Segment => Text::new("分群", "segment"),
        }
    }

    fn key(self) -> &'static str {
        match self {
            Kind::Indicator => "indicators",
            Kind::Prediction => "predictions",
            Kind::Score => "scorecards",
            Kind::RuleSet => "rule_sets",
            Kind::Table => "decision_tables",
            Kind::Cross => "cross_tables",
            Kind::Tree => "decision_trees",
            Kind::Step | Kind::Flow => "flows",
            Kind::Tier => "tiers",
            Kind::Grouping => "groupings",
            Kind::Segment => "segments",
        }
    }
}

/// Something to compile: its kind, its position among its kind, its name, what it mentions.
pub(super) struct Definition {
    pub kind: Kind,
    pub index: usize,
    /// Of a step its position in the flow.
    pub part: usize,
    pub name: String,
    /// The names that it takes.
    pub columns: Vec<String>,
    pub place: Place,
    pub mentions: BTreeSet<String>,
    /// For indicators the SQL, title and whether nulls were given a meaning.
    pub sql: Option<(String, Option<Text>)>,
}

pub(super) fn definitions(compiler: &mut Compiler<'_>) -> Vec<Definition> {
    let (model, root) = (compiler.model, compiler.root());
    let mut all = Vec::new();
    for (index, derived) in compiler.context.derived.iter().enumerate() {
        all.push(Definition {
            kind: Kind::Indicator,
            index,
            part: 0,
            name: derived.name.clone(),
            columns: vec![derived.name.clone()],
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
            part: 0,
            name: name.to_string(),
            columns: vec![name.to_string()],
            place: place.key("of"),
            mentions: names_in_sql(sql),
            sql: Some((sql.clone(), indicator.title.clone())),
        });
    }
    let mut add = |kind: Kind, index: usize, name: &str, mentions: BTreeSet<String>| {
        let place = root.key(kind.key()).key(name);
        let (columns, name) = (taken_in(model, kind, name), name.to_string());
        all.push(Definition { kind, index, part: 0, name, columns, place, mentions, sql: None });
    };
    for (index, (name, prediction)) in model.predictions.iter().enumerate() {
        add(Kind::Prediction, index, name, mentions_of(prediction));
    }
    for (index, (name, card)) in model.scorecards.iter().enumerate() {
        let mut mentions: BTreeSet<String> =
            card.attributes.iter().flat_map(|(_, attribute)| names_in_sql(&attribute.value)).collect();
        for case in card.attributes.iter().flat_map(|(_, attribute)| attribute.cases.iter().flatten()) {
            case.when.iter().for_each(|condition| names_in_condition(condition, &mut mentions));
            mentions.extend(case.points_of.iter().flat_map(|sql| names_in_sql(sql)));
        }
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
    rule_forms(model, &root, &mut all);
    all
}

/// Tables, trees and flows with what they mention.
fn rule_forms(model: &Model, root: &Place, all: &mut Vec<Definition>) {
    let mut add = |kind: Kind, index: usize, name: &str, columns: Vec<String>, mentions: BTreeSet<String>| {
        let place = root.key(kind.key()).key(name);
        let name = name.to_string();
        all.push(Definition { kind, index, part: 0, name, columns, place, mentions, sql: None });
    };
    for (index, (name, table)) in model.decision_tables.iter().enumerate() {
        let mut mentions = BTreeSet::new();
        names_in_inputs(&table.inputs, &mut mentions);
        for row in &table.rows {
            row.when.iter().for_each(|cell| names_in_cell(cell, &mut mentions));
            row.condition.iter().for_each(|condition| names_in_condition(condition, &mut mentions));
            row.then.iter().for_each(|outcome| names_in_outcome(outcome, &mut mentions));
        }
        for default in table.outputs.iter().filter_map(|(_, output)| output.default.as_ref()) {
            names_in_outcome(default, &mut mentions);
        }
        add(Kind::Table, index, name, columns_of(name, table), mentions);
    }
    for (index, (name, table)) in model.cross_tables.iter().enumerate() {
        let mut mentions = BTreeSet::new();
        for axis in [&table.rows, &table.columns] {
            names_in_inputs(&axis.inputs, &mut mentions);
            axis.bands.iter().flat_map(|band| &band.when).for_each(|cell| names_in_cell(cell, &mut mentions));
        }
        for outcome in table.cells.iter().flatten().chain(&table.otherwise) {
            names_in_outcome(outcome, &mut mentions);
        }
        add(Kind::Cross, index, name, vec![name.to_string()], mentions);
    }
    for (index, (name, tree)) in model.decision_trees.iter().enumerate() {
        let mut mentions = BTreeSet::new();
        tree.visit_all(&mut |level| {
            level.gives.iter().for_each(|outcome| names_in_outcome(outcome, &mut mentions));
            mentions.extend(level.value.iter().flat_map(|sql| names_in_sql(sql)));
            for branch in level.branches {
                branch.when.iter().for_each(|condition| names_in_condition(condition, &mut mentions));
                branch.is.iter().for_each(|cell| names_in_cell(cell, &mut mentions));
            }
        });
        add(Kind::Tree, index, name, vec![name.to_string()], mentions);
    }
    for (index, (name, flow)) in model.flows.iter().enumerate() {
        let result = flow.gives.as_deref().or(flow.steps.names().last()).unwrap_or_default();
        let mentions = BTreeSet::from([flow::column_of(name, result)]);
        add(Kind::Flow, index, name, vec![name.to_string()], mentions);
    }
    for (index, (name, flow)) in model.flows.iter().enumerate() {
        for (part, (key, step)) in flow.steps.iter().enumerate() {
            let column = flow::column_of(name, key);
            let place = root.key("flows").key(name).key("steps").key(key);
            let (columns, mentions) = (vec![column.clone()], flow::mentions(step));
            let kind = Kind::Step;
            all.push(Definition { kind, index, part, name: column, columns, place, mentions, sql: None });
        }
    }
}

fn names_in_inputs(inputs: &Named<TableInput>, names: &mut BTreeSet<String>) {
    for (name, input) in inputs.iter() {
        match &input.value {
            Some(sql) => names.extend(names_in_sql(sql)),
            None => drop(names.insert(name.to_string())),
        }
        input.allowed.iter().for_each(|cell| names_in_cell(cell, names));
    }
}

fn names_in_cell(cell: &Cell, names: &mut BTreeSet<String>) {
    match cell {
        Cell::Feel(text) => names.extend(gradus_expression::names_in_feel(text)),
        Cell::Sql(cell) => names.extend(names_in_sql(&cell.sql)),
    }
}

fn names_in_outcome(outcome: &Outcome, names: &mut BTreeSet<String>) {
    if let Outcome::Sql(cell) = outcome {
        names.extend(names_in_sql(&cell.sql));
    }
}

/// Which of the definitions of one stage each of them needs. A name that something earlier already
/// has means that (and is a finding of its own).
pub(super) fn needs(compiler: &Compiler<'_>, definitions: &[&Definition], stage: u8) -> Vec<BTreeSet<usize>> {
    let mut owner: BTreeMap<String, usize> = BTreeMap::new();
    for (index, definition) in definitions.iter().enumerate() {
        for name in definition.columns.clone() {
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

pub(super) fn say_cycle(compiler: &mut Compiler<'_>, definitions: &[&Definition], cycle: &[usize]) {
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
pub(super) fn check_names(
    compiler: &mut Compiler<'_>,
    indicators: &[IndicatorColumn],
    definitions: &[Definition],
) {
    let root = compiler.root();
    let mut owners: BTreeMap<String, Place> = BTreeMap::new();
    let mut names: Vec<(Vec<String>, String, Place)> = Vec::new();
    for (name, indicator) in compiler.model.indicators.iter() {
        let _ = indicator;
        names.push((vec![name.to_string()], name.to_string(), root.key("indicators").key(name)));
    }
    for column in indicators.iter().filter(|column| !column.name.starts_with('_')) {
        if compiler.model.indicators.get(&column.name).is_none() {
            let own = column.name.clone();
            names.push((vec![own.clone()], own, root.key("indicators").key(&column.name)));
        }
    }
    for definition in definitions.iter().filter(|definition| definition.kind != Kind::Indicator) {
        names.push((definition.columns.clone(), definition.name.clone(), definition.place.clone()));
    }
    for (columns, name, place) in names {
        if name.is_empty() || name.starts_with('_') || name == CUSTOMER || name == super::EVERYONE {
            let what = Text::new(format!("“{name}”不能用作名字"), format!("`{name}` cannot be a name"));
            let right = Text::new(
                "换一个名字：不以下划线开头，也不是 customer、everyone",
                "another name: not beginning with an underscore, not `customer` or `everyone`",
            );
            compiler.findings.push(Finding::error("name-reserved", place, what, right));
            continue;
        }
        for name in columns {
            match owners.get(&name) {
                Some(first) => {
                    let first = first.path.clone().unwrap_or_default();
                    let what = Text::new(
                        format!("名字“{name}”已被 {first} 占用"),
                        format!("the name `{name}` is already taken by {first}"),
                    );
                    let right = Text::new(
                        "指标、评分、规则、等级、分群方案、分群的名字都不能相同",
                        "one name for one thing: indicators, scores, rules, tiers, groupings and segments share their names",
                    );
                    compiler.findings.push(Finding::error("duplicate-name", place.clone(), what, right));
                }
                None => drop(owners.insert(name, place.clone())),
            }
        }
    }
}
