//! Who is behind a figure of a judgement: the customers of a tier, of a score band, of a tenth.

use gradus_stats::lift::part_of;

use crate::judge::{N_PARTS, band_cuts, band_of};
use crate::sides::{BestFirst, Came, Graded};

/// One group of a judgement, as the judgement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behind {
    /// A level of a scheme; empty: not graded.
    Tier { scheme: String, level: String },
    /// A band of a score, from 1; empty: the score is not known.
    Band { score: String, band: String },
    /// A tenth of those of whom an outcome is asked, the best scores are 1.
    Tenth { score: String, outcome: String, tenth: String },
}

/// The places of its customers: of a tenth the best score first, else as they stand. `None` if the judgement has no
/// such group.
pub fn members(graded: &Graded, came: &[Came], behind: &Behind) -> Option<Vec<usize>> {
    let score_of = |name: &str| graded.scores.iter().find(|score| score.name == name);
    match behind {
        Behind::Tier { scheme, level } => {
            let scheme = graded.schemes.iter().find(|one| one.name == *scheme)?;
            let place = match level.is_empty() {
                true => None,
                false => Some(scheme.levels.iter().position(|(name, _)| name == level)?),
            };
            let own = |at: &usize| scheme.places[*at].map(usize::from) == place;
            Some((0..scheme.places.len()).filter(own).collect())
        }
        Behind::Band { score, band } => {
            let score = score_of(score)?;
            let cuts = band_cuts(score);
            let wanted = match band.is_empty() {
                true => None,
                false => Some(nth(band, cuts.len() + 1)?),
            };
            let own = |at: &usize| score.values[*at].map(|value| band_of(&cuts, value)) == wanted;
            Some((0..score.values.len()).filter(own).collect())
        }
        Behind::Tenth { score, outcome, tenth } => {
            let score = score_of(score)?;
            let came = came.iter().find(|one| one.name == *outcome)?;
            let tenth = nth(tenth, N_PARTS)?;
            let asked = BestFirst::of(score).asked(came);
            let order: Vec<usize> = (0..asked.len()).collect();
            let parts = part_of(&order, N_PARTS);
            Some(asked.into_iter().zip(parts).filter(|(_, part)| *part == tenth).map(|(at, _)| at).collect())
        }
    }
}

/// A number from 1 to `n`, from 0.
fn nth(text: &str, n: usize) -> Option<usize> {
    text.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < n)
}

#[cfg(test)]
mod tests {
    use gradus_model::Text;
    use gradus_model::document::{Better, Counts};

    use super::*;
    use crate::judge::judge;
    use crate::sides::{Scheme, Score};

    /// Three levels and nobody's; a score with ties, a gap and steps; an outcome that is not asked of everybody.
    fn sides() -> (Graded, Vec<Came>) {
        let n = 237usize;
        let scheme = Scheme {
            name: "member".into(),
            title: Text::plain("member"),
            levels: ["low", "mid", "high"].map(|name| (name.to_string(), Text::plain(name))).to_vec(),
            places: (0..n).map(|at| (at % 11 != 0).then(|| ((at * 7) % 3) as u16)).collect(),
        };
        let score = Score {
            name: "value".into(),
            title: Text::plain("value"),
            values: (0..n).map(|at| (at % 13 != 5).then(|| ((at * at) % 29) as f64)).collect(),
        };
        let came = |name: &str, counts: Counts, of: &dyn Fn(usize) -> Option<f64>| Came {
            name: name.into(),
            title: Text::plain(name),
            counts,
            better: Better::More,
            values: (0..n).map(of).collect(),
        };
        let outcomes = vec![
            came("revenue", Counts::Value, &|at| Some((at % 17) as f64)),
            came("kept", Counts::Happened, &|at| (at % 3 > 0).then(|| f64::from(u8::from(at % 5 < 2)))),
        ];
        (Graded { schemes: vec![scheme], scores: vec![score], main: Some(0) }, outcomes)
    }

    #[test]
    fn every_figure_counts_those_who_stand_behind_it() {
        let (graded, came) = sides();
        let (judged, _) = judge(&graded, &came, &[], "2011-06-30");
        let n_of = |behind: Behind| members(&graded, &came, &behind).map(|own| own.len() as u64);
        let mut all = 0;
        for group in &judged.tiers[0].groups {
            let found = n_of(Behind::Tier { scheme: "member".into(), level: group.name.clone() });
            assert_eq!(found, Some(group.n), "{}", group.name);
            all += group.n;
        }
        assert_eq!(all, judged.n_customers);
        let own = &judged.scores[0];
        for group in &own.bands.groups {
            let found = n_of(Behind::Band { score: "value".into(), band: group.name.clone() });
            assert_eq!(found, Some(group.n), "{}", group.name);
        }
        assert_eq!(n_of(Behind::Band { score: "value".into(), band: String::new() }), Some(own.n_unknown));
        for lift in &own.lifts {
            let values = &came.iter().find(|one| one.name == lift.outcome).unwrap().values;
            for (at, tenth) in lift.tenths.iter().enumerate() {
                let behind = Behind::Tenth {
                    score: "value".into(),
                    outcome: lift.outcome.clone(),
                    tenth: (at + 1).to_string(),
                };
                let own = members(&graded, &came, &behind).unwrap();
                let sum: f64 = own.iter().map(|at| values[*at].unwrap()).sum();
                assert_eq!(own.len() as u64, tenth.n);
                assert!((sum / own.len() as f64 - tenth.each).abs() < 1e-9, "{} {at}", lift.outcome);
            }
        }
        assert_eq!(own.lifts.len(), 2);
    }

    #[test]
    fn what_the_judgement_does_not_have_has_nobody() {
        let (graded, came) = sides();
        for behind in [
            Behind::Tier { scheme: "other".into(), level: "low".into() },
            Behind::Tier { scheme: "member".into(), level: "none".into() },
            Behind::Band { score: "value".into(), band: "0".into() },
            Behind::Band { score: "value".into(), band: "99".into() },
            Behind::Tenth { score: "value".into(), outcome: "revenue".into(), tenth: "11".into() },
            Behind::Tenth { score: "value".into(), outcome: "other".into(), tenth: "1".into() },
        ] {
            assert_eq!(members(&graded, &came, &behind), None, "{behind:?}");
        }
    }
}
