//! Newton's steps on standardised columns, by blocks of rows: each block is standardised into a buffer that
//! stays in the cache, so that a million rows need no second copy of the data.

use super::Options;
use super::separated;
use crate::cholesky;

const BLOCK: usize = 256;
/// A step of standardised coefficients this small is rest: the error left is of the order of its square.
const REST: f64 = 1e-8;

/// The data, and how its columns are standardised.
pub(super) struct Problem<'a> {
    pub columns: Vec<&'a [f64]>,
    pub outcomes: &'a [bool],
    pub weights: Option<&'a [f64]>,
    pub offset: Option<&'a [f64]>,
    pub means: Vec<f64>,
    /// Standard deviations; 1 for a constant column.
    pub spreads: Vec<f64>,
    /// The weights' sum.
    pub n: f64,
}

/// Where the steps led.
pub(super) struct Solution {
    /// Intercept first, on standardised columns.
    pub beta: Vec<f64>,
    /// The observed information (with the ridge) there.
    pub information: Vec<f64>,
    pub log_likelihood: f64,
    pub steps: usize,
    pub converged: bool,
    /// The direction, intercept first, in which the likelihood grows without end.
    pub direction: Option<Vec<f64>>,
}

impl<'a> Problem<'a> {
    pub fn new(columns: &[&'a [f64]], outcomes: &'a [bool], options: &Options<'a>) -> Problem<'a> {
        let weights = options.weights;
        let n = weights.map_or(outcomes.len() as f64, |weights| weights.iter().sum());
        let mut problem = Problem {
            columns: columns.to_vec(),
            outcomes,
            weights,
            offset: options.offset,
            means: Vec::with_capacity(columns.len()),
            spreads: Vec::with_capacity(columns.len()),
            n,
        };
        for column in columns {
            let (mean, spread) = problem.spread(column);
            problem.means.push(mean);
            problem.spreads.push(spread);
        }
        problem
    }

    /// The same rows with some of the columns.
    pub fn only(&self, kept: &[usize]) -> Problem<'a> {
        Problem {
            columns: kept.iter().map(|column| self.columns[*column]).collect(),
            means: kept.iter().map(|column| self.means[*column]).collect(),
            spreads: kept.iter().map(|column| self.spreads[*column]).collect(),
            outcomes: self.outcomes,
            weights: self.weights,
            offset: self.offset,
            n: self.n,
        }
    }

    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Mean and standard deviation, in two passes; what is only rounding counts as constant.
    fn spread(&self, column: &[f64]) -> (f64, f64) {
        let sum = |f: &dyn Fn(f64) -> f64| match self.weights {
            None => column.iter().map(|x| f(*x)).sum::<f64>(),
            Some(weights) => column.iter().zip(weights).map(|(x, w)| w * f(*x)).sum::<f64>(),
        };
        let mean = sum(&|x| x) / self.n;
        let variance = sum(&|x| (x - mean) * (x - mean)) / self.n;
        let spread = variance.sqrt();
        let counts = spread > 1e-12 * mean.abs() && spread > f64::MIN_POSITIVE;
        (mean, if counts { spread } else { 1.0 })
    }

    /// Blocks of standardised rows: `each` gets the first row, the number of rows and a row of `BLOCK`
    /// numbers per column, the first of ones.
    pub fn blocks(&self, mut each: impl FnMut(usize, usize, &[[f64; BLOCK]])) {
        let n = self.outcomes.len();
        let mut z = vec![[1.0; BLOCK]; self.columns.len() + 1];
        for from in (0..n).step_by(BLOCK) {
            let len = BLOCK.min(n - from);
            for (j, column) in self.columns.iter().enumerate() {
                let (mean, factor) = (self.means[j], 1.0 / self.spreads[j]);
                for (z, x) in z[j + 1].iter_mut().zip(&column[from..from + len]) {
                    *z = (x - mean) * factor;
                }
                z[j + 1][len..].fill(0.0);
            }
            z[0][len..].fill(0.0);
            each(from, len, &z);
        }
    }

    /// Σ w z z' (lower triangle) for weights that the caller computes per block; what lies beyond a block's
    /// end must weigh 0.
    pub fn gram(&self, mut weigh: impl FnMut(usize, usize, &[[f64; BLOCK]], &mut [f64; BLOCK])) -> Vec<f64> {
        let size = self.columns.len() + 1;
        let mut out = vec![0.0; size * size];
        let (mut weights, mut weighted) = ([0.0; BLOCK], [0.0; BLOCK]);
        self.blocks(|from, len, z| {
            weights[len..].fill(0.0);
            weigh(from, len, z, &mut weights);
            for i in 0..size {
                for ((to, w), x) in weighted.iter_mut().zip(&weights).zip(&z[i]) {
                    *to = w * x;
                }
                for j in 0..=i {
                    out[i * size + j] += dot(&weighted, &z[j]);
                }
            }
        });
        out
    }
}

/// Four sums side by side, which the processor adds at once.
fn dot(a: &[f64; BLOCK], b: &[f64; BLOCK]) -> f64 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

/// ln L, its gradient and information at one point.
struct Point {
    log_likelihood: f64,
    gradient: Vec<f64>,
    information: Vec<f64>,
}

fn at(problem: &Problem<'_>, beta: &[f64]) -> Point {
    let size = beta.len();
    let mut log_likelihood = 0.0;
    let mut gradient = vec![0.0; size];
    let (mut eta, mut residual) = ([0.0; BLOCK], [0.0; BLOCK]);
    let information = problem.gram(|from, len, z, weights| {
        eta.fill(beta[0]);
        if let Some(offset) = problem.offset {
            eta.iter_mut().zip(&offset[from..from + len]).for_each(|(eta, offset)| *eta += offset);
        }
        for (b, z) in beta[1..].iter().zip(&z[1..]) {
            eta.iter_mut().zip(z).for_each(|(eta, z)| *eta += b * z);
        }
        // ln(1 + e^-|eta|) of a whole block is the logarithm of one product: at most 2^256.
        let mut product = 1.0;
        residual[len..].fill(0.0);
        for at in 0..len {
            let e = (-eta[at].abs()).exp();
            let part = 1.0 / (1.0 + e);
            let p = if eta[at] >= 0.0 { part } else { e * part };
            let w = problem.weight(from + at);
            let met = problem.outcomes[from + at];
            let linear = if met { eta[at].min(0.0) } else { -eta[at].max(0.0) };
            if problem.weights.is_some() {
                log_likelihood += w * (linear - e.ln_1p());
            } else {
                log_likelihood += linear;
                product *= 1.0 + e;
            }
            // 1 - p without cancellation, so that the weight stays positive far out.
            weights[at] = w * e * part * part;
            residual[at] = w * if met { if eta[at] >= 0.0 { e * part } else { part } } else { -p };
        }
        log_likelihood -= product.ln();
        gradient.iter_mut().zip(z).for_each(|(g, z)| *g += dot(&residual, z));
    });
    Point { log_likelihood, gradient, information }
}

/// Climbs to the maximum, or until it is certain that there is none.
pub(super) fn solve(problem: &Problem<'_>, options: &Options<'_>) -> Solution {
    let k = problem.columns.len();
    let size = k + 1;
    let ridges: Vec<f64> = problem.spreads.iter().map(|spread| options.ridge / (spread * spread)).collect();
    let penalty = |beta: &[f64]| beta[1..].iter().zip(&ridges).map(|(b, r)| 0.5 * r * b * b).sum::<f64>();
    let mut beta = vec![0.0; size];
    if problem.offset.is_none() {
        let met: f64 =
            (0..problem.outcomes.len()).filter(|r| problem.outcomes[*r]).map(|r| problem.weight(r)).sum();
        beta[0] = (met / (problem.n - met)).ln();
    }
    let (mut last, mut step, mut halvings) = (f64::NEG_INFINITY, vec![0.0; size], 0);
    let mut out = Solution {
        beta: beta.clone(),
        information: vec![0.0; size * size],
        log_likelihood: f64::NEG_INFINITY,
        steps: 0,
        converged: false,
        direction: None,
    };
    while out.steps < options.max_steps {
        let mut point = at(problem, &beta);
        let objective = point.log_likelihood - penalty(&beta);
        if objective < last - 1e-12 * last.abs() && halvings < 30 {
            // The parabola overshot: back by half of the step.
            halvings += 1;
            step.iter_mut().for_each(|step| *step *= 0.5);
            beta.iter_mut().zip(&step).for_each(|(beta, step)| *beta -= step);
            continue;
        }
        (last, halvings) = (objective, 0);
        for (j, ridge) in ridges.iter().enumerate() {
            point.gradient[j + 1] -= ridge * beta[j + 1];
            point.information[(j + 1) * size + j + 1] += ridge;
        }
        out.steps += 1;
        out.beta.clone_from(&beta);
        (out.log_likelihood, out.information) = (point.log_likelihood, point.information);
        let Some(l) = cholesky::factor(&out.information, size) else {
            // So far out that the information is gone: the last direction tells whether that is separation.
            if options.ridge == 0.0 && separated::certain(problem, &step).is_some() {
                out.direction = Some(step);
            }
            return out;
        };
        step = cholesky::solve(&l, &point.gradient);
        let largest = step.iter().fold(0.0f64, |most, step| most.max(step.abs()));
        let scale = beta.iter().fold(1.0f64, |most, beta| most.max(beta.abs()));
        if largest <= REST * scale {
            beta.iter_mut().zip(&step).for_each(|(beta, step)| *beta += step);
            out.beta = beta;
            out.converged = true;
            return out;
        }
        // In separated data every step goes on by about as much as the last, in whatever unit.
        if options.ridge == 0.0 && out.steps > 6 && separated::certain(problem, &step).is_some() {
            out.direction = Some(step);
            return out;
        }
        beta.iter_mut().zip(&step).for_each(|(beta, step)| *beta += step);
    }
    out
}

/// n ln-likelihood of one common chance.
pub(super) fn null_log_likelihood(problem: &Problem<'_>) -> f64 {
    let met: f64 =
        (0..problem.outcomes.len()).filter(|r| problem.outcomes[*r]).map(|r| problem.weight(r)).sum();
    let part = |count: f64| count * (count / problem.n).ln();
    part(met) + part(problem.n - met)
}
