//! ln L of Pareto/NBD with its first and second derivatives.
//!
//! The papers write the likelihood with two forms of 2F1, whose difference loses digits (Fader and Hardie
//! 2005, "A note on deriving the Pareto/NBD model", eq. 18 to 20). Before its integral over the time of leaving is
//! taken it is:
//!
//! L = G(r+x)/G(r) alpha^r beta^s { (alpha+T)^-(r+x) (beta+T)^-s
//!     + integral over y from t_x to T of s (alpha+y)^-(r+x) (beta+y)^-(s+1) }
//!
//! a sum of positive, smooth terms: alive, or left at y. Taken by quadrature it has full precision for
//! every x and on both sides of alpha = beta, and its derivatives are means and covariances over y.

use super::history::{Histories, History};
use crate::newton::Evaluation;
use crate::special::quadrature::LEGENDRE;
use crate::special::rising::rising;

/// r, alpha, s, beta.
pub(super) type Four = [f64; 4];

/// ln of what the term of being alive is, and the sum of both relative to it is for [`odds_of_having_left`].
fn ln_alive([r, alpha, s, beta]: Four, history: &History) -> f64 {
    let x = f64::from(history.x);
    -(r + x) * (history.age / alpha).ln_1p() - s * (history.age / beta).ln_1p()
}

/// Calls `visit(y, ln density, weight)` at the nodes of the integral over y; the density is that of having
/// left at y, by the same constant off as [`ln_alive`] is.
///
/// With y = t_x + (m + t_x)(e^h - 1), m the smaller of alpha and beta, both powers are smooth in h.
/// Panels are as long as the integrand falls by e^14 at most, and end where nothing is left.
fn nodes([r, alpha, s, beta]: Four, history: &History, mut visit: impl FnMut(f64, f64, f64)) {
    let History { x, t_x, age } = *history;
    let shape = r + f64::from(x);
    let m = alpha.min(beta) + t_x;
    let end = ((age - t_x) / m).ln_1p();
    let time = |h: f64| t_x + m * h.exp_m1();
    let fall = |h: f64| {
        let (y, moved) = (time(h), m * h.exp());
        shape * moved / (alpha + y) + (s + 1.0) * moved / (beta + y)
    };
    let ln_density = |y: f64| (s / beta).ln() - shape * (y / alpha).ln_1p() - (s + 1.0) * (y / beta).ln_1p();
    let (mut from, mut fallen) = (0.0, 0.0);
    while from < end && fallen < 45.0 {
        let mut step = (end - from).min(1.0);
        while step * fall(from + step) > 14.0 {
            step *= 0.5;
        }
        let (middle, half) = (from + 0.5 * step, 0.5 * step);
        for (node, weight) in LEGENDRE {
            for h in [middle - half * node, middle + half * node] {
                let y = time(h);
                visit(y, ln_density(y), weight * half * m * h.exp());
            }
        }
        fallen += step * (fall(from) - 1.0).max(0.0);
        from += step;
    }
}

/// How much likelier it is that the customer has left than not; infinite where that overflows.
pub(super) fn odds_of_having_left(parameters: Four, history: &History) -> f64 {
    let alive = ln_alive(parameters, history);
    let mut sum = 0.0;
    nodes(parameters, history, |_, ln_density, weight| sum += weight * (ln_density - alive).exp());
    sum
}

/// ln L of one customer.
pub(super) fn log_likelihood(parameters: Four, history: &History) -> f64 {
    let x = f64::from(history.x);
    let counted = rising(parameters[0], x).ln - x * parameters[1].ln();
    let scale = scale(parameters, history);
    let mut sum = (ln_alive(parameters, history) - scale).exp();
    nodes(parameters, history, |_, ln_density, weight| sum += weight * (ln_density - scale).exp());
    counted + scale + sum.ln()
}

/// About the largest logarithm that occurs.
fn scale(parameters: Four, history: &History) -> f64 {
    let [r, alpha, s, beta] = parameters;
    let (shape, t_x) = (r + f64::from(history.x), history.t_x);
    let first = (s / beta * (alpha.min(beta) + t_x)).ln()
        - shape * (t_x / alpha).ln_1p()
        - (s + 1.0) * (t_x / beta).ln_1p();
    ln_alive(parameters, history).max(first)
}

/// Summed over a base, with derivatives in r, alpha, s, beta.
pub(super) fn evaluate(parameters: Four, base: &Histories) -> Evaluation {
    let [r, alpha, _, _] = parameters;
    let mut out = Evaluation::zero(4);
    let mut from = (u32::MAX, rising(r, 0.0));
    for (history, count) in base.patterns() {
        let x = f64::from(history.x);
        if from.0 != history.x {
            from = (history.x, rising(r, x));
        }
        let one = Mixture::of(parameters, &history);
        out.value += count * (from.1.ln - x * alpha.ln() + one.ln_sum);
        out.gradient[0] += count * from.1.first;
        out.gradient[1] -= count * x / alpha;
        out.hessian[0] += count * from.1.second;
        out.hessian[5] += count * x / (alpha * alpha);
        for i in 0..4 {
            out.gradient[i] += count * one.mean[i];
            for j in 0..4 {
                out.hessian[i * 4 + j] += count * one.second[i.min(j)][i.max(j)];
            }
        }
    }
    out
}

/// ln of the sum in braces, its gradient, and its second derivatives.
struct Mixture {
    ln_sum: f64,
    mean: Four,
    second: [Four; 4],
}

impl Mixture {
    fn of(parameters: Four, history: &History) -> Mixture {
        let [r, alpha, s, beta] = parameters;
        let shape = r + f64::from(history.x);
        let scale = scale(parameters, history);
        let (mut mass, mut mean, mut second) = (0.0, [0.0; 4], [[0.0; 4]; 4]);
        let (by_alpha, by_beta) = (1.0 / alpha, 1.0 / beta);
        let mut add = |y: f64, share: f64, has_left: f64| {
            let (past_alpha, past_beta) = (1.0 / (alpha + y), 1.0 / (beta + y));
            let (u, v) = (y * by_alpha * past_alpha, y * by_beta * past_beta);
            let end = s + has_left;
            let slope = [
                -(y * by_alpha).ln_1p(),
                shape * u,
                has_left / s - (y * by_beta).ln_1p(),
                end * v - has_left * by_beta,
            ];
            mass += share;
            for i in 0..4 {
                mean[i] += share * slope[i];
                for j in i..4 {
                    second[i][j] += share * slope[i] * slope[j];
                }
            }
            second[0][1] += share * u;
            second[1][1] -= share * shape * u * (by_alpha + past_alpha);
            second[2][2] -= share * has_left / (s * s);
            second[2][3] += share * v;
            second[3][3] += share * (has_left * by_beta * by_beta - end * v * (by_beta + past_beta));
        };
        add(history.age, (ln_alive(parameters, history) - scale).exp(), 0.0);
        nodes(parameters, history, |y, ln_density, weight| add(y, weight * (ln_density - scale).exp(), 1.0));
        for i in 0..4 {
            mean[i] /= mass;
        }
        for i in 0..4 {
            for j in i..4 {
                second[i][j] = second[i][j] / mass - mean[i] * mean[j];
            }
        }
        Mixture { ln_sum: scale + mass.ln(), mean, second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_published_form() {
        // Eq. 18 to 20 with 2F1 at 60 digits.
        for (parameters, x, t_x, age, ln_l, p_alive) in KNOWN {
            let history = History { x, t_x, age };
            let found = log_likelihood(parameters, &history);
            assert!((found - ln_l).abs() < 1e-11 * ln_l.abs().max(1.0), "{history:?}: {found} is not {ln_l}");
            let alive = 1.0 / (1.0 + odds_of_having_left(parameters, &history));
            assert!((alive / p_alive - 1.0).abs() < 1e-10, "{history:?}: {alive} is not {p_alive}");
        }
    }

    const KNOWN: [(Four, u32, f64, f64, f64, f64); 12] = [
        ([0.553, 10.578, 0.606, 11.669], 26, 30.86, 31.0, -39.131671540302776, 0.9979187310551583),
        ([0.553, 10.578, 0.606, 11.669], 0, 0.0, 38.86, -0.5210462940808904, 0.29528660461689415),
        ([0.553, 10.578, 0.606, 11.669], 1, 1.71, 38.86, -4.4501943338810115, 0.1680023267243449),
        ([0.553, 10.578, 0.606, 11.669], 7, 29.43, 38.86, -21.59464321811261, 0.7495014076670343),
        ([0.553, 10.578, 0.606, 11.669], 400, 20.0, 38.86, 621.5128471522073, 1.3706828703184944e-81),
        ([0.553, 10.578, 0.606, 11.669], 3000, 38.5, 38.86, 9329.476433079051, 1.5087300659952605e-06),
        ([0.9, 30.0, 1.0, 4.0], 5, 10.0, 40.0, -16.608105242878278, 0.039030243900536485),
        ([0.9, 0.02, 1.3, 9.0], 3, 10.0, 40.0, -13.694614934444898, 0.008094621229285934),
        ([2.5, 500.0, 0.2, 0.05], 0, 0.0, 300.0, -0.1830446553798604, 0.06509544523181987),
        ([2.5, 500.0, 0.2, 0.05], 12, 250.0, 300.0, -59.49185800001413, 0.9414395734449728),
        ([0.5, 8.0, 0.6, 8.0], 2, 4.0, 30.0, -7.235151955416993, 0.1298128454324362),
        ([0.553, 10.578, 0.606, 11.669], 4, 12.0, 12.0, -11.262917220561238, 1.0),
    ];
}
