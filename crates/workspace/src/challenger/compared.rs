//! Who stands elsewhere by a challenger, and on what grounds each side's levels stand: a level and the value
//! beside it are of one and the same decision.

use std::collections::BTreeMap;

use gradus_feedback::sides::Graded;
use gradus_grading::fold::{AsOf, Zone};
use gradus_grading::grade::{Cut, StageB};
use gradus_model::document::{Model, Promote};

use super::{CutDiffers, Difference, SchemeDiffers};
use crate::clock::label;
use crate::decided::standings;
use crate::moves::{self, Customers};
use crate::{GradedInstant, WorkspaceError};

/// The decision at which the tiers of a scheme were decided that stand as of an instant, where that is an earlier one.
/// A scheme whose rises count at once goes by the values of the instant.
pub(super) fn decided_on(model: &Model, as_of: AsOf, zone: &Zone) -> BTreeMap<String, AsOf> {
    let at_once = |name: &str| model.tiers.get(name).is_some_and(|one| one.promote == Some(Promote::AtOnce));
    standings(model, as_of, zone)
        .into_iter()
        .filter(|(name, standing)| !standing.decides_now && !at_once(name))
        .filter_map(|(name, standing)| Some((name, standing.at?)))
        .collect()
}

/// On what grounds one side's levels of a scheme stand.
#[derive(Debug, Default)]
pub(super) struct Grounds {
    /// The day of the decision, where it is an earlier one.
    decided: Option<String>,
    /// What the scheme goes by.
    by: Option<String>,
    /// That value at the decision, customer by customer; empty if it is of several, or no column.
    values: Vec<Option<f64>>,
    /// Where each level begins.
    cuts: Vec<(String, Option<f64>)>,
}

impl Grounds {
    pub(super) fn of(
        name: &str,
        model: &Model,
        stage: &StageB,
        (instants, as_of): (&[&GradedInstant], AsOf),
        decided: Option<&AsOf>,
        to: &Customers,
        zone: &Zone,
    ) -> Result<Grounds, WorkspaceError> {
        let at = decided.copied().unwrap_or(as_of);
        let by = model.tiers.get(name).and_then(|scheme| scheme.by.clone());
        let Some(instant) = instants.iter().find(|instant| instant.as_of == at) else {
            return Err(WorkspaceError::Defect(format!("the decisions of {name} were not graded")));
        };
        let customers = Customers::of(&instant.batches);
        let values = match &by {
            Some(by) => moves::numbers(&instant.batches, by)?.map(|values| customers.sorted(&values)),
            None => None,
        };
        let values = values.map(|values| {
            let of = |id: &i64| customers.ids.binary_search(id).ok().and_then(|at| values[at]);
            to.ids.iter().map(of).collect()
        });
        let cuts = stage.tier_cuts(name, &instant.fits).into_iter();
        Ok(Grounds {
            decided: decided.map(|at| label(*at, zone)),
            by,
            values: values.unwrap_or_default(),
            cuts: cuts.map(|(level, cut)| (level, cut.map(Cut::to_f64))).collect(),
        })
    }

    /// Where the other cuts the same value elsewhere.
    fn cuts_beside(&self, other: &Grounds) -> Vec<CutDiffers> {
        if self.by != other.by || self.by.is_none() {
            return Vec::new();
        }
        let of = |side: &Grounds, level: &str| {
            side.cuts.iter().find(|(name, _)| name == level).and_then(|(_, cut)| *cut)
        };
        let mut levels: Vec<&String> = self.cuts.iter().map(|(level, _)| level).collect();
        levels.extend(
            other
                .cuts
                .iter()
                .map(|(level, _)| level)
                .filter(|level| !self.cuts.iter().any(|(own, _)| own == *level)),
        );
        let one = |level: &String| CutDiffers {
            level: level.clone(),
            champion: of(self, level),
            challenger: of(other, level),
        };
        levels.into_iter().map(one).filter(|one| one.champion != one.challenger).collect()
    }
}

/// Who has another level, scheme by scheme, and how many do.
pub(super) fn compare(
    ids: &[i64],
    before: &Graded,
    after: &Graded,
    grounds: &BTreeMap<String, [Grounds; 2]>,
) -> (Vec<Difference>, Vec<SchemeDiffers>) {
    let none = [Grounds::default(), Grounds::default()];
    let (mut rows, mut schemes) = (Vec::new(), Vec::new());
    for own in &before.schemes {
        let Some(other) = after.schemes.iter().find(|other| other.name == own.name) else { continue };
        let [old, new] = grounds.get(&own.name).unwrap_or(&none);
        let mut differs = SchemeDiffers {
            scheme: own.name.clone(),
            title: own.title.clone(),
            n_differ: 0,
            n_higher: 0,
            n_lower: 0,
            champion_decided: old.decided.clone(),
            challenger_decided: new.decided.clone(),
            same_values: !old.values.is_empty() && old.values == new.values,
            cuts: old.cuts_beside(new),
        };
        for (at, id) in ids.iter().enumerate() {
            let name = |side: &gradus_feedback::sides::Scheme| {
                side.places[at]
                    .and_then(|place| side.levels.get(usize::from(place)))
                    .map(|(name, _)| name.clone())
            };
            let (champion, challenger) = (name(own), name(other));
            if champion == challenger {
                continue;
            }
            differs.n_differ += 1;
            // Higher and lower by the order of the one in force.
            let place = |name: &Option<String>| {
                name.as_ref().and_then(|name| own.levels.iter().position(|(level, _)| level == name))
            };
            match (place(&champion), place(&challenger)) {
                (Some(a), Some(b)) if b > a => differs.n_higher += 1,
                (Some(a), Some(b)) if b < a => differs.n_lower += 1,
                _ => {}
            }
            rows.push(Difference {
                customer: *id,
                label: String::new(),
                scheme: own.name.clone(),
                champion,
                challenger,
                champion_score: old.values.get(at).copied().flatten(),
                challenger_score: new.values.get(at).copied().flatten(),
            });
        }
        schemes.push(differs);
    }
    rows.sort_by(|a, b| a.customer.cmp(&b.customer).then_with(|| a.scheme.cmp(&b.scheme)));
    (rows, schemes)
}

#[cfg(test)]
mod tests {
    use gradus_model::Text;

    use super::*;
    use gradus_feedback::sides::{Scheme, Score};

    fn side(levels: &[&str], places: &[Option<u16>], scores: &[f64]) -> Graded {
        Graded {
            schemes: vec![Scheme {
                name: "member".into(),
                title: Text::plain("member"),
                levels: levels.iter().map(|name| (name.to_string(), Text::plain(*name))).collect(),
                places: places.to_vec(),
            }],
            scores: vec![Score {
                name: "value".into(),
                title: Text::plain("value"),
                values: scores.iter().copied().map(Some).collect(),
            }],
            main: Some(0),
        }
    }

    #[test]
    fn levels_are_compared_by_name_and_counted_by_the_order_in_force() {
        let before = side(&["low", "high"], &[Some(0), Some(1), Some(1), None], &[1.0, 9.0, 8.0, 0.0]);
        let after =
            side(&["new", "low", "high"], &[Some(2), Some(2), Some(1), Some(0)], &[7.0, 9.0, 3.0, 2.0]);
        let grounds = |side: &Graded, cuts: &[(&str, f64)]| Grounds {
            by: Some("value".into()),
            values: side.scores[0].values.clone(),
            cuts: cuts.iter().map(|(level, cut)| (level.to_string(), Some(*cut))).collect(),
            ..Grounds::default()
        };
        let both = [
            grounds(&before, &[("low", 0.0), ("high", 8.0)]),
            grounds(&after, &[("new", 0.0), ("low", 3.0), ("high", 8.0)]),
        ];
        let (rows, schemes) =
            compare(&[11, 12, 13, 14], &before, &after, &BTreeMap::from([("member".into(), both)]));
        let short: Vec<(i64, Option<&str>, Option<&str>)> = rows
            .iter()
            .map(|row| (row.customer, row.champion.as_deref(), row.challenger.as_deref()))
            .collect();
        assert_eq!(
            short,
            [(11, Some("low"), Some("high")), (13, Some("high"), Some("low")), (14, None, Some("new"))]
        );
        assert_eq!((schemes[0].n_differ, schemes[0].n_higher, schemes[0].n_lower), (3, 1, 1));
        assert_eq!((rows[0].champion_score, rows[0].challenger_score), (Some(1.0), Some(7.0)));
        assert!(!schemes[0].same_values);
        let words = schemes[0].words().unwrap();
        assert_eq!(
            (words.zh.as_str(), words.en.as_str()),
            ("分界 low 0 → 3；分界 new – → 0", "cut low 0 → 3; cut new – → 0")
        );
    }
}
