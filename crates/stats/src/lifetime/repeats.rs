//! Fitting a model of repeat purchases: what BG/NBD, MBG/NBD and Pareto/NBD have in common.

use super::fit::{Belief, Few, Fit, Options, Parameters, Prior, Problem, Status, fit};
use super::history::Histories;
use crate::newton::Evaluation;

/// Fewer customers who came back than this, and the weak prior speaks.
pub const NEEDED_REPEATERS: f64 = 10.0;

/// Patterns on which the search tries its starts, and on which it goes on before it goes to all of them.
const PARTS: (usize, usize) = (2_000, 32_000);

/// What a model says of its own fit. Its first two parameters are r and alpha, of the rates of buying.
pub(super) struct Way {
    pub prior: &'static [Belief],
    /// Which parameters are times.
    pub times: [bool; 4],
    /// Where the search begins: r, by how much faster than the base alive customers buy, and the two
    /// parameters of leaving, in times divided by the longest history.
    pub starts: [(f64, f64, f64, f64); 3],
}

/// The fit to a base; `evaluate` gives ln L at logarithms of the parameters.
pub(super) fn fit_repeats<M: Parameters>(
    base: &Histories,
    options: &Options,
    way: &Way,
    evaluate: impl Fn(&[f64], &Histories) -> Evaluation,
) -> Fit<M> {
    let scale = if base.longest() > 0.0 { 1.0 / base.longest() } else { 1.0 };
    let scaled = base.scaled(scale);
    let forced = verdict(base);
    let rate = ((base.n_purchases() + 0.5) / (base.exposure() * scale + 0.5)).clamp(1e-3, 1e5);
    let start =
        |(r, faster, a, b): (f64, f64, f64, f64)| vec![r.ln(), (r / (rate * faster)).ln(), a.ln(), b.ln()];
    let problem = Problem {
        starts: way.starts.into_iter().map(start).collect(),
        n: base.n_customers(),
        n_patterns: base.n_patterns(),
        penalty: options.penalty,
        beliefs: if forced.is_some() || options.prior == Prior::Weak { way.prior } else { &[] },
        shifts: way.times.map(|is_time| if is_time { scale.ln() } else { 0.0 }).to_vec(),
        unit: base.n_purchases() * scale.ln(),
    };
    let mut out: Fit<M> = fit(&problem, &scaled, PARTS, evaluate);
    if let Some(forced) = forced {
        out.status = forced;
        out.standard_errors = None;
    }
    out
}

/// The status where the data cannot carry a fit of their own.
fn verdict(base: &Histories) -> Option<Status> {
    let (n, repeaters) = (base.n_customers(), base.n_repeaters());
    if n > 1.0 && repeaters == 0.0 {
        return Some(Status::Unidentified);
    }
    (repeaters < NEEDED_REPEATERS).then_some(Status::TooFew(Few { n: repeaters, needed: NEEDED_REPEATERS }))
}
