//! Decision trees (决策树), compiled: the branches are followed from the root, the first that holds each
//! time.

use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use gradus_expression::{FeelCell, Want, quote_name};
use gradus_model::document::{Cell, DecisionTree, Outcome, TreeBranch, TreeLevel, Undecided};
use gradus_model::{Finding, Lang, Place, Text};

use super::compile::Compiler;
use super::frame::{Column, Faults, Formula, Frame};
use super::outcome::{Computed, Given, Giving, Outcomes};

#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub name: String,
    pub title: Text,
    pub root: Level,
    conditions: Vec<Tested>,
    /// One for each leaf.
    pub outcomes: Outcomes,
    /// Where each leaf stands.
    leaf_paths: Vec<String>,
    undecided: Undecided,
}

#[derive(Debug, Clone)]
pub(crate) enum Level {
    Leaf(usize),
    /// Condition and what follows; then what follows where none holds.
    Split(Vec<(usize, Level)>, Option<Box<Level>>),
}

#[derive(Debug, Clone)]
struct Tested {
    formula: Formula,
    /// DMN: what cannot be told does not hold.
    null_is_false: bool,
    title: Option<Text>,
    words: Text,
}

/// What the conditions of one batch say.
pub(crate) struct Told {
    conditions: Vec<(BooleanArray, Option<BooleanBuffer>)>,
}

/// The way through the tree of one customer: conditions that held, or might have.
pub(crate) type Way = Vec<(usize, Option<bool>)>;

pub(crate) fn compile_tree(compiler: &mut Compiler<'_>, name: &str, tree: &DecisionTree) -> Option<Tree> {
    let place = compiler.root().key("decision_trees").key(name);
    let mut building = Building { compiler, conditions: Vec::new(), leaves: Vec::new(), fine: true };
    let root = building.level(tree.level(), None, &place);
    let (conditions, leaves, fine) = (building.conditions, building.leaves, building.fine);
    let root = root.filter(|_| fine)?;
    let path = |place: &Place| place.path.clone().unwrap_or_default().trim_end_matches(".gives").to_string();
    let leaf_paths = leaves.iter().map(|(_, place)| path(place)).collect();
    let outcomes = Outcomes::compile(compiler, &leaves, &place)?;
    let title = tree.title.clone().unwrap_or_else(|| Text::plain(name));
    let undecided = tree.undecided;
    Some(Tree { name: name.to_string(), title, root, conditions, outcomes, leaf_paths, undecided })
}

struct Building<'b, 'a, 'm> {
    compiler: &'b mut Compiler<'a>,
    conditions: Vec<Tested>,
    leaves: Vec<(&'m Outcome, Place)>,
    fine: bool,
}

impl<'m> Building<'_, '_, 'm> {
    fn wrong(&mut self, place: Place, what: Text, right: Text) {
        self.compiler.findings.push(Finding::error("tree-form", place, what, right));
        self.fine = false;
    }

    /// `above` is the value that the level above tests: below it stays in force.
    fn level(&mut self, level: TreeLevel<'m>, above: Option<&'m str>, place: &Place) -> Option<Level> {
        match (level.gives, level.branches.is_empty()) {
            (Some(gives), true) => {
                self.leaves.push((gives, place.key("gives")));
                return Some(Level::Leaf(self.leaves.len() - 1));
            }
            (None, false) => {}
            _ => {
                let what = Text::new(
                    "这里要么写 gives（叶子），要么写 branches（继续分支）",
                    "either `gives` (a leaf) or `branches` stands here",
                );
                self.wrong(place.clone(), what, Text::new("例如 gives: 高", "such as `gives: high`"));
                return None;
            }
        }
        let value = level.value.map(String::as_str).or(above);
        let mut branches = Vec::with_capacity(level.branches.len());
        for (index, branch) in level.branches.iter().enumerate() {
            let at = place.key("branches").index(index);
            let condition = self.condition(branch, value, &at);
            let below = self.level(branch.level(), value, &at);
            if let (Some(condition), Some(below)) = (condition, below) {
                branches.push((condition, below));
            }
        }
        let otherwise = level
            .otherwise
            .and_then(|otherwise| self.level(otherwise.level(), value, &place.key("else")).map(Box::new));
        Some(Level::Split(branches, otherwise))
    }

    fn condition(&mut self, branch: &'m TreeBranch, value: Option<&str>, place: &Place) -> Option<usize> {
        let tested = match (&branch.when, &branch.is) {
            (Some(when), None) => self.compiler.condition(when, &place.key("when")).map(|(formula, _)| {
                let words = Text::new(formula.words(Lang::Zh), formula.words(Lang::En));
                Tested { formula, null_is_false: false, title: branch.title.clone(), words }
            }),
            (None, Some(cell)) => self.cell(cell, value, branch, &place.key("is")),
            _ => {
                let what = Text::new("分支要么写 when，要么写 is", "a branch has either `when` or `is`");
                let right = Text::new("例如 when: orders >= 3", "such as `when: orders >= 3`");
                self.wrong(place.clone(), what, right);
                return None;
            }
        };
        match tested {
            Some(tested) => {
                self.conditions.push(tested);
                Some(self.conditions.len() - 1)
            }
            None => {
                self.fine = false;
                None
            }
        }
    }

    fn cell(
        &mut self,
        cell: &Cell,
        value: Option<&str>,
        branch: &TreeBranch,
        place: &Place,
    ) -> Option<Tested> {
        let title = branch.title.clone();
        let text = match cell {
            Cell::Feel(text) => text,
            Cell::Sql(cell) => {
                let formula = self.compiler.formula(&cell.sql, Want::Boolean, &place.key("sql"))?;
                let words = Text::new(formula.words(Lang::Zh), formula.words(Lang::En));
                return Some(Tested { formula, null_is_false: false, title, words });
            }
        };
        let Some(value) = value else {
            let what = Text::new("is 没有可判断的值", "`is` has no value to test");
            self.wrong(place.clone(), what, Text::new("在上一级写 value", "`value` on the level above"));
            return None;
        };
        // An expression is checked once, and then stands in the cell's condition as it is.
        let own = self.compiler.formula(value, Want::Any, place)?;
        let scope = self.compiler.scope();
        let of = match own.bare() {
            Some(name) => quote_name(name),
            None => own.sql.clone(),
        };
        let feel = FeelCell::parse(text, &scope, place).and_then(|feel| {
            let sql = feel.sql(&of, place)?;
            Ok((feel, sql))
        });
        match feel {
            Ok((feel, sql)) => {
                let formula = self.compiler.formula(&sql, Want::Boolean, place)?;
                let say = |lang: Lang, colon: &str| {
                    format!("{}{colon}{}", own.words(lang), feel.words(&scope, lang))
                };
                let words = Text::new(say(Lang::Zh, "："), say(Lang::En, ": "));
                Some(Tested { formula, null_is_false: true, title, words })
            }
            Err(finding) => {
                self.compiler.findings.push(finding);
                None
            }
        }
    }
}

impl Tree {
    pub(crate) fn evaluate(&self, frame: &mut Frame) -> Column {
        let told = self.tell(frame);
        let computed = self.outcomes.compute(frame);
        let mut giving = Giving::new(self.outcomes.kind, frame.rows);
        let mut faults = Faults::new();
        for customer in 0..frame.rows {
            giving.push(self.given(&told, customer, &computed, &mut faults, None));
        }
        faults.iter().for_each(|(path, n)| frame.fault(path, *n));
        giving.finish()
    }

    pub(crate) fn tell(&self, frame: &Frame) -> Told {
        let condition = |tested: &Tested| {
            let (column, failed) = frame.attempt(&tested.formula);
            let values = column.array.as_any().downcast_ref::<BooleanArray>().cloned();
            (values.unwrap_or_else(|| BooleanArray::new_null(frame.rows)), failed)
        };
        Told { conditions: self.conditions.iter().map(condition).collect() }
    }

    /// What a customer is given; with `way` also which conditions led there.
    pub(crate) fn given<'v>(
        &'v self,
        told: &Told,
        customer: usize,
        computed: &'v Computed,
        faults: &mut Faults,
        way: Option<&mut Way>,
    ) -> Given<'v> {
        let mut ignored = Way::new();
        let mut walk =
            Walk { tree: self, told, customer, computed, faults, way: way.unwrap_or(&mut ignored) };
        walk.level(&self.root)
    }

    pub(crate) fn formula(&self, condition: usize) -> &Formula {
        &self.conditions[condition].formula
    }

    /// True if a condition that cannot be told does not hold.
    pub(crate) fn is_no_where_unknown(&self, condition: usize) -> bool {
        self.conditions[condition].null_is_false || self.undecided == Undecided::DoesNotHold
    }

    /// Every condition of the tree.
    pub(crate) fn formulas(&self) -> impl Iterator<Item = &Formula> {
        self.conditions.iter().map(|tested| &tested.formula)
    }

    /// The leaf that a customer reaches, if every condition on the way can be told.
    pub(crate) fn leaf(&self, told: &Told, customer: usize) -> Option<usize> {
        let (mut faults, mut way, computed) = (Faults::new(), Way::new(), Computed::default());
        let mut walk =
            Walk { tree: self, told, customer, computed: &computed, faults: &mut faults, way: &mut way };
        let mut level = &self.root;
        loop {
            let (branches, otherwise) = match level {
                Level::Leaf(leaf) => return Some(*leaf),
                Level::Split(branches, otherwise) => (branches, otherwise.as_deref()),
            };
            let mut next = otherwise;
            for (condition, below) in branches {
                match walk.holds(*condition) {
                    Some(false) => {}
                    Some(true) => {
                        next = Some(below);
                        break;
                    }
                    None => return None,
                }
            }
            level = next?;
        }
    }

    /// The places from the root to a leaf: of each branch and each else.
    pub(crate) fn way_to(&self, leaf: usize) -> Vec<String> {
        let path = &self.leaf_paths[leaf];
        let root = format!("decision_trees.{}", self.name);
        let ends =
            path.char_indices().filter(|(at, sign)| *sign == '.' && *at > root.len()).map(|(at, _)| at);
        ends.chain([path.len()]).map(|end| path[..end].to_string()).collect()
    }

    /// Every place of the tree in the order in which it is written, with its condition in words; an else has none.
    pub(crate) fn places(&self) -> Vec<(String, Option<Text>)> {
        let mut seen = std::collections::BTreeSet::new();
        let all = (0..self.leaf_paths.len()).flat_map(|leaf| self.way_to(leaf));
        let new = all.filter(|path| seen.insert(path.clone()));
        let said = |path: &String| {
            let own = |own: &str| {
                let rest = own.strip_prefix(path.as_str());
                rest.is_some_and(|rest| rest.starts_with(".when") || rest.starts_with(".is"))
            };
            let at = self.paths().position(own);
            at.map(|condition| self.words(condition))
        };
        new.map(|path| (path.clone(), said(&path))).collect()
    }

    /// Where each condition stands.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|tested| tested.formula.path.as_str())
    }

    /// A condition in words, with its title if it has one.
    pub(crate) fn words(&self, condition: usize) -> Text {
        let tested = &self.conditions[condition];
        match &tested.title {
            Some(title) => Text::new(
                format!("{}（{}）", title.zh, tested.words.zh),
                format!("{} ({})", title.en, tested.words.en),
            ),
            None => tested.words.clone(),
        }
    }
}

struct Walk<'w, 'v> {
    tree: &'v Tree,
    told: &'w Told,
    customer: usize,
    computed: &'v Computed,
    faults: &'w mut Faults,
    way: &'w mut Way,
}

impl<'v> Walk<'_, 'v> {
    fn level(&mut self, level: &'v Level) -> Given<'v> {
        match level {
            Level::Leaf(leaf) => self.tree.outcomes.value(*leaf, self.customer, self.computed, self.faults),
            Level::Split(branches, otherwise) => self.split(branches, otherwise.as_deref()),
        }
    }

    fn split(&mut self, branches: &'v [(usize, Level)], otherwise: Option<&'v Level>) -> Given<'v> {
        let mut only: Option<Given<'v>> = None;
        // Where a condition cannot be told both ways are gone: they have to lead to the same.
        let mut merge = |given: Given<'v>| match only {
            None => {
                only = Some(given);
                true
            }
            Some(before) => before == given,
        };
        for (condition, below) in branches {
            match self.holds(*condition) {
                Some(false) => {}
                Some(true) => {
                    self.way.push((*condition, Some(true)));
                    let given = self.level(below);
                    return if merge(given) { given } else { Given::Unknown };
                }
                None => {
                    self.way.push((*condition, None));
                    let given = self.level(below);
                    if !merge(given) {
                        return Given::Unknown;
                    }
                }
            }
        }
        let given = otherwise.map_or(Given::Unknown, |otherwise| self.level(otherwise));
        if merge(given) { given } else { Given::Unknown }
    }

    fn holds(&mut self, condition: usize) -> Option<bool> {
        let (values, failed) = &self.told.conditions[condition];
        let tested = &self.tree.conditions[condition];
        if failed.as_ref().is_some_and(|failed| failed.value(self.customer)) {
            *self.faults.entry(tested.formula.path.clone()).or_default() += 1;
            return None;
        }
        if values.is_null(self.customer) {
            return if self.tree.is_no_where_unknown(condition) { Some(false) } else { None };
        }
        Some(values.value(self.customer))
    }
}
