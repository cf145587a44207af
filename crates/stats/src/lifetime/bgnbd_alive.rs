//! P(alive) of BG/NBD and MBG/NBD (Fader, Hardie and Lee 2008, "Computing P(alive) using the BG/NBD model",
//! note 021), of one customer and of many: one arithmetic for both, so that they agree to the bit.

use fearless_simd::{Level, dispatch};

use super::bgnbd::BetaGeometric;
use super::history::History;
use crate::special::vector::{Quotient, exp};

/// Rows that go through one step together: so many that no step waits for the one before, so few that they stay
/// near the processor.
const BLOCK: usize = 64;

/// Below this a chance is worked out in logarithms: the exponential has no lower powers.
const TINY: f64 = 1e-290;

/// What of a model its customers share.
#[derive(Debug, Clone, Copy)]
struct Shared {
    minus_r: f64,
    alpha: f64,
    a: f64,
    /// b - 1 and, in MBG/NBD, the first purchase.
    stayed: f64,
    /// Purchases of one who had no occasion to leave; negative where there always was one.
    none: f64,
}

impl Shared {
    fn of<const AT_ONCE: bool>(model: &BetaGeometric<AT_ONCE>) -> Shared {
        let BetaGeometric { r, alpha, a, b } = *model;
        let stayed = if AT_ONCE { b } else { b - 1.0 };
        Shared { minus_r: -r, alpha, a, stayed, none: if AT_ONCE { -1.0 } else { 0.0 } }
    }

    #[inline(always)]
    fn quotient(self, t_x: f64, age: f64) -> Quotient {
        Quotient::of(self.alpha + age, self.alpha + t_x)
    }

    /// ln of ((alpha + t_x) / (alpha + T))^(r + x).
    #[inline(always)]
    fn ln_silence(self, x: u32, quotient: Quotient) -> f64 {
        (self.minus_r - f64::from(x)) * quotient.ln()
    }

    /// Odds of having stayed: (b + n - 1) / a times the chance of such a silence.
    #[inline(always)]
    fn chance(self, x: u32, silence: f64) -> f64 {
        let x = f64::from(x);
        let stayed = (self.stayed + x) * silence;
        let chance = stayed / (stayed + self.a);
        if x == self.none { 1.0 } else { chance }
    }
}

/// Of one customer.
pub(super) fn alone<const AT_ONCE: bool>(model: &BetaGeometric<AT_ONCE>, history: &History) -> f64 {
    let shared = Shared::of(model);
    let silence = exp(shared.ln_silence(history.x, shared.quotient(history.t_x, history.age)));
    let chance = shared.chance(history.x, silence);
    if chance < TINY { tiny(model, history) } else { chance }
}

fn tiny<const AT_ONCE: bool>(model: &BetaGeometric<AT_ONCE>, history: &History) -> f64 {
    1.0 / (1.0 + model.ln_odds_of_having_left(history).exp())
}

/// Of customers in columns of one length.
pub(super) fn each<const AT_ONCE: bool>(
    model: &BetaGeometric<AT_ONCE>,
    x: &[u32],
    t_x: &[f64],
    age: &[f64],
) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    let rows = Rows { shared: Shared::of(model), x, t_x, age, out: &mut out };
    if dispatch!(Level::new(), _ => rows.work()) {
        for (row, chance) in out.iter_mut().enumerate().filter(|(_, chance)| **chance < TINY) {
            *chance = tiny(model, &History { x: x[row], t_x: t_x[row], age: age[row] });
        }
    }
    out
}

struct Rows<'a> {
    shared: Shared,
    x: &'a [u32],
    t_x: &'a [f64],
    age: &'a [f64],
    out: &'a mut [f64],
}

impl Rows<'_> {
    /// Is any of the chances tiny.
    #[inline(always)]
    fn work(self) -> bool {
        let Rows { shared, x, t_x, age, out } = self;
        let columns = x.chunks(BLOCK).zip(t_x.chunks(BLOCK)).zip(age.chunks(BLOCK));
        let mut any_tiny = false;
        for (out, ((x, t_x), age)) in out.chunks_mut(BLOCK).zip(columns) {
            any_tiny |= Rows { shared, x, t_x, age, out }.block();
        }
        any_tiny
    }

    /// Of [`BLOCK`] rows at most.
    #[inline(always)]
    fn block(self) -> bool {
        let Rows { shared, x, t_x, age, out } = self;
        let n = out.len();
        let (x, t_x, age) = (&x[..n], &t_x[..n], &age[..n]);
        let (mut room, mut other_room) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (silence, doublings) = (&mut room[..n], &mut other_room[..n]);
        for i in 0..n {
            let quotient = shared.quotient(t_x[i], age[i]);
            (silence[i], doublings[i]) = (quotient.s, quotient.doublings);
        }
        for i in 0..n {
            silence[i] = shared.ln_silence(x[i], Quotient { s: silence[i], doublings: doublings[i] });
        }
        for silence in silence.iter_mut() {
            *silence = exp(*silence);
        }
        let mut tiny = 0u64;
        for i in 0..n {
            out[i] = shared.chance(x[i], silence[i]);
            tiny |= u64::from(out[i] < TINY);
        }
        tiny != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::bgnbd::{BgNbd, MbgNbd};
    use crate::random::Random;

    /// What is plainly the formula.
    fn written(r: f64, alpha: f64, a: f64, left: f64, history: &History) -> f64 {
        let ratio = (alpha + history.age) / (alpha + history.t_x);
        left / (left + a * ((r + f64::from(history.x)) * ratio.ln()).exp())
    }

    fn customers() -> Vec<History> {
        let mut random = Random::new(11);
        let mut out = vec![
            History { x: 0, t_x: 0.0, age: 0.0 },
            History { x: 3, t_x: 0.0, age: 0.0 },
            History { x: 900, t_x: 1e-3, age: 1e6 },
            History { x: u32::MAX, t_x: 10.0, age: 11.0 },
        ];
        out.extend((0..1_000).map(|i| {
            let x = if i % 3 == 0 { 0 } else { (1.0 / random.open_unit()) as u32 };
            let age = 200.0 * random.open_unit();
            History { x, t_x: if x == 0 { 0.0 } else { age * random.open_unit() }, age }
        }));
        out
    }

    #[test]
    fn one_customer_and_many_have_the_same_bits_in_every_width() {
        let customers = customers();
        let x: Vec<u32> = customers.iter().map(|customer| customer.x).collect();
        let t_x: Vec<f64> = customers.iter().map(|customer| customer.t_x).collect();
        let age: Vec<f64> = customers.iter().map(|customer| customer.age).collect();
        let bits = |chances: &[f64]| chances.iter().map(|chance| chance.to_bits()).collect::<Vec<_>>();
        for (r, alpha, a, b) in
            [(0.243, 4.414, 0.793, 2.426), (3.0, 0.02, 1e-9, 0.01), (0.5, 900.0, 40.0, 1.0)]
        {
            let (bg, mbg) = (BgNbd { r, alpha, a, b }, MbgNbd { r, alpha, a, b });
            for n in [0, 1, 7, 64, 65, customers.len()] {
                let one: Vec<f64> = customers[..n].iter().map(|customer| alone(&bg, customer)).collect();
                assert_eq!(bits(&each(&bg, &x[..n], &t_x[..n], &age[..n])), bits(&one));
                let one: Vec<f64> = customers[..n].iter().map(|customer| alone(&mbg, customer)).collect();
                assert_eq!(bits(&each(&mbg, &x[..n], &t_x[..n], &age[..n])), bits(&one));
            }
            let shared = Shared::of(&bg);
            let at = |level: Level| {
                let mut out = vec![0.0; x.len()];
                let rows = Rows { shared, x: &x, t_x: &t_x, age: &age, out: &mut out };
                dispatch!(level, _ => rows.work());
                bits(&out)
            };
            let narrow = at(Level::baseline());
            #[cfg(target_arch = "x86_64")]
            if let Some(middle) = Level::new().as_avx2() {
                assert_eq!(at(Level::Avx2(middle)), narrow);
            }
            assert_eq!(at(Level::new()), narrow);
        }
    }

    #[test]
    fn chances_are_those_of_the_formula() {
        let (r, alpha, a, b) = (0.243, 4.414, 0.793, 2.426);
        for customer in customers() {
            let x = f64::from(customer.x);
            let expected = if customer.x == 0 { 1.0 } else { written(r, alpha, a, b + x - 1.0, &customer) };
            for (found, expected) in [
                (alone(&BgNbd { r, alpha, a, b }, &customer), expected),
                (alone(&MbgNbd { r, alpha, a, b }, &customer), written(r, alpha, a, b + x, &customer)),
            ] {
                assert!((found - expected).abs() <= 1e-12 * expected, "{customer:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn one_who_has_surely_left_is_told_from_one_who_almost_surely_has() {
        let model = BgNbd { r: 0.243, alpha: 4.414, a: 1e-9, b: 2.426 };
        let of = |age: f64| alone(&model, &History { x: 100, t_x: 1.0, age });
        let (some, less, none) = (of(6_000.0), of(6_700.0), of(1e9));
        assert!(some > less && less > 0.0 && none == 0.0, "{some} {less} {none}");
    }
}
