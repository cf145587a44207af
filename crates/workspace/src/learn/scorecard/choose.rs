//! Which attributes the card has: enough information, not what another one says already, a coefficient of the
//! right sign, and not chance.

use gradus_model::{Finding, Place, Text};
use gradus_stats::logistic::{Coefficient, Options, Status, fit};

use super::ScorecardOptions;
use super::binned::{Binned, tells_wholly};
use crate::WorkspaceError;
use crate::learn::training::{LeftOut, TrainingSet};

/// The regression of bad on the evidence of good.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub intercept: f64,
    pub terms: Vec<ChosenTerm>,
}

#[derive(Debug, Clone)]
pub(super) struct ChosenTerm {
    /// By place among the binned features.
    pub at: usize,
    pub coefficient: Coefficient,
}

/// A candidate with its evidence by row.
struct Candidate {
    at: usize,
    woe: Vec<f64>,
}

/// Chooses, and says of whatever is left out why.
pub(super) fn choose(
    set: &TrainingSet,
    binned: &[Binned],
    bad: &[bool],
    options: &ScorecardOptions,
    left_out: &mut Vec<LeftOut>,
) -> Result<Chosen, WorkspaceError> {
    let mut order: Vec<usize> = (0..binned.len()).collect();
    order.sort_by(|a, b| binned[*b].table.iv.total_cmp(&binned[*a].table.iv));
    let mut kept: Vec<Candidate> = Vec::new();
    for at in order {
        let one = &binned[at];
        let iv = one.table.iv;
        if iv < options.min_iv {
            let of_one_kind: u64 = one.runs.iter().map(|(_, counts)| counts.n()).sum();
            let reason = match one.runs.is_empty() {
                true => {
                    Text::new(format!("信息值只有 {iv:.4}"), format!("its information value is only {iv:.4}"))
                }
                // Bins have both kinds, so that what says most can look as if it said nothing.
                false => Text::new(
                    format!(
                        "分不出两种结果都有的箱（{of_one_kind} 位客户所在的取值只有一种结果）；检查它是不是结果本身"
                    ),
                    format!(
                        "has no bins with both outcomes ({of_one_kind} customers have values of one outcome only); make sure that it is not the outcome itself"
                    ),
                ),
            };
            leave(left_out, one, reason);
            continue;
        }
        if options.max_iv.is_some_and(|most| iv > most) {
            leave(
                left_out,
                one,
                Text::new(
                    format!("信息值 {iv:.3} 超过上限"),
                    format!("its information value of {iv:.3} is above the limit"),
                ),
            );
            continue;
        }
        let woe = one.woe(set.features[one.feature].values.part(set.train()));
        let twin = kept
            .iter()
            .map(|other| (other.at, correlation(&woe, &other.woe)))
            .find(|(_, r)| r.abs() > options.max_correlation);
        if let Some((other, r)) = twin {
            let other = &binned[other].title;
            leave(
                left_out,
                one,
                Text::new(
                    format!("与信息更多的「{}」相关 {r:.2}", other.zh),
                    format!("correlated {r:.2} with “{}”, which says more", other.en),
                ),
            );
            continue;
        }
        if kept.len() == options.max_attributes {
            leave(left_out, one, Text::new("属性个数已到上限", "there are as many attributes as allowed"));
            continue;
        }
        kept.push(Candidate { at, woe });
    }
    loop {
        if kept.is_empty() {
            return Err(nothing_left(options, left_out));
        }
        let columns: Vec<&[f64]> = kept.iter().map(|one| one.woe.as_slice()).collect();
        let model = fit(&columns, bad, &Options::default()).map_err(|refusal| {
            WorkspaceError::Defect(format!("the regression refused binned data: {refusal}"))
        })?;
        if let Some(alias) = model.collinear.first() {
            let gone = kept.remove(alias.column);
            leave(
                left_out,
                &binned[gone.at],
                Text::new("完全由其他属性决定", "other attributes say exactly the same"),
            );
            continue;
        }
        match &model.status {
            Status::Converged => {}
            Status::Separated(found) => {
                // The widest attribute of those that tell the outcomes apart goes.
                let at = found.columns.first().copied().unwrap_or(0).min(kept.len() - 1);
                let gone = kept.remove(at);
                leave(left_out, &binned[gone.at], tells_wholly());
                continue;
            }
            Status::NotConverged => return Err(not_converged()),
        }
        // The regression is of the bad, and evidence is of the good.
        let wrong = kept
            .iter()
            .zip(&model.coefficients)
            .enumerate()
            .filter(|(_, (_, coefficient))| coefficient.value >= 0.0)
            .max_by(|a, b| a.1.1.value.total_cmp(&b.1.1.value));
        if let Some((at, _)) = wrong {
            let gone = kept.remove(at);
            leave(
                left_out,
                &binned[gone.at],
                Text::new(
                    "与其他属性一起时系数的方向反了",
                    "beside the others its coefficient has the wrong sign",
                ),
            );
            continue;
        }
        let p = |coefficient: &Coefficient| coefficient.p().unwrap_or(1.0);
        let chance = model
            .coefficients
            .iter()
            .enumerate()
            .max_by(|a, b| p(a.1).total_cmp(&p(b.1)))
            .filter(|(_, coefficient)| p(coefficient) > options.max_p);
        if let Some((at, coefficient)) = chance {
            let value = p(coefficient);
            let gone = kept.remove(at);
            leave(
                left_out,
                &binned[gone.at],
                Text::new(
                    format!("与其他属性一起时可能只是巧合（p = {value:.3}）"),
                    format!("beside the others it may be chance (p = {value:.3})"),
                ),
            );
            continue;
        }
        let terms = kept
            .iter()
            .zip(model.coefficients)
            .map(|(one, coefficient)| ChosenTerm { at: one.at, coefficient });
        return Ok(Chosen { intercept: model.intercept.value, terms: terms.collect() });
    }
}

fn leave(left_out: &mut Vec<LeftOut>, one: &Binned, reason: Text) {
    left_out.push(LeftOut { feature: one.name.clone(), title: one.title.clone(), reason });
}

/// Pearson's; 0 where one of them is constant.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - ma, y - mb);
        (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
    }
    let scale = (aa * bb).sqrt();
    if scale > 0.0 { ab / scale } else { 0.0 }
}

fn nothing_left(options: &ScorecardOptions, left_out: &[LeftOut]) -> WorkspaceError {
    let why = crate::learn::few::why(left_out);
    Finding::error(
        "nothing-left",
        Place::default().at("features"),
        Text::new(
            format!("没有一个特征能说明这个结果，没有可写的评分卡{}", why.zh),
            format!("no feature says anything of this outcome, so there is no scorecard to write{}", why.en),
        ),
        Text::new(
            format!(
                "更多的特征或日期；或放宽 min_iv（现为 {}）与 max_p（现为 {}）",
                options.min_iv, options.max_p
            ),
            format!(
                "more features or dates; or a lower `min_iv` (now {}) and a higher `max_p` (now {})",
                options.min_iv, options.max_p
            ),
        ),
    )
    .into()
}

fn not_converged() -> WorkspaceError {
    Finding::error(
        "not-converged",
        Place::default().at("features"),
        Text::new("回归没有收敛", "the regression did not come to rest"),
        Text::new("减少特征，或合并类别", "fewer features, or categories taken together"),
    )
    .into()
}
