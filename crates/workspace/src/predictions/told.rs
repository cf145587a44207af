//! What cards tell of predictions that are no lifetime value: a learned propensity's own card, groups, models that were
//! trained elsewhere.

use gradus_grading::grade::clusters::ClustersFit;
use gradus_grading::grade::propensity::PropensityFit;
use gradus_grading::grade::trained::TrainedFit;
use gradus_grading::grade::{Fit, fit_key};
use gradus_model::Text;
use gradus_model::document::{ClusterMethod, ClusterScale, Clusters, Link, Prediction, Trained};
use gradus_store::Run;
use serde_json::{Value, json};

use super::card::{Card, CardState, Figure, Refused, count};
use crate::clock::label;
use crate::drift::DriftBetween;
use crate::kept_fits::{Kept, depends_on, newest};
use crate::stored::Stored;
use crate::{Workspace, WorkspaceError};

/// What is kept of the hold-out of a lifetime value.
const TRACKING: &str = "tracking";

fn named(zh: &str, en: &str, value: impl Into<Value>, unit: &'static str) -> Figure {
    Figure { title: Text::new(zh, en), value: value.into(), unit: unit.into() }
}

impl Card {
    /// What the fit of groups tells.
    pub(super) fn tell_clusters(&mut self, fit: &ClustersFit, written: &Clusters) {
        let scale = written.scale.unwrap_or_default();
        let (scale_zh, scale_en) = match scale {
            ClusterScale::Standard => ("按均值与标准差标准化", "features by mean and standard deviation"),
            ClusterScale::Robust => ("按中位数与四分位距标准化", "features by median and quartiles"),
            ClusterScale::MinMax => ("缩放到 0 到 1", "features from 0 to 1"),
            ClusterScale::Log => {
                ("取对数后标准化", "logarithms of the features, by mean and standard deviation")
            }
        };
        let (zh, en) = match fit.method {
            ClusterMethod::KMeans => ("k-means", "k-means"),
            ClusterMethod::Mixture => ("高斯混合模型", "Gaussian mixture"),
        };
        self.method = Some(Text::new(format!("{zh}，特征{scale_zh}"), format!("{en}, {scale_en}")));
        self.state = CardState::Fitted;
        self.sure = Text::default();
        if let Some(finding) = fit.status.finding(&Default::default(), fit.n_unknown) {
            self.state = CardState::Refused;
            self.sure = finding.what.clone();
            self.refusal =
                Some(Refused { code: finding.code.to_string(), message: finding.what, hint: finding.right });
        }
        self.data.push(count("参与分群的客户", "customers who were grouped", fit.n));
        self.data.push(count("因特征未知而不分群", "left out, a feature being unknown", fit.n_unknown));
        let chosen = match written.k {
            Some(_) => named("群数（指定）", "groups (as asked)", fit.clusters.len(), "count"),
            None => named("群数（自动选择）", "groups (as many as fit best)", fit.clusters.len(), "count"),
        };
        self.data.push(chosen);
        self.data.push(named("种子", "seed", written.seed.unwrap_or(0), "count"));
        let constant = fit.features.iter().filter(|feature| feature.constant);
        self.cautions.extend(constant.map(|feature| {
            Text::new(
                format!("所有客户的“{}”都一样，不起作用", feature.title.zh),
                format!("everybody has the same {}: it parts nobody", feature.title.en),
            )
        }));
        self.cautions.extend(
            fit.declined
                .and_then(|why| why.stands(&Default::default(), fit.n_unknown).map(|finding| finding.what)),
        );
        self.factors.extend(parting(fit));
        if let Some(judged) = fit.judged {
            let metric = |name: &str, title: Text, value: f64| json!({ "name": name, "title": title, "value": value, "unit": "number", "better": "more" });
            self.metrics.extend([
                metric(
                    "silhouette",
                    Text::new(
                        "轮廓系数（-1 到 1，越大分得越开）",
                        "silhouette (-1 to 1: the greater, the further apart)",
                    ),
                    judged.silhouette,
                ),
                metric(
                    "stability",
                    Text::new("重抽样一致度（1 是完全一致）", "agreement when drawn anew (1 is the same)"),
                    judged.stability,
                ),
            ]);
            self.data.push(count("评判用的客户", "customers by whom the groups were judged", judged.n));
            let (silhouette, stability) =
                (format!("{:.2}", judged.silhouette), format!("{:.2}", judged.stability));
            if fit.status.finding(&Default::default(), fit.n_unknown).is_none() {
                self.sure = Text::new(
                    format!("轮廓系数 {silhouette}，重抽样一致度 {stability}"),
                    format!("silhouette {silhouette}, agreement when drawn anew {stability}"),
                );
            }
        }
        let groups = fit.clusters.iter().map(|one| {
            json!({
                "name": one.name, "title": one.title, "n": one.n,
                "share": one.n as f64 / fit.n.max(1) as f64,
                "silhouette": one.silhouette, "stability": one.stability,
                "typical": fit.features.iter().zip(&one.means).zip(&one.differences).map(
                    |((feature, mean), difference)| json!({
                        "title": feature.title, "mean": mean, "difference": difference,
                        "others": feature.mean,
                    }),
                ).collect::<Vec<Value>>(),
            })
        });
        self.groups.extend(groups);
    }

    /// What is known of a model that was trained elsewhere.
    pub(super) fn tell_trained(&mut self, fit: &TrainedFit, written: &Trained) {
        self.state = CardState::Fitted;
        self.sure = Text::new(
            "在别处训练：这里没有关于它有多准的信息，要用留出的日期检验，请用 gradus backtest",
            "trained elsewhere: nothing is known here of how good it is; `gradus backtest` holds it to what came",
        );
        let n_nodes: usize = written.trees.iter().map(|tree| tree.nodes.len()).sum();
        self.method = Some(match written.trees.len() {
            0 => Text::new("加权和", "weighted sum"),
            n => Text::new(
                format!("{n} 棵树之和（共 {n_nodes} 个节点）"),
                format!("a sum of {n} trees ({n_nodes} nodes)"),
            ),
        });
        if let Some(from) = &written.from {
            self.data.push(named("来自", "from", from.clone(), "text"));
        }
        let link = match written.link.unwrap_or_default() {
            Link::Identity => Text::new("和本身", "the sum itself"),
            Link::Logit => Text::new("概率 1 / (1 + e^-和)", "a probability, 1 / (1 + e^-sum)"),
            Link::Exp => Text::new("e^和", "e^sum"),
        };
        self.data
            .push(Figure { title: Text::new("给出", "gives"), value: json!(link), unit: "text".into() });
        self.data.push(count("输入全部已知的客户", "customers of whom every input is known", fit.n));
        self.data.push(named("截距", "intercept", written.intercept, "number"));
        for (name, sql) in written.inputs.iter() {
            let title = Text::new(format!("输入 {name}"), format!("input {name}"));
            self.data.push(Figure { title, value: json!(sql), unit: "text".into() });
        }
        let weights = written.weights.iter().map(|(name, weight)| {
            json!({ "name": name, "title": Text::plain(name), "value": weight, "error": null })
        });
        self.parameters.extend(weights);
        self.factors.extend(asked_for(fit, written));
    }

    /// What was said of a propensity when it was learned: its own card, which is kept beside the fit.
    pub(super) fn tell_learned(&mut self, fit: &PropensityFit, kept: Option<&Value>) {
        self.state = CardState::Fitted;
        self.as_of = Some(fit.as_of.clone());
        self.sure = Text::default();
        let Some(card) = kept else {
            self.data.push(count(
                "学习的行数（客户 × 日期）",
                "rows learned from (customers × dates)",
                fit.n,
            ));
            self.data.push(count("其中发生", "of them with the outcome", fit.n_events));
            return;
        };
        let text = |key: &str| serde_json::from_value::<Text>(card[key].clone()).ok();
        let list = |key: &str| card[key].as_array().cloned().unwrap_or_default();
        self.method = text("method");
        self.sure = text("sure").unwrap_or_default();
        self.cautions = serde_json::from_value(card["cautions"].clone()).unwrap_or_default();
        self.data = serde_json::from_value(card["data"].clone()).unwrap_or_default();
        self.training = list("training");
        self.metrics = list("metrics");
        self.parameters = list("parameters");
        self.factors = list("factors");
        let part = |key: &str| Some(card[key].clone()).filter(|value| !value.is_null());
        self.calibration = part("calibration");
        self.survival = part("survival");
        for key in ["base", "outcome", "outcome_words", "lift", "train", "held_out", "left_out", "seconds"] {
            self.learned.extend(part(key).map(|value| (key.to_string(), value)));
        }
    }
}

/// By how much each feature parts the groups: its share of what lies between their centres on the scale of the fit.
fn parting(fit: &ClustersFit) -> Vec<Value> {
    let n: f64 = fit.clusters.iter().map(|one| one.n as f64).sum();
    let between: Vec<f64> = (0..fit.features.len())
        .map(|at| {
            let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
                fit.clusters.iter().map(|one| one.n as f64 * of(one.centre[at])).sum()
            };
            let mean = sum(&|centre| centre) / n.max(1.0);
            sum(&|centre| (centre - mean) * (centre - mean))
        })
        .collect();
    shares(fit.features.iter().map(|feature| (feature.title.en.clone(), feature.title.clone())), &between)
}

/// How often each input is asked for, by the customers who came to the question.
fn asked_for(fit: &TrainedFit, written: &Trained) -> Vec<Value> {
    let mut asked = vec![0.0; written.inputs.len()];
    for (tree, covers) in written.trees.iter().zip(&fit.covers) {
        for (node, n) in tree.nodes.iter().zip(covers) {
            let at = node.input.as_ref().and_then(|name| written.inputs.position(name));
            if let Some(own) = at.and_then(|at| asked.get_mut(at)) {
                *own += *n as f64;
            }
        }
    }
    shares(written.inputs.iter().map(|(name, _)| (name.to_string(), Text::plain(name))), &asked)
}

/// Shares of a whole, the greatest first; nothing if there is nothing to share.
fn shares(names: impl Iterator<Item = (String, Text)>, parts: &[f64]) -> Vec<Value> {
    let whole: f64 = parts.iter().sum();
    if !(whole > 0.0 && whole.is_finite()) {
        return Vec::new();
    }
    let mut all: Vec<((String, Text), f64)> = names.zip(parts.iter().map(|part| part / whole)).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let of = |((name, title), weight): ((String, Text), f64)| json!({ "name": name, "title": title, "weight": weight, "direction": "mixed" });
    all.into_iter().map(of).collect()
}

/// What is kept beside the fit that a run applied, and when that was learned.
pub(super) async fn beside(
    workspace: &Workspace,
    stored: &Stored,
    run: &Run,
    (name, written): (&str, &Prediction),
    applied: &Fit,
) -> Result<Option<(Value, String)>, WorkspaceError> {
    let kept = match (written, applied) {
        (Prediction { propensity: Some(_), .. }, Fit::Propensity(_)) => Kept::Propensity,
        (Prediction { clusters: Some(_), .. }, Fit::Clusters(_)) => Kept::Clusters,
        _ => return Ok(None),
    };
    let hash = depends_on(workspace, &stored.model, name);
    let as_of = workspace.as_of(run.as_of);
    // What was learned for a run is kept after the run began, so what was known then is no bound here.
    let Some(found) = newest(workspace, kept, (&hash, name), as_of, None).await? else { return Ok(None) };
    let is_applied = matches!(applied, Fit::Clusters(_)) || found.fit == *applied;
    let mut of = (found.numbers, found.created);
    if !is_applied {
        // Somebody has learned anew since; the card is that of what graded.
        let all = workspace.store.fits().list(&hash).await?;
        let own = all.into_iter().rev().filter(|one| one.subject == fit_key(name));
        let mut same = own.filter(|one| kept.read(&one.numbers).is_some_and(|fit| fit == *applied));
        match same.next() {
            Some(same) => of = (same.numbers, same.created),
            None => return Ok(None),
        }
    }
    Ok(Some((of.0, label(workspace.as_of(of.1), &workspace.zone))))
}

/// Keeps how a lifetime value did on its hold-out, for its card.
pub(crate) async fn keep_tracking(
    workspace: &Workspace,
    model: &gradus_model::document::Model,
    name: &str,
    as_of: gradus_grading::fold::AsOf,
    (tracking, n): (&Value, u64),
) -> Result<(), WorkspaceError> {
    let hash = depends_on(workspace, model, name);
    let numbers = json!({ "tracking": tracking });
    crate::kept_fits::keep(workspace, TRACKING, (&hash, name), as_of, (&numbers, "", n)).await?;
    Ok(())
}

/// The hold-out of the last time that the prediction, as it is now, was learned on its own: at the terminal or as a job.
pub(super) async fn tracked(
    workspace: &Workspace,
    stored: &Stored,
    name: &str,
) -> Result<Option<Value>, WorkspaceError> {
    let hash = depends_on(workspace, &stored.model, name);
    let fits = workspace.store.fits();
    let found = fits.latest(&hash, TRACKING, &fit_key(name), i64::MAX, i64::MAX).await?;
    Ok(found.map(|found| found.numbers["tracking"].clone()).filter(|tracking| !tracking.is_null()))
}

/// How far what it reads has moved since the grading before.
pub(super) fn inputs_moved(written: &Prediction, found: &DriftBetween) -> Vec<Value> {
    let propensity = written.propensity.iter().flat_map(|one| one.features.iter());
    let clusters = written.clusters.iter().flat_map(|one| one.features.iter());
    let trained = written.trained.iter().flat_map(|one| one.inputs.iter().map(|(_, sql)| sql));
    let reads: Vec<&str> =
        propensity.chain(clusters).chain(trained).map(|sql| sql.trim_matches('"')).collect();
    let own = found.drift.all.iter().filter(|one| {
        reads.iter().any(|sql| *sql == one.name || *sql == one.title.zh || *sql == one.title.en)
    });
    own.map(|one| {
        json!({ "name": one.name, "title": one.title, "psi": one.psi, "band": one.band, "words": one.words })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_whole_and_nothing_is_shared_of_nothing() {
        let names = || ["a", "b"].into_iter().map(|name| (name.to_string(), Text::plain(name)));
        let found = shares(names(), &[1.0, 3.0]);
        assert_eq!((&found[0]["name"], &found[0]["weight"]), (&json!("b"), &json!(0.75)));
        assert_eq!(found.len(), 2);
        assert!(shares(names(), &[0.0, 0.0]).is_empty());
        assert!(shares(names(), &[f64::NAN, 1.0]).is_empty());
    }
}
