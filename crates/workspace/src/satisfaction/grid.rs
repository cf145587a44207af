//! Satisfaction against loyalty: how many stand in each cell, and the two corners that surprise: content and about to
//! leave, not content and loyal all the same.

use arrow::array::BooleanArray;
use gradus_expression::{Scope, Want, compile};
use gradus_feedback::interval::Interval;
use gradus_model::{Place, Text};
use gradus_stats::proportion::wilson;
use gradus_stats::quantile::quantile_f64;
use serde::Serialize;

use super::groups::{Groups, Opens, both};
use super::question::{BANDS, Question};
use super::{Answered, LEVEL, SatisfactionRequest};
use crate::WorkspaceError;
use crate::base::Base;
use crate::customers::NumberRange;
use crate::moves::{self, title};
use crate::stored::summary_options;

/// Of those who bought, the quarter that did so longest ago is taken to be leaving.
const LEAVING_QUANTILE: f64 = 0.75;

/// Satisfaction by loyalty.
#[derive(Debug, Clone, Serialize)]
pub struct Grid {
    /// The column that says how loyal somebody is.
    pub by: String,
    pub title: Text,
    /// Bands of answers, the least content first, then who did not answer.
    pub rows: Vec<GridHead>,
    pub columns: Vec<GridHead>,
    /// By row and column.
    pub cells: Vec<Vec<GridCell>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct GridHead {
    /// `low`, `middle`, `high`, or none: not answered; a level, value or band, or none.
    pub name: Option<String>,
    pub title: Text,
    pub n: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct GridCell {
    pub n: u64,
    /// Of the customers of its column who answered; of those who did not, of all of the column.
    pub share: Option<f64>,
    /// Filters of `/customers/search` that list them, where an indicator of the model is the last answer;
    /// `/satisfaction/customers` lists them in any case.
    pub opens: Option<Opens>,
}

/// Customers in a corner of the grid.
#[derive(Debug, Clone, Serialize)]
pub struct Corner {
    pub n: u64,
    /// Of those in the same band of answers.
    pub share: Option<Interval>,
    /// Who is meant, in words.
    pub words: Text,
}

/// Who is in which band: the place of [`BANDS`], 3 for who did not answer.
pub(super) fn bands(question: &Question, answered: &Answered) -> Vec<u8> {
    let band =
        |answer: &Option<f64>| answer.and_then(|answer| question.band(answer)).map_or(3, |band| band as u8);
    answered.last.iter().map(band).collect()
}

pub(super) fn grid(
    question: &Question,
    groups: &Groups,
    answered: &Answered,
    indicator: Option<&str>,
) -> Grid {
    let bands = bands(question, answered);
    let (n_rows, n_columns) = (BANDS.len() + 1, groups.heads.len());
    let mut counts = vec![vec![0u64; n_columns]; n_rows];
    for at in (0..bands.len()).filter(|at| answered.seen[*at]) {
        counts[bands[at] as usize][groups.of[at] as usize] += 1;
    }
    let row_opens = |row: usize| {
        let name = indicator?.to_string();
        let range = match question.bounds().get(row) {
            Some((first, last)) => NumberRange {
                name,
                from: Some(f64::from(*first)),
                up_to: Some(f64::from(*last)),
                ..NumberRange::default()
            },
            None => NumberRange { name, unknown: true, ..NumberRange::default() },
        };
        Some(Opens { ranges: vec![range], ..Opens::default() })
    };
    let cells = (0..n_rows).map(|row| {
        let of = |column: usize| {
            let n = counts[row][column];
            let answering: u64 = (0..BANDS.len()).map(|row| counts[row][column]).sum();
            let all = if row < BANDS.len() { answering } else { answering + counts[BANDS.len()][column] };
            let own = groups.heads[column].opens.as_ref();
            GridCell {
                n,
                share: (all > 0).then(|| n as f64 / all as f64),
                opens: row_opens(row).zip(own).and_then(|(row, own)| both(&row, own)),
            }
        };
        (0..n_columns).map(of).collect()
    });
    let cells = cells.collect();
    let rows = (0..n_rows).map(|row| GridHead {
        name: BANDS.get(row).map(|name| name.to_string()),
        title: match row {
            3 => Text::new("未回答", "did not answer"),
            row => question.band_title(row),
        },
        n: counts[row].iter().sum(),
    });
    let rows = rows.collect();
    let columns = groups.heads.iter().enumerate().map(|(column, head)| GridHead {
        name: head.name.clone(),
        title: head.title.clone(),
        n: counts.iter().map(|row| row[column]).sum(),
    });
    Grid { by: groups.name.clone(), title: groups.title.clone(), rows, columns: columns.collect(), cells }
}

/// Who is meant by a word such as leaving, by place, and what it means; none where nobody said.
pub(super) type Meant = (Vec<bool>, Text);

/// Who is leaving: as asked for, else whose last purchase lies longer back than that of three quarters.
pub(super) fn leaving(base: &Base, request: &SatisfactionRequest) -> Result<Option<Meant>, WorkspaceError> {
    if let Some(given) = &request.leaving {
        return fulfils(base, "leaving", given).map(Some);
    }
    let Some(name) = summary_options(&base.model).recency else { return Ok(None) };
    let Some(column) = moves::numbers(&base.graded.batches, &name)? else { return Ok(None) };
    let values = by_place(base, column);
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let Some(bound) = quantile_f64(&known, LEAVING_QUANTILE) else { return Ok(None) };
    let written = base.model.indicators.get(&name).and_then(|one| one.title.as_ref());
    let said = title(written, &name);
    let words = Text::new(
        format!("「{}」超过 {bound:.0}（四分之三客户的上限）", said.zh),
        format!("“{}” above {bound:.0}, which three quarters of the customers do not exceed", said.en),
    );
    Ok(Some((values.into_iter().map(|value| value.is_some_and(|value| value > bound)).collect(), words)))
}

/// Who is loyal: as asked for, else the upper half of what ascends.
pub(super) fn loyal(
    base: &Base,
    request: &SatisfactionRequest,
    groups: &Groups,
) -> Result<Option<Meant>, WorkspaceError> {
    if let Some(given) = &request.loyal {
        return fulfils(base, "loyal", given).map(Some);
    }
    let named: Vec<u32> =
        (0..groups.heads.len() as u32).filter(|at| groups.heads[*at as usize].name.is_some()).collect();
    if !groups.ordered || named.len() < 2 {
        return Ok(None);
    }
    let upper = &named[named.len().div_ceil(2)..];
    let of = |language: fn(&Text) -> &String, with: &str| {
        let titles = upper.iter().map(|at| language(&groups.heads[*at as usize].title).clone());
        titles.collect::<Vec<_>>().join(with)
    };
    let words = Text::new(
        format!("{}：{}", groups.title.zh, of(|title| &title.zh, "、")),
        format!("{}: {}", groups.title.en, of(|title| &title.en, ", ")),
    );
    Ok(Some((groups.of.iter().map(|group| upper.contains(group)).collect(), words)))
}

/// A corner: who is in the band and meant by the word.
pub(super) fn corner(in_band: &[bool], meant: &Meant, band: &Text) -> Corner {
    let all = in_band.iter().filter(|one| **one).count() as u64;
    let n = in_band.iter().zip(&meant.0).filter(|(band, meant)| **band && **meant).count() as u64;
    Corner {
        n,
        share: wilson(n, all, LEVEL).map(Interval::from),
        words: Text::new(
            format!("{}，且{}", band.zh, meant.1.zh),
            format!("{}, and {}", band.en, meant.1.en),
        ),
    }
}

/// Values of the batches by the places of the base.
fn by_place<T: Copy>(base: &Base, values: Vec<T>) -> Vec<T> {
    let mut starts = Vec::with_capacity(base.graded.batches.len());
    let mut start = 0;
    for batch in &base.graded.batches {
        starts.push(start);
        start += batch.num_rows();
    }
    base.rows().map(|(_, batch, row)| values[starts[batch] + row]).collect()
}

/// Who is in a segment, or fulfils a condition over what is stored.
fn fulfils(base: &Base, place: &'static str, given: &str) -> Result<Meant, WorkspaceError> {
    let per_batch: Vec<BooleanArray> = match base.members(given) {
        Some(members) => members,
        None => {
            let Some(first) = base.graded.batches.first() else {
                return Ok((Vec::new(), Text::plain(given)));
            };
            let mut scope = Scope::new(first.schema());
            for column in &base.graded.columns {
                scope = scope.with_title(&column.name, column.title.clone());
            }
            let condition = compile(given, &scope, Want::Boolean, &Place::default().at(place))?;
            let holds = |batch: &arrow::array::RecordBatch| {
                let told = condition.evaluate(batch);
                (0..batch.num_rows()).map(|row| Some(crate::lines::holds_at(&told.values, row))).collect()
            };
            base.graded.batches.iter().map(holds).collect()
        }
    };
    let words = match base.model.segments.get(given) {
        Some(segment) => {
            let said = title(segment.title.as_ref(), given);
            Text::new(format!("在「{}」中", said.zh), format!("in “{}”", said.en))
        }
        None => Text::plain(given),
    };
    let holds = base.rows().map(|(_, batch, row)| per_batch[batch].value(row)).collect();
    Ok((holds, words))
}
