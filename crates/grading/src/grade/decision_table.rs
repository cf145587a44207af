//! Decision tables (决策表), compiled: which rows are hit, and what the hit policy makes of them.

use gradus_model::document::{DecisionTable, Outcome, TableHit, Undecided};
use gradus_model::fixed::FIXED_ONE;
use gradus_model::{Finding, Place, Text};
use jiff::civil::Date;

use super::compile::Compiler;
use super::frame::{Column, Faults, Frame};
use super::matcher::{Hits, Matcher, RowSource};
use super::number::LARGEST_POINTS;
use super::outcome::{Computed, Given, GivenKind, Giving, Outcomes};
use super::rule_set::dates;

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub name: String,
    pub title: Text,
    pub hit: TableHit,
    pub matcher: Matcher,
    pub outputs: Vec<Output>,
    /// For each row its place in the order of the output values, least first.
    rank: Vec<usize>,
    undecided: Undecided,
    path: String,
    pub row_titles: Vec<Option<Text>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// The name that its values have in the model.
    pub column: String,
    pub title: Text,
    /// One for each row; the last is the default, if there is one.
    outcomes: Outcomes,
    pub has_default: bool,
}

/// What the hit policy makes of the rows that are hit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Row(usize),
    /// No row: the default of each output.
    Default,
    List(Vec<usize>),
    Number(i64),
    /// More rows than the policy allows, or rows that contradict each other.
    Clash,
    /// A sum that is too large, or of something that failed.
    Failed,
    Unknown,
}

/// A list as a JSON array with a space after each comma, which is one text for the same list, always. Rows that
/// give nothing are left out.
fn list(values: &[Given<'_>]) -> String {
    let quoted = |text: String| serde_json::Value::String(text).to_string();
    let one = |given: &Given<'_>| match given {
        Given::Text(_) | Given::Date(_) => given.shown().map(quoted),
        _ => given.shown(),
    };
    format!("[{}]", values.iter().filter_map(one).collect::<Vec<_>>().join(", "))
}

/// Names of the columns of a table.
pub(crate) fn columns_of(name: &str, table: &DecisionTable) -> Vec<String> {
    match table.outputs.len() {
        0 | 1 => vec![name.to_string()],
        _ => table.outputs.names().map(|output| format!("{name}_{output}")).collect(),
    }
}

pub(crate) fn compile_table(compiler: &mut Compiler<'_>, name: &str, table: &DecisionTable) -> Option<Table> {
    let place = compiler.root().key("decision_tables").key(name);
    let title = table.title.clone().unwrap_or_else(|| Text::plain(name));
    if table.rows.is_empty() || table.outputs.is_empty() {
        let what = Text::new("决策表里没有行，或没有输出", "the decision table has no rows, or no outputs");
        let right = Text::new("至少一行、一个输出", "one row and one output at least");
        compiler.findings.push(Finding::error("table-empty", place, what, right));
        return None;
    }
    let mut fine = true;
    let mut sources = Vec::with_capacity(table.rows.len());
    for (index, row) in table.rows.iter().enumerate() {
        let at = place.key("rows").index(index);
        let (from, until) = dates(compiler, (row.from.as_deref(), row.until.as_deref()), &at, &mut fine);
        if row.then.len() != table.outputs.len() {
            let (there, wanted) = (row.then.len(), table.outputs.len());
            let what = Text::new(
                format!("这一行给出 {there} 个结果，输出却有 {wanted} 个"),
                format!("the row gives {there} results for {wanted} outputs"),
            );
            let right =
                Text::new("每个输出一个结果，没有的写 null", "one result for each output, null for none");
            compiler.findings.push(Finding::error("table-row-length", at.key("then"), what, right));
            fine = false;
        }
        let condition = row.condition.as_ref();
        sources.push(RowSource { when: &row.when, condition, from, until, place: at });
    }
    // A row that is too short hides nothing that is wrong elsewhere in it.
    let all_long = table.rows.iter().all(|row| row.then.len() == table.outputs.len());
    let matcher = Matcher::compile(compiler, &table.inputs, &sources, &place);
    let mut outputs = Vec::with_capacity(table.outputs.len());
    for (index, (output, column)) in table.outputs.iter().zip(columns_of(name, table)).enumerate() {
        let (key, written) = output;
        let at = place.key("outputs").key(key);
        let mut given: Vec<(&Outcome, Place)> = table
            .rows
            .iter()
            .zip(&sources)
            .filter_map(|(row, source)| Some((row.then.get(index)?, source.place.key("then").index(index))))
            .collect();
        given.extend(written.default.iter().map(|default| (default, at.key("default"))));
        let gives_nothing =
            |(outcome, _): &(&Outcome, Place)| **outcome == Outcome::Value(serde_json::Value::Null);
        if !all_long && given.iter().all(gives_nothing) {
            continue;
        }
        let Some(outcomes) = Outcomes::compile(compiler, &given, &at) else {
            fine = false;
            continue;
        };
        let own = match (&written.title, table.outputs.len()) {
            (Some(title), 1) if table.title.is_none() => title.clone(),
            (_, 1) => title.clone(),
            (own, _) => {
                let own = own.clone().unwrap_or_else(|| Text::plain(key));
                Text::new(format!("{} · {}", title.zh, own.zh), format!("{} · {}", title.en, own.en))
            }
        };
        outputs.push(Output { column, title: own, outcomes, has_default: written.default.is_some() });
    }
    let matcher = matcher?;
    if !fine {
        return None;
    }
    fine &= check_hit(compiler, table, &outputs, &place);
    let rank = rank(compiler, table, &outputs, &place, &mut fine);
    let path = place.path.clone().unwrap_or_default();
    let row_titles = table.rows.iter().map(|row| row.title.clone()).collect();
    let (hit, undecided) = (table.hit, table.undecided);
    fine.then(|| Table {
        name: name.to_string(),
        title,
        hit,
        matcher,
        outputs,
        rank,
        undecided,
        path,
        row_titles,
    })
}

/// What a hit policy needs of the outputs.
fn check_hit(compiler: &mut Compiler<'_>, table: &DecisionTable, outputs: &[Output], place: &Place) -> bool {
    let aggregates = matches!(table.hit, TableHit::CollectSum | TableHit::CollectMin | TableHit::CollectMax);
    if (aggregates || table.hit == TableHit::CollectCount) && outputs.len() > 1 {
        let what = Text::new(
            "汇总的命中方式（C+、C<、C>、C#）只能有一个输出",
            "a hit policy that aggregates (C+, C<, C>, C#) has one output",
        );
        let right = Text::new("只留一个输出，或拆成几张表", "one output, or several tables");
        compiler.findings.push(Finding::error("table-hit-outputs", place.key("hit"), what, right));
        return false;
    }
    if aggregates && outputs.iter().any(|output| output.outcomes.kind != GivenKind::Number) {
        let what =
            Text::new("C+、C<、C> 需要数字结果", "`collect_sum`, `collect_min`, `collect_max` need numbers");
        let right = Text::new("改用 collect 或 first，或给出数字", "`collect` or `first`, or numbers");
        compiler.findings.push(Finding::error("table-hit-outputs", place.key("hit"), what, right));
        return false;
    }
    true
}

/// The order of the rows by the values of their outputs, for the policies that ask for it.
fn rank(
    compiler: &mut Compiler<'_>,
    table: &DecisionTable,
    outputs: &[Output],
    place: &Place,
    fine: &mut bool,
) -> Vec<usize> {
    if !matches!(table.hit, TableHit::Priority | TableHit::OutputOrder) {
        return Vec::new();
    }
    if table.outputs.iter().all(|(_, output)| output.values.is_empty()) {
        let what = Text::new(
            "按优先级命中，却没有写各结果的先后",
            "hit by priority, and nothing says which result comes first",
        );
        let right =
            Text::new("在输出下写 values: [最优先, …, 最后]", "`values: [first, …, last]` under an output");
        compiler.findings.push(Finding::error("table-priority", place.key("outputs"), what, right));
        *fine = false;
        return Vec::new();
    }
    let mut keys: Vec<(Vec<usize>, usize)> = Vec::with_capacity(table.rows.len());
    for row in 0..table.rows.len() {
        let mut key = Vec::new();
        for (output, (_, written)) in outputs.iter().zip(table.outputs.iter()) {
            if written.values.is_empty() {
                continue;
            }
            let given = output.outcomes.constant(row);
            let at = written.values.iter().position(|value| given.is_some_and(|given| same(given, value)));
            match at {
                Some(at) => key.push(at),
                None => {
                    let place = place.key("rows").index(row).key("then");
                    let what = Text::new(
                        "这一行的结果不在输出的 values 之中",
                        "what the row gives is not among the `values` of the output",
                    );
                    let right = Text::new("写成 values 中的一个值", "one of the `values`");
                    compiler.findings.push(Finding::error("table-priority", place, what, right));
                    *fine = false;
                }
            }
        }
        keys.push((key, row));
    }
    keys.sort();
    let mut rank = vec![0; keys.len()];
    keys.iter().enumerate().for_each(|(at, (_, row))| rank[*row] = at);
    rank
}

fn same(given: Given<'_>, value: &serde_json::Value) -> bool {
    match given {
        Given::Number(number) => super::binning::number_of(value).is_some_and(|value| value.0 == number),
        Given::Text(text) => value.as_str() == Some(text),
        Given::Boolean(own) => value.as_bool() == Some(own),
        _ => false,
    }
}

impl Output {
    /// What a row gives, the default behind the last of them; none if it is computed.
    pub(crate) fn constant(&self, row: usize) -> Option<Given<'_>> {
        self.outcomes.constant(row)
    }
}

impl Table {
    /// The columns that the table brings into scope.
    pub(crate) fn columns(&self) -> Vec<(String, GivenKind, Text)> {
        self.outputs
            .iter()
            .map(|output| (output.column.clone(), self.kind(output), output.title.clone()))
            .collect()
    }

    /// True if all rows that are hit are given, and not one value.
    pub(crate) fn gives_lists(&self) -> bool {
        matches!(self.hit, TableHit::RuleOrder | TableHit::OutputOrder | TableHit::Collect)
    }

    fn kind(&self, output: &Output) -> GivenKind {
        match self.hit {
            _ if self.gives_lists() => GivenKind::Text,
            TableHit::CollectCount => GivenKind::Number,
            _ => output.outcomes.kind,
        }
    }

    /// True if every output has a default.
    pub(crate) fn has_default(&self) -> bool {
        self.outputs.iter().all(|output| output.has_default)
    }

    /// True if two rows surely give the same.
    pub(crate) fn gives_same(&self, a: usize, b: usize) -> bool {
        let same = |output: &Output| {
            let (a, b) = (output.outcomes.constant(a), output.outcomes.constant(b));
            a.is_some() && a == b
        };
        self.outputs.iter().all(same)
    }

    /// True if the first of two rows counts where both are hit.
    pub(crate) fn comes_before(&self, a: usize, b: usize) -> bool {
        match self.hit {
            TableHit::Priority => self.rank[a] < self.rank[b],
            _ => a < b,
        }
    }

    pub(crate) fn computed(&self, frame: &Frame) -> Vec<Computed> {
        self.outputs.iter().map(|output| output.outcomes.compute(frame)).collect()
    }

    pub(crate) fn evaluate(&self, frame: &mut Frame, as_of: Date) -> Vec<(String, Column)> {
        let prepared = self.matcher.prepare(frame, as_of);
        let computed = self.computed(frame);
        let mut giving: Vec<Giving> =
            self.outputs.iter().map(|output| Giving::new(self.kind(output), frame.rows)).collect();
        let (mut hits, mut faults) = (Hits::default(), Faults::new());
        for customer in 0..prepared.customers() {
            let answer = match prepared.failed(customer) {
                true => Answer::Failed,
                false => {
                    prepared.hits(customer, self.hit == TableHit::First, &mut hits, &mut faults);
                    self.answer(&hits, customer, &computed, &mut faults)
                }
            };
            for (index, giving) in giving.iter_mut().enumerate() {
                self.give(&answer, index, customer, &computed, &mut faults, &mut |given| giving.push(given));
            }
        }
        faults.iter().for_each(|(path, n)| frame.fault(path, *n));
        let columns = self.outputs.iter().zip(giving);
        columns.map(|(output, giving)| (output.column.clone(), giving.finish())).collect()
    }

    /// What the rows that are hit come to; a clash is counted.
    pub(crate) fn answer(
        &self,
        hits: &Hits,
        customer: usize,
        computed: &[Computed],
        faults: &mut Faults,
    ) -> Answer {
        let sure = self.of_rows(&hits.sure, customer, computed, faults);
        if sure == Answer::Clash {
            *faults.entry(format!("{}.hit", self.path)).or_default() += 1;
        }
        if hits.perhaps.is_empty() || self.undecided == Undecided::DoesNotHold {
            return sure;
        }
        // Whichever way each of them turns out, the result has to be the same.
        let mut shown = Vec::new();
        self.shown(&sure, customer, computed, &mut shown);
        for perhaps in &hits.perhaps {
            let mut rows = hits.sure.clone();
            rows.insert(rows.partition_point(|row| row < perhaps), *perhaps);
            let mut ignored = Faults::new();
            let other = self.of_rows(&rows, customer, computed, &mut ignored);
            // A row more would contradict a table in which one row at most is hit.
            if other == Answer::Clash && self.hit == TableHit::Unique {
                continue;
            }
            let mut also = Vec::new();
            self.shown(&other, customer, computed, &mut also);
            if also != shown {
                return Answer::Unknown;
            }
        }
        sure
    }

    fn shown(&self, answer: &Answer, customer: usize, computed: &[Computed], out: &mut Vec<Option<String>>) {
        let mut ignored = Faults::new();
        for index in 0..self.outputs.len() {
            self.give(answer, index, customer, computed, &mut ignored, &mut |given| out.push(given.shown()));
        }
    }

    fn of_rows(&self, rows: &[u32], customer: usize, computed: &[Computed], faults: &mut Faults) -> Answer {
        let Some(first) = rows.first().map(|row| *row as usize) else {
            return match self.hit {
                TableHit::CollectCount if !self.outputs[0].has_default => Answer::Number(0),
                _ => Answer::Default,
            };
        };
        let by_rank = || {
            let mut ordered: Vec<usize> = rows.iter().map(|row| *row as usize).collect();
            ordered.sort_by_key(|row| self.rank[*row]);
            ordered
        };
        match self.hit {
            TableHit::Unique if rows.len() > 1 => Answer::Clash,
            TableHit::Unique | TableHit::First => Answer::Row(first),
            TableHit::Any => {
                let mut value = |output: usize, row: u32| {
                    let outcomes = &self.outputs[output].outcomes;
                    let given = outcomes.value(row as usize, customer, &computed[output], faults);
                    (given.shown(), given == Given::Failed)
                };
                for output in 0..self.outputs.len() {
                    let own = value(output, rows[0]);
                    if rows[1..].iter().any(|row| value(output, *row) != own) {
                        return Answer::Clash;
                    }
                }
                Answer::Row(first)
            }
            TableHit::Priority => Answer::Row(by_rank()[0]),
            TableHit::OutputOrder => Answer::List(by_rank()),
            TableHit::RuleOrder | TableHit::Collect => {
                Answer::List(rows.iter().map(|row| *row as usize).collect())
            }
            TableHit::CollectCount => Answer::Number((rows.len() as i64).saturating_mul(FIXED_ONE)),
            TableHit::CollectSum | TableHit::CollectMin | TableHit::CollectMax => {
                let mut all = Vec::with_capacity(rows.len());
                for row in rows {
                    match self.outputs[0].outcomes.value(*row as usize, customer, &computed[0], faults) {
                        Given::Number(number) => all.push(number),
                        Given::Failed => return Answer::Failed,
                        Given::Unknown => return Answer::Unknown,
                        _ => {}
                    }
                }
                let number = match self.hit {
                    TableHit::CollectMin => all.iter().copied().min(),
                    TableHit::CollectMax => all.iter().copied().max(),
                    _ => {
                        let sum: i128 = all.iter().map(|number| i128::from(*number)).sum();
                        if sum.abs() > i128::from(LARGEST_POINTS) {
                            *faults.entry(format!("{}.hit", self.path)).or_default() += 1;
                            return Answer::Failed;
                        }
                        (!all.is_empty()).then_some(sum as i64)
                    }
                };
                number.map_or(Answer::Default, Answer::Number)
            }
        }
    }

    /// What one output gives for an answer.
    pub(crate) fn give(
        &self,
        answer: &Answer,
        index: usize,
        customer: usize,
        computed: &[Computed],
        faults: &mut Faults,
        take: &mut dyn FnMut(Given<'_>),
    ) {
        let output = &self.outputs[index];
        let mut value = |row: usize| output.outcomes.value(row, customer, &computed[index], faults);
        match answer {
            Answer::Row(row) => take(value(*row)),
            Answer::Number(number) => take(Given::Number(*number)),
            Answer::List(rows) => {
                let values: Vec<Given<'_>> = rows.iter().map(|row| value(*row)).collect();
                if values.contains(&Given::Failed) {
                    return take(Given::Failed);
                }
                take(Given::Text(&list(&values)))
            }
            Answer::Default if output.has_default => {
                let given = value(self.matcher.len());
                // A default of a list is a list of one.
                match self.gives_lists() && given.shown().is_some() {
                    true => take(Given::Text(&list(&[given]))),
                    false => take(given),
                }
            }
            // DMN: the list of no rows.
            Answer::Default if self.gives_lists() => take(Given::Text(&list(&[]))),
            Answer::Default => take(Given::Unknown),
            Answer::Clash | Answer::Failed => take(Given::Failed),
            Answer::Unknown => take(Given::Unknown),
        }
    }
}
