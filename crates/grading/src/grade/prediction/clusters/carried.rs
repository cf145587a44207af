//! Names of groups from one fit to the next. Groups that are found anew come in an order of their own; so that `c1` is
//! the same kind of customer afterwards, the new groups are paired with those of the fit before, the sum of the
//! distances between their centres being the least there is.

use gradus_model::Text;
use gradus_model::document::Named;
use gradus_stats::assignment::cheapest;
use gradus_stats::cluster::squared_distance;
use gradus_stats::scale::Scaling;

use super::fit::{ClustersFit, ClustersStatus, FeatureScale, logarithm};
use super::words::titles;

impl ClustersFit {
    /// This fit with the names of the one before it. Groups are paired on the scale of the one before; a pair is one
    /// group if the centre of either lies among the customers of the other. A group without a counterpart gets a
    /// number that no group had before. If nothing was found this time, the one before stands, and says why.
    pub fn after(mut self, before: &ClustersFit, names: &Named<Text>) -> ClustersFit {
        if before.status != ClustersStatus::Found || before.features.len() != self.features.len() {
            return self;
        }
        if self.status != ClustersStatus::Found {
            let mut stands = before.clone();
            stands.declined = Some(self.status);
            return stands;
        }
        // Where each new centre lies by the old scale, and each old one by the new.
        let (own, theirs) = (&self, before);
        let new_there: Vec<Vec<f64>> =
            own.clusters.iter().map(|one| moved(&one.centre, own, theirs)).collect();
        let old_here: Vec<Vec<f64>> =
            theirs.clusters.iter().map(|one| moved(&one.centre, theirs, own)).collect();
        let costs: Vec<Vec<f64>> = new_there
            .iter()
            .map(|new| theirs.clusters.iter().map(|old| squared_distance(new, &old.centre)).collect())
            .collect();
        let (placed_there, placed_here) = (theirs.placing(), own.placing());
        let is_one = |new: usize, old: usize| {
            placed_there.of(&new_there[new]).0 == old || placed_here.of(&old_here[old]).0 == new
        };
        let pairs = cheapest(&costs).into_iter().enumerate();
        let pairs: Vec<Option<usize>> = pairs.map(|(new, old)| old.filter(|old| is_one(new, *old))).collect();
        let mut last = before.last_number();
        for (cluster, pair) in self.clusters.iter_mut().zip(pairs) {
            cluster.name = match pair {
                Some(old) => before.clusters[old].name.clone(),
                None => {
                    last += 1;
                    format!("c{last}")
                }
            };
        }
        self.last_number = last;
        self.clusters.sort_by_key(|cluster| number_of(&cluster.name));
        self.retitle(names);
        self
    }

    /// Titles of the groups: as they are written, else by what is typical of each.
    pub fn retitle(&mut self, names: &Named<Text>) {
        let features: Vec<Text> = self.features.iter().map(|feature| feature.title.clone()).collect();
        let differences: Vec<Vec<f64>> = self.clusters.iter().map(|one| one.differences.clone()).collect();
        let own: Vec<String> = self.clusters.iter().map(|one| one.name.clone()).collect();
        for (cluster, title) in self.clusters.iter_mut().zip(titles(&features, &differences, &own)) {
            cluster.title = names.get(&cluster.name).cloned().unwrap_or(title);
        }
    }

    /// The greatest number that a group ever had, here or in a fit before.
    fn last_number(&self) -> u32 {
        let own = self.clusters.iter().map(|cluster| number_of(&cluster.name)).max();
        self.last_number.max(own.unwrap_or(0))
    }
}

/// The number in the name of a group.
fn number_of(name: &str) -> u32 {
    name.strip_prefix('c').and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A point on the scale of one fit, on that of another.
fn moved(point: &[f64], from: &ClustersFit, to: &ClustersFit) -> Vec<f64> {
    let one = |((scaled, from_scale), to_scale): ((&f64, &FeatureScale), &FeatureScale)| {
        let scaling = |scale: &FeatureScale| Scaling {
            centre: scale.centre,
            width: scale.width,
            constant: scale.constant,
        };
        let value = scaling(from_scale).undo(*scaled);
        // Logarithms are taken by both or by neither, unless a fit comes from elsewhere.
        let value = match (from.log, to.log) {
            (true, false) => value.abs().exp_m1().copysign(value),
            (false, true) => logarithm(value),
            _ => value,
        };
        scaling(to_scale).apply(value)
    };
    point.iter().zip(&from.features).zip(&to.features).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fit::{Alike, Cluster, ClusterOptions};
    use super::*;
    use gradus_model::document::{ClusterMethod, ClusterScale};

    fn options(k: Option<u32>) -> ClusterOptions {
        ClusterOptions {
            k,
            most: 6,
            method: ClusterMethod::KMeans,
            scale: ClusterScale::Standard,
            seed: 1,
            names: [("c2".to_string(), Text::plain("Big"))].into_iter().collect(),
            features: vec![Text::plain("spend"), Text::plain("orders")],
        }
    }

    /// So many customers around each place, on a small lattice so that none is like another.
    fn found(places: &[(f64, f64, usize)], k: Option<u32>) -> ClustersFit {
        let rows = places.iter().flat_map(|(x, y, n)| {
            (0..*n).map(move |at| Some(vec![x + (at % 7) as f64 * 0.1, y + (at / 7) as f64 * 0.1]))
        });
        ClustersFit::learn(&Alike::of(rows, 2), &options(k)).0
    }

    fn names(fit: &ClustersFit) -> Vec<(String, u64)> {
        fit.clusters.iter().map(|one| (one.name.clone(), one.n)).collect()
    }

    fn is_new(cluster: &Cluster, before: &ClustersFit) -> bool {
        before.clusters.iter().all(|old| old.name != cluster.name)
    }

    fn owned(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
        pairs.iter().map(|(name, n)| (name.to_string(), *n)).collect()
    }

    #[test]
    fn who_has_become_the_larger_group_keeps_its_name() {
        let before = found(&[(0.0, 0.0, 60), (50.0, 5.0, 40), (5.0, 90.0, 20)], Some(3));
        assert_eq!(names(&before), owned(&[("c1", 60), ("c2", 40), ("c3", 20)]));
        // Everybody spends more, and the sizes have changed about.
        let alone = found(&[(8.0, 1.0, 25), (70.0, 6.0, 80), (9.0, 95.0, 50)], Some(3));
        assert_eq!(names(&alone), owned(&[("c1", 80), ("c2", 50), ("c3", 25)]));
        let carried = alone.after(&before, &options(None).names);
        assert_eq!(names(&carried), owned(&[("c1", 25), ("c2", 80), ("c3", 50)]));
        assert_eq!(carried.clusters[1].title, Text::plain("Big"));
        assert!(carried.clusters.iter().all(|one| !is_new(one, &before)));
    }

    #[test]
    fn a_group_that_nobody_was_gets_a_name_that_nobody_had() {
        let before = found(&[(0.0, 0.0, 60), (50.0, 5.0, 40), (5.0, 90.0, 20)], Some(3));
        // The third has vanished, a fourth has come where nobody was.
        let after = found(&[(0.0, 0.0, 50), (50.0, 5.0, 70), (300.0, 300.0, 30)], Some(3))
            .after(&before, &options(None).names);
        assert_eq!(names(&after), owned(&[("c1", 50), ("c2", 70), ("c4", 30)]));
        assert!(is_new(&after.clusters[2], &before));
        // It comes back: its old name belongs to the fit of then, which is not looked at any more.
        let third = found(&[(0.0, 0.0, 50), (50.0, 5.0, 70), (5.0, 90.0, 30), (300.0, 300.0, 35)], Some(4))
            .after(&after, &options(None).names);
        assert_eq!(names(&third), owned(&[("c1", 50), ("c2", 70), ("c4", 35), ("c5", 30)]));
    }

    #[test]
    fn fewer_groups_keep_their_names_too() {
        let before = found(&[(0.0, 0.0, 60), (50.0, 5.0, 40), (5.0, 90.0, 20)], Some(3));
        let after = found(&[(50.0, 5.0, 70), (5.0, 90.0, 30)], Some(2)).after(&before, &Named::default());
        assert_eq!(names(&after), owned(&[("c2", 70), ("c3", 30)]));
        assert_eq!(after.last_number(), 3);
    }

    #[test]
    fn where_nothing_is_found_the_fit_before_stands_and_says_so() {
        let before = found(&[(0.0, 0.0, 60), (50.0, 5.0, 40)], Some(2));
        let nobody = ClustersFit::learn(&Alike::of([], 2), &options(Some(2))).0;
        let stands = nobody.after(&before, &Named::default());
        assert_eq!(names(&stands), names(&before));
        assert_eq!(stands.declined, Some(ClustersStatus::Nobody));
        // And nothing is carried from where nothing was found.
        let nobody = ClustersFit::learn(&Alike::of([], 2), &options(Some(2))).0;
        let first = found(&[(0.0, 0.0, 60), (50.0, 5.0, 40)], Some(2));
        assert_eq!(first.clone().after(&nobody, &options(None).names), first);
    }

    #[test]
    fn a_feature_that_was_constant_does_no_harm() {
        let rows = |y: f64| {
            (0..40).map(move |at| Some(vec![if at < 25 { 0.0 } else { 9.0 } + (at % 5) as f64 * 0.1, y]))
        };
        let before = ClustersFit::learn(&Alike::of(rows(3.0), 2), &options(Some(2))).0;
        let after = found(&[(0.0, 0.0, 14), (9.0, 4.0, 28)], Some(2)).after(&before, &Named::default());
        assert_eq!(names(&after), owned(&[("c1", 14), ("c2", 28)]));
    }
}
