//! Chance by seed: xoshiro256++ (Blackman and Vigna 2021, ACM Trans. Math. Softw. 47(4)), its state filled by
//! SplitMix64. The same seed gives the same numbers on every machine; nothing here is for secrets.

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// ```
    /// use gradus_stats::random::Random;
    /// assert_eq!(Random::new(7).below(1000), Random::new(7).below(1000));
    /// ```
    pub fn new(seed: u64) -> Random {
        let mut at = seed;
        let state = std::array::from_fn(|_| {
            at = at.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (at ^ (at >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Random { state }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let out = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        out
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform among 0 … n-1, without bias (Lemire 2019, ACM Trans. Model. Comput. Simul. 29(1)); 0 if n is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 {
            return 0;
        }
        let n = n as u64;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            let low = product as u64;
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as usize;
            }
        }
    }

    /// Standard normal, by the polar method (Marsaglia and Bray 1964, SIAM Review 6(3)).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Every order is equally likely (Fisher and Yates; Durstenfeld 1964).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    /// `m` different numbers of 0 … n-1, ascending; all of them if there are not more.
    pub fn sample(&mut self, n: usize, m: usize) -> Vec<usize> {
        // Selection sampling: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S.
        let mut out = Vec::with_capacity(m.min(n));
        for at in 0..n {
            let wanted = m.min(n) - out.len();
            if wanted == 0 {
                break;
            }
            if self.below(n - at) < wanted {
                out.push(at);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_published_generator() {
        // State 1, 2, 3, 4: the first outputs of the authors' C program.
        let mut random = Random { state: [1, 2, 3, 4] };
        let first: Vec<u64> = (0..4).map(|_| random.bits()).collect();
        assert_eq!(first, [41943041, 58720359, 3588806011781223, 3591011842654386]);
    }

    #[test]
    fn numbers_spread_as_they_should() {
        let mut random = Random::new(3);
        let n = 100_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let z = random.normal();
            (sum, squares) = (sum + z, squares + z * z);
        }
        assert!((sum / n as f64).abs() < 0.015 && (squares / n as f64 - 1.0).abs() < 0.02);
        let mut counts = [0; 7];
        (0..70_000).for_each(|_| counts[random.below(7)] += 1);
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        let drawn = random.sample(50, 10);
        assert!(drawn.len() == 10 && drawn.windows(2).all(|pair| pair[0] < pair[1]) && drawn[9] < 50);
        assert_eq!(random.sample(3, 9), [0, 1, 2]);
    }
}
