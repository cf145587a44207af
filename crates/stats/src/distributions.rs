//! Draws from distributions that the models of lifetime value are made of, by [`Random`].

use crate::random::Random;

impl Random {
    /// Between 0 and 1, neither of them.
    pub fn open_unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Of mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.open_unit().ln()
    }

    /// Of this shape and scale 1 (Marsaglia and Tsang 2000, ACM Trans. Math. Softw. 26, 363-372).
    ///
    /// ```
    /// use gradus_stats::random::Random;
    /// assert!(Random::new(1).gamma(0.2) > 0.0);
    /// ```
    pub fn gamma(&mut self, shape: f64) -> f64 {
        self.ln_gamma_draw(shape).exp()
    }

    /// The logarithm of a gamma draw: for shapes near 0 the draw itself would often be 0.
    pub fn ln_gamma_draw(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            // Gamma(shape) = Gamma(shape + 1) U^(1/shape).
            return self.ln_gamma_draw(shape + 1.0) - self.exponential() / shape;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z = self.normal();
            let v = (1.0 + c * z).powi(3);
            if v > 0.0 && self.open_unit().ln() < 0.5 * z * z + d - d * v + d * v.ln() {
                return (d * v).ln();
            }
        }
    }

    /// Between 0 and 1.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.ln_gamma_draw(a), self.ln_gamma_draw(b));
        1.0 / (1.0 + (y - x).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut random = Random::new(20_250_101);
        let n = 100_000;
        let mut check = |draw: &mut dyn FnMut(&mut Random) -> f64, mean: f64, variance: f64| {
            let draws: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
            let m = draws.iter().sum::<f64>() / n as f64;
            let v = draws.iter().map(|x| (x - m).powi(2)).sum::<f64>() / n as f64;
            assert!((m - mean).abs() < 5.0 * (variance / n as f64).sqrt(), "{m} is not {mean}");
            assert!((v / variance - 1.0).abs() < 0.05, "{v} is not {variance}");
        };
        check(&mut |r| r.open_unit(), 0.5, 1.0 / 12.0);
        check(&mut |r| r.exponential(), 1.0, 1.0);
        check(&mut |r| r.gamma(0.243), 0.243, 0.243);
        check(&mut |r| r.gamma(40.0), 40.0, 40.0);
        check(&mut |r| r.beta(0.793, 2.426), 0.793 / 3.219, 0.793 * 2.426 / (3.219f64.powi(2) * 4.219));
    }
}
