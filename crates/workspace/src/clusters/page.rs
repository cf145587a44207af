//! What was learned as a page.

use gradus_model::document::ClusterMethod;
use gradus_model::{Lang, Text};

use super::LearnedClusters;
use super::text::short;
use crate::report::{
    Bar, Heat, Section, bars, escape, figure, heat, html_table, lines_of_k, page, said, scatter,
};
use crate::summary::{grouped, percent};
use crate::versions;

/// The page that says what was learned; `workspace` is what its owner calls it.
pub fn clusters_page(learned: &LearnedClusters, workspace: &str, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let title = Text::new(
        format!("聚类：{}", learned.model_title.zh),
        format!("Groups of customers: {}", learned.model_title.en),
    );
    let meta = [
        workspace.to_string(),
        versions::shown(learned.version).get(lang).to_string(),
        format!("{} {}", say("截至", "as of"), learned.as_of),
    ];
    let mut html = format!("<p>{}</p>", escape(learned.words.get(lang)));
    html += &said(lang, &learned.cautions.iter().collect::<Vec<_>>());
    html += "<div class=\"cards\">";
    html += &sizes(learned, lang);
    html += &profiles(learned, lang);
    html += &plane(learned, lang);
    html += &numbers(learned, lang);
    html += "</div>";
    let mut sections = vec![Section { title: Text::new("分成了哪些群", "The groups"), html }];
    if let Some(html) = rules(learned, lang) {
        sections.push(Section { title: Text::new("用规则描述", "In rules"), html });
    }
    page(lang, title.get(lang), &meta, &sections)
}

fn label(learned: &LearnedClusters, at: usize, lang: Lang) -> String {
    let one = &learned.clusters[at];
    format!("{} {}", one.name, one.title.get(lang))
}

fn sizes(learned: &LearnedClusters, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let rows: Vec<Bar> = learned
        .clusters
        .iter()
        .enumerate()
        .map(|(at, one)| Bar {
            label: label(learned, at, lang),
            share: one.share,
            value_share: None,
            count: one.n,
        })
        .collect();
    let title = say("每群多少客户", "How many are in each");
    let head = ["", "n", "%"].map(String::from);
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| vec![row.label.clone(), grouped(row.count as f64, 0), percent(row.share, 1)])
        .collect();
    let svg = bars(&rows, title, (say("占客户", "of the customers"), ""));
    let read = say(
        "名字取自该群最突出的特征；群按大小排列。",
        "Groups are called by what is typical of them, the largest first.",
    );
    figure(lang, false, title, &svg, read, &html_table(&head, &table))
}

/// Rows are features, columns groups; the darker, the farther from the others.
fn profiles(learned: &LearnedClusters, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let features: Vec<String> = learned.features.iter().map(|one| one.title.get(lang).to_string()).collect();
    let groups: Vec<String> = learned.clusters.iter().map(|one| one.name.clone()).collect();
    let of =
        |feature: &str, at: usize| learned.clusters[at].typical.iter().find(|one| one.feature == feature);
    let cells: Vec<Vec<(String, f64)>> = learned
        .features
        .iter()
        .map(|feature| {
            let cell = |at: usize| match of(&feature.name, at) {
                Some(own) => {
                    let mark = if own.difference >= 0.35 {
                        "↑"
                    } else if own.difference <= -0.35 {
                        "↓"
                    } else {
                        ""
                    };
                    (format!("{}{mark}", short(own.mean)), own.difference.abs() / 2.0)
                }
                None => (String::new(), 0.0),
            };
            (0..groups.len()).map(cell).collect()
        })
        .collect();
    let title = say("每群的平均值", "The mean of each group");
    let drawn = Heat { rows: &features, columns: &groups, cells: &cells, framed: &[], axes: ("", "") };
    let mut head = vec![String::new()];
    head.extend(groups.clone());
    head.push(say("全体", "everybody").to_string());
    let table: Vec<Vec<String>> = learned
        .features
        .iter()
        .zip(&cells)
        .map(|(feature, row)| {
            let mut line = vec![feature.title.get(lang).to_string()];
            line.extend(row.iter().map(|(words, _)| words.clone()));
            line.push(short(feature.mean));
            line
        })
        .collect();
    let read = say(
        "颜色越深，与其他客户差得越远；箭头表示比其他客户高或低。",
        "The darker, the farther from the others; arrows say whether above or below them.",
    );
    figure(lang, false, title, &heat(&drawn, title), read, &html_table(&head, &table))
}

fn plane(learned: &LearnedClusters, lang: Lang) -> String {
    let Some(drawn) = &learned.scatter else { return String::new() };
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let title = say("客户在平面上", "Customers in a plane");
    let names: Vec<String> = learned.clusters.iter().map(|one| one.name.clone()).collect();
    let svg = scatter(&drawn.points, &drawn.centres, &names, title, (drawn.x.get(lang), drawn.y.get(lang)));
    let kept = percent(drawn.kept, 0);
    let read = match lang {
        Lang::Zh => format!("抽样 {} 位客户的主成分；平面保留了差异的 {kept}。", drawn.points.len()),
        Lang::En => format!(
            "Principal components of a sample of {} customers; the plane keeps {kept} of the differences.",
            drawn.points.len()
        ),
    };
    let head = ["", say("横", "across"), say("纵", "up")].map(String::from);
    let table: Vec<Vec<String>> = names
        .iter()
        .zip(&drawn.centres)
        .map(|(name, (x, y))| vec![name.clone(), format!("{x:.2}"), format!("{y:.2}")])
        .collect();
    figure(lang, false, title, &svg, &read, &html_table(&head, &table))
}

fn numbers(learned: &LearnedClusters, lang: Lang) -> String {
    if learned.tried.len() < 2 {
        return String::new();
    }
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let title = say("分几群合适", "How many groups");
    let is_mixture = learned.method == ClusterMethod::Mixture;
    let silhouettes: Vec<(u32, f64)> = learned.tried.iter().map(|one| (one.k, one.silhouette)).collect();
    let stabilities: Vec<(u32, f64)> = learned.tried.iter().map(|one| (one.k, one.stability)).collect();
    let lines = [
        (say("轮廓系数", "silhouette").to_string(), silhouettes),
        (say("重抽样一致度", "agreement when drawn anew").to_string(), stabilities),
    ];
    let svg = lines_of_k(&lines, learned.k, title, say("群数", "groups"));
    let head = [
        say("群数", "groups"),
        say("轮廓系数", "silhouette"),
        if is_mixture { "BIC" } else { "gap" },
        if is_mixture { "" } else { say("gap 误差", "gap error") },
        say("一致度", "stability"),
        say("最小群", "smallest"),
    ]
    .map(String::from);
    let table: Vec<Vec<String>> = learned
        .tried
        .iter()
        .map(|one| {
            vec![
                one.k.to_string(),
                format!("{:.3}", one.silhouette),
                match (one.gap, one.bic) {
                    (Some(gap), _) => format!("{gap:.3}"),
                    (None, Some(bic)) => format!("{bic:.1}"),
                    (None, None) => "–".to_string(),
                },
                one.gap_error.map_or_else(String::new, |error| format!("{error:.3}")),
                format!("{:.2}", one.stability),
                one.smallest.to_string(),
            ]
        })
        .collect();
    let read = match lang {
        Lang::Zh if is_mixture => format!(
            "建议：BIC 最小的群数。各项指标都出自混合模型本身，以 {} 位客户的样本判断。",
            grouped(learned.n_judged as f64, 0)
        ),
        Lang::En if is_mixture => format!(
            "Advised is the least BIC. All figures are those of the mixture itself, judged on a sample of {} customers.",
            grouped(learned.n_judged as f64, 0)
        ),
        Lang::Zh => format!(
            "建议：一致度不低于 0.75 的群数里轮廓系数最大的。以 {} 位客户的样本判断。",
            grouped(learned.n_judged as f64, 0)
        ),
        Lang::En => format!(
            "Advised is the best silhouette among those that agree to 0.75 at least. Judged on a sample of {} customers.",
            grouped(learned.n_judged as f64, 0)
        ),
    };
    figure(lang, false, title, &svg, &read, &html_table(&head, &table))
}

fn rules(learned: &LearnedClusters, lang: Lang) -> Option<String> {
    let description = learned.description.as_ref()?;
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let head = [
        say("规则", "rule"),
        say("群", "group"),
        say("客户", "customers"),
        say("覆盖该群", "of the group"),
        say("命中率", "right"),
    ]
    .map(String::from);
    let mut rows = Vec::new();
    for one in &description.clusters {
        for rule in &one.rules {
            rows.push(vec![
                rule.words.get(lang).to_string(),
                one.name.clone(),
                grouped(rule.n as f64, 0),
                percent(rule.caught, 0),
                percent(rule.n_right as f64 / rule.n.max(1) as f64, 0),
            ]);
        }
    }
    let right = percent(description.right, 1);
    let words = match lang {
        Lang::Zh => format!("这些规则把 {right} 的客户分到自己的群；--segments 把它们写成分群。"),
        Lang::En => {
            format!(
                "These rules put {right} of the customers into their own group; --segments writes them as segments."
            )
        }
    };
    Some(format!("<p>{}</p><div class=\"card scroll\">{}</div>", escape(&words), html_table(&head, &rows)))
}
