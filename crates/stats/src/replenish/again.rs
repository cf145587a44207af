//! Whether something is bought again at all, and when: after each purchase a customer stops with some chance; of those
//! who go on, the interval is log-normal. The last stretch of everybody, which has no purchase at its end, counts as
//! what it is: either the customer has stopped, or the interval is longer than that (a mixture cure model: Boag 1949,
//! J. R. Stat. Soc. B 11; Berkson and Gage 1952, J. Am. Stat. Assoc. 47; with log-normal times as in Boag). Learned by the
//! EM algorithm: the E step is the chance of still going on, the M step has the moments of a censored normal (Cohen 1959,
//! Technometrics 1(3)). Going on after a first purchase and after later ones are two chances: whoever bought twice is
//! another kind of customer.

use super::{Due, Rhythm};
use crate::normal;
use crate::refusal::{Refusal, parameter};

/// Rounds of EM at most, and the change of the chances and of the mean at which it rests.
const ROUNDS: usize = 200;
const AT_REST: f64 = 1e-5;
/// Variances do not shrink below this: three days in a thousand.
const FLOOR: f64 = 1e-6;

/// What one customer did with one product.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// Days between purchases, each greater than 0.
    pub intervals: Vec<f64>,
    /// Days since the last one, without another.
    pub open: f64,
}

/// What is held of the chances before a product is looked at: it counts as so many purchases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    pub first: f64,
    pub later: f64,
    pub purchases: f64,
}

/// The rhythm of a product, and who goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Again {
    pub rhythm: Rhythm,
    /// The chance that a first purchase is ever followed by another, and that a later one is.
    pub first: f64,
    pub later: f64,
    /// Purchases that these were learned from: (first, later).
    pub purchases: (u64, u64),
}

impl Again {
    /// From what each customer did. Refuses fewer than two intervals, and days that are not numbers.
    ///
    /// ```
    /// use gradus_stats::replenish::{Again, Past};
    /// let past = |intervals: &[f64], open| Past { intervals: intervals.to_vec(), open };
    /// // Two come every month, three came once and never again.
    /// let all = [past(&[30.0, 31.0, 29.0], 10.0), past(&[28.0, 30.0], 5.0), past(&[], 900.0), past(&[], 800.0), past(&[], 700.0)];
    /// let again = Again::fit(&all, None)?;
    /// assert!(again.within(&all[0], 30.0) > 0.9 && again.within(&all[2], 30.0) < 0.01);
    /// # Ok::<(), gradus_stats::refusal::Refusal>(())
    /// ```
    pub fn fit(all: &[Past], prior: Option<Prior>) -> Result<Again, Refusal> {
        let valid = all.iter().all(|one| one.open >= 0.0 && one.open.is_finite());
        parameter(valid, "the days since", "at least 0")?;
        let intervals: Vec<Vec<f64>> = all.iter().map(|one| one.intervals.clone()).collect();
        let seen = Rhythm::fit(&intervals)?;
        let share = match seen.between + seen.within > 0.0 {
            true => seen.between / (seen.between + seen.within),
            false => 0.0,
        };
        let prior = prior.unwrap_or(Prior { first: 0.5, later: 0.5, purchases: 0.0 });
        // By kind of purchase: how many, and how many were followed.
        let (mut purchases, mut followed) = ([0.0f64; 2], [0.0f64; 2]);
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        // Stretches without a purchase at their end: which kind it would follow, and the logarithm of their days.
        let mut open: Vec<(usize, f64)> = Vec::new();
        for one in all {
            for (at, days) in one.intervals.iter().enumerate() {
                let (kind, x) = (usize::from(at > 0), days.ln());
                purchases[kind] += 1.0;
                followed[kind] += 1.0;
                (n, sum, squares) = (n + 1.0, sum + x, squares + x * x);
            }
            let kind = usize::from(!one.intervals.is_empty());
            purchases[kind] += 1.0;
            open.push((kind, if one.open > 0.0 { one.open.ln() } else { f64::NEG_INFINITY }));
        }
        let before = [prior.first, prior.later];
        let chance = |kind: usize, going_on: f64| {
            let of = purchases[kind] + prior.purchases;
            if of > 0.0 { (going_on + prior.purchases * before[kind]) / of } else { before[kind] }
        };
        let mut going =
            [chance(0, 0.5 * (followed[0] + purchases[0])), chance(1, 0.5 * (followed[1] + purchases[1]))];
        let (mut mean, mut variance) = (sum / n, (squares / n - (sum / n) * (sum / n)).max(FLOOR));
        for _ in 0..ROUNDS {
            let spread = variance.sqrt();
            let mut alive = followed;
            let (mut weight, mut first, mut second) =
                (n, sum - n * mean, squares - 2.0 * mean * sum + n * mean * mean);
            for (kind, x) in &open {
                let z = (x - mean) / spread;
                let lasts = if z.is_finite() { normal::survival(z) } else { 1.0 };
                let goes_on = going[*kind] * lasts;
                let still = goes_on / (1.0 - going[*kind] + goes_on);
                if still.is_nan() || still <= 0.0 {
                    continue;
                }
                alive[*kind] += still;
                // What is censored at once says nothing of the interval.
                if !z.is_finite() {
                    (weight, second) = (weight + still, second + still * variance);
                    continue;
                }
                let hazard = normal::density(z) / lasts;
                weight += still;
                first += still * spread * hazard;
                second += still * variance * (1.0 + z * hazard);
            }
            let moved = first / weight;
            variance = (second / weight - moved * moved).max(FLOOR);
            mean += moved;
            let next = [chance(0, alive[0]), chance(1, alive[1])];
            let change = (next[0] - going[0]).abs().max((next[1] - going[1]).abs()).max(moved.abs());
            going = next;
            if change < AT_REST {
                break;
            }
        }
        // What varies is parted as the intervals that were seen part it.
        let rhythm = Rhythm { mean, between: share * variance, within: (1.0 - share) * variance, ..seen };
        Ok(Again {
            rhythm,
            first: going[0],
            later: going[1],
            purchases: (purchases[0] as u64, purchases[1] as u64),
        })
    }

    /// The chance that the last of these purchases is ever followed, before it is known how long ago it was.
    pub fn goes_on(&self, past: &Past) -> f64 {
        if past.intervals.is_empty() { self.first } else { self.later }
    }

    /// When a customer is due, if they go on.
    pub fn due(&self, past: &Past, level: f64) -> Due {
        self.rhythm.due(&past.intervals, level)
    }

    /// The chance that a customer still goes on, with nothing bought since.
    pub fn alive(&self, past: &Past) -> f64 {
        let (goes_on, lasts) = (self.goes_on(past), self.lasts(past, past.open));
        let still = goes_on * lasts;
        if still <= 0.0 { 0.0 } else { still / (1.0 - goes_on + still) }
    }

    /// The chance of a purchase within so many days from now.
    pub fn within(&self, past: &Past, days: f64) -> f64 {
        let (now, then) = (self.lasts(past, past.open), self.lasts(past, past.open + days));
        if now <= 0.0 { 0.0 } else { (self.alive(past) * (1.0 - then / now)).clamp(0.0, 1.0) }
    }

    /// That an interval of this customer lasts longer.
    fn lasts(&self, past: &Past, days: f64) -> f64 {
        if days <= 0.0 {
            return 1.0;
        }
        let (middle, spread) = self.rhythm.middle(&past.intervals);
        normal::survival((days.ln() - middle) / spread.max(FLOOR.sqrt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Customers of a known kind, seen from a first day on until today.
    fn drawn(random: &mut Random, today: f64, (first, later): (f64, f64), mean: f64) -> (Past, Option<f64>) {
        let own = mean + 0.3 * random.normal();
        let mut day = today * random.unit();
        let mut intervals = Vec::new();
        loop {
            let goes_on = random.unit() < if intervals.is_empty() { first } else { later };
            let interval = (own + 0.4 * random.normal()).exp();
            if !goes_on || day + interval > today {
                let next = goes_on.then_some(day + interval - today);
                return (Past { intervals, open: today - day }, next);
            }
            day += interval;
            intervals.push(interval);
        }
    }

    #[test]
    fn who_stopped_and_what_is_still_open_are_told_apart() {
        let mut random = Random::new(17);
        let all: Vec<(Past, Option<f64>)> =
            (0..20_000).map(|_| drawn(&mut random, 365.0, (0.3, 0.7), 60f64.ln())).collect();
        let pasts: Vec<Past> = all.iter().map(|one| one.0.clone()).collect();
        let again = Again::fit(&pasts, None).unwrap();
        assert!((again.first - 0.3).abs() < 0.02 && (again.later - 0.7).abs() < 0.03, "{again:?}");
        assert!((again.rhythm.mean - 60f64.ln()).abs() < 0.08, "{again:?}");
        assert!((again.rhythm.within + again.rhythm.between - 0.25).abs() < 0.04, "{again:?}");
        // Foretold and come, in the month after.
        let expected: f64 = pasts.iter().map(|past| again.within(past, 30.0)).sum();
        let came = all.iter().filter(|one| one.1.is_some_and(|next| next <= 30.0)).count() as f64;
        assert!((expected / came - 1.0).abs() < 0.1, "{expected} {came}");
        // Those who were seen to buy again alone, as if nobody ever stopped, foretell far too much.
        let seen: Vec<Vec<f64>> = pasts.iter().map(|past| past.intervals.clone()).collect();
        let (rhythm, sure) = (Rhythm::fit(&seen).unwrap(), 1.0);
        let naive = Again { rhythm, first: sure, later: sure, purchases: (0, 0) };
        let naive: f64 = pasts.iter().map(|past| naive.within(past, 30.0)).sum();
        assert!(naive > 1.5 * came, "{naive} {came}");
    }

    #[test]
    fn a_prior_counts_as_so_many_purchases() {
        let past = |intervals: &[f64], open| Past { intervals: intervals.to_vec(), open };
        let few = [past(&[10.0], 5_000.0), past(&[12.0], 5_000.0)];
        let alone = Again::fit(&few, None).unwrap();
        assert!(alone.first > 0.99 && alone.later < 0.01, "{alone:?}");
        let prior = Prior { first: 0.2, later: 0.4, purchases: 8.0 };
        let drawn = Again::fit(&few, Some(prior)).unwrap();
        assert!((drawn.first - (2.0 + 8.0 * 0.2) / 10.0).abs() < 1e-3, "{drawn:?}");
        assert!((drawn.later - 8.0 * 0.4 / 10.0).abs() < 1e-3, "{drawn:?}");
    }

    #[test]
    fn what_is_at_the_edge_has_an_answer() {
        let past = |intervals: &[f64], open| Past { intervals: intervals.to_vec(), open };
        assert_eq!(Again::fit(&[past(&[], 3.0), past(&[9.0], 1.0)], None), Err(Refusal::Empty));
        assert!(matches!(Again::fit(&[past(&[9.0, 9.0], f64::NAN)], None), Err(Refusal::Parameter { .. })));
        // All the same, and bought today.
        let same = Again::fit(&[past(&[10.0, 10.0, 10.0], 0.0), past(&[10.0], 0.0)], None).unwrap();
        let within = same.within(&past(&[10.0, 10.0], 0.0), 30.0);
        assert!((0.9..=1.0).contains(&within), "{within} {same:?}");
        assert_eq!(same.within(&past(&[10.0], 1e9), 30.0), 0.0);
    }
}
