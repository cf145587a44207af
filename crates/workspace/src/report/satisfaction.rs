//! Satisfaction as a page: what was answered, by group, against loyalty, and what customers need.

use gradus_model::{Lang, Text};

use super::chart::{Bar, Heat, bars, heat};
use super::plot::{Whisker, whiskers};
use super::validation::{figure, said};
use super::{Section, html_table, page};
use crate::satisfaction::{Corner, Grid, GroupsMeasured, Measure, Satisfaction, Topics};
use crate::summary::{grouped, percent};

/// Satisfaction as one page.
pub fn satisfaction_page(done: &Satisfaction, workspace: &str, lang: Lang) -> String {
    let title = done.question.measure.title();
    let meta = [
        workspace.to_string(),
        done.question.title.get(lang).to_string(),
        done.stretch.get(lang).to_string(),
    ];
    let mut sections =
        vec![Section { title: Text::new("回答", "What was answered"), html: answered(done, lang) }];
    if done.trend.len() > 1 {
        let html = format!("<div class=\"cards\">{}</div>", trend(done, lang));
        sections.push(Section { title: Text::new("逐月", "Month by month"), html });
    }
    if let Some(by) = &done.by {
        let html = format!("<div class=\"cards\">{}</div>", by_group(done, by, lang));
        sections.push(Section { title: Text::new("分组", "By group"), html });
    }
    if let Some(grid) = &done.grid {
        sections.push(Section {
            title: Text::new("满意度与忠诚度", "Satisfaction and loyalty"),
            html: against(done, grid, lang),
        });
    }
    if let Some(topics) = &done.topics {
        let html = format!("<div class=\"cards\">{}</div>", needs(done, topics, lang));
        sections.push(Section { title: Text::new("需求主题", "Topics of need"), html });
    }
    page(lang, title.get(lang), &meta, &sections)
}

fn answered(done: &Satisfaction, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let mut words = vec![&done.overall.words];
    let (n, all) = (grouped(done.n_answered as f64, 0), grouped(done.n_customers as f64, 0));
    let rate = done.rate.map(|rate| percent(rate.value, 1)).unwrap_or_default();
    let who = Text::new(
        format!("{all} 位客户中 {n} 位回答（{rate}）"),
        format!("{n} of {all} customers answered ({rate})"),
    );
    words.push(&who);
    words.extend(done.bias.iter().map(|bias| &bias.words));
    let notes: Vec<Text> = done.findings.iter().map(|finding| finding.what.clone()).collect();
    words.extend(&notes);
    let share = |n: u64| n as f64 / done.n_answered.max(1) as f64;
    let all: Vec<Bar> = done
        .answers
        .iter()
        .rev()
        .map(|one| Bar {
            label: one.answer.to_string(),
            share: share(one.n),
            value_share: None,
            count: one.n,
        })
        .collect();
    let head = [t("回答", "answer").to_string(), t("客户数", "customers").into(), t("占比", "share").into()];
    let rows = done
        .answers
        .iter()
        .map(|one| vec![one.answer.to_string(), grouped(one.n as f64, 0), percent(share(one.n), 1)]);
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = done.question.title.get(lang);
    let svg = bars(&all, title, (t("占回答的比例", "share of answers"), ""));
    let read = t("每位客户只算最近一次回答。", "Each customer's latest answer counts.");
    format!(
        "{}<div class=\"cards\">{}</div>",
        said(lang, &words),
        figure(lang, false, title, &svg, read, &table)
    )
}

fn trend(done: &Satisfaction, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let all: Vec<Whisker> = done
        .trend
        .iter()
        .map(|month| {
            let one = month.measured.value;
            let words = format!("{:.1} (n {})", one.value, month.n_answered);
            Whisker { label: month.month.clone(), value: one.value, low: one.low, high: one.high, words }
        })
        .collect();
    let head = [
        t("月份", "month").to_string(),
        t("回答", "answered").into(),
        t("值（95% 区间）", "value (95% interval)").into(),
    ];
    let rows = done.trend.iter().map(|month| {
        let one = month.measured.value;
        let value = format!("{:.1} ({:.1}–{:.1})", one.value, one.low, one.high);
        vec![month.month.clone(), grouped(month.n_answered as f64, 0), value]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = done.question.title.get(lang);
    let read =
        t("每个月里每位客户只算最近一次回答。", "Of each month each customer's latest answer in it counts.");
    figure(lang, true, title, &whiskers(&all, title), read, &table)
}

fn by_group(done: &Satisfaction, by: &GroupsMeasured, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let unit = if done.question.measure == Measure::Nps { "" } else { "%" };
    let all: Vec<Whisker> = by
        .groups
        .iter()
        .rev()
        .filter_map(|group| {
            let one = group.measured.as_ref()?.value;
            Some(Whisker {
                label: group.title.get(lang).to_string(),
                value: one.value,
                low: one.low,
                high: one.high,
                words: format!("{:.1}{unit}", one.value),
            })
        })
        .collect();
    let head = [
        by.title.get(lang).to_string(),
        t("客户数", "customers").into(),
        t("回答", "answered").into(),
        t("回答率", "rate").into(),
        t("值（95% 区间）", "value (95% interval)").into(),
    ];
    let rows = by.groups.iter().map(|group| {
        let value = group.measured.as_ref().map(|found| {
            let one = found.value;
            format!("{:.1}{unit} ({:.1}–{:.1})", one.value, one.low, one.high)
        });
        vec![
            group.title.get(lang).to_string(),
            grouped(group.n_customers as f64, 0),
            grouped(group.n_answered as f64, 0),
            group.rate.map(|rate| percent(rate.value, 1)).unwrap_or_default(),
            value.unwrap_or_default(),
        ]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = format!("{} · {}", done.question.title.get(lang), by.title.get(lang));
    let read = t(
        "细线是 95% 区间；区间重叠的组，差别可能只是碰巧。",
        "Thin lines are 95% intervals; where they overlap, a difference may be chance.",
    );
    figure(lang, false, &title, &whiskers(&all, &title), read, &table)
}

fn against(done: &Satisfaction, grid: &Grid, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let rows: Vec<String> = grid.rows.iter().map(|row| row.title.get(lang).to_string()).collect();
    let columns: Vec<String> = grid.columns.iter().map(|column| column.title.get(lang).to_string()).collect();
    let cells: Vec<Vec<(String, f64)>> = grid
        .cells
        .iter()
        .map(|row| row.iter().map(|cell| (grouped(cell.n as f64, 0), cell.share.unwrap_or(0.0))).collect())
        .collect();
    let mut head = vec![String::new()];
    head.extend(columns.iter().cloned());
    let lines = grid.rows.iter().zip(&grid.cells).map(|(row, cells)| {
        let mut line = vec![row.title.get(lang).to_string()];
        line.extend(cells.iter().map(|cell| match cell.share {
            Some(share) => format!("{} ({})", grouped(cell.n as f64, 0), percent(share, 1)),
            None => String::from("0"),
        }));
        line
    });
    let table = html_table(&head, &lines.collect::<Vec<_>>());
    let title = format!("{} · {}", done.question.title.get(lang), grid.title.get(lang));
    let drawn =
        Heat { rows: &rows, columns: &columns, cells: &cells, framed: &[], axes: ("", grid.title.get(lang)) };
    let read = t(
        "颜色越深，该列回答者中的占比越大；最后一行是未回答的占该列全部客户的比例。",
        "The darker, the larger the share of those of the column who answered; the last row is the share of its customers who did not.",
    );
    let mut lines = Vec::new();
    let mut corner = |zh: &str, en: &str, one: &Option<Corner>| {
        if let Some(one) = one {
            let share = one.share.map(|share| format!("（{}）", percent(share.value, 1))).unwrap_or_default();
            lines.push(Text::new(
                format!("{zh}：{} 位{share}，{}", one.n, one.words.zh),
                format!("{en}: {} {}, {}", one.n, share.replace('（', "(").replace('）', ")"), one.words.en),
            ));
        }
    };
    corner("满意但在流失", "Satisfied but leaving", &done.satisfied_leaving);
    corner("不满意但忠诚", "Dissatisfied but loyal", &done.dissatisfied_loyal);
    format!(
        "<div class=\"cards\">{}</div>{}",
        figure(lang, true, &title, &heat(&drawn, &title), read, &table),
        said(lang, &lines.iter().collect::<Vec<_>>())
    )
}

fn needs(done: &Satisfaction, topics: &Topics, lang: Lang) -> String {
    let t = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let all: Vec<Bar> = topics
        .topics
        .iter()
        .take(20)
        .map(|topic| Bar {
            label: topic.name.clone(),
            share: topic.share.value,
            value_share: None,
            count: topic.n,
        })
        .collect();
    let head = [
        t("主题", "topic").to_string(),
        t("客户数", "customers").into(),
        t("占比（95% 区间）", "share (95% interval)").into(),
        done.question.band_title(0).get(lang).into(),
        done.question.band_title(2).get(lang).into(),
    ];
    let rows = topics.topics.iter().map(|topic| {
        let share = topic.share;
        let share =
            format!("{} ({}–{})", percent(share.value, 1), percent(share.low, 1), percent(share.high, 1));
        vec![topic.name.clone(), topic.n.to_string(), share, topic.low.to_string(), topic.high.to_string()]
    });
    let table = html_table(&head, &rows.collect::<Vec<_>>());
    let title = t("客户提到的主题", "Topics that customers named");
    let read = match lang {
        Lang::Zh => format!("{} 位客户提到过主题，一个主题一位客户只算一次。", topics.n_customers),
        Lang::En => format!("{} customers named any; each counts once for a topic.", topics.n_customers),
    };
    let svg = bars(&all, title, (t("占提到主题的客户", "share of customers who named any"), ""));
    figure(lang, false, title, &svg, &read, &table)
}
