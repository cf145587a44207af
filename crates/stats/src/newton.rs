//! Maximum likelihood by Newton's method in a trust region (Moré and Sorensen 1983, SIAM J. Sci. Stat.
//! Comput. 4, 553-572; Nocedal and Wright 2006, Numerical Optimization, 4.3), within bounds. Meant for a
//! handful of parameters, of which positive ones are given as logarithms. It ends with a place in every
//! case; whether that place is a maximum is for [`Optimum::is_steep`] and the caller to say.

use crate::symmetric::eigen;

/// A function at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub value: f64,
    pub gradient: Vec<f64>,
    /// Second derivatives, row by row.
    pub hessian: Vec<f64>,
}

impl Evaluation {
    pub fn zero(n: usize) -> Evaluation {
        Evaluation { value: 0.0, gradient: vec![0.0; n], hessian: vec![0.0; n * n] }
    }

    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.gradient.iter().chain(&self.hessian).all(|value| value.is_finite())
    }
}

/// Where the search ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    pub place: Vec<f64>,
    pub at: Evaluation,
    pub n_iterations: usize,
    /// Is what another step promises below what rounding leaves.
    pub is_settled: bool,
    /// Per parameter: is it held by the bound below (-1) or above (1), or free (0).
    pub held: Vec<i8>,
}

impl Optimum {
    /// Does the function fall by more than `least` per unit squared in every direction.
    pub fn is_steep(&self, least: f64) -> bool {
        self.flat_directions(least).is_empty()
    }

    /// The unit vectors along which it falls by less than `least` per unit squared.
    pub fn flat_directions(&self, least: f64) -> Vec<Vec<f64>> {
        let n = self.place.len();
        let information: Vec<f64> = self.at.hessian.iter().map(|value| -value).collect();
        let found = eigen(&information, n);
        let flat = (0..n).filter(|&k| !(found.values[k] > least));
        flat.map(|k| found.vectors[k * n..(k + 1) * n].to_vec()).collect()
    }
}

/// Climbs from `start`, every parameter within `bounds`.
pub fn maximise(
    start: &[f64],
    bounds: &[(f64, f64)],
    mut function: impl FnMut(&[f64]) -> Evaluation,
) -> Optimum {
    const MOST: usize = 200;
    let n = start.len();
    let inside = |place: &[f64], step: &[f64]| -> Vec<f64> {
        (0..n).map(|i| (place[i] + step[i]).clamp(bounds[i].0, bounds[i].1)).collect()
    };
    let mut place = inside(start, &vec![0.0; n]);
    let mut at = function(&place);
    let mut radius = 1.0f64;
    let mut is_settled = false;
    let mut n_iterations = 0;
    while n_iterations < MOST && at.is_finite() {
        n_iterations += 1;
        let held = held(&place, &at.gradient, bounds);
        let step = step_within(&at, &held, radius);
        let trial_place = inside(&place, &step);
        let step: Vec<f64> = (0..n).map(|i| trial_place[i] - place[i]).collect();
        let promised = promise(&at, &step);
        // What a sum over a million customers may be off by.
        let noise = 256.0 * f64::EPSILON * at.value.abs();
        let length = norm(&step);
        if !(promised > 0.0) || length == 0.0 {
            is_settled = true;
            break;
        }
        let trial = function(&trial_place);
        // So near the summit that values do not tell: the gradient does.
        if promised <= 1e-9 + noise {
            let better = trial.is_finite()
                && free_norm(&trial.gradient, &held) < free_norm(&at.gradient, &held)
                && trial.value >= at.value - noise - 1e-9;
            if better {
                (place, at) = (trial_place, trial);
            }
            // It converges quadratically: after so short a step nothing that can be measured is left.
            if !better || length <= 1e-7 {
                is_settled = true;
                break;
            }
            continue;
        }
        let gained = trial.value - at.value;
        let kept = if trial.is_finite() { gained / promised } else { -1.0 };
        if kept < 0.25 {
            radius = 0.25 * length;
        } else if kept > 0.75 && length > 0.8 * radius {
            radius = (2.0 * radius).min(8.0);
        }
        if kept > 1e-4 {
            (place, at) = (trial_place, trial);
        }
        if radius < 1e-12 {
            break;
        }
    }
    let held = held(&place, &at.gradient, bounds);
    Optimum { place, at, n_iterations, is_settled, held }
}

/// Which parameters stand at a bound with the function rising beyond it.
fn held(place: &[f64], gradient: &[f64], bounds: &[(f64, f64)]) -> Vec<i8> {
    (0..place.len())
        .map(|i| match (place[i], gradient[i]) {
            (x, g) if x <= bounds[i].0 && g < 0.0 => -1,
            (x, g) if x >= bounds[i].1 && g > 0.0 => 1,
            _ => 0,
        })
        .collect()
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn free_norm(gradient: &[f64], held: &[i8]) -> f64 {
    gradient.iter().zip(held).filter(|(_, held)| **held == 0).map(|(g, _)| g * g).sum::<f64>().sqrt()
}

/// What the quadratic model promises of a step.
fn promise(at: &Evaluation, step: &[f64]) -> f64 {
    let n = step.len();
    let mut out = 0.0;
    for i in 0..n {
        let row: f64 = (0..n).map(|j| at.hessian[i * n + j] * step[j]).sum();
        out += step[i] * (at.gradient[i] + 0.5 * row);
    }
    out
}

/// The best step of the quadratic model within the radius, in the directions that are free.
fn step_within(at: &Evaluation, held: &[i8], radius: f64) -> Vec<f64> {
    let n = held.len();
    let free: Vec<usize> = (0..n).filter(|&i| held[i] == 0).collect();
    let m = free.len();
    let mut step = vec![0.0; n];
    if m == 0 {
        return step;
    }
    let information: Vec<f64> = free
        .iter()
        .flat_map(|&i| free.iter().map(move |&j| (i, j)))
        .map(|(i, j)| -at.hessian[i * n + j])
        .collect();
    let found = eigen(&information, m);
    let slopes: Vec<f64> =
        (0..m).map(|k| (0..m).map(|j| found.vectors[k * m + j] * at.gradient[free[j]]).sum()).collect();
    let least = found.values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = found.values.iter().copied().fold(0.0, |a: f64, b| a.max(b.abs()));
    // A slope that rounding could have made is none.
    let none = 1e-15 * (1.0 + at.value.abs());
    let along = |shift: f64, k: usize| {
        let curve = found.values[k] + shift;
        if slopes[k].abs() <= none && curve <= 1e-12 * largest { 0.0 } else { slopes[k] / curve }
    };
    let length = |shift: f64| (0..m).map(|k| along(shift, k).powi(2)).sum::<f64>().sqrt();
    let mut shift = 0.0;
    if !(least > 1e-14 * largest) || !(length(0.0) <= radius) {
        // Damped: the shift at which the step has the length of the radius, by halving in logarithms.
        let floor = (-least).max(0.0) + 1e-14 * (largest + none);
        if length(floor) <= radius {
            shift = floor;
        } else {
            let (mut low, mut high) = (floor, floor + norm(&slopes) / radius + 1e-300);
            for _ in 0..60 {
                let middle = floor + ((low - floor).max(1e-16 * high) * (high - floor)).sqrt();
                if length(middle) > radius {
                    low = middle
                } else {
                    high = middle
                }
                if high - low <= 1e-3 * high {
                    break;
                }
            }
            shift = high;
        }
    }
    for k in 0..m {
        let part = along(shift, k);
        for j in 0..m {
            step[free[j]] += part * found.vectors[k * m + j];
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: [(f64, f64); 2] = [(-20.0, 20.0), (-20.0, 20.0)];

    /// Rosenbrock's valley, upside down.
    fn rosenbrock(place: &[f64]) -> Evaluation {
        let (x, y) = (place[0], place[1]);
        let bend = y - x * x;
        Evaluation {
            value: -100.0 * bend * bend - (1.0 - x) * (1.0 - x),
            gradient: vec![400.0 * x * bend + 2.0 * (1.0 - x), -200.0 * bend],
            hessian: vec![400.0 * (bend - 2.0 * x * x) - 2.0, 400.0 * x, 400.0 * x, -200.0],
        }
    }

    #[test]
    fn the_valley_is_followed_to_its_end() {
        let found = maximise(&[-1.2, 1.0], &WIDE, rosenbrock);
        assert!(found.is_settled && found.is_steep(1e-3), "{found:?}");
        assert!((found.place[0] - 1.0).abs() < 1e-10 && (found.place[1] - 1.0).abs() < 1e-10, "{found:?}");
    }

    #[test]
    fn a_bound_holds() {
        let found = maximise(&[-1.2, 1.0], &[(-20.0, 0.5), (-20.0, 20.0)], rosenbrock);
        assert_eq!(found.held, [1, 0]);
        assert!((found.place[0] - 0.5).abs() < 1e-12 && (found.place[1] - 0.25).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_has_no_summit_ends_all_the_same() {
        // -e^-x rises for ever.
        let found = maximise(&[0.0, 0.0], &WIDE, |place| Evaluation {
            value: -(-place[0]).exp() - place[1] * place[1],
            gradient: vec![(-place[0]).exp(), -2.0 * place[1]],
            hessian: vec![-(-place[0]).exp(), 0.0, 0.0, -2.0],
        });
        assert!(found.place[0] > 12.0 && !found.is_steep(1e-4), "{found:?}");
        // A plain stays where it is.
        let found = maximise(&[0.7, 1.0], &WIDE, |place| Evaluation {
            value: -place[1] * place[1],
            gradient: vec![0.0, -2.0 * place[1]],
            hessian: vec![0.0, 0.0, 0.0, -2.0],
        });
        assert!((found.place[0] - 0.7).abs() < 1e-9 && found.is_settled, "{found:?}");
        assert_eq!(found.flat_directions(1e-6), vec![vec![1.0, 0.0]]);
    }
}
