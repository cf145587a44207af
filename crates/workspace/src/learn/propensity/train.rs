//! From a training set to a fit: features as columns, the regression or the trees on some customers, the curve to
//! chances on others, the test on the date held out.

use gradus_grading::grade::propensity::{Calibration, FitFeature, FitTree, Learned, PropensityFit};
use gradus_model::document::PropensityMethod;
use gradus_model::{Finding, Place, Text};
use gradus_stats::boost;
use gradus_stats::isotonic::Isotonic;
use gradus_stats::logistic::{self, Coefficient, Status};
use gradus_stats::platt::Platt;
use gradus_stats::random::Random;

use super::encode::{column_titles, encode, encoding};
use super::{CalibrationAsked, PropensityOptions};
use crate::WorkspaceError;
use crate::learn::Separated;
use crate::learn::columns::Column;
use crate::learn::few::{enough, read_together, why};
use crate::learn::training::{LeftOut, TrainingSet};

/// Of the customers, the share on whom the curve to chances is fitted.
const CALIBRATION_SHARE: f64 = 0.25;
/// Both outcomes at least so often there for a curve, and for a free one.
const CURVE: usize = 10;
const FREE_CURVE: usize = 300;
/// Of those fitted on, the share of customers on whom the number of trees is chosen.
const STOP_SHARE: f64 = 0.2;
/// Other draws than any other of the same seed.
const FOLD: u64 = 0x5eed_f01d;
const STOP: u64 = 0x5eed_570b;
/// Customers of the held-out date over whom features are weighed.
const WEIGHED: usize = 1_000;

/// What was learned, and how well it does.
pub(super) struct Trained {
    pub fit: PropensityFit,
    /// One for each column of a regression; none of trees.
    pub parameters: Vec<(Text, Coefficient)>,
    pub intercept: Option<Coefficient>,
    pub train: Separated,
    pub held_out: Separated,
    pub left_out: Vec<LeftOut>,
    pub cautions: Vec<Text>,
    /// Rows fitted on, and those of the curve.
    pub n_fitted: usize,
    pub n_calibrated: usize,
    /// Mean absolute part of each feature, over some of the held-out date, and whether more of it is likelier.
    pub weights: Vec<(f64, &'static str)>,
    /// The columns of every row of the first date, for the time until it happens.
    pub first_date: Vec<Vec<f64>>,
}

/// Learns.
pub(super) fn train(
    set: &TrainingSet,
    options: &PropensityOptions,
    seed: u64,
) -> Result<Trained, WorkspaceError> {
    let train = set.train();
    // A customer is on one side on all dates.
    let aside = aside_for_curve(set, options);
    let is_for_curve = |row: &usize| Random::new(set.customers[*row] as u64 ^ seed ^ FOLD).unit() < aside;
    let (for_curve, fitted): (Vec<usize>, Vec<usize>) = train.clone().partition(is_for_curve);
    let n_with = set.n_events(train.clone());
    enough(n_with, train.len() as u64 - n_with, options.min_events)?;
    let in_fitted = fitted.iter().filter(|row| set.happened[**row]).count() as u64;
    enough(in_fitted, fitted.len() as u64 - in_fitted, 2)?;
    let mut left_out = set.left_out.clone();
    let (mut features, mut values): (Vec<FitFeature>, Vec<Column<'_>>) = (Vec::new(), Vec::new());
    for feature in &set.features {
        match encoding(feature, &fitted, &set.happened, options.method()) {
            Ok(one) => {
                features.push(one);
                values.push(feature.values.part(0..set.n()));
            }
            Err(reason) => left_out.push(reason),
        }
    }
    if features.is_empty() {
        return Err(nothing_left(&left_out).into());
    }
    let columns = columns_of(&features, &values, &fitted);
    let outcomes: Vec<bool> = fitted.iter().map(|row| set.happened[*row]).collect();
    let mut cautions = crate::learn::few::notes(set);
    let (learned, parameters, intercept) = match options.method() {
        PropensityMethod::Logistic => {
            let regressed = regression(&features, &columns, &outcomes, &mut cautions)?;
            (regressed.learned, regressed.parameters, Some(regressed.intercept))
        }
        PropensityMethod::Boosting => {
            let is_aside: Vec<bool> = fitted
                .iter()
                .map(|row| Random::new(set.customers[*row] as u64 ^ seed ^ STOP).unit() < STOP_SHARE)
                .collect();
            (boosted(&columns, &outcomes, &is_aside, seed)?, Vec::new(), None)
        }
    };
    if in_fitted.min(fitted.len() as u64 - in_fitted) < 10 * columns.len() as u64 {
        cautions.push(Text::new(
            "每个系数的事件不足 10 个：系数不稳，特征宜少",
            "fewer than ten events a column: the numbers are shaky, and fewer features would be better",
        ));
    }
    let mut fit = PropensityFit {
        as_of: set.dates.last().map(|date| date.until.clone()).unwrap_or_default(),
        outcome: set.outcome.title.clone(),
        horizon: set.horizon.clone(),
        n: train.len() as u64,
        n_events: n_with,
        features,
        learned,
        calibration: Calibration::None,
    };
    let rows = |wanted: &[usize], fit: &PropensityFit| -> Vec<Vec<f64>> {
        let one = |row: &usize| {
            let mut out = Vec::new();
            encode(&fit.features, &values, *row, &mut out);
            out
        };
        wanted.iter().map(one).collect()
    };
    let of_curve = rows(&for_curve, &fit);
    let sums = fit.sums(of_curve.iter().map(Vec::as_slice));
    let came: Vec<bool> = for_curve.iter().map(|row| set.happened[*row]).collect();
    fit.calibration = curve(&sums, &came, options, &mut cautions);
    // What is tested is what a store gives back.
    let fit = fit.rounded();
    let judge = |wanted: &[usize]| {
        let encoded = rows(wanted, &fit);
        let chances = fit.chances(encoded.iter().map(Vec::as_slice));
        let happened: Vec<bool> = wanted.iter().map(|row| set.happened[*row]).collect();
        // A free curve has steps, within which the sums still tell customers apart.
        let sums = fit.sums(encoded.iter().map(Vec::as_slice));
        Separated::of(&sums, Some(&chances), &happened)
    };
    let held: Vec<usize> = set.held_out().collect();
    let (train_result, held_out) = (judge(&fitted), judge(&held));
    if let (Some(then), Some(now)) = (train_result.auc, held_out.auc)
        && then.value - now.value > 0.05
    {
        cautions.push(Text::new(
            format!("留出日期上的 AUC 比学习时低 {:.3}", then.value - now.value),
            format!(
                "the AUC on the held-out date is {:.3} lower than where it was learned",
                then.value - now.value
            ),
        ));
    }
    let few: Vec<usize> = held.iter().copied().take(WEIGHED).collect();
    let weights = weights(&fit, &rows(&few, &fit), &few, &values);
    let n_first = set.dates.first().map_or(0, |date| date.n as usize);
    let first_date = rows(&(0..n_first).collect::<Vec<_>>(), &fit);
    Ok(Trained {
        fit,
        parameters,
        intercept,
        train: train_result,
        held_out,
        left_out,
        cautions,
        n_fitted: fitted.len(),
        n_calibrated: for_curve.len(),
        weights,
        first_date,
    })
}

/// The share of the customers on whom the curve to chances is fitted: nobody where there will be none, because it is not
/// asked for or both outcomes would be too rare for it. Then the regression is that of all rows.
fn aside_for_curve(set: &TrainingSet, options: &PropensityOptions) -> f64 {
    let train = set.train();
    let with = set.n_events(train.clone());
    let rarer = with.min(train.len() as u64 - with) as f64;
    let is_wanted = options.calibration != CalibrationAsked::None;
    if is_wanted && CALIBRATION_SHARE * rarer >= CURVE as f64 { CALIBRATION_SHARE } else { 0.0 }
}

fn nothing_left(left_out: &[LeftOut]) -> Finding {
    let why = why(left_out);
    Finding::error(
        "nothing-left",
        Place::default().at("features"),
        Text::new(
            format!("没有一个特征在客户之间有差别{}", why.zh),
            format!("no feature differs between customers{}", why.en),
        ),
        Text::new("换别的特征", "other features"),
    )
}

fn columns_of(features: &[FitFeature], values: &[Column<'_>], rows: &[usize]) -> Vec<Vec<f64>> {
    let n: usize = features.iter().map(|feature| feature.encoding.width()).sum();
    let mut columns: Vec<Vec<f64>> = (0..n).map(|_| Vec::with_capacity(rows.len())).collect();
    let mut one = Vec::with_capacity(n);
    for row in rows {
        one.clear();
        encode(features, values, *row, &mut one);
        columns.iter_mut().zip(&one).for_each(|(column, value)| column.push(*value));
    }
    columns
}

struct Regressed {
    learned: Learned,
    parameters: Vec<(Text, Coefficient)>,
    intercept: Coefficient,
}

/// Maximum likelihood. Columns that say what others say, and columns that tell the outcomes apart wholly, are
/// named and count nothing.
fn regression(
    features: &[FitFeature],
    columns: &[Vec<f64>],
    outcomes: &[bool],
    cautions: &mut Vec<Text>,
) -> Result<Regressed, WorkspaceError> {
    let titles: Vec<Text> = features.iter().flat_map(column_titles).collect();
    let mut used: Vec<usize> = (0..columns.len()).collect();
    let mut ridge = 0.0;
    let model = loop {
        let own: Vec<&[f64]> = used.iter().map(|at| columns[*at].as_slice()).collect();
        let options = logistic::Options { ridge, ..logistic::Options::default() };
        let model = logistic::fit(&own, outcomes, &options).map_err(refused)?;
        match &model.status {
            Status::Converged => break model,
            Status::Separated(found) if !found.columns.is_empty() && used.len() > found.columns.len() => {
                let names = |lang: fn(&Text) -> &String, between: &str| {
                    found
                        .columns
                        .iter()
                        .map(|at| lang(&titles[used[*at]]).clone())
                        .collect::<Vec<_>>()
                        .join(between)
                };
                cautions.push(Text::new(
                    format!("「{}」把两种结果完全分开，没有有限的系数，因此不计入；检查它是不是结果本身", names(|text| &text.zh, "、")),
                    format!(
                        "“{}” tells the outcomes apart wholly and has no finite coefficient, so it does not count; make sure that it is not the outcome itself",
                        names(|text| &text.en, ", ")
                    ),
                ));
                let gone: Vec<usize> = found.columns.iter().map(|at| used[*at]).collect();
                used.retain(|at| !gone.contains(at));
            }
            _ if ridge == 0.0 => {
                cautions.push(Text::new(
                    "最大似然没有有限的解，系数加了惩罚（岭回归），没有标准误",
                    "maximum likelihood has no finite answer; the coefficients are held by a penalty (ridge), without standard errors",
                ));
                ridge = 1.0;
            }
            _ => {
                return Err(Finding::error(
                    "not-converged",
                    Place::default().at("features"),
                    Text::new("回归没有收敛", "the regression did not come to rest"),
                    Text::new("减少特征", "fewer features"),
                )
                .into());
            }
        }
    };
    for alias in model.collinear.iter().filter(|_| ridge == 0.0) {
        let title = &titles[used[alias.column]];
        let of = |lang: fn(&Text) -> &String, between: &str| {
            alias.of.iter().map(|at| lang(&titles[used[*at]]).clone()).collect::<Vec<_>>().join(between)
        };
        cautions.push(match alias.of.is_empty() {
            true => Text::new(
                format!("「{}」恒定，不计入", title.zh),
                format!("“{}” is constant and does not count", title.en),
            ),
            false => Text::new(
                format!("「{}」由「{}」完全决定（共线），不计入", title.zh, of(|text| &text.zh, "、")),
                format!(
                    "“{}” is determined by “{}” (collinear) and does not count",
                    title.en,
                    of(|text| &text.en, ", ")
                ),
            ),
        });
    }
    let apart: Vec<usize> = (0..used.len())
        .filter(|at| model.collinear.iter().all(|alias| alias.column != *at))
        .map(|at| used[at])
        .collect();
    let own: Vec<&[f64]> = apart.iter().map(|at| columns[*at].as_slice()).collect();
    cautions.extend(read_together(&apart.iter().map(|at| &titles[*at]).collect::<Vec<_>>(), &own));
    let none = Coefficient { value: 0.0, standard_error: None };
    let mut coefficients = vec![none; columns.len()];
    used.iter().zip(&model.coefficients).for_each(|(at, one)| coefficients[*at] = *one);
    let n = outcomes.len() as f64;
    let means: Vec<f64> = columns.iter().map(|column| column.iter().sum::<f64>() / n).collect();
    Ok(Regressed {
        learned: Learned::Logistic {
            intercept: model.intercept.value,
            coefficients: coefficients.iter().map(|one| one.value).collect(),
            means,
        },
        parameters: titles.into_iter().zip(coefficients).collect(),
        intercept: model.intercept,
    })
}

/// Trees, as many as do best on customers that they were not grown on: rows of one customer on several dates are too
/// alike to hold some of them out.
fn boosted(
    columns: &[Vec<f64>],
    outcomes: &[bool],
    is_aside: &[bool],
    seed: u64,
) -> Result<Learned, WorkspaceError> {
    let rows = |aside: bool| (0..outcomes.len()).filter(move |row| is_aside[*row] == aside);
    let grown_on: Vec<Vec<f64>> =
        columns.iter().map(|column| rows(false).map(|row| column[row]).collect()).collect();
    let own: Vec<&[f64]> = grown_on.iter().map(Vec::as_slice).collect();
    let targets: Vec<f64> = rows(false).map(|row| f64::from(u8::from(outcomes[row]))).collect();
    let options = boost::Options {
        rounds: 200,
        learning_rate: 0.05,
        max_leaves: 8,
        max_depth: 5,
        min_leaf: (outcomes.len() as u64 / 200).max(20),
        ridge: 5.0,
        seed,
        ..boost::Options::default()
    };
    let mut model = boost::fit(&own, &targets, None, &options).map_err(refused)?;
    let aside: Vec<(Vec<f64>, bool)> =
        rows(true).map(|row| (columns.iter().map(|column| column[row]).collect(), outcomes[row])).collect();
    model.trees.truncate(best_length(&model, &aside));
    let trees = model.trees.iter().map(|tree| FitTree::of(tree)).collect();
    Ok(Learned::Boosted { base: model.base, trees })
}

/// After how many trees the mean loss on these rows is least; all of them without rows.
fn best_length(model: &boost::Boosted, rows: &[(Vec<f64>, bool)]) -> usize {
    if rows.is_empty() {
        return model.trees.len();
    }
    let mut sums = vec![model.base; rows.len()];
    let loss = |sums: &[f64]| -> f64 {
        let one = |(sum, (_, happened)): (&f64, &(Vec<f64>, bool))| {
            (-sum.abs()).exp().ln_1p() + sum.max(0.0) - if *happened { *sum } else { 0.0 }
        };
        sums.iter().zip(rows).map(one).sum()
    };
    let (mut best, mut least) = (0, loss(&sums));
    for (at, tree) in model.trees.iter().enumerate() {
        let alone = boost::Boosted {
            loss: model.loss,
            base: 0.0,
            trees: vec![tree.clone()],
            n_columns: model.n_columns,
            held_out_loss: Vec::new(),
        };
        sums.iter_mut().zip(rows).for_each(|(sum, (row, _))| *sum += alone.sum(row));
        let found = loss(&sums);
        if found < least {
            (best, least) = (at + 1, found);
        }
    }
    best.max(1)
}

fn refused(refusal: gradus_stats::refusal::Refusal) -> WorkspaceError {
    use gradus_stats::refusal::Refusal;
    match refusal {
        Refusal::OneClass | Refusal::Empty => Finding::error(
            "one-class",
            Place::default().at("outcome"),
            Text::new(
                "结果全都一样，没有可学的差别",
                "every outcome is the same: there is no difference to learn",
            ),
            Text::new("换一个结果、人群或观察期", "another outcome, base or horizon"),
        )
        .into(),
        other => WorkspaceError::Defect(format!("the columns were refused: {other}")),
    }
}

/// The curve from sums to chances, on customers that nothing else was fitted on.
fn curve(sums: &[f64], came: &[bool], options: &PropensityOptions, cautions: &mut Vec<Text>) -> Calibration {
    let n_with = came.iter().filter(|came| **came).count();
    let rarer = n_with.min(came.len() - n_with);
    if options.calibration == CalibrationAsked::None {
        return Calibration::None;
    }
    if rarer < CURVE {
        cautions.push(Text::new(
            "校准用的客户太少，概率没有再校准",
            "too few customers to calibrate on: chances are those of the model itself",
        ));
        return Calibration::None;
    }
    let is_free = match options.calibration {
        CalibrationAsked::Isotonic => true,
        CalibrationAsked::Auto => options.method() == PropensityMethod::Boosting && rarer >= FREE_CURVE,
        CalibrationAsked::Platt | CalibrationAsked::None => false,
    };
    if is_free {
        let targets: Vec<f64> = came.iter().map(|came| f64::from(u8::from(*came))).collect();
        if let Ok(found) = Isotonic::fit(sums, &targets, None) {
            return Calibration::Isotonic { scores: found.scores, values: found.values };
        }
    }
    match Platt::fit(sums, came) {
        Ok(found) => Calibration::Platt { intercept: found.intercept, slope: found.slope },
        Err(_) => Calibration::None,
    }
}

/// How much each feature moves, customer by customer, and in which direction.
fn weights(
    fit: &PropensityFit,
    rows: &[Vec<f64>],
    of: &[usize],
    values: &[Column<'_>],
) -> Vec<(f64, &'static str)> {
    let parts: Vec<Vec<f64>> = rows.iter().map(|row| fit.contributions(row)).collect();
    let n = parts.len().max(1) as f64;
    let means: Vec<f64> =
        (0..fit.features.len()).map(|at| parts.iter().map(|part| part[at].abs()).sum::<f64>() / n).collect();
    let all: f64 = means.iter().sum();
    means
        .iter()
        .enumerate()
        .map(|(at, mean)| {
            let share = if all > 0.0 { mean / all } else { 0.0 };
            let direction = match values[at] {
                Column::Categories { .. } => "mixed",
                Column::Numbers(numbers) => {
                    let pairs: Vec<(f64, f64)> = of
                        .iter()
                        .zip(&parts)
                        .map(|(row, part)| (numbers[*row], part[at]))
                        .filter(|(number, _)| number.is_finite())
                        .collect();
                    direction(&pairs)
                }
            };
            (share, direction)
        })
        .collect()
}

/// By Kendall's sign over neighbours in rank: whether the part goes with the number.
fn direction(pairs: &[(f64, f64)]) -> &'static str {
    let n = pairs.len() as f64;
    if pairs.len() < 3 {
        return "mixed";
    }
    let ranks = |of: &dyn Fn(&(f64, f64)) -> f64| -> Vec<f64> {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by(|a, b| of(&pairs[*a]).total_cmp(&of(&pairs[*b])));
        let mut out = vec![0.0; pairs.len()];
        order.iter().enumerate().for_each(|(rank, at)| out[*at] = rank as f64);
        out
    };
    let (x, y) = (ranks(&|pair| pair.0), ranks(&|pair| pair.1));
    let mean = (n - 1.0) / 2.0;
    let (mut xy, mut xx) = (0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        xy += (x - mean) * (y - mean);
        xx += (x - mean) * (x - mean);
    }
    match xy / xx {
        r if r > 0.5 => "up",
        r if r < -0.5 => "down",
        _ => "mixed",
    }
}
