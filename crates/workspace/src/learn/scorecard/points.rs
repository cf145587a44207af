//! Points of the bins, rounded as they are written, and what they say of every row.

use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_stats::points::{Attribute, Layout, Scaling, card};

use super::ScorecardOptions;
use super::binned::Binned;
use super::choose::Chosen;
use crate::WorkspaceError;
use crate::learn::ask::argument;
use crate::learn::training::TrainingSet;
use gradus_model::Text;

/// The card's points.
pub(super) struct Pointed {
    pub scaling: Scaling,
    /// What everybody starts with; 0 when it is spread.
    pub base: Fixed,
    /// Of each attribute of the card: its cells, then what was never seen.
    pub points: Vec<Vec<Fixed>>,
    /// By row; the same as numbers; and the chance of bad that they stand for.
    pub sums: Vec<Fixed>,
    pub scores: Vec<f64>,
    pub chances: Vec<f64>,
}

/// Turns the regression into points, and adds them up.
pub(super) fn pointed(
    set: &TrainingSet,
    binned: &[Binned],
    chosen: &Chosen,
    options: &ScorecardOptions,
) -> Result<Pointed, WorkspaceError> {
    let scaling = Scaling::new(options.base_score, options.base_odds, options.points_to_double);
    let scaling = scaling.map_err(|refusal| {
        argument(
            "options",
            Text::new(format!("分值的刻度不成立：{refusal}"), format!("the scale of the points: {refusal}")),
            Text::new(
                "base_score、base_odds（大于 0）、points_to_double（不为 0）",
                "`base_score`, `base_odds` above 0, `points_to_double` other than 0",
            ),
        )
    })?;
    let evidence: Vec<Vec<f64>> = chosen.terms.iter().map(|term| binned[term.at].evidence()).collect();
    let attributes: Vec<Attribute<'_>> = chosen
        .terms
        .iter()
        .zip(&evidence)
        .map(|(term, woe)| Attribute { coefficient: term.coefficient.value, woe })
        .collect();
    let layout = if options.apart { Layout::Apart } else { Layout::Spread };
    let exact = card(scaling, chosen.intercept, &attributes, layout);
    let base = rounded(exact.base, options.digits);
    let points: Vec<Vec<Fixed>> = exact
        .points
        .iter()
        .map(|points| points.iter().map(|points| rounded(*points, options.digits)).collect())
        .collect();
    let mut sums = vec![base.0; set.n()];
    for (term, points) in chosen.terms.iter().zip(&points) {
        let one = &binned[term.at];
        let cells = one.cells(set.features[one.feature].values.part(0..set.n()));
        sums.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += points[cell].0);
    }
    let sums: Vec<Fixed> = sums.into_iter().map(Fixed).collect();
    let scores: Vec<f64> = sums.iter().map(|sum| sum.to_f64()).collect();
    let chances = scores.iter().map(|score| 1.0 / (1.0 + scaling.odds(*score))).collect();
    Ok(Pointed { scaling, base, points, sums, scores, chances })
}

/// Rounded half away from zero to so many digits.
fn rounded(points: f64, digits: u32) -> Fixed {
    let unit = 10i64.pow(4 - digits.min(4));
    Fixed((points * FIXED_ONE as f64 / unit as f64).round() as i64 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_rounded_to_the_digits_that_are_written() {
        assert_eq!(rounded(12.5, 0), Fixed(130_000));
        assert_eq!(rounded(-12.5, 0), Fixed(-130_000));
        assert_eq!(rounded(1.234_56, 4), Fixed(12_346));
        assert_eq!(rounded(1.26, 1), Fixed(13_000));
    }
}
