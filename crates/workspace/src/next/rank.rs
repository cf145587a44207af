//! Lists of items for customers, by each of the methods: what everybody buys, what goes together, tastes, and what is
//! due again.

use std::collections::BTreeMap;

use gradus_model::document::NextMethod;
use gradus_stats::basket::{self, Rules};
use gradus_stats::factorise::{self, Factors, factorise};
use gradus_stats::ranking::popularity;

use super::basis::Basis;
use super::due::Dues;
use super::request::Settings;
use crate::WorkspaceError;
use crate::stored::processors;

/// Days that count as lately.
pub(super) const RECENT_DAYS: i32 = 90;

/// An item on a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pick {
    pub item: u32,
    pub score: f64,
    pub how: NextMethod,
    /// The rule that put it there.
    pub rule: Option<usize>,
}

/// Everything that was fitted to what was bought.
pub(super) struct Fitted {
    pub popular: Vec<(u32, u64)>,
    pub recent: Vec<(u32, u64)>,
    pub rules: Option<Rules>,
    /// Rules by their first item on the left.
    by_left: BTreeMap<u32, Vec<usize>>,
    pub factors: Option<Factors>,
    pub dues: Dues,
    pub has: Vec<Vec<u32>>,
    /// Customers may be told what they have bought before.
    again: bool,
}

impl Fitted {
    pub fn of(
        basis: &Basis,
        settings: &Settings,
        today: i32,
        horizon_days: i32,
    ) -> Result<Fitted, WorkspaceError> {
        let has = basis.has();
        let baskets = if settings.by_customer { has.clone() } else { basis.baskets() };
        let options = basket::Options {
            min_count: settings.min_count,
            min_confidence: settings.min_confidence,
            max_left: settings.max_left,
            ..basket::Options::default()
        };
        // One item alone, or no two together, make no rule; whatever else is refused was checked before.
        let rules = basket::rules(&baskets, &options).ok().filter(|found| !found.rules.is_empty());
        let mut by_left: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, rule) in rules.iter().flat_map(|found| &found.rules).enumerate() {
            by_left.entry(rule.left[0]).or_default().push(at);
        }
        let options = factorise::Options {
            n_factors: settings.n_factors.min(basis.items.len()).max(1),
            rounds: settings.rounds,
            ridge: settings.ridge,
            alpha: settings.alpha,
            seed: settings.seed,
        };
        // Tastes are told apart by what others have: it takes two of each.
        let factors = match basis.items.len() >= 2 && basis.customers.len() >= 2 {
            true => factorise(&basis.strengths(), basis.customers.len(), basis.items.len(), &options).ok(),
            false => None,
        };
        let recent = popularity(&basis.has_since(today - RECENT_DAYS));
        Ok(Fitted {
            popular: popularity(&has),
            recent,
            rules,
            by_left,
            factors,
            dues: Dues::of(basis, today, horizon_days, settings.min_count as usize),
            has,
            again: settings.again,
        })
    }

    /// The methods that there are.
    pub fn methods(&self) -> Vec<NextMethod> {
        let mut out = vec![NextMethod::Popular, NextMethod::Recent];
        out.extend(self.rules.as_ref().map(|_| NextMethod::Rules));
        out.extend(self.factors.as_ref().map(|_| NextMethod::Factors));
        out.extend((self.again && !self.dues.all.is_empty()).then_some(NextMethod::Due));
        out
    }

    /// The best items for a customer. What a method cannot fill is filled with what sells lately, then with what sells.
    pub fn list(&self, how: NextMethod, customer: u32, k: usize, blocked: &dyn Fn(u32) -> bool) -> Vec<Pick> {
        let own = &self.has[customer as usize];
        let excluded = |item: u32| blocked(item) || (!self.again && own.binary_search(&item).is_ok());
        let mut out = match how {
            NextMethod::Popular | NextMethod::Recent => Vec::new(),
            NextMethod::Rules => self.by_rules(own, k, &excluded),
            NextMethod::Factors => match &self.factors {
                Some(factors) => factors
                    .best_for(customer as usize, excluded, k)
                    .into_iter()
                    .map(|(item, score)| Pick { item, score, how, rule: None })
                    .collect(),
                None => Vec::new(),
            },
            NextMethod::Due => self
                .dues
                .of_customer(customer)
                .iter()
                .filter(|due| due.within > 0.0 && !excluded(due.item))
                .take(k)
                .map(|due| Pick { item: due.item, score: due.within, how, rule: None })
                .collect(),
        };
        let by_all = match how {
            NextMethod::Popular => [NextMethod::Popular, NextMethod::Recent],
            _ => [NextMethod::Recent, NextMethod::Popular],
        };
        for how in by_all {
            let counts = if how == NextMethod::Recent { &self.recent } else { &self.popular };
            let n = self.has.len().max(1) as f64;
            for (item, count) in counts {
                if out.len() >= k {
                    return out;
                }
                if !excluded(*item) && out.iter().all(|pick| pick.item != *item) {
                    out.push(Pick { item: *item, score: *count as f64 / n, how, rule: None });
                }
            }
        }
        out
    }

    /// Of each item the surest rule: the lower bound of its confidence, so that few orders do not outweigh many.
    fn by_rules(&self, own: &[u32], k: usize, excluded: &dyn Fn(u32) -> bool) -> Vec<Pick> {
        let Some(found) = &self.rules else { return Vec::new() };
        let mut best: BTreeMap<u32, (f64, usize)> = BTreeMap::new();
        for at in own.iter().filter_map(|item| self.by_left.get(item)).flatten() {
            let rule = &found.rules[*at];
            if excluded(rule.right) || rule.left[1..].iter().any(|item| own.binary_search(item).is_err()) {
                continue;
            }
            let known = best.entry(rule.right).or_insert((rule.confidence.low, *at));
            if rule.confidence.low > known.0 {
                *known = (rule.confidence.low, *at);
            }
        }
        let mut out: Vec<Pick> = best
            .into_iter()
            .map(|(item, (score, at))| Pick { item, score, how: NextMethod::Rules, rule: Some(at) })
            .collect();
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item.cmp(&b.item)));
        out.truncate(k);
        out
    }
}

/// Something for each of `n`, on all processors, in their order.
pub(super) fn each<T: Send>(n: usize, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let part = n.div_ceil(processors().get()).max(1);
    let mut out = Vec::with_capacity(n);
    std::thread::scope(|scope| {
        let of = &of;
        let threads: Vec<_> = (0..n)
            .step_by(part)
            .map(|begin| scope.spawn(move || (begin..(begin + part).min(n)).map(of).collect::<Vec<T>>()))
            .collect();
        for thread in threads {
            match thread.join() {
                Ok(part) => out.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use gradus_model::document::Next;

    use super::super::basis::Line;
    use super::*;

    /// Ten customers with cups and saucers, one with a cup alone, five with lamps.
    fn basis() -> Basis {
        let line = |customer, item| Line { customer, day: 0, order: i64::from(customer) + 1, item };
        let mut lines: Vec<Line> =
            (0..10).flat_map(|customer| [line(customer, 0), line(customer, 1)]).collect();
        lines.push(line(10, 0));
        lines.extend((11..16).map(|customer| line(customer, 2)));
        Basis {
            customers: (100..116).collect(),
            items: ["cup", "saucer", "lamp"].map(String::from).into(),
            lines,
            ..Basis::default()
        }
    }

    #[test]
    fn whoever_has_a_cup_is_shown_the_saucer() {
        let settings = Settings { min_count: 3, n_factors: 2, ..Settings::of(&Next::default()) };
        let fitted = Fitted::of(&basis(), &settings, 0, 30).unwrap();
        assert_eq!(
            fitted.methods(),
            [NextMethod::Popular, NextMethod::Recent, NextMethod::Rules, NextMethod::Factors]
        );
        let first = fitted.list(NextMethod::Rules, 10, 2, &|_| false);
        assert_eq!((first[0].item, first[0].how), (1, NextMethod::Rules));
        let rule = &fitted.rules.as_ref().unwrap().rules[first[0].rule.unwrap()];
        assert_eq!((rule.count, rule.left_count), (10, 11));
        assert_eq!(fitted.list(NextMethod::Factors, 10, 1, &|_| false)[0].item, 1);
        // What a rule does not fill is filled with what sells.
        assert_eq!((first[1].item, first[1].how), (2, NextMethod::Recent));
        assert!(fitted.list(NextMethod::Rules, 10, 2, &|item| item == 1).iter().all(|pick| pick.item == 2));
        // Whoever has everything that may be shown gets nothing.
        assert!(fitted.list(NextMethod::Popular, 0, 5, &|item| item == 2).is_empty());
    }

    #[test]
    fn one_item_makes_no_rule_and_no_taste() {
        let lines = vec![Line { customer: 0, day: 0, order: 1, item: 0 }];
        let basis = Basis { customers: vec![7], items: vec!["tea".into()], lines, ..Basis::default() };
        let fitted = Fitted::of(&basis, &Settings::of(&Next::default()), 0, 30).unwrap();
        assert_eq!(fitted.methods(), [NextMethod::Popular, NextMethod::Recent]);
        assert!(fitted.list(NextMethod::Recent, 0, 3, &|_| false).is_empty(), "they have it");
        let settings = Settings { again: true, ..Settings::of(&Next::default()) };
        assert_eq!(
            Fitted::of(&basis, &settings, 0, 30).unwrap().list(NextMethod::Recent, 0, 3, &|_| false).len(),
            1
        );
    }

    #[test]
    fn the_order_does_not_depend_on_threads() {
        assert_eq!(each(1_000, |at| at * at), (0..1_000).map(|at| at * at).collect::<Vec<_>>());
        assert!(each(0, |at| at).is_empty());
    }
}
