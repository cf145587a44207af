//! Tastes from what customers bought, without ratings: implicit matrix factorisation by alternating least squares (Hu,
//! Koren and Volinsky 2008, ICDM). A strength r makes the confidence 1 + α r (their section 4) that a customer likes an
//! item; what was never bought is disliked with confidence 1. Each side is solved exactly while the other rests (eq. 4
//! and 5).

use crate::cholesky;
use crate::random::Random;
use crate::refusal::{Refusal, parameter};

/// How often, or how much, a customer bought an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    pub customer: u32,
    pub item: u32,
    /// Greater than 0; several of one customer and item are added.
    pub strength: f64,
}

/// How to factorise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    pub n_factors: usize,
    /// λ of eq. 3.
    pub ridge: f64,
    pub alpha: f64,
    pub rounds: usize,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { n_factors: 16, ridge: 0.1, alpha: 40.0, rounds: 15, seed: 0 }
    }
}

/// Tastes of customers and traits of items, whose product is the preference.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// One customer after the other; 0 for those without strengths.
    pub customers: Vec<f64>,
    pub items: Vec<f64>,
    pub n_factors: usize,
    /// The loss of eq. 3 after each round: it never rises.
    pub losses: Vec<f64>,
    options: Options,
    /// Σ y y' over the items.
    products: Vec<f64>,
}

/// Strengths of one side, each row's together.
struct Rows {
    starts: Vec<usize>,
    entries: Vec<(u32, f64)>,
}

impl Rows {
    fn new(n: usize, entries: impl Iterator<Item = (u32, u32, f64)> + Clone) -> Rows {
        let mut starts = vec![0; n + 1];
        entries.clone().for_each(|(row, _, _)| starts[row as usize + 1] += 1);
        (0..n).for_each(|row| starts[row + 1] += starts[row]);
        let mut next = starts.clone();
        let mut out = vec![(0, 0.0); starts[n]];
        for (row, other, strength) in entries {
            out[next[row as usize]] = (other, strength);
            next[row as usize] += 1;
        }
        Rows { starts, entries: out }
    }

    fn row(&self, row: usize) -> &[(u32, f64)] {
        &self.entries[self.starts[row]..self.starts[row + 1]]
    }
}

/// Factorises. Refuses no strengths, customers or items out of range and strengths that are not greater than 0.
///
/// ```
/// use gradus_stats::factorise::{Options, Strength, factorise};
/// let bought = |customer, item| Strength { customer, item, strength: 1.0 };
/// let strengths = [bought(0, 0), bought(0, 1), bought(1, 0), bought(2, 2), bought(2, 3), bought(3, 2), bought(3, 3)];
/// let found = factorise(&strengths, 4, 4, &Options { n_factors: 2, ..Options::default() })?;
/// // Customer 1 bought what customer 0 bought, but for item 1.
/// assert!(found.preference(1, 1) > found.preference(1, 3));
/// # Ok::<(), gradus_stats::refusal::Refusal>(())
/// ```
pub fn factorise(
    strengths: &[Strength],
    n_customers: usize,
    n_items: usize,
    options: &Options,
) -> Result<Factors, Refusal> {
    if strengths.is_empty() {
        return Err(Refusal::Empty);
    }
    let in_range = |one: &Strength| (one.customer as usize) < n_customers && (one.item as usize) < n_items;
    parameter(strengths.iter().all(in_range), "customers and items", "below their numbers")?;
    let valid = |one: &Strength| one.strength > 0.0 && one.strength.is_finite();
    parameter(strengths.iter().all(valid), "a strength", "greater than 0")?;
    parameter((1..=256).contains(&options.n_factors), "the number of factors", "from 1 to 256")?;
    parameter(
        options.ridge > 0.0 && options.alpha > 0.0 && options.rounds > 0,
        "ridge, alpha and rounds",
        "above 0",
    )?;
    let mut sorted = strengths.to_vec();
    sorted.sort_by_key(|one| (one.customer, one.item));
    sorted.dedup_by(|next, first| {
        let same = (next.customer, next.item) == (first.customer, first.item);
        if same {
            first.strength += next.strength;
        }
        same
    });
    let by_customer = Rows::new(n_customers, sorted.iter().map(|one| (one.customer, one.item, one.strength)));
    let by_item = Rows::new(n_items, sorted.iter().map(|one| (one.item, one.customer, one.strength)));
    let f = options.n_factors;
    let mut random = Random::new(options.seed);
    let mut items: Vec<f64> = (0..n_items * f).map(|_| random.normal() * 0.1).collect();
    let mut customers = vec![0.0; n_customers * f];
    let mut losses = Vec::with_capacity(options.rounds);
    for _ in 0..options.rounds {
        side(&mut customers, &items, &by_customer, options);
        side(&mut items, &customers, &by_item, options);
        losses.push(loss(&customers, &items, &by_customer, options));
    }
    // Once more, so that tastes are exactly what `fold_in` would make of the same strengths.
    side(&mut customers, &items, &by_customer, options);
    let products = products(&items, f);
    Ok(Factors { customers, items, n_factors: f, losses, options: *options, products })
}

/// Σ y y' (lower triangle is enough, all is filled).
fn products(factors: &[f64], f: usize) -> Vec<f64> {
    let mut out = vec![0.0; f * f];
    for y in factors.chunks_exact(f) {
        for (i, row) in out.chunks_exact_mut(f).enumerate() {
            row.iter_mut().zip(y).for_each(|(sum, other)| *sum += y[i] * other);
        }
    }
    out
}

/// Solves one side while the other rests.
fn side(solved: &mut [f64], other: &[f64], rows: &Rows, options: &Options) {
    let products = products(other, options.n_factors);
    for (row, x) in solved.chunks_exact_mut(options.n_factors).enumerate() {
        x.copy_from_slice(&solve(rows.row(row), other, &products, options));
    }
}

/// Eq. 4: x = (Y'Y + Y'(C - 1)Y + λ)⁻¹ Y'C p.
fn solve(strengths: &[(u32, f64)], other: &[f64], products: &[f64], options: &Options) -> Vec<f64> {
    let f = options.n_factors;
    let mut right = vec![0.0; f];
    if strengths.is_empty() {
        return right;
    }
    let mut a = products.to_vec();
    (0..f).for_each(|at| a[at * f + at] += options.ridge);
    for (at, strength) in strengths {
        let y = &other[*at as usize * f..(*at as usize + 1) * f];
        let more = options.alpha * strength;
        for i in 0..f {
            right[i] += (1.0 + more) * y[i];
            let part = more * y[i];
            a[i * f..=i * f + i].iter_mut().zip(y).for_each(|(sum, y)| *sum += part * y);
        }
    }
    cholesky::factor(&a, f).map(|l| cholesky::solve(&l, &right)).unwrap_or_else(|| vec![0.0; f])
}

/// Eq. 3, over all pairs: those without strength through Σ y y'.
fn loss(customers: &[f64], items: &[f64], rows: &Rows, options: &Options) -> f64 {
    let f = options.n_factors;
    let products = products(items, f);
    let squares = |factors: &[f64]| factors.iter().map(|x| x * x).sum::<f64>();
    let mut sum = options.ridge * (squares(customers) + squares(items));
    for (row, x) in customers.chunks_exact(f).enumerate() {
        sum += (0..f).map(|i| x[i] * dot(&products[i * f..(i + 1) * f], x)).sum::<f64>();
        for (item, strength) in rows.row(row) {
            let p = dot(x, &items[*item as usize * f..(*item as usize + 1) * f]);
            sum += (1.0 + options.alpha * strength) * (1.0 - p) * (1.0 - p) - p * p;
        }
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Factors {
    fn item(&self, item: usize) -> &[f64] {
        &self.items[item * self.n_factors..(item + 1) * self.n_factors]
    }

    fn customer(&self, customer: usize) -> &[f64] {
        &self.customers[customer * self.n_factors..(customer + 1) * self.n_factors]
    }

    /// How much a customer likes an item: near 1 for what was bought.
    pub fn preference(&self, customer: usize, item: usize) -> f64 {
        dot(self.customer(customer), self.item(item))
    }

    /// The tastes of somebody new, from what was bought (items of the fit, strengths): no new fit is needed.
    pub fn fold_in(&self, bought: &[(u32, f64)]) -> Vec<f64> {
        let known: Vec<(u32, f64)> = bought
            .iter()
            .copied()
            .filter(|(item, _)| (*item as usize) < self.items.len() / self.n_factors)
            .collect();
        solve(&known, &self.items, &self.products, &self.options)
    }

    /// The `most` items that a taste likes best, without those that `excluded` names; of equals the lowest.
    pub fn best(&self, taste: &[f64], excluded: impl Fn(u32) -> bool, most: usize) -> Vec<(u32, f64)> {
        let all = 0..(self.items.len() / self.n_factors) as u32;
        let mut out: Vec<(u32, f64)> = all
            .filter(|item| !excluded(*item))
            .map(|item| (item, dot(taste, self.item(item as usize))))
            .collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        out.truncate(most);
        out
    }

    /// The same for a customer of the fit.
    pub fn best_for(&self, customer: usize, excluded: impl Fn(u32) -> bool, most: usize) -> Vec<(u32, f64)> {
        self.best(self.customer(customer), excluded, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two kinds of customers, each with its own half of the items.
    fn strengths(n: u32) -> Vec<Strength> {
        let mut random = Random::new(6);
        let mut out = Vec::new();
        for customer in 0..n {
            for item in 0..20 {
                let own = (customer % 2 == 0) == (item < 10);
                if random.unit() < if own { 0.4 } else { 0.03 } {
                    out.push(Strength { customer, item, strength: 1.0 + random.below(3) as f64 });
                }
            }
        }
        out
    }

    #[test]
    fn tastes_are_found_the_loss_falls_and_a_seed_determines_it() {
        let strengths = strengths(200);
        let options = Options { n_factors: 4, ..Options::default() };
        let found = factorise(&strengths, 200, 20, &options).unwrap();
        assert!(found.losses.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-9)));
        assert_eq!(found, factorise(&strengths, 200, 20, &options).unwrap());
        let right = (0..200)
            .filter(|customer| {
                let bought =
                    |item| strengths.iter().any(|s| s.customer == *customer as u32 && s.item == item);
                let best = found.best_for(*customer, bought, 1)[0].0;
                (best < 10) == (customer % 2 == 0)
            })
            .count();
        assert!(right > 170, "{right}");
    }

    #[test]
    fn each_taste_is_the_minimum_and_a_new_customer_gets_the_same() {
        let strengths = strengths(60);
        let options = Options { n_factors: 3, rounds: 3, ..Options::default() };
        let found = factorise(&strengths, 60, 20, &options).unwrap();
        let own: Vec<(u32, f64)> =
            strengths.iter().filter(|s| s.customer == 7).map(|s| (s.item, s.strength)).collect();
        let taste = found.fold_in(&own);
        assert!(taste.iter().zip(found.customer(7)).all(|(a, b)| (a - b).abs() < 1e-9));
        let loss = |taste: &[f64]| {
            let fit: f64 = (0..20u32)
                .map(|item| {
                    let strength = own.iter().find(|one| one.0 == item).map_or(0.0, |one| one.1);
                    let wanted = f64::from(u8::from(strength > 0.0));
                    (1.0 + options.alpha * strength)
                        * (wanted - dot(taste, found.item(item as usize))).powi(2)
                })
                .sum();
            fit + options.ridge * dot(taste, taste)
        };
        for at in 0..3 {
            for step in [-1e-3, 1e-3] {
                let mut moved = taste.clone();
                moved[at] += step;
                assert!(loss(&moved) > loss(&taste));
            }
        }
    }

    #[test]
    fn what_cannot_be_factorised_is_refused() {
        let options = Options::default();
        assert_eq!(factorise(&[], 1, 1, &options), Err(Refusal::Empty));
        let wrong = [Strength { customer: 3, item: 0, strength: 1.0 }];
        assert!(matches!(factorise(&wrong, 2, 1, &options), Err(Refusal::Parameter { .. })));
        let negative = [Strength { customer: 0, item: 0, strength: -1.0 }];
        assert!(matches!(factorise(&negative, 2, 1, &options), Err(Refusal::Parameter { .. })));
        let twice = [Strength { customer: 0, item: 0, strength: 1.0 }; 2];
        let once = [Strength { customer: 0, item: 0, strength: 2.0 }];
        let of = |strengths: &[Strength]| factorise(strengths, 2, 2, &options).unwrap().customers;
        assert_eq!(of(&twice), of(&once));
    }
}
