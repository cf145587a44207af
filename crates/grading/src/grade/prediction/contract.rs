//! Lifetime value under contract: who renews how often ([`gradus_stats::lifetime::contract`]), times what a term
//! brings, discounted to the day of each renewal.

mod fit;

use arrow::array::{Array, ArrayRef, Float64Array};
use gradus_expression::Want;
use gradus_model::document::{Contract as Written, Span, SpanUnit};
use gradus_model::{Place, Text};
use gradus_stats::lifetime::contract::{Contracts, ShiftedBetaGeometric};
use gradus_stats::lifetime::contract_shape::Shape;
use gradus_stats::lifetime::contract_spread::ContractSpread;
use gradus_stats::lifetime::fit::{Options, Prior};
use gradus_stats::lifetime::interval::{Scale, Sure, Sureness, interval};
use gradus_stats::lifetime::margin::Margin;

use self::fit::curve;
pub use self::fit::{ContractFit, FitShape, Renewal, WorstRenewal};
use super::asked::{event_expression, input, share, span_words, stretch};
use super::fitted::{FitStatus, FitSureness, Parameter, digits, parameters};
use super::numbers::{floats, four_digits, shown, value};
use super::reason::Said;
use super::{Given, PredictionValue};
use crate::fold::spec::Aggregate;
use crate::grade::compile::Compiler;
use crate::grade::frame::Formula;

pub(super) const SUFFIXES: &[&str] = &["", "_low", "_high", "_alive", "_renews", "_terms", "_to_date"];

/// Fewer contracts than this, and a weak belief speaks, too.
const FEW_CONTRACTS: f64 = 500.0;
/// From so many who renewed, this share of them with terms half as long as stated at most is no contract.
const OVERLAP: (u64, f64) = (20, 0.5);
/// Terms ahead that are looked at.
const MOST_TERMS: u32 = 1_200;
const YEAR_DAYS: f64 = 365.25;
/// Beyond it an amount cannot be.
const MOST_VALUE: f64 = 9.9e13;

#[derive(Debug, Clone)]
pub(crate) struct Contract {
    /// Days on which a term began, days since the first and the last of them, what there was to date, and days
    /// since a contract was ended last where that is told.
    pub inputs: Vec<Formula>,
    term: Span,
    grace: Span,
    horizon: Span,
    discount: f64,
    margin: f64,
}

/// One customer's contract.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Standing {
    /// Terms so far, the first included.
    terms: u32,
    /// Days since the last of them began.
    since: f64,
    runs: bool,
    to_date: f64,
    /// Days between one term's beginning and the next, where there are two.
    apart: Option<f64>,
}

impl Contract {
    pub(super) fn compile(compiler: &mut Compiler<'_>, written: &Written, place: &Place) -> Option<Contract> {
        let worth =
            written.value.clone().unwrap_or_else(|| format!("case when ({}) then amount end", written.terms));
        let mut fine = event_expression(compiler, &written.terms, Want::Boolean, &place.key("terms"));
        if written.value.is_some() {
            fine &= event_expression(compiler, &worth, Want::Number, &place.key("value"));
        }
        if let Some(ends) = &written.ends {
            fine &= event_expression(compiler, ends, Want::Boolean, &place.key("ends"));
        }
        let margin = share(compiler, written.margin, 1.0, &place.key("margin"));
        let discount = share(compiler, written.discount, 0.1, &place.key("discount"));
        let month = Span { n: 1, unit: SpanUnit::Month };
        let three_years = Span { n: 3, unit: SpanUnit::Year };
        let term = stretch(compiler, Some(written.term), month, &place.key("term"));
        let grace = match written.grace {
            // No grace at all is a way to grant it.
            Some(grace) if grace.n == 0 => Some(grace),
            grace => stretch(compiler, grace, month, &place.key("grace")),
        };
        let horizon = stretch(compiler, written.horizon, three_years, &place.key("horizon"));
        let (true, Some(margin), Some(discount)) = (fine, margin, discount) else { return None };
        let (term, grace, horizon) = (term?, grace?, horizon?);
        let begun = Some(written.terms.as_str());
        let mut inputs = vec![
            input(compiler, Aggregate::Active { step: SpanUnit::Day }, begun, place)?,
            input(compiler, Aggregate::DaysSince { first: true }, begun, place)?,
            input(compiler, Aggregate::DaysSince { first: false }, begun, place)?,
            input(compiler, Aggregate::Sum { of: worth }, None, place)?,
        ];
        if let Some(ends) = &written.ends {
            inputs.push(input(compiler, Aggregate::DaysSince { first: false }, Some(ends), place)?);
        }
        Some(Contract { inputs, term, grace, horizon, discount, margin })
    }

    pub(super) fn given() -> Vec<Given> {
        vec![
            Given::number("", "", ""),
            Given::number("_low", "（至少）", " (at least)"),
            Given::number("_high", "（至多）", " (at most)"),
            Given::number("_alive", "（合约有效）", " (contract runs)"),
            Given::number("_renews", "（续约概率）", " (chance of renewing)"),
            Given::number("_terms", "（预期续约期数）", " (terms to expect)"),
            Given::number("_to_date", "（迄今）", " (to date)"),
        ]
    }

    fn standings(&self, inputs: &[ArrayRef]) -> Vec<Option<Standing>> {
        let columns: Vec<Float64Array> = inputs.iter().map(floats).collect();
        let n = columns.first().map_or(0, Array::len);
        (0..n).map(|row| self.standing(&columns, row)).collect()
    }

    /// None of who never had a contract.
    fn standing(&self, columns: &[Float64Array], row: usize) -> Option<Standing> {
        let of = |column: usize| columns.get(column).and_then(|column| value(column, row));
        let terms = of(0).filter(|terms| *terms >= 1.0)?.min(1e6) as u32;
        let (first, since) = (of(1)?.max(0.0), of(2)?.max(0.0));
        // One that ends on the day on which another begins is the one before.
        let ended = of(4).is_some_and(|ended| ended < since);
        let runs = !ended && since <= self.term.mean_days() + self.grace.mean_days();
        let to_date = self.margin * of(3).unwrap_or(0.0);
        let apart = (terms > 1).then(|| (first - since) / f64::from(terms - 1));
        Some(Standing { terms, since, runs, to_date, apart })
    }

    pub(super) fn estimate(&self, pieces: &[Vec<ArrayRef>]) -> ContractFit {
        let (mut left, mut staying) = (Vec::new(), Vec::new());
        let mut worth: Vec<(u32, f64)> = Vec::new();
        let (mut n_renewed, mut n_overlapping) = (0u64, 0u64);
        let count = |counts: &mut Vec<f64>, at: u32| {
            let at = at as usize;
            if counts.len() <= at {
                counts.resize(at + 1, 0.0);
            }
            counts[at] += 1.0;
        };
        for standing in pieces.iter().flat_map(|piece| self.standings(piece)).flatten() {
            let renewals = (standing.terms - 1).min(MOST_TERMS);
            count(if standing.runs { &mut staying } else { &mut left }, renewals);
            worth.push((standing.terms, standing.to_date / f64::from(standing.terms)));
            if let Some(apart) = standing.apart {
                n_renewed += 1;
                n_overlapping += u64::from(apart <= 0.5 * self.term.mean_days());
            }
        }
        let contracts = Contracts::of(&left, &staying).unwrap_or_default();
        let (n, n_left) = (contracts.n_customers(), contracts.n_left());
        let prior = if n < FEW_CONTRACTS { Prior::Weak } else { Prior::None };
        let found = ShiftedBetaGeometric::fit(&contracts, &Options { prior, ..Options::default() });
        let overlap = n_overlapping as f64 / n_renewed.max(1) as f64;
        let status = match (n_renewed >= OVERLAP.0 && overlap >= OVERLAP.1, n > 0.0 && n_left == 0.0) {
            (true, _) => FitStatus::Overlapping { share: digits(overlap), n: n_renewed },
            (false, true) => FitStatus::NoEndSeen { n: n as u64 },
            (false, false) => FitStatus::of(&found.status),
        };
        worth.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (x, means): (Vec<u32>, Vec<f64>) = worth.into_iter().unzip();
        let value = Margin::fit(&x, &means).map(|fit| (fit.model, fit.standard_error)).ok();
        let (value, error) = value.unwrap_or((Margin { mean: 0.0, between: 0.0, within: 0.0 }, None));
        let parameter = |name: &str, value, error: Option<f64>| Parameter {
            name: name.to_string(),
            value: digits(value),
            error: error.map(digits),
        };
        let terms = self.horizon.mean_days() / self.term.mean_days();
        let ahead = terms.floor().clamp(1.0, f64::from(MOST_TERMS)) as u32;
        let total = interval(&found, Scale::Log, 0.95, |model| {
            let of = |(at, count): (usize, &f64)| {
                count * model.discounted_residual_within(at as u32 + 1, 0.0, ahead)
            };
            staying.iter().enumerate().map(of).sum::<f64>()
        });
        let relative = match total.value > 0.0 {
            true => 0.5 * (total.high - total.low) / total.value,
            false => f64::INFINITY,
        };
        let carried = matches!(status, FitStatus::Converged | FitStatus::Boundary { .. });
        let sure = match relative {
            relative if carried && relative <= 0.1 => Sure::Well,
            relative if carried && relative <= 1.0 / 3.0 => Sure::Roughly,
            _ => Sure::Hardly,
        };
        let learned = found.learned.iter().copied().fold(1.0, f64::min);
        let shape = FitShape::of(&Shape::of(&contracts, &found.model));
        let mut sureness = FitSureness::of(&Sureness { total, relative, learned, sure });
        sureness.sure = shape.sure(sureness.sure);
        ContractFit {
            parameters: parameters(&found),
            covariance: found.covariance.iter().copied().map(digits).collect(),
            status,
            log_likelihood: digits(found.log_likelihood),
            n: n as u64,
            n_left: n_left as u64,
            renewals: curve(&contracts, &found),
            value: vec![
                parameter("mean", value.mean, error),
                parameter("between", value.between, None),
                parameter("within", value.within, None),
            ],
            sureness,
            shape: Some(shape),
        }
    }

    pub(super) fn evaluate(&self, inputs: &[ArrayRef], fit: &ContractFit) -> Vec<ArrayRef> {
        let standings = self.standings(inputs);
        let to_date = four_digits(standings.iter().map(|one| one.map(|one| one.to_date)));
        let expected: Vec<Option<[f64; 6]>> = match (fit.status.is_refused(), fit.model(), fit.spread()) {
            (false, Some(model), Some(mut spread)) => {
                let value = fit.value();
                let mut of = |one: Standing| self.expected(&one, &model, &value, &mut spread);
                standings.iter().map(|one| one.map(&mut of)).collect()
            }
            _ => vec![None; standings.len()],
        };
        let column = |at: usize| four_digits(expected.iter().map(|row| row.map(|row| row[at])));
        vec![column(0), column(1), column(2), column(3), column(4), column(5), to_date]
    }

    /// What is to come and between which values it falls for nine of ten, whether the contract runs, how likely the next
    /// renewal is, terms to expect.
    fn expected(
        &self,
        one: &Standing,
        model: &ShiftedBetaGeometric,
        value: &Margin,
        spread: &mut ContractSpread,
    ) -> [f64; 6] {
        if !one.runs {
            return [0.0; 6];
        }
        let (term, horizon) = (self.term.mean_days(), self.horizon.mean_days());
        // Who is in the time of grace is about to decide.
        let mut due = (term - one.since).max(0.0);
        let (mut stays, mut terms, mut discounted) = (1.0, 0.0, 0.0);
        let mut discounts = Vec::new();
        for more in 0..MOST_TERMS {
            if due > horizon {
                break;
            }
            let worth = (1.0 + self.discount).powf(-due / YEAR_DAYS);
            stays *= model.retention(one.terms.saturating_add(more));
            terms += stays;
            discounted += stays * worth;
            discounts.push(worth);
            due += term;
        }
        let own = one.to_date / f64::from(one.terms);
        let mean = value.expected(one.terms, own);
        let (low, high) = spread.interval(one.terms, own, &discounts, 0.9);
        let most = |value: f64| value.clamp(-MOST_VALUE, MOST_VALUE);
        [discounted * mean, most(low), most(high), 1.0, model.retention(one.terms), terms]
    }

    pub(super) fn say(&self, inputs: &[ArrayRef], fit: &ContractFit, given: &[PredictionValue]) -> Said {
        let of = |at: usize, digits: usize| {
            let value = given.get(at).and_then(|one| one.value.as_deref()).and_then(|one| one.parse().ok());
            shown(value, digits)
        };
        let mut lines = Vec::new();
        let Some(one) = self.standings(inputs).into_iter().next().flatten() else {
            lines.push(Text::new(
                "从未签约，无从估计",
                "has never had a contract, so there is nothing to go by",
            ));
            return Said { lines, ..Said::default() };
        };
        let (span, term) = (span_words(self.horizon), span_words(self.term));
        let percent = shown(Some(100.0 * self.discount), 1);
        lines.push(match (fit.status.is_refused(), one.runs) {
            (true, _) => Text::new(format!("至今带来 {}", of(6, 2)), format!("{} to date", of(6, 2))),
            (false, false) => Text::new(
                format!("合约已结束；至今带来 {}，没有预期的续约", of(6, 2)),
                format!("the contract has ended; {} to date, and no renewal to expect", of(6, 2)),
            ),
            (false, true) => Text::new(
                format!(
                    "至今带来 {}；未来 {} 内预期再带来 {}（按年 {percent} % 折现），预期再续 {} 期",
                    of(6, 2),
                    span.zh,
                    of(0, 2),
                    of(5, 2),
                ),
                format!(
                    "{} to date; {} more to expect within the next {} (discounted at {percent} % a year), in {} more terms",
                    of(6, 2),
                    of(0, 2),
                    span.en,
                    of(5, 2),
                ),
            ),
        });
        if !fit.status.is_refused() && one.runs {
            let renews =
                given.get(4).and_then(|one| one.value.as_deref()).and_then(|one| one.parse::<f64>().ok());
            let renews = shown(renews.map(|renews| 100.0 * renews), 0);
            lines.push(Text::new(
                format!(
                    "下次续约的概率 {renews} %；现在是第 {} 期，已过 {:.0} 天，每期 {}",
                    one.terms, one.since, term.zh
                ),
                format!(
                    "{renews} % sure to renew next time; in term {}, {:.0} days old, each of {}",
                    one.terms, one.since, term.en
                ),
            ));
        }
        if !fit.status.is_refused() && one.runs {
            lines.push(Text::new(
                format!("十位这样的客户中有九位落在 {} 到 {} 之间", of(1, 2), of(2, 2)),
                format!("for nine of ten such customers it falls between {} and {}", of(1, 2), of(2, 2)),
            ));
        }
        lines.extend(fit.words());
        Said { lines, ..Said::default() }
    }
}
