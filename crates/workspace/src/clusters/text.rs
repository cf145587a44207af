//! What was learned, in words and as a table for the terminal.

use gradus_model::document::{ClusterMethod, ClusterScale};
use gradus_model::{Lang, Text};

use super::LearnedClusters;
use crate::summary::{grouped, percent};

/// Below it the groups hardly part the customers (Rousseeuw 1987, J. Comput. Appl. Math. 20, of silhouettes).
const WEAK: f64 = 0.25;
/// A group below this share is hardly worth a strategy of its own.
const TINY: f64 = 0.01;

/// What was found, and what to beware of, the most important first.
pub(super) fn words(learned: &LearnedClusters) -> (Text, Vec<Text>) {
    let (k, n) = (learned.k, grouped(learned.n as f64, 0));
    let mut found = Text::new(format!("{n} 位客户分成 {k} 群"), format!("{n} customers in {k} groups"));
    let mut out = Vec::new();
    let own = learned.tried.iter().find(|one| one.k == learned.k);
    if let Some(own) = own {
        let (silhouette, stability) = (format!("{:.2}", own.silhouette), format!("{:.2}", own.stability));
        found = Text::new(
            format!("{}；轮廓系数 {silhouette}，重抽样一致度 {stability}", found.zh),
            format!("{}: silhouette {silhouette}, agreement when drawn anew {stability}", found.en),
        );
        if k > 1 && own.silhouette < WEAK {
            out.push(Text::new(
                "群与群之间界限模糊：客户更像连续分布，而不是几类人",
                "the groups hardly part: customers differ by degrees rather than in kind",
            ));
        }
    }
    if !learned.tried.is_empty() && !learned.stable {
        out.push(Text::new(
            "没有哪个群数是稳定的：换一批客户，分法就不同。先不要按它做长期的策略",
            "no number of groups is stable: other customers would be grouped otherwise. Build nothing lasting on it yet",
        ));
    }
    let advised = learned.advised;
    if advised != k {
        out.push(Text::new(
            format!("这里按要求分成 {k} 群；按指标建议 {advised} 群"),
            format!("{k} groups as asked; {advised} are advised"),
        ));
    }
    let figure = match learned.method {
        ClusterMethod::KMeans => ("gap 统计量", "the gap statistic", learned.by_gap),
        ClusterMethod::Mixture => ("BIC", "the BIC", learned.by_bic),
    };
    match figure {
        (zh, en, Some(1)) => out.push(Text::new(
            format!("按 {zh} 只有一群：这些特征并不把客户分成几类"),
            format!("by {en} there is one group: customers are not parted by these features"),
        )),
        (zh, en, Some(by)) if by != advised => {
            out.push(Text::new(format!("按 {zh} 是 {by} 群"), format!("by {en} {by} groups")));
        }
        _ => {}
    }
    if learned.n_left_out > 0 {
        let share = learned.n_left_out as f64 / (learned.n + learned.n_left_out) as f64;
        let (n, share) = (grouped(learned.n_left_out as f64, 0), percent(share, 1));
        out.push(Text::new(
            format!("{n} 位客户（{share}）有特征未知，不属于任何群"),
            format!("of {n} customers ({share}) a feature is unknown; they are in no group"),
        ));
    }
    for feature in learned.features.iter().filter(|feature| feature.constant) {
        out.push(Text::new(
            format!("“{}”所有人都一样，不起作用", feature.title.zh),
            format!("“{}” is the same for everybody and parts nobody", feature.title.en),
        ));
    }
    for cluster in learned.clusters.iter().filter(|cluster| cluster.share < TINY) {
        let n = grouped(cluster.n as f64, 0);
        out.push(Text::new(
            format!("{} 群只有 {n} 位客户，多半是极端值；可改用 scale: log 或 robust", cluster.name),
            format!(
                "group {} has only {n} customers, probably extremes; try `scale: log` or `robust`",
                cluster.name
            ),
        ));
    }
    let is_skewed = |one: &super::ClusterFeature| one.mean > 0.0 && one.deviation > 2.0 * one.mean;
    if learned.scale == ClusterScale::Standard && learned.features.iter().any(is_skewed) {
        out.push(Text::new(
            "有的特征很偏（少数客户很大）：scale: log 往往分得更有用",
            "a feature is skewed, with few very large customers: `scale: log` often groups more usefully",
        ));
    }
    (found, out)
}

impl LearnedClusters {
    /// For the terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = format!(
            "{}  {} {}  {} {}\n",
            self.model_title.get(lang),
            say("截至", "as of"),
            self.as_of,
            say("客户", "customers"),
            grouped(self.n as f64, 0),
        );
        if !self.tried.is_empty() {
            out += match self.method {
                ClusterMethod::KMeans => say(
                    "\n群数    轮廓系数        gap   一致度   最小群\n",
                    "\n   k  silhouette        gap  stability  smallest\n",
                ),
                ClusterMethod::Mixture => say(
                    "\n群数    轮廓系数        BIC   一致度   最小群\n",
                    "\n   k  silhouette        BIC  stability  smallest\n",
                ),
            };
            for one in &self.tried {
                let mark = if one.k == self.k { "›" } else { " " };
                let figure = match (one.gap, one.bic) {
                    (Some(gap), _) => format!("{gap:.3}"),
                    (None, Some(bic)) => format!("{bic:.1}"),
                    (None, None) => "–".to_string(),
                };
                out += &format!(
                    "{mark}{:>3}  {:>10.3}  {figure:>9}  {:>9.2}  {:>8}\n",
                    one.k, one.silhouette, one.stability, one.smallest
                );
            }
        }
        for cluster in &self.clusters {
            out += &format!(
                "\n{}  {}  {} ({})\n",
                cluster.name,
                cluster.title.get(lang),
                grouped(cluster.n as f64, 0),
                percent(cluster.share, 1),
            );
            if let (Some(silhouette), Some(stability)) = (cluster.silhouette, cluster.stability) {
                out += &match lang {
                    Lang::Zh => format!("    轮廓系数 {silhouette:.2}，重抽样再现 {stability:.2}\n"),
                    Lang::En => format!("    silhouette {silhouette:.2}, found again {stability:.2}\n"),
                };
            }
            for own in &cluster.typical {
                // Of a single group there are no others to differ from.
                let others = own.others.map_or_else(String::new, |others| {
                    format!(" ({} {}, {:+.1} sd)", say("其他客户", "others"), short(others), own.difference)
                });
                out += &format!("    {}  {}{others}\n", own.title.get(lang), short(own.mean));
            }
            let described = self.description.iter().flat_map(|all| &all.clusters);
            for described in described.filter(|one| one.name == cluster.name) {
                for rule in &described.rules {
                    let words = rule.words.get(lang);
                    let caught = percent(rule.caught, 0);
                    out += &match lang {
                        Lang::Zh => format!("    规则：{words}（覆盖该群 {caught}）\n"),
                        Lang::En => format!("    rule: {words} (catches {caught} of the group)\n"),
                    };
                }
            }
        }
        if let Some(description) = &self.description {
            let right = percent(description.right, 1);
            out += &match lang {
                Lang::Zh => format!("\n规则把 {right} 的客户分到自己的群\n"),
                Lang::En => format!("\nthe rules put {right} of the customers into their own group\n"),
            };
        }
        out += &format!("\n{}\n", self.words.get(lang));
        for words in &self.cautions {
            out += &format!("! {}\n", words.get(lang));
        }
        out
    }
}

/// A mean with as many digits as people read.
pub(super) fn short(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = grouped(value, digits);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}
