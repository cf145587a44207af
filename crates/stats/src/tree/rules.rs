//! A tree as rules: the way to each leaf, with all that is asked of one column said at once.

use super::{Test, Tree};

/// What a rule asks of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Above the first and at most the second, where there are such.
    Between {
        column: usize,
        above: Option<f64>,
        at_most: Option<f64>,
        or_missing: bool,
    },
    /// One of these, or (where the way also goes to the right of sets) none of those.
    Among {
        column: usize,
        categories: Vec<u32>,
        or_missing: bool,
    },
    NotAmong {
        column: usize,
        categories: Vec<u32>,
        or_missing: bool,
    },
    Known {
        column: usize,
    },
    Missing {
        column: usize,
    },
}

/// One leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub leaf: usize,
    /// In the order in which the tree asks first for each column; all must hold.
    pub conditions: Vec<Condition>,
    pub n: u64,
    /// Of all rows.
    pub share: f64,
    /// The class or mean.
    pub prediction: f64,
    /// The share of the foretold class in the leaf; `None` for numbers.
    pub confidence: Option<f64>,
    /// That share over the one among all rows.
    pub lift: Option<f64>,
}

/// What the way so far says of one column.
#[derive(Debug, Clone)]
struct Asked {
    column: usize,
    above: Option<f64>,
    at_most: Option<f64>,
    among: Option<Vec<u32>>,
    not_among: Vec<u32>,
    value: bool,
    missing: bool,
}

impl Tree {
    /// The rules of all leaves, from the left; they exclude each other and together take every customer.
    pub fn rules(&self) -> Vec<Rule> {
        let mut out = Vec::new();
        let mut open = vec![(0usize, Vec::<Asked>::new())];
        while let Some((at, way)) = open.pop() {
            match &self.nodes[at].split {
                None => out.push(self.rule(at, &way)),
                Some(split) => {
                    open.push((split.right, asked(&way, &split.test, false, !split.missing_left)));
                    open.push((split.left, asked(&way, &split.test, true, split.missing_left)));
                }
            }
        }
        out
    }

    fn rule(&self, leaf: usize, way: &[Asked]) -> Rule {
        let (node, root) = (&self.nodes[leaf], &self.nodes[0]);
        let class = node.prediction as usize;
        let confidence = node.classes.get(class).map(|weight| weight / node.weight);
        let among_all = root.classes.get(class).map(|weight| weight / root.weight);
        Rule {
            leaf,
            conditions: way.iter().map(condition).collect(),
            n: node.n,
            share: node.weight / root.weight,
            prediction: node.prediction,
            confidence,
            lift: confidence.zip(among_all).map(|(here, all)| here / all),
        }
    }
}

fn asked(way: &[Asked], test: &Test, left: bool, with_missing: bool) -> Vec<Asked> {
    let mut way = way.to_vec();
    let column = test.column();
    let at = way.iter().position(|asked| asked.column == column).unwrap_or_else(|| {
        way.push(Asked {
            column,
            above: None,
            at_most: None,
            among: None,
            not_among: Vec::new(),
            value: true,
            missing: true,
        });
        way.len() - 1
    });
    let asked = &mut way[at];
    match test {
        Test::Known { .. } if left => asked.missing = false,
        Test::Known { .. } => asked.value = false,
        Test::AtMost { threshold, .. } => {
            asked.missing &= with_missing;
            if left {
                asked.at_most = Some(asked.at_most.map_or(*threshold, |known| known.min(*threshold)));
            } else {
                asked.above = Some(asked.above.map_or(*threshold, |known| known.max(*threshold)));
            }
        }
        Test::Among { categories, .. } => {
            asked.missing &= with_missing;
            if left {
                let known = asked.among.take().unwrap_or_else(|| categories.clone());
                asked.among = Some(known.into_iter().filter(|code| categories.contains(code)).collect());
            } else {
                asked.not_among.extend(categories);
            }
        }
    }
    way
}

fn condition(asked: &Asked) -> Condition {
    let (column, or_missing) = (asked.column, asked.missing);
    if !asked.value {
        return Condition::Missing { column };
    }
    let mut excluded = asked.not_among.clone();
    excluded.sort_unstable();
    match &asked.among {
        Some(among) => {
            let categories = among.iter().copied().filter(|code| !excluded.contains(code)).collect();
            Condition::Among { column, categories, or_missing }
        }
        None if !excluded.is_empty() => Condition::NotAmong { column, categories: excluded, or_missing },
        None if asked.above.is_none() && asked.at_most.is_none() => Condition::Known { column },
        None => Condition::Between { column, above: asked.above, at_most: asked.at_most, or_missing },
    }
}
