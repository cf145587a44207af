//! Customers in the order of a score, those of an equal one together. It is sorted once, and whatever asks
//! how a score goes with an outcome reads the ties: a scorecard gives hundreds of customers the same points,
//! so there are few of them, and each is weighed by how many it holds.

/// Customers of one and the same score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    pub score: f64,
    /// Customers with the outcome, and those without.
    pub n_with: u64,
    pub n_without: u64,
}

impl Tie {
    pub fn n(&self) -> u64 {
        self.n_with + self.n_without
    }
}

/// Ties from the lowest score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranked {
    ties: Vec<Tie>,
    n_with: u64,
    n_without: u64,
}

impl Ranked {
    /// `None` if the lists differ in length or a score is no number.
    ///
    /// ```
    /// use gradus_stats::ranked::Ranked;
    /// let ranked = Ranked::of(&[2.0, 1.0, 2.0], &[true, false, false]).unwrap();
    /// assert_eq!((ranked.ties().len(), ranked.ties()[1].n()), (2, 2));
    /// ```
    pub fn of(scores: &[f64], outcomes: &[bool]) -> Option<Ranked> {
        if scores.len() != outcomes.len() || scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let mut rows: Vec<(f64, bool)> = scores.iter().copied().zip(outcomes.iter().copied()).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Some(Ranked::of_sorted(rows))
    }

    /// Of rows that come from the lowest score.
    pub fn of_sorted(rows: impl IntoIterator<Item = (f64, bool)>) -> Ranked {
        let rows = rows.into_iter();
        Ranked::of_ties(rows.map(|(score, outcome)| Tie {
            score,
            n_with: u64::from(outcome),
            n_without: u64::from(!outcome),
        }))
    }

    fn of_ties(given: impl Iterator<Item = Tie>) -> Ranked {
        let mut ranked = Ranked::default();
        for one in given {
            ranked.n_with += one.n_with;
            ranked.n_without += one.n_without;
            match ranked.ties.last_mut().filter(|last| last.score == one.score) {
                Some(last) => {
                    last.n_with += one.n_with;
                    last.n_without += one.n_without;
                }
                None => ranked.ties.push(one),
            }
        }
        ranked
    }

    /// The same customers by another number that follows from the score, such as a probability.
    pub fn by(&self, number: impl Fn(f64) -> f64) -> Ranked {
        let mut ties: Vec<Tie> =
            self.ties.iter().map(|tie| Tie { score: number(tie.score), ..*tie }).collect();
        // What rises or falls with the score is in order already, and then this is one pass.
        ties.sort_by(|a, b| a.score.total_cmp(&b.score));
        Ranked::of_ties(ties.into_iter())
    }

    pub fn ties(&self) -> &[Tie] {
        &self.ties
    }

    pub fn n(&self) -> u64 {
        self.n_with + self.n_without
    }

    pub fn n_with(&self) -> u64 {
        self.n_with
    }

    pub fn n_without(&self) -> u64 {
        self.n_without
    }
}
