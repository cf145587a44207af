//! ln L of the BG/NBD family with its first and second derivatives, summed over a base.

use super::history::Histories;
use crate::newton::Evaluation;
use crate::special::rising::{Rising, rising};

/// `at_once` is 1 if the first purchase itself can be the last (MBG/NBD), else 0. Parameters r, alpha, a, b.
///
/// With n = x + at_once chances to leave, ln L of one customer is the sum of
/// ln G(r+x)/G(r) + r ln alpha, of ln B(a, b+n)/B(a, b), and of
/// D = ln( (alpha+T)^-(r+x) + [n > 0] a/(b+n-1) (alpha+t_x)^-(r+x) )
/// (Fader, Hardie and Lee 2005, eq. 6; Batislam, Denizel and Filiztekin 2007, Int. J. Res. Mark. 24,
/// 201-209, appendix A). Of D's two terms the second has the share w = 1 - P(alive), so that derivatives are
/// means and variances over being alive and not.
pub(super) fn evaluate(parameters: [f64; 4], at_once: f64, base: &Histories) -> Evaluation {
    let [r, alpha, a, b] = parameters;
    let mut sum = Sums::default();
    for (x, t_x, age, count) in base.runs() {
        let x = f64::from(x);
        let n = x + at_once;
        let customers: f64 = count.iter().sum();
        let counted = rising(r, x);
        let (survived, faced) = (rising(b, n), rising(a + b, n));
        let ln_share = if n > 0.0 { (a / (b + n - 1.0)).ln() } else { f64::NEG_INFINITY };
        let moments = Moments::of(alpha, r + x, ln_share, (t_x, age, count));
        sum.add(parameters, x, n, customers, (counted, survived, faced), &moments);
    }
    sum.into_evaluation()
}

/// Sums over one run, all weighted by how many customers a pattern stands for. `ln_age` is of
/// ln(1 + T/alpha), which keeps its precision where r and alpha run away together; `near` is
/// ln((alpha+T)/(alpha+t_x)), `gap` is 1/(alpha+T) - 1/(alpha+t_x), w the chance to have left, q = w(1-w).
#[derive(Default)]
struct Moments {
    value: f64,
    ln_age: f64,
    inverse: f64,
    square: f64,
    left: f64,
    left_near: f64,
    left_gap: f64,
    left_square_gap: f64,
    q: f64,
    q_near: f64,
    q_near_near: f64,
    q_gap: f64,
    q_gap_gap: f64,
    q_near_gap: f64,
}

impl Moments {
    fn of(alpha: f64, shape: f64, ln_share: f64, (t_x, age, count): (&[f64], &[f64], &[f64])) -> Moments {
        let mut m = Moments::default();
        let by_alpha = 1.0 / alpha;
        let (mut ages, mut softs) = (Product::new(), Product::new());
        for ((&t_x, &age), &count) in t_x.iter().zip(age).zip(count) {
            let end = alpha + age;
            let inverse = 1.0 / end;
            let grown = age * by_alpha;
            if count == 1.0 && grown > 1e-3 {
                ages.times(1.0 + grown);
            } else {
                m.ln_age += count * grown.ln_1p();
            }
            m.inverse += count * inverse;
            m.square += count * inverse * inverse;
            if ln_share == f64::NEG_INFINITY {
                continue;
            }
            let inverse_x = 1.0 / (alpha + t_x);
            let near = ((age - t_x) * inverse_x).ln_1p();
            let gap = inverse - inverse_x;
            let delta = ln_share + shape * near;
            // ln(1 + e^delta) and its derivative w, without overflow.
            let e = (-delta.abs()).exp();
            m.value += count * delta.max(0.0);
            if count == 1.0 && e > 1e-3 {
                softs.times(1.0 + e);
            } else {
                m.value += count * e.ln_1p();
            }
            let w = if delta > 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
            let q = count * e / ((1.0 + e) * (1.0 + e));
            let w = count * w;
            m.left += w;
            m.left_near += w * near;
            m.left_gap += w * gap;
            m.left_square_gap += w * (inverse_x * inverse_x - inverse * inverse);
            m.q += q;
            m.q_near += q * near;
            m.q_near_near += q * near * near;
            m.q_gap += q * gap;
            m.q_gap_gap += q * gap * gap;
            m.q_near_gap += q * near * gap;
        }
        m.ln_age += ages.ln();
        m.value += softs.ln() - shape * m.ln_age;
        m
    }
}

/// A product of factors of at least 1 in logarithms: one logarithm for many factors.
struct Product {
    product: f64,
    ln: f64,
}

impl Product {
    fn new() -> Product {
        Product { product: 1.0, ln: 0.0 }
    }

    fn times(&mut self, factor: f64) {
        self.product *= factor;
        if self.product > 1e100 {
            self.ln += self.product.ln();
            self.product = 1.0;
        }
    }

    fn ln(&self) -> f64 {
        self.ln + self.product.ln()
    }
}

#[derive(Default)]
struct Sums {
    value: f64,
    gradient: [f64; 4],
    hessian: [[f64; 4]; 4],
}

impl Sums {
    fn add(
        &mut self,
        [r, alpha, a, b]: [f64; 4],
        x: f64,
        n: f64,
        customers: f64,
        (counted, survived, faced): (Rising, Rising, Rising),
        m: &Moments,
    ) {
        let shape = r + x;
        self.value += customers * (counted.ln - x * alpha.ln() + survived.ln - faced.ln) + m.value;
        let g = &mut self.gradient;
        g[0] += customers * counted.first - m.ln_age + m.left_near;
        g[1] += customers * r / alpha - shape * m.inverse + shape * m.left_gap;
        g[2] -= customers * faced.first;
        g[3] += customers * (survived.first - faced.first);
        let h = &mut self.hessian;
        h[0][0] += customers * counted.second + m.q_near_near;
        h[0][1] += customers / alpha - m.inverse + m.left_gap + shape * m.q_near_gap;
        h[1][1] += shape * (m.square + m.left_square_gap) + shape * shape * m.q_gap_gap
            - customers * r / (alpha * alpha);
        h[2][2] -= customers * faced.second;
        h[2][3] -= customers * faced.second;
        h[3][3] += customers * (survived.second - faced.second);
        if n > 0.0 {
            let (by_a, by_b) = (1.0 / a, -1.0 / (b + n - 1.0));
            g[2] += m.left * by_a;
            g[3] += m.left * by_b;
            h[0][2] += m.q_near * by_a;
            h[0][3] += m.q_near * by_b;
            h[1][2] += shape * m.q_gap * by_a;
            h[1][3] += shape * m.q_gap * by_b;
            h[2][2] += (m.q - m.left) * by_a * by_a;
            h[2][3] += m.q * by_a * by_b;
            h[3][3] += (m.q + m.left) * by_b * by_b;
        }
    }

    fn into_evaluation(self) -> Evaluation {
        let mut out = Evaluation::zero(4);
        out.value = self.value;
        out.gradient.copy_from_slice(&self.gradient);
        for i in 0..4 {
            for j in 0..4 {
                out.hessian[i * 4 + j] = self.hessian[i.min(j)][i.max(j)];
            }
        }
        out
    }
}
