//! Rows of a table that say the same: for the same customers, the same result.

use std::collections::HashMap;

use gradus_model::document::TableHit;
use gradus_model::{Finding, Place, Text};

use super::Prover;
use super::region::Region;
use crate::grade::decision_table::Table;
use crate::grade::matcher::RowConditions;

/// Findings of one table; more of them say nothing new.
const MOST: usize = 20;

impl Prover<'_> {
    /// Where one row at most counts, a second one is found as a clash or as a row that never counts. Where all
    /// that are hit count it is counted twice, or for nothing.
    pub(super) fn doubled_rows(
        &mut self,
        table: &Table,
        conditions: &RowConditions,
        regions: &[Region],
        rows: &Place,
    ) {
        let mut known: HashMap<&Region, Vec<usize>> = HashMap::new();
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (at, region) in regions.iter().enumerate().filter(|(_, region)| !region.is_empty()) {
            let others = known.entry(region).or_default();
            pairs.extend(others.iter().find(|other| table.gives_same(**other, at)).map(|other| (*other, at)));
            others.push(at);
        }
        for (first, second) in pairs.into_iter().take(MOST) {
            let (one, two) = (self.row(table, first), self.row(table, second));
            let (zh, en) = match table.hit {
                TableHit::CollectSum => ("，分值会加两次", ": both are added"),
                TableHit::CollectCount => ("，会数两次", ": both are counted"),
                TableHit::Collect | TableHit::RuleOrder | TableHit::OutputOrder => {
                    ("，结果会列两次", ": the result is listed twice")
                }
                _ => ("", ""),
            };
            let what = Text::new(
                format!("{}与{}条件相同、结果相同{zh}", two.zh, one.zh),
                format!("{} and {} are hit by the same customers and give the same{en}", two.en, one.en),
            );
            let example = self.hit_together(&table.matcher, conditions, &regions[second], &[first, second]);
            let finding = Finding::warning(
                "row-duplicate",
                rows.index(second),
                what,
                Text::new("只留一行", "one of them"),
            );
            self.say(finding.seen_with(example.unwrap_or_default()));
        }
    }
}
