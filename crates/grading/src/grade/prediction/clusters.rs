//! Groups of customers that are alike: sought among everybody whose features are known, kept as a fit, and then a
//! new customer belongs to the nearest, live as in a run.

mod carried;
mod fit;
mod words;

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use gradus_expression::Want;
use gradus_model::document::Clusters as Written;
use gradus_model::{Finding, Place, Text};

use super::Given;
use super::numbers::{floats, four_digits, value};
use super::reason::{PredictionFactor, Said};
use crate::grade::compile::Compiler;
use crate::grade::frame::Formula;
use crate::grade::output::OutputKind;

pub(in crate::grade) use self::fit::kept;
pub use self::fit::{
    Alike, Cluster, ClusterOptions, ClustersFit, ClustersStatus, FeatureScale, JudgedGroups, Placing,
    choice_options,
};
pub use self::words::{typical_word, words_of};

pub(super) const SUFFIXES: &[&str] = &["", "_sure"];

/// Groups at most, and features at most.
const MOST: u32 = 50;
const MOST_FEATURES: usize = 50;
/// The greatest number in the name of a group that may be written.
const MOST_NUMBER: u32 = 9_999;
/// If left out.
const USUAL_MOST: u32 = 8;

#[derive(Debug, Clone)]
pub(crate) struct Clusters {
    pub inputs: Vec<Formula>,
    options: ClusterOptions,
}

impl Clusters {
    pub(super) fn compile(compiler: &mut Compiler<'_>, written: &Written, place: &Place) -> Option<Clusters> {
        let before = compiler.findings.0.len();
        if written.features.is_empty() || written.features.len() > MOST_FEATURES {
            let what = Text::new(
                format!("聚类有 {} 个特征", written.features.len()),
                format!("the clusters have {} features", written.features.len()),
            );
            let right = Text::new(
                format!("写 1 到 {MOST_FEATURES} 个数值指标，例如 features: [消费金额, 订单数]"),
                format!("1 to {MOST_FEATURES} numbers, such as `features: [spend, orders]`"),
            );
            compiler.findings.push(Finding::error("clusters-features", place.key("features"), what, right));
        }
        let most = written.most.unwrap_or(USUAL_MOST.max(written.k.unwrap_or(0)));
        for (key, number, least) in [("k", written.k.unwrap_or(2), 1), ("most", most, 2)] {
            // What nobody wrote is not wrong.
            let is_written = key == "k" || written.most.is_some();
            if is_written && !(least..=MOST).contains(&number) {
                let what =
                    Text::new(format!("{number} 个群不行"), format!("{number} groups are not possible"));
                let right = Text::new(format!("{least} 到 {MOST} 之间"), format!("from {least} to {MOST}"));
                compiler.findings.push(Finding::error("clusters-number", place.key(key), what, right));
            }
        }
        let last = written.k.unwrap_or(most);
        let mut later = Vec::new();
        for (name, _) in written.names.iter() {
            let number = name.strip_prefix('c').and_then(|digits| digits.parse::<u32>().ok());
            let place = place.key("names").key(name);
            let right = Text::new(
                format!("群起初按大小叫 c1 到 c{last}；以后新出现的群才有更大的号"),
                format!(
                    "groups are called `c1` to `c{last}` at first, the largest first; only those that come \
                         later have greater numbers"
                ),
            );
            match number {
                Some(number) if (1..=last).contains(&number) => {}
                Some(number) if (1..=MOST_NUMBER).contains(&number) => {
                    let what = Text::new(
                        format!("起初没有群“{name}”，重新分群后才可能有"),
                        format!(
                            "there is no group `{name}` at first; one may come when groups are found anew"
                        ),
                    );
                    later.push(Finding::note("clusters-names-later", place, what, right));
                }
                _ => {
                    let what = Text::new(format!("没有群“{name}”"), format!("there is no group `{name}`"));
                    compiler.findings.push(Finding::error("clusters-names", place, what, right));
                }
            }
        }
        let mut inputs = Vec::with_capacity(written.features.len());
        for (at, sql) in written.features.iter().enumerate() {
            inputs.extend(compiler.formula(sql, Want::Number, &place.key("features").index(at)));
        }
        if compiler.findings.0.len() > before || inputs.len() < written.features.len() {
            return None;
        }
        later.into_iter().for_each(|note| compiler.findings.push(note));
        use gradus_model::Lang::{En, Zh};
        let title = |formula: &Formula| Text::new(formula.words(Zh), formula.words(En));
        let options = ClusterOptions {
            k: written.k,
            most,
            method: written.method.unwrap_or_default(),
            scale: written.scale.unwrap_or_default(),
            seed: written.seed.unwrap_or(0),
            names: written.names.clone(),
            features: inputs.iter().map(title).collect(),
        };
        Some(Clusters { inputs, options })
    }

    pub(super) fn given(&self) -> Vec<Given> {
        // What is known before anybody was grouped: the titles that are written.
        let known = |name: &str| self.options.names.get(name).cloned().unwrap_or_else(|| Text::plain(name));
        let names = (1..=self.options.k.unwrap_or(0)).map(|at| format!("c{at}"));
        let group = Given {
            suffix: "",
            data_type: group_type(),
            kind: OutputKind::Prediction,
            title: Text::new("", ""),
            values: names.map(|name| (name.clone(), known(&name))).collect(),
        };
        vec![group, Given::number("_sure", "（归属清晰度）", " (how clearly)")]
    }

    pub(super) fn options(&self) -> &ClusterOptions {
        &self.options
    }

    /// Everybody whose features are known.
    pub(super) fn alike(&self, pieces: &[Vec<ArrayRef>]) -> Alike {
        Alike::of(pieces.iter().flat_map(|piece| rows(piece)), self.inputs.len())
    }

    /// New groups; with the names of the fit before, if there is one.
    pub(super) fn estimate(&self, pieces: &[Vec<ArrayRef>], before: Option<&ClustersFit>) -> ClustersFit {
        let alike = self.alike(pieces);
        let mut found = ClustersFit::learn(&alike, &self.options).0;
        found.judge(&alike, &self.options);
        match before {
            Some(before) => found.after(before, &self.options.names),
            None => found,
        }
    }

    pub(super) fn evaluate(&self, inputs: &[ArrayRef], fit: &ClustersFit) -> Vec<ArrayRef> {
        let placing = fit.placing();
        let placed: Vec<Option<(usize, f64)>> = rows(inputs).map(|row| placing.of_values(&row?)).collect();
        let keys: Int32Array = placed.iter().map(|one| one.map(|(label, _)| label as i32)).collect();
        let names: StringArray = fit.clusters.iter().map(|cluster| Some(cluster.name.as_str())).collect();
        let groups: Option<ArrayRef> = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(names))
            .ok()
            .map(|array| Arc::new(array) as ArrayRef);
        let Some(groups) = groups else { return Vec::new() };
        vec![groups, four_digits(placed.iter().map(|one| one.map(|(_, sure)| sure)))]
    }

    /// Where the only row of the inputs belongs, and by what it is nearer there than to the next group.
    pub(super) fn say(&self, inputs: &[ArrayRef], fit: &ClustersFit) -> Said {
        let row = rows(inputs).next().flatten();
        let placed = row.as_ref().and_then(|row| Some((fit.placing().of_values(row)?, row)));
        let Some(((label, sure), row)) = placed else {
            let line = match fit.status {
                ClustersStatus::Found => {
                    Text::new("有特征未知，不属于任何群", "a feature is unknown, so it is in no group")
                }
                _ => Text::new("没有找到群", "no groups were found"),
            };
            return Said { lines: vec![line], ..Said::default() };
        };
        let own = &fit.clusters[label];
        let share = 100.0 * own.n as f64 / fit.n.max(1) as f64;
        let mut lines = vec![Text::new(
            format!("属于 {} 群“{}”（占客户 {share:.1}%），归属清晰度 {sure:.2}", own.name, own.title.zh),
            format!(
                "in group {} “{}” ({share:.1}% of the customers), how clearly: {sure:.2}",
                own.name, own.title.en
            ),
        )];
        let scaled: Vec<f64> =
            fit.features.iter().zip(row).map(|(feature, value)| feature.scaled(*value, fit.log)).collect();
        let Some(next) = fit.next_to(label, &scaled) else { return Said { lines, ..Said::default() } };
        lines.push(Text::new(
            format!(
                "其次接近 {} 群“{}”；下列各项说明为何更像本群（标准化后的距离平方差）",
                next.name, next.title.zh
            ),
            format!(
                "next is group {} “{}”; what makes it nearer here, in squared distances on the scale",
                next.name, next.title.en
            ),
        ));
        let mut factors: Vec<PredictionFactor> = (0..scaled.len())
            .map(|at| PredictionFactor {
                name: self.inputs[at].sql.clone(),
                title: fit.features[at].title.clone(),
                value: crate::grade::frame::show(&inputs[at], 0),
                amount: (scaled[at] - next.centre[at]).powi(2) - (scaled[at] - own.centre[at]).powi(2),
            })
            .collect();
        factors.sort_by(|a, b| b.amount.abs().total_cmp(&a.amount.abs()));
        Said { lines, factors }
    }
}

fn group_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The features of each customer; `None` if one is unknown.
fn rows(inputs: &[ArrayRef]) -> impl Iterator<Item = Option<Vec<f64>>> {
    let columns: Vec<_> = inputs.iter().map(floats).collect();
    let n = columns.first().map_or(0, |column| arrow::array::Array::len(column));
    (0..n).map(move |row| columns.iter().map(|column| value(column, row)).collect())
}
