//! Which rows of a table a customer hits. Cells that compare with constants are looked up in an index of
//! their column ([`ColumnIndex`]); the others, and SQL conditions, are evaluated on the whole batch and
//! asked for the rows that the index leaves.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use gradus_expression::{FeelCell, Scope, Want};
use gradus_model::document::{Cell, Condition, Named, TableInput};
use gradus_model::{Finding, Lang, Place, Text};
use jiff::civil::Date;

use super::cell_index::{ColumnIndex, ConstantCell};
use super::compile::Compiler;
use super::frame::{Column, Faults, Formula, Frame};

/// One row as it is written.
pub(crate) struct RowSource<'a> {
    pub when: &'a [Cell],
    pub condition: Option<&'a Condition>,
    pub from: Option<Date>,
    pub until: Option<Date>,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    inputs: Vec<Input>,
    rows: Vec<Row>,
    /// Conditions that are evaluated, each once.
    conditions: Vec<Evaluated>,
    /// For reading cells back.
    scope: Scope,
}

#[derive(Debug, Clone)]
struct Input {
    title: Text,
    value: Formula,
    index: Option<ColumnIndex>,
    /// False for a value that is not among those allowed.
    allowed: Option<Formula>,
    /// Every different cell of the column.
    cells: Vec<CompiledCell>,
}

#[derive(Debug, Clone)]
struct CompiledCell {
    feel: Option<FeelCell>,
    /// The condition that has to be evaluated, if the index does not know the cell.
    condition: Option<usize>,
}

#[derive(Debug, Clone)]
struct Row {
    /// For each input the cell of its column.
    cells: Vec<u32>,
    /// The condition beside the cells.
    condition: Option<usize>,
    /// Everything that has to be evaluated: the condition, and where it stands in the row.
    evaluated: Vec<(usize, Where)>,
    from: Option<Date>,
    until: Option<Date>,
    path: String,
}

#[derive(Debug, Clone, Copy)]
enum Where {
    Cell(usize),
    Condition,
}

#[derive(Debug, Clone)]
struct Evaluated {
    formula: Formula,
    /// DMN: what cannot be told does not hold.
    null_is_false: bool,
}

/// The rows of a table as conditions over what is in scope.
#[derive(Debug, Clone)]
pub(crate) struct RowConditions {
    pub formulas: Vec<Formula>,
    /// So many of the formulas, the first ones, are evaluated and may fail; the others are looked up.
    pub n_evaluated: usize,
    /// Some input is no column of its own but has to be computed, which may fail.
    pub computes: bool,
    /// For each row which formulas have to hold, and from when until when it does.
    pub rows: Vec<(Vec<usize>, Option<Date>, Option<Date>)>,
    /// False for inputs that are refused.
    pub allowed: Vec<Formula>,
    /// What the inputs read.
    pub reads: BTreeSet<String>,
}

/// The rows that one customer hits, in the order of the table.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    pub sure: Vec<u32>,
    /// Rows of which it cannot be told.
    pub perhaps: Vec<u32>,
}

/// The inputs of one batch, looked up and evaluated.
pub(crate) struct Prepared<'m> {
    matcher: &'m Matcher,
    /// Index and stretches of the values of each indexed column, those that meet least first.
    stretches: Vec<(&'m ColumnIndex, Vec<u32>)>,
    /// The rows that hold on this date.
    dated: Vec<u64>,
    conditions: Vec<(BooleanArray, Option<BooleanBuffer>)>,
    /// Customers with an input that failed or is not allowed.
    failed: Option<BooleanBuffer>,
    rows: usize,
}

impl Matcher {
    pub(crate) fn compile(
        compiler: &mut Compiler<'_>,
        inputs: &Named<TableInput>,
        rows: &[RowSource<'_>],
        place: &Place,
    ) -> Option<Matcher> {
        let mut fine = true;
        let mut compiled = Vec::with_capacity(inputs.len());
        for (name, input) in inputs.iter() {
            let at = place.key("inputs").key(name);
            let own = gradus_expression::quote_name(name);
            let (sql, at_value) = match &input.value {
                Some(sql) => (sql.as_str(), at.key("value")),
                None => (own.as_str(), at.clone()),
            };
            let value = compiler.formula(sql, Want::Any, &at_value);
            fine &= value.is_some();
            compiled.push(value.map(|value| (name, input, value, at)));
        }
        for row in rows.iter().filter(|row| row.when.len() != inputs.len()) {
            let (there, wanted) = (row.when.len(), inputs.len());
            let what = Text::new(
                format!("这一行有 {there} 个条件单元格，输入却有 {wanted} 个"),
                format!("the row has {there} cells for {wanted} inputs"),
            );
            let right = Text::new(
                "每个输入一个单元格，不判断的写 \"-\"",
                "one cell for each input, `\"-\"` where nothing is tested",
            );
            compiler.findings.push(Finding::error("table-row-length", row.place.key("when"), what, right));
            fine = false;
        }
        // What else is wrong is found all the same: cells that are missing test nothing.
        let scope = compiler.scope();
        let mut building = Building { compiler, conditions: Vec::new(), known: BTreeMap::new(), fine: true };
        let mut of_rows: Vec<Row> = rows
            .iter()
            .map(|row| Row {
                cells: Vec::with_capacity(inputs.len()),
                condition: None,
                evaluated: Vec::new(),
                from: row.from,
                until: row.until,
                path: row.place.path.clone().unwrap_or_default(),
            })
            .collect();
        let mut all = Vec::with_capacity(compiled.len());
        for (column, input) in compiled.into_iter().enumerate() {
            match input {
                Some((name, input, value, at)) => {
                    all.push(building.column(&scope, column, (name, input, value, &at), rows, &mut of_rows));
                }
                None => of_rows.iter_mut().for_each(|row| row.cells.push(0)),
            }
        }
        for (row, source) in of_rows.iter_mut().zip(rows) {
            let Some(condition) = source.condition else { continue };
            match building.compiler.condition(condition, &source.place.key("if")) {
                Some((formula, _)) => {
                    let index = building.keep(formula, false);
                    row.condition = Some(index);
                    row.evaluated.push((index, Where::Condition));
                }
                None => building.fine = false,
            }
        }
        let (fine, conditions) = (fine && building.fine, building.conditions);
        fine.then_some(Matcher { inputs: all, rows: of_rows, conditions, scope })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Reads the inputs of a batch.
    pub(crate) fn prepare(&self, frame: &mut Frame, as_of: Date) -> Prepared<'_> {
        let rows = frame.rows;
        let mut failed: Option<BooleanBuffer> = None;
        let mut add = |more: BooleanBuffer| {
            failed = Some(match failed.take() {
                Some(before) => &before | &more,
                None => more,
            });
        };
        let mut stretches = Vec::new();
        for input in &self.inputs {
            if input.index.is_none() && input.allowed.is_none() {
                continue;
            }
            let (Column { array, .. }, faults) = frame.attempt(&input.value);
            if let Some(faults) = faults {
                frame.fault(&input.value.path, faults.count_set_bits() as u64);
                add(faults);
            }
            if let Some(allowed) = &input.allowed {
                let (column, faults) = frame.attempt(allowed);
                let holds = column.array.as_any().downcast_ref::<BooleanArray>();
                let refused = |row: usize| holds.is_none_or(|holds| holds.is_null(row) || !holds.value(row));
                let refused = BooleanBuffer::collect_bool(rows, |row| {
                    faults.as_ref().is_some_and(|faults| faults.value(row)) || refused(row)
                });
                frame.fault(&allowed.path, refused.count_set_bits() as u64);
                add(refused);
            }
            if let Some(index) = &input.index {
                if let Some(wrong) = index.no_numbers(&array) {
                    frame.fault(&input.value.path, wrong.count_set_bits() as u64);
                    add(wrong);
                }
                match index.stretches(&array) {
                    Some(found) => stretches.push((index, found)),
                    None => {
                        frame.fault(&input.value.path, rows as u64);
                        add(BooleanBuffer::new_set(rows));
                    }
                }
            }
        }
        stretches.sort_by(|(one, _), (other, _)| one.density().total_cmp(&other.density()));
        let mut dated = vec![0u64; self.rows.len().div_ceil(64)];
        for (index, row) in self.rows.iter().enumerate() {
            if row.from.is_none_or(|from| from <= as_of) && row.until.is_none_or(|until| as_of <= until) {
                dated[index / 64] |= 1 << (index % 64);
            }
        }
        let conditions = self.conditions.iter().map(|one| {
            let (column, faults) = frame.attempt(&one.formula);
            let values = column.array.as_any().downcast_ref::<BooleanArray>().cloned();
            (values.unwrap_or_else(|| BooleanArray::new_null(rows)), faults)
        });
        let conditions = conditions.collect();
        Prepared { matcher: self, stretches, dated, conditions, failed, rows }
    }

    /// For each row the conditions that have to hold together, as expressions; `None` if one of the cells
    /// cannot be written as one.
    pub(crate) fn row_conditions(&self) -> Option<RowConditions> {
        let mut formulas: Vec<Formula> = self.conditions.iter().map(|one| one.formula.clone()).collect();
        let n_evaluated = formulas.len();
        let computes = self.inputs.iter().any(|input| input.value.bare().is_none());
        let mut of_cells: Vec<Vec<Option<usize>>> = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let mut of_column = Vec::with_capacity(input.cells.len());
            for cell in &input.cells {
                of_column.push(match (&cell.feel, cell.condition) {
                    (_, Some(condition)) => Some(condition),
                    (Some(feel), None) if !feel.is_any() => {
                        let own = match input.value.bare() {
                            Some(name) => gradus_expression::quote_name(name),
                            None => input.value.sql.clone(),
                        };
                        let place = Place::default();
                        let sql = feel.sql(&own, &place).ok()?;
                        let expression =
                            gradus_expression::compile(&sql, &self.scope, Want::Boolean, &place).ok()?;
                        formulas.push(Formula {
                            sql: expression.sql().to_string(),
                            data_type: expression.data_type().clone(),
                            references: expression.references().clone(),
                            path: input.value.path.clone(),
                            expression: Some(expression),
                            said: None,
                        });
                        Some(formulas.len() - 1)
                    }
                    _ => None,
                });
            }
            of_cells.push(of_column);
        }
        let of_row = |row: &Row| {
            let cells = row.cells.iter().zip(&of_cells);
            let mut tests: Vec<usize> = cells.filter_map(|(cell, of)| of[*cell as usize]).collect();
            tests.extend(row.condition);
            (tests, row.from, row.until)
        };
        let rows = self.rows.iter().map(of_row).collect();
        let allowed = self.inputs.iter().filter_map(|input| input.allowed.clone()).collect();
        let reads = self.inputs.iter().flat_map(|input| input.value.references.iter().cloned()).collect();
        Some(RowConditions { formulas, n_evaluated, computes, rows, allowed, reads })
    }

    /// What a row says, in words: every cell that tests something.
    pub(crate) fn words(&self, row: usize, lang: Lang) -> String {
        let row = &self.rows[row];
        let mut parts = Vec::new();
        for (input, cell) in self.inputs.iter().zip(&row.cells) {
            let cell = &input.cells[*cell as usize];
            match (&cell.feel, cell.condition) {
                (Some(feel), _) if feel.is_any() => {}
                (Some(feel), _) => {
                    let colon = if lang == Lang::Zh { "：" } else { ": " };
                    parts.push(format!("{}{colon}{}", input.title.get(lang), feel.words(&self.scope, lang)));
                }
                (None, Some(condition)) => parts.push(self.conditions[condition].formula.words(lang)),
                (None, None) => {}
            }
        }
        if let Some(condition) = row.condition {
            parts.push(self.conditions[condition].formula.words(lang));
        }
        match (parts.is_empty(), lang) {
            (true, Lang::Zh) => "任何情形".to_string(),
            (true, Lang::En) => "in any case".to_string(),
            (false, Lang::Zh) => parts.join("，"),
            (false, Lang::En) => parts.join("; "),
        }
    }
}

/// What is collected while the columns are compiled.
struct Building<'b, 'a> {
    compiler: &'b mut Compiler<'a>,
    conditions: Vec<Evaluated>,
    known: BTreeMap<(String, bool), usize>,
    fine: bool,
}

impl Building<'_, '_> {
    fn keep(&mut self, formula: Formula, null_is_false: bool) -> usize {
        let key = (formula.sql.clone(), null_is_false);
        if let Some(index) = self.known.get(&key) {
            return *index;
        }
        self.conditions.push(Evaluated { formula, null_is_false });
        self.known.insert(key, self.conditions.len() - 1);
        self.conditions.len() - 1
    }

    fn feel(&mut self, feel: &FeelCell, value: &Formula, place: &Place) -> Option<usize> {
        let sql = match feel.sql(&value.sql, place) {
            Ok(sql) => sql,
            Err(finding) => {
                self.compiler.findings.push(finding);
                self.fine = false;
                return None;
            }
        };
        match self.compiler.formula(&sql, Want::Boolean, place) {
            Some(formula) => Some(self.keep(formula, true)),
            None => {
                self.fine = false;
                None
            }
        }
    }

    fn column(
        &mut self,
        scope: &Scope,
        column: usize,
        (name, input, value, at): (&str, &TableInput, Formula, &Place),
        sources: &[RowSource<'_>],
        rows: &mut [Row],
    ) -> Input {
        let no_test = Cell::Feel("-".into());
        let mut cells: Vec<CompiledCell> = Vec::new();
        let mut known: BTreeMap<(bool, &str), u32> = BTreeMap::new();
        let mut constants: Vec<Option<ConstantCell>> = Vec::new();
        for (row, source) in rows.iter_mut().zip(sources) {
            let cell = source.when.get(column).unwrap_or(&no_test);
            let key = match cell {
                Cell::Feel(text) => (true, text.as_str()),
                Cell::Sql(cell) => (false, cell.sql.as_str()),
            };
            let index = *known.entry(key).or_insert_with(|| {
                let place = source.place.key("when").index(column);
                let (compiled, constant) = self.cell(scope, cell, &value, &place);
                cells.push(compiled);
                constants.push(constant);
                cells.len() as u32 - 1
            });
            row.cells.push(index);
        }
        // A constant of another type than the column is evaluated like any other expression: there it is
        // refused in words, or converted as expressions convert.
        let index = self.index(&value, &constants, &mut cells, sources, column, rows);
        for row in rows.iter_mut() {
            if let Some(condition) = cells[row.cells[column] as usize].condition {
                row.evaluated.push((condition, Where::Cell(column)));
            }
        }
        let allowed =
            input.allowed.as_ref().and_then(|cell| self.allowed(scope, cell, &value, &at.key("allowed")));
        let title = match &input.title {
            Some(title) => title.clone(),
            None if value.bare().is_some() => self.compiler.title(value.bare().unwrap_or(name)),
            None => Text::plain(name),
        };
        Input { title, value, index, allowed, cells }
    }

    fn cell(
        &mut self,
        scope: &Scope,
        cell: &Cell,
        value: &Formula,
        place: &Place,
    ) -> (CompiledCell, Option<ConstantCell>) {
        let none = CompiledCell { feel: None, condition: None };
        match cell {
            Cell::Sql(cell) => match self.compiler.formula(&cell.sql, Want::Boolean, &place.key("sql")) {
                Some(formula) => {
                    let condition = Some(self.keep(formula, false));
                    (CompiledCell { feel: None, condition }, None)
                }
                None => {
                    self.fine = false;
                    (none, None)
                }
            },
            Cell::Feel(text) => match FeelCell::parse(text, scope, place) {
                Err(finding) => {
                    self.compiler.findings.push(finding);
                    self.fine = false;
                    (none, None)
                }
                Ok(feel) => {
                    let plain = self.compiler.context.plain_cells && !feel.is_any();
                    let constant = feel.constants().filter(|_| !plain);
                    let constant = constant.map(|tests| ConstantCell { negated: feel.is_negated(), tests });
                    let condition = match constant {
                        Some(_) => None,
                        None => self.feel(&feel, value, place),
                    };
                    (CompiledCell { feel: Some(feel), condition }, constant)
                }
            },
        }
    }

    /// The index of a column, or none if no cell can be looked up in it.
    fn index(
        &mut self,
        value: &Formula,
        constants: &[Option<ConstantCell>],
        cells: &mut [CompiledCell],
        sources: &[RowSource<'_>],
        column: usize,
        rows: &[Row],
    ) -> Option<ColumnIndex> {
        let any = || ConstantCell { negated: false, tests: Vec::new() };
        let mut of_cells: Vec<ConstantCell> =
            constants.iter().map(|cell| cell.clone().unwrap_or_else(any)).collect();
        while of_cells.iter().any(|cell| !cell.tests.is_empty()) {
            let of_rows: Vec<ConstantCell> =
                rows.iter().map(|row| of_cells[row.cells[column] as usize].clone()).collect();
            match ColumnIndex::build(&value.data_type, &of_rows) {
                Ok(index) => return Some(index),
                Err(row) => {
                    // The first that does not suit, or all of them if the type cannot be indexed.
                    let unsuited = rows[row].cells[column] as usize;
                    let unsuited = match of_cells[unsuited].tests.is_empty() {
                        true => of_cells.iter().position(|cell| !cell.tests.is_empty())?,
                        false => unsuited,
                    };
                    of_cells[unsuited] = any();
                    let source = rows.iter().position(|row| row.cells[column] as usize == unsuited)?;
                    let place = sources[source].place.key("when").index(column);
                    if let Some(feel) = cells[unsuited].feel.clone() {
                        cells[unsuited].condition = self.feel(&feel, value, &place);
                    }
                }
            }
        }
        None
    }

    fn allowed(&mut self, scope: &Scope, cell: &Cell, value: &Formula, place: &Place) -> Option<Formula> {
        let sql = match cell {
            Cell::Sql(cell) => Ok(cell.sql.clone()),
            Cell::Feel(text) => {
                let feel = FeelCell::parse(text, scope, place);
                feel.and_then(|feel| feel.sql(&value.sql, place))
            }
        };
        let formula = match sql {
            // What is unknown is not refused.
            Ok(sql) => {
                let sql = format!("({}) is null or ({sql})", value.sql);
                self.compiler.formula(&sql, Want::Boolean, place)
            }
            Err(finding) => {
                self.compiler.findings.push(finding);
                None
            }
        };
        self.fine &= formula.is_some();
        formula
    }
}

impl Prepared<'_> {
    /// True if the customer has an input that failed or is not allowed; that is counted already.
    pub(crate) fn failed(&self, customer: usize) -> bool {
        self.failed.as_ref().is_some_and(|failed| failed.value(customer))
    }

    pub(crate) fn customers(&self) -> usize {
        self.rows
    }

    /// The rows that a customer hits; only as far as the first that is sure if no more is asked. Conditions
    /// that fail are counted where they matter, and may hold or not.
    pub(crate) fn hits(&self, customer: usize, first_only: bool, hits: &mut Hits, faults: &mut Faults) {
        hits.sure.clear();
        hits.perhaps.clear();
        for (word, dated) in self.dated.iter().enumerate() {
            let mut bits = *dated;
            for (index, stretches) in &self.stretches {
                if bits == 0 {
                    break;
                }
                bits &= index.bits(stretches[customer])[word];
            }
            while bits != 0 {
                let row = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                match self.holds(customer, row, faults) {
                    Some(true) => {
                        hits.sure.push(row as u32);
                        if first_only {
                            return;
                        }
                    }
                    Some(false) => {}
                    None => hits.perhaps.push(row as u32),
                }
            }
        }
    }

    /// What the index leaves open of a row.
    fn holds(&self, customer: usize, row: usize, faults: &mut Faults) -> Option<bool> {
        if !self.stretches.iter().all(|(index, stretches)| index.meets(row, stretches[customer])) {
            return Some(false);
        }
        let row = &self.matcher.rows[row];
        let mut told = Some(true);
        for (condition, place) in &row.evaluated {
            let (values, failed) = &self.conditions[*condition];
            if failed.as_ref().is_some_and(|failed| failed.value(customer)) {
                let path = match place {
                    Where::Cell(column) => format!("{}.when[{column}]", row.path),
                    Where::Condition => format!("{}.if", row.path),
                };
                *faults.entry(path).or_default() += 1;
                told = None;
            } else if values.is_null(customer) {
                if self.matcher.conditions[*condition].null_is_false {
                    return Some(false);
                }
                told = None;
            } else if !values.value(customer) {
                return Some(false);
            }
        }
        told
    }
}
