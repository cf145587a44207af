//! From the checked document to stage B. All findings are collected; nothing stops at the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::{Scope, Want, condition_sql, quote_name};
use gradus_model::document::{Behaviour, Condition, Model, Sequence, TierTest, Window};
use gradus_model::{Finding, Findings, Place, Text};

use super::frame::{Formula, NullMeaning, plain_type};
use super::names::{names_in_condition, names_in_sql};
use super::said::{in_words, said};
use super::why::WhyTree;
use crate::fold::spec::{Aggregate, FoldIndicator, FoldWindow, SequenceStep};

/// One column that the fold gives to stage B.
#[derive(Debug, Clone)]
pub struct IndicatorColumn {
    pub name: String,
    pub data_type: DataType,
    pub null_meaning: NullMeaning,
    pub title: Option<Text>,
}

/// An indicator that is computed from fold columns row by row: averages, ratios, shares,
/// comparisons. Evaluated like a formula, under its own name.
#[derive(Debug, Clone)]
pub struct DerivedColumn {
    pub name: String,
    pub sql: String,
    pub title: Option<Text>,
    pub place: Place,
}

/// What compiling knows beside the model.
#[derive(Debug, Clone, Default)]
pub struct CompileContext<'a> {
    /// The document's file name, for places.
    pub document: Option<String>,
    /// What the model's indicators were lowered to: an equal one is used instead of a hidden one.
    pub lowered: &'a [FoldIndicator],
    pub derived: &'a [DerivedColumn],
    /// Evaluates every cell of every table as an expression, as if there were no index over the rows: what
    /// the index is held against.
    pub plain_cells: bool,
    /// The columns of events: with them the `where` of behaviours is checked here.
    pub events: Option<&'a Scope>,
}

/// Collects what stage B needs from the fold.
pub trait FoldSink {
    /// The column that will hold this value. Equal requests get the same column.
    fn add(&mut self, indicator: FoldIndicator) -> String;
}

/// Hidden fold columns `_b1`, `_b2` …, each kept once.
#[derive(Debug, Clone, Default)]
pub(crate) struct FoldRequests {
    pub lowered: Vec<FoldIndicator>,
    pub hidden: Vec<FoldIndicator>,
}

impl FoldSink for FoldRequests {
    fn add(&mut self, indicator: FoldIndicator) -> String {
        let same = |other: &&FoldIndicator| other.is_same_as(&indicator);
        if let Some(found) = self.lowered.iter().chain(&self.hidden).find(same) {
            return found.name.clone();
        }
        let name = format!("_b{}", self.hidden.len() + 1);
        self.hidden.push(FoldIndicator { name: name.clone(), ..indicator });
        name
    }
}

/// The state of a compilation: what is in scope so far, and what was found.
pub(crate) struct Compiler<'a> {
    pub model: &'a Model,
    pub context: &'a CompileContext<'a>,
    pub findings: Findings,
    pub sink: FoldRequests,
    columns: Vec<(Field, Option<Text>)>,
    scope: Option<Scope>,
    pub meanings: BTreeMap<String, NullMeaning>,
    /// Names whose definition has findings or lies on a cycle: what uses them is passed over, so
    /// that one mistake is one finding.
    pub broken: BTreeSet<String>,
    /// Names that are defined further down the line, with the word for what they are.
    pub later: BTreeMap<String, Text>,
    /// The columns that the definition at hand reads.
    pub reads: BTreeSet<String>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(model: &'a Model, context: &'a CompileContext<'a>) -> Compiler<'a> {
        Compiler {
            model,
            context,
            findings: Findings::default(),
            sink: FoldRequests { lowered: context.lowered.to_vec(), hidden: Vec::new() },
            columns: Vec::new(),
            scope: None,
            meanings: BTreeMap::new(),
            broken: BTreeSet::new(),
            later: BTreeMap::new(),
            reads: BTreeSet::new(),
        }
    }

    pub(crate) fn root(&self) -> Place {
        Place { document: self.context.document.clone(), ..Place::default() }
    }

    /// Brings a column into scope. The first of a name stays: a second is a finding of its own.
    pub(crate) fn add_column(&mut self, name: &str, data_type: DataType, title: Option<Text>) {
        if self.column_type(name).is_none() {
            self.columns.push((Field::new(name, plain_type(&data_type), true), title));
            self.scope = None;
        }
    }

    /// Brings a formula into scope, in place of a fold column of the same name.
    pub(crate) fn replace_column(&mut self, name: &str, data_type: DataType, title: Option<Text>) {
        self.columns.retain(|(field, _)| field.name() != name);
        self.add_column(name, data_type, title);
    }

    pub(crate) fn column_type(&self, name: &str) -> Option<&DataType> {
        self.columns.iter().find(|(field, _)| field.name() == name).map(|(field, _)| field.data_type())
    }

    pub(crate) fn title(&self, name: &str) -> Text {
        let own = self.columns.iter().find(|(field, _)| field.name() == name);
        own.and_then(|(_, title)| title.clone()).unwrap_or_else(|| Text::plain(name))
    }

    pub(crate) fn scope(&mut self) -> Scope {
        if let Some(scope) = &self.scope {
            return scope.clone();
        }
        let fields: Vec<Field> = self.columns.iter().map(|(field, _)| field.clone()).collect();
        let mut scope = Scope::new(Arc::new(Schema::new(fields)));
        for (field, title) in &self.columns {
            if let Some(title) = title {
                scope = scope.with_title(field.name(), title.clone());
            }
            let levels = self.model.tiers.get(field.name()).map(|scheme| &scheme.levels);
            for (level, own) in levels.into_iter().flat_map(|levels| levels.iter()) {
                if let Some(title) = &own.title {
                    scope = scope.with_value_title(field.name(), level, title.clone());
                }
            }
        }
        self.scope = Some(scope.clone());
        scope
    }

    /// A formula over what is in scope; its findings are collected. `None` if it has any, or if it
    /// uses a name that is itself broken.
    pub(crate) fn formula(&mut self, sql: &str, want: Want, place: &Place) -> Option<Formula> {
        let names = names_in_sql(sql);
        if !self.usable(&names, place) {
            return None;
        }
        let path = place.path.clone().unwrap_or_default();
        if let Some(name) = bare_name(sql)
            && let Some(data_type) = self.column_type(&name)
            && fits(data_type, want)
        {
            let data_type = data_type.clone();
            let said = Some(self.title(&name));
            self.reads.insert(name.clone());
            let references = BTreeSet::from([name]);
            return Some(Formula {
                sql: sql.trim().to_string(),
                data_type,
                references,
                path,
                expression: None,
                said,
            });
        }
        match gradus_expression::compile(sql, &self.scope(), want, place) {
            Ok(expression) => {
                self.reads.extend(expression.references().iter().cloned());
                Some(Formula {
                    sql: expression.sql().to_string(),
                    data_type: expression.data_type().clone(),
                    references: expression.references().clone(),
                    path,
                    expression: Some(expression),
                    said: None,
                })
            }
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }

    /// A condition, SQL or tree, with the tree of its leaves for explaining it.
    pub(crate) fn condition(&mut self, condition: &Condition, place: &Place) -> Option<(Formula, WhyTree)> {
        let mut names = BTreeSet::new();
        names_in_condition(condition, &mut names);
        if !self.usable(&names, place) {
            return None;
        }
        // Hidden fold columns have to be in scope before their leaves are checked.
        if !self.request_behaviours(condition, place) {
            return None;
        }
        let formula = self.condition_formula(condition, place)?;
        let tree = WhyTree::of(self, condition, place);
        Some((formula, tree))
    }

    pub(crate) fn condition_formula(&mut self, condition: &Condition, place: &Place) -> Option<Formula> {
        let scope = self.scope();
        let mut leaves = Leaves { model: self.model, sink: &mut self.sink, events: self.context.events };
        match condition_sql(condition, &scope, &mut leaves, place) {
            Ok(sql) => {
                let said = said(condition, self.model);
                self.formula(&sql, Want::Boolean, place).map(|formula| match said {
                    Some(_) => Formula { said, ..formula },
                    None => formula,
                })
            }
            Err(findings) => {
                self.findings.extend(findings);
                None
            }
        }
    }

    /// Asks the fold for a value and brings its column into scope.
    pub(crate) fn request(&mut self, indicator: FoldIndicator) -> String {
        let data_type = output_type(&indicator.aggregate);
        let title = in_words(&indicator, self.context.events);
        let name = self.sink.add(indicator);
        self.reads.insert(name.clone());
        if self.column_type(&name).is_none() {
            self.add_column(&name, data_type, Some(title));
        }
        name
    }

    /// Requests the fold columns of every behaviour in a condition. False if any has findings.
    fn request_behaviours(&mut self, condition: &Condition, place: &Place) -> bool {
        let Condition::Node(node) = condition else { return true };
        let mut fine = true;
        for (key, children) in [("all", &node.all), ("any", &node.any)] {
            for (index, child) in children.iter().flatten().enumerate() {
                fine &= self.request_behaviours(child, &place.key(key).index(index));
            }
        }
        if let Some(child) = &node.not {
            fine &= self.request_behaviours(child, &place.key("not"));
        }
        let before = self.findings.0.len();
        for (key, behaviour) in [("did", &node.did), ("did_not", &node.did_not)] {
            if let Some(behaviour) = behaviour {
                let place = place.key(key);
                match behaviour_fold(behaviour, &place, self.context.events) {
                    Ok(indicator) => drop(self.request(indicator)),
                    Err(findings) => self.findings.extend(findings),
                }
            }
        }
        if let Some(sequence) = &node.sequence {
            match sequence_fold(sequence, &place.key("sequence"), self.context.events) {
                Ok(indicator) => drop(self.request(indicator)),
                Err(findings) => self.findings.extend(findings),
            }
        }
        if let Some(list) = &node.in_list {
            self.request(list_fold(list));
        }
        fine && self.findings.0.len() == before
    }

    /// False if a name is broken (said elsewhere) or comes later in the line (said here).
    fn usable(&mut self, names: &BTreeSet<String>, place: &Place) -> bool {
        let mut fine = true;
        for name in names {
            if self.column_type(name).is_some() {
                continue;
            }
            if self.broken.contains(name) {
                fine = false;
            } else if let Some(kind) = self.later.get(name) {
                fine = false;
                let what = Text::new(
                    format!(
                        "“{name}”是{}，在这里还没有值：计算顺序是指标、预测、评分与规则、等级、分群方案与分群",
                        kind.zh
                    ),
                    format!(
                        "`{name}` is a {} and has no value here yet: the order is indicators, predictions, scores and rules, tiers, groupings and segments",
                        kind.en
                    ),
                );
                let right = Text::new(
                    "改用排在前面的指标、预测、评分或规则的结果",
                    "use an indicator, prediction, score or outcome that comes before",
                );
                self.findings.push(Finding::error("name-used-too-early", place.clone(), what, right));
            }
        }
        fine
    }
}

/// The name, if the text is nothing but a name.
fn bare_name(sql: &str) -> Option<String> {
    let text = sql.trim();
    if let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        let plain = inner.replace("\"\"", "");
        return (!plain.contains('"') && !inner.is_empty()).then(|| inner.replace("\"\"", "\""));
    }
    let mut letters = text.chars();
    let starts = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    (starts && letters.all(|c| c.is_alphanumeric() || c == '_')).then(|| text.to_string())
}

fn fits(data_type: &DataType, want: Want) -> bool {
    match want {
        Want::Any => true,
        Want::Boolean => *data_type == DataType::Boolean,
        Want::Number => data_type.is_numeric(),
        Want::Text => *data_type == DataType::Utf8,
    }
}

/// The type of a hidden fold column.
pub(crate) fn output_type(aggregate: &Aggregate) -> DataType {
    match aggregate {
        Aggregate::Decayed { .. } | Aggregate::Sum { .. } | Aggregate::FirstDay { .. } => {
            DataType::Decimal128(38, 4)
        }
        Aggregate::Gap { .. } => DataType::Float64,
        _ => DataType::Int64,
    }
}

/// How many times something happened, as the fold counts it.
pub(crate) fn behaviour_fold(
    behaviour: &Behaviour,
    place: &Place,
    events: Option<&Scope>,
) -> Result<FoldIndicator, Findings> {
    check_filter(behaviour.filter.as_deref(), place, events)?;
    Ok(FoldIndicator {
        name: String::new(),
        aggregate: Aggregate::Count,
        filter: Some(event_filter(&behaviour.event, behaviour.filter.as_deref())),
        window: fold_window(behaviour.window.as_ref(), &place.key("window"))?,
    })
}

pub(crate) fn sequence_fold(
    sequence: &Sequence,
    place: &Place,
    events: Option<&Scope>,
) -> Result<FoldIndicator, Findings> {
    let mut findings = Findings::default();
    if sequence.steps.len() < 2 {
        let what = Text::new("序列少于两步", "a sequence of fewer than two steps");
        let right = Text::new("至少写两步，或改用 did", "two steps at least, or `did`");
        findings.push(Finding::error("sequence-too-short", place.key("steps"), what, right));
    }
    let mut steps = Vec::with_capacity(sequence.steps.len());
    for (index, step) in sequence.steps.iter().enumerate() {
        let place = place.key("steps").index(index);
        if let Err(more) = check_filter(step.filter.as_deref(), &place, events) {
            findings.extend(more);
        }
        if index == 0 && step.within.is_some() {
            let what = Text::new(
                "第一步之前没有步骤，within 没有意义",
                "nothing comes before the first step, so `within` means nothing",
            );
            findings.push(Finding::error(
                "sequence-first-within",
                place.key("within"),
                what,
                Text::new("删去", "leave it out"),
            ));
        }
        let filter = event_filter(&step.event, step.filter.as_deref());
        steps.push(SequenceStep { filter, within: step.within });
    }
    let window = match fold_window(sequence.window.as_ref(), &place.key("window")) {
        Ok(window) => window,
        Err(more) => {
            findings.extend(more);
            FoldWindow::Lifetime
        }
    };
    if findings.has_errors() {
        return Err(findings);
    }
    Ok(FoldIndicator { name: String::new(), aggregate: Aggregate::Sequence { steps }, filter: None, window })
}

fn list_fold(list: &str) -> FoldIndicator {
    FoldIndicator {
        name: String::new(),
        aggregate: Aggregate::Count,
        filter: Some(format!("kind = 'list' and list = {}", quote_text(list))),
        window: FoldWindow::Lifetime,
    }
}

/// SQL over the event columns: events of one kind that match.
pub(crate) fn event_filter(event: &str, filter: Option<&str>) -> String {
    let kind = format!("kind = {}", quote_text(event));
    match filter {
        Some(filter) => format!("{kind} and ({filter})"),
        None => kind,
    }
}

fn check_filter(filter: Option<&str>, place: &Place, events: Option<&Scope>) -> Result<(), Findings> {
    match (filter, events) {
        (Some(filter), Some(events)) => {
            gradus_expression::compile(filter, events, Want::Boolean, &place.key("where")).map(drop)
        }
        _ => Ok(()),
    }
}

/// A window of the document as the fold understands it.
pub(crate) fn fold_window(window: Option<&Window>, place: &Place) -> Result<FoldWindow, Findings> {
    let period = match window {
        None => return Ok(FoldWindow::Lifetime),
        Some(Window::Short(span)) => return Ok(FoldWindow::Rolling { last: *span, before: None }),
        Some(Window::Long(period)) => period,
    };
    match (period.last, period.calendar, &period.since, period.before) {
        (Some(last), None, None, before) => Ok(FoldWindow::Rolling { last, before }),
        (None, Some(stretch), None, None) => Ok(FoldWindow::Calendar { stretch, back: None }),
        (None, None, Some(filter), None) => Ok(FoldWindow::Since { filter: filter.clone() }),
        (None, None, None, None) => Ok(FoldWindow::Lifetime),
        _ => {
            let what = Text::new(
                "时间窗口只能写 last（可带 before）、calendar、since 中的一个",
                "a window has one of `last` (with or without `before`), `calendar`, `since`",
            );
            let right = Text::new(
                "例如 90 days，或 calendar: this_month",
                "such as `90 days`, or `calendar: this_month`",
            );
            Err(Findings(vec![Finding::error("window-form", place.clone(), what, right)]))
        }
    }
}

pub(crate) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Gives the leaves of a condition tree their meaning.
struct Leaves<'a> {
    model: &'a Model,
    sink: &'a mut FoldRequests,
    events: Option<&'a Scope>,
}

impl gradus_expression::Resolver for Leaves<'_> {
    fn behaviour(&mut self, behaviour: &Behaviour, place: &Place) -> Result<String, Findings> {
        Ok(quote_name(&self.sink.add(behaviour_fold(behaviour, place, self.events)?)))
    }

    fn sequence(&mut self, sequence: &Sequence, place: &Place) -> Result<String, Findings> {
        Ok(quote_name(&self.sink.add(sequence_fold(sequence, place, self.events)?)))
    }

    fn segment(&mut self, name: &str, place: &Place) -> Result<String, Findings> {
        match self.model.segments.get(name) {
            Some(_) => Ok(quote_name(name)),
            None => Err(unknown_name(name, "分群", "segment", self.model.segments.names(), place)),
        }
    }

    fn list(&mut self, name: &str, _place: &Place) -> Result<String, Findings> {
        Ok(format!("{} >= 1", quote_name(&self.sink.add(list_fold(name)))))
    }

    fn tier(&mut self, test: &TierTest, place: &Place) -> Result<String, Findings> {
        let Some(scheme) = self.model.tiers.get(&test.scheme) else {
            let names = self.model.tiers.names();
            return Err(unknown_name(&test.scheme, "等级体系", "tier scheme", names, &place.key("scheme")));
        };
        let mut findings = Findings::default();
        let mut position = |key: &str, level: &Option<String>| -> Option<usize> {
            let level = level.as_ref()?;
            let found = scheme.levels.position(level);
            if found.is_none() {
                let more = unknown_name(level, "等级", "level", scheme.levels.names(), &place.key(key));
                findings.extend(more);
            }
            found
        };
        let is = position("is", &test.is);
        let least = position("at_least", &test.at_least);
        let most = position("at_most", &test.at_most);
        let given = [&test.is, &test.at_least, &test.at_most].iter().filter(|key| key.is_some()).count();
        if given == 0 || (test.is.is_some() && given > 1) {
            let what = Text::new(
                "等级条件要么写 is，要么写 at_least、at_most",
                "a tier test has `is`, or `at_least` and `at_most`",
            );
            let right = Text::new("例如 at_least: gold", "such as `at_least: gold`");
            findings.push(Finding::error("tier-test-form", place.clone(), what, right));
        }
        if findings.has_errors() {
            return Err(findings);
        }
        let inside = |index: usize| {
            is.is_none_or(|is| is == index)
                && least.is_none_or(|least| index >= least)
                && most.is_none_or(|most| index <= most)
        };
        let names: Vec<String> = scheme
            .levels
            .names()
            .enumerate()
            .filter(|(index, _)| inside(*index))
            .map(|(_, name)| quote_text(name))
            .collect();
        let column = quote_name(&test.scheme);
        // Who is not graded is known not to stand there.
        Ok(match names.is_empty() {
            true => "false".to_string(),
            false => format!("({column} is not null and {column} in ({}))", names.join(", ")),
        })
    }
}

/// A name that nothing has, with the nearest ones that exist.
pub(crate) fn unknown_name<'n>(
    name: &str,
    kind_zh: &str,
    kind_en: &str,
    known: impl Iterator<Item = &'n str>,
    place: &Place,
) -> Findings {
    let known: Vec<&str> = known.collect();
    let what =
        Text::new(format!("没有名为“{name}”的{kind_zh}"), format!("there is no {kind_en} named `{name}`"));
    let right = match known.is_empty() {
        true => Text::new(
            format!("先定义它；目前没有任何{kind_zh}"),
            format!("define it first; there is no {kind_en} yet"),
        ),
        false => Text::new(format!("已有：{}", known.join("、")), format!("one of: {}", known.join(", "))),
    };
    Findings(vec![Finding::error("unknown-name", place.clone(), what, right)])
}
