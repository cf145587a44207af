//! The figures of the report: each with how to read it and a table that says the same.

use gradus_model::Lang;

use super::chart::{Bar, Heat, areas, bars, heat, histogram, lorenz};
use super::{ReportInput, escape, flow, html_table};
use crate::summary::{
    LevelHistory, Migration, Part, RfmMap, ScoreSummary, ValueSummary, grouped, percent, states,
};

struct Page<'p> {
    lang: Lang,
    input: &'p ReportInput<'p>,
}

pub(crate) fn figures(input: &ReportInput<'_>) -> String {
    let page = Page { lang: input.lang, input };
    let latest = &input.summary.latest;
    let mut out = String::new();

    let mut cards = Vec::new();
    for tier in &latest.tiers {
        let parts: Vec<&Part> = tier.levels.iter().rev().chain(&tier.not_graded).collect();
        let mut rows: Vec<(String, &Part)> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let title = part.title.get(page.lang);
            let prefix = if index < tier.levels.len() { "" } else { page.t("未定级：", "not graded: ") };
            rows.push((format!("{prefix}{title}"), part));
        }
        let mut read = page.t(
            "蓝色是客户占比，橙色是金额占比。橙色远长于蓝色的等级，人少而贡献大。",
            "Blue is the share of customers, orange the share of value. Where orange is much longer, few customers bring much.",
        ).to_string();
        if tier.n_provisional > 0 {
            let n = grouped(tier.n_provisional as f64, 0);
            read += &page.both(
                &format!("其中 {n} 位为暂定：缺少的信息可能改变等级。"),
                &format!(" {n} are provisional: what is unknown could change their level."),
            );
        }
        cards.push(page.parts(tier.title.get(page.lang), &rows, &read));
    }
    for score in &latest.scores {
        cards.extend(page.score(score));
    }
    out += &page.section(("等级与评分", "Tiers and scores"), &cards);

    let mut cards = Vec::new();
    cards.extend(latest.value.as_ref().and_then(|value| page.lorenz(value)));
    cards.extend(latest.rfm.as_ref().map(|rfm| page.rfm(rfm)));
    out += &page.section(("价值分布", "Where the value is"), &cards);

    let mut cards = Vec::new();
    if !latest.segments.is_empty() {
        let rows: Vec<(String, &Part)> = latest
            .segments
            .iter()
            .map(|s| (s.members.title.get(page.lang).to_string(), &s.members))
            .collect();
        let read = page.t(
            "分群可以重叠，占比之和不必是 100%。无法判断是否属于分群的客户不计入。",
            "Segments may overlap, so shares need not add up to 100%. Customers of whom it cannot be told are left out.",
        );
        cards.push(page.parts(page.t("分群", "Segments"), &rows, read));
    }
    for grouping in &latest.groupings {
        let shown = grouping.shown();
        let rows: Vec<(String, &Part)> = shown
            .iter()
            .filter(|group| group.count > 0)
            .map(|group| (group.title.get(page.lang).to_string(), group))
            .collect();
        let read = page.t("每位客户最多属于其中一组。", "Every customer is in at most one of these groups.");
        cards.push(page.parts(grouping.title.get(page.lang), &rows, read));
    }
    out += &page.section(("分群", "Segments and groups"), &cards);

    let mut cards = Vec::new();
    for history in input.summary.history.iter().filter(|history| history.points.len() > 1) {
        cards.push(page.history(history));
    }
    for migration in &input.summary.migrations {
        cards.push(page.migration(migration));
        if !migration.risen.is_empty() || !migration.fallen.is_empty() {
            cards.push(page.movers(migration));
        }
    }
    out + &page.section(("迁移", "How customers moved"), &cards)
}

impl Page<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.lang == Lang::Zh { zh } else { en }
    }

    fn both(&self, zh: &str, en: &str) -> String {
        if self.lang == Lang::Zh { zh.to_string() } else { en.to_string() }
    }

    fn section(&self, title: (&'static str, &'static str), cards: &[String]) -> String {
        if cards.is_empty() {
            return String::new();
        }
        format!(
            "<section><h2>{}</h2><div class=\"cards\">{}</div></section>\n",
            self.t(title.0, title.1),
            cards.concat()
        )
    }

    fn figure(&self, wide: bool, title: &str, svg: &str, read: &str, table: &str) -> String {
        format!(
            "<figure class=\"card{}\"><h3>{}</h3>{svg}<figcaption class=\"read\">{}</figcaption><details><summary>{}</summary>{table}</details></figure>\n",
            if wide { " wide" } else { "" },
            escape(title),
            escape(read),
            self.t("以表格查看", "as a table"),
        )
    }

    fn parts(&self, title: &str, rows: &[(String, &Part)], read: &str) -> String {
        let drawn: Vec<Bar> = rows
            .iter()
            .map(|(label, part)| Bar {
                label: label.clone(),
                share: part.share,
                value_share: part.value_share,
                count: part.count,
            })
            .collect();
        let legend =
            (self.t("客户占比（人数）", "share of customers (count)"), self.t("金额占比", "share of value"));
        let mut head =
            vec![String::new(), self.t("客户数", "customers").into(), self.t("占比", "share").into()];
        let with_value = rows.iter().any(|(_, part)| part.value.is_some());
        if with_value {
            head.push(self.t("金额", "value").into());
            head.push(self.t("金额占比", "value share").into());
        }
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(label, part)| {
                let mut row = vec![label.clone(), grouped(part.count as f64, 0), percent(part.share, 1)];
                if with_value {
                    row.push(part.value.map_or_else(|| "—".into(), |value| grouped(value, 2)));
                    row.push(part.value_share.map_or_else(|| "—".into(), |share| percent(share, 1)));
                }
                row
            })
            .collect();
        let wide = rows.len() > 24;
        self.figure(wide, title, &bars(&drawn, title, legend), read, &html_table(&head, &cells))
    }

    fn score(&self, score: &ScoreSummary) -> Option<String> {
        let found = score.histogram.as_ref()?;
        let median = score.quantile(50)?;
        let words = format!("{} {}", self.t("中位数", "median"), grouped(median, 1));
        let title = score.title.get(self.lang);
        let svg = histogram(found, &[(median, &words)], title);
        let mut read = self
            .t(
                "横轴是分数，柱高是客户数。橙线左右各有一半客户。",
                "Scores run to the right, the height is the number of customers. Half of them lie on each side of the orange line.",
            )
            .to_string();
        if score.n_unknown > 0 {
            let n = grouped(score.n_unknown as f64, 0);
            read += &self
                .both(&format!("另有 {n} 位没有确定的分数。"), &format!(" {n} more have no single score."));
        }
        let mut rows = vec![vec![self.t("平均", "mean").to_string(), grouped(score.mean.unwrap_or(0.0), 2)]];
        for (at, zh, en) in [
            (0, "最低", "lowest"),
            (5, "5% 分位", "5%"),
            (25, "25% 分位", "25%"),
            (50, "中位数", "median"),
            (75, "75% 分位", "75%"),
            (95, "95% 分位", "95%"),
            (100, "最高", "highest"),
        ] {
            rows.extend(score.quantile(at).map(|value| vec![self.t(zh, en).to_string(), grouped(value, 2)]));
        }
        let head = [String::new(), self.t("分数", "score").to_string()];
        Some(self.figure(false, title, &svg, &read, &html_table(&head, &rows)))
    }

    fn lorenz(&self, value: &ValueSummary) -> Option<String> {
        if value.lorenz.is_empty() {
            return None;
        }
        let name = value.title.get(self.lang);
        let title = self
            .both(&format!("{name}的集中度（洛伦兹曲线）"), &format!("{name}: concentration (Lorenz curve)"));
        let axes = (
            self.t("客户累计占比（从低到高）", "customers, poorest first"),
            self.t("金额累计占比", "share of the value"),
        );
        let mut read = self
            .t(
                "曲线离对角线越远，金额越集中在少数客户。",
                "The further the curve is from the diagonal, the fewer customers hold the value.",
            )
            .to_string();
        if let Some(gini) = value.gini {
            read += &self.both(
                &format!("基尼系数 {}（0 完全平均，1 集中于一人）。", grouped(gini, 3)),
                &format!(" Gini coefficient {} (0 all equal, 1 one has all).", grouped(gini, 3)),
            );
        }
        if let Some(share) = value.top20_share {
            let share = percent(share, 1);
            read += &self.both(
                &format!("橙点右侧是金额最高的 20% 客户，贡献 {share}。"),
                &format!(" Right of the orange dot are the top 20%, who hold {share}."),
            );
        }
        let head = [self.t("客户占比", "customers").to_string(), self.t("金额占比", "value").to_string()];
        let rows: Vec<Vec<String>> =
            value.lorenz.iter().step_by(10).map(|(x, y)| vec![percent(*x, 0), percent(*y, 1)]).collect();
        Some(self.figure(
            false,
            &title,
            &lorenz(&value.lorenz, &title, axes),
            &read,
            &html_table(&head, &rows),
        ))
    }

    fn rfm(&self, rfm: &RfmMap) -> String {
        let title = self.t("RFM 图：最近一次 × 次数", "RFM map: recency by frequency");
        let most = rfm.cells.iter().flatten().map(|cell| cell.count).max().unwrap_or(0).max(1) as f64;
        let rows: Vec<String> = (1..=5)
            .rev()
            .map(|class| match class {
                5 => self.t("R5 最近", "R5 latest").to_string(),
                1 => self.t("R1 最久", "R1 longest").to_string(),
                _ => format!("R{class}"),
            })
            .collect();
        let columns: Vec<String> = (1..=5)
            .map(|class| match class {
                5 => self.t("F5 最多", "F5 most").to_string(),
                1 => self.t("F1 最少", "F1 least").to_string(),
                _ => format!("F{class}"),
            })
            .collect();
        let cells: Vec<Vec<(String, f64)>> = rfm
            .cells
            .iter()
            .rev()
            .map(|row| {
                row.iter()
                    .map(|cell| (grouped(cell.count as f64, 0), (cell.count as f64 / most).sqrt()))
                    .collect()
            })
            .collect();
        let heat_map = Heat {
            rows: &rows,
            columns: &columns,
            cells: &cells,
            framed: &[],
            axes: ("", self.t("数字是客户数", "numbers are customers")),
        };
        let mut read = self.both(
            &format!(
                "按“{}”和“{}”各分五档，相同的值在同一档。右上角最近且常来，左下角久未来且少来。",
                rfm.recency.zh, rfm.frequency.zh
            ),
            &format!(
                "\"{}\" and \"{}\" in fifths; equal values stay together. Upper right: recent and often; lower left: long ago and seldom.",
                rfm.recency.en, rfm.frequency.en
            ),
        );
        if rfm.n_unknown > 0 {
            let n = grouped(rfm.n_unknown as f64, 0);
            read += &self.both(&format!("另有 {n} 位未知。"), &format!(" {n} more are unknown."));
        }
        let mut head = vec![String::new()];
        head.extend(columns.iter().cloned());
        let table: Vec<Vec<String>> = rows
            .iter()
            .zip(rfm.cells.iter().rev())
            .map(|(row, cells)| {
                let cell = |cell: &crate::summary::RfmCell| {
                    let mean = cell.mean_value.map(|mean| format!(" / ⌀ {}", grouped(mean, 0)));
                    format!("{}{}", grouped(cell.count as f64, 0), mean.unwrap_or_default())
                };
                std::iter::once(row.clone()).chain(cells.iter().map(cell)).collect()
            })
            .collect();
        self.figure(false, title, &heat(&heat_map, title), &read, &html_table(&head, &table))
    }

    fn history(&self, history: &LevelHistory) -> String {
        let name = history.title.get(self.lang);
        let title = self.both(&format!("{name}：各期人数"), &format!("{name}: customers over time"));
        let mut titles: Vec<String> =
            history.levels.iter().map(|(_, title)| title.get(self.lang).to_string()).collect();
        titles.push(self.t("未定级", "not graded").to_string());
        let instants: Vec<String> = history.points.iter().map(|point| point.as_of.clone()).collect();
        let counts: Vec<Vec<u64>> = history
            .points
            .iter()
            .map(|point| point.counts.iter().copied().chain([point.not_graded]).collect())
            .collect();
        let head: Vec<String> = std::iter::once(String::new()).chain(titles.iter().cloned()).collect();
        let rows: Vec<Vec<String>> = instants
            .iter()
            .zip(&counts)
            .map(|(at, counts)| {
                std::iter::once(at.clone())
                    .chain(counts.iter().map(|count| grouped(*count as f64, 0)))
                    .collect()
            })
            .collect();
        let read = self.t(
            "每条色带的高度是该等级的人数，最高等级在最上面。",
            "The height of each band is the number of customers at that level, the highest level on top.",
        );
        let svg = areas(&titles, &instants, &counts, &title);
        self.figure(true, &title, &svg, read, &html_table(&head, &rows))
    }

    fn migration(&self, migration: &Migration) -> String {
        let title =
            format!("{}: {} → {}", migration.title.get(self.lang), migration.from_as_of, migration.to_as_of);
        let (from, to) = (states(migration, self.lang, true), states(migration, self.lang, false));
        let count = |from: usize, to: usize| {
            migration.counts.get(from).and_then(|row| row.get(to)).copied().unwrap_or(0)
        };
        let titles =
            |states: &[(usize, String)]| states.iter().map(|(_, title)| title.clone()).collect::<Vec<_>>();
        let (rows, columns) = (titles(&from), titles(&to));
        let mut cells = Vec::new();
        let mut framed = Vec::new();
        let mut table = Vec::new();
        for (row, (from, title)) in from.iter().enumerate() {
            let total: u64 = to.iter().map(|(to, _)| count(*from, *to)).sum();
            let mut line = Vec::new();
            let mut plain = vec![title.clone()];
            for (column, (to, _)) in to.iter().enumerate() {
                let n = count(*from, *to);
                let words = if n == 0 { "·".to_string() } else { grouped(n as f64, 0) };
                line.push((words, n as f64 / total.max(1) as f64));
                plain.push(format!(
                    "{} ({})",
                    grouped(n as f64, 0),
                    percent(n as f64 / total.max(1) as f64, 1)
                ));
                if from == to && *from <= migration.levels.len() {
                    framed.push((row, column));
                }
            }
            cells.push(line);
            table.push(plain);
        }
        let axes = (self.t("原等级 ↓", "from ↓"), self.t("现等级 →", "to →"));
        let svg =
            heat(&Heat { rows: &rows, columns: &columns, cells: &cells, framed: &framed, axes }, &title);
        let (up, down, same) = (
            grouped(migration.n_up as f64, 0),
            grouped(migration.n_down as f64, 0),
            grouped(migration.n_same as f64, 0),
        );
        let read = self.both(
            &format!("每行是原来的等级，每列是现在的等级；颜色深浅是占该行的比例，带框的是不变的。升级 {up}，降级 {down}，不变 {same}。"),
            &format!("Rows are where customers were, columns where they are; the colour is the share of the row, framed cells stayed. {up} up, {down} down, {same} unchanged."),
        );
        let mut head = vec![String::new()];
        head.extend(columns.iter().cloned());
        let table = html_table(&head, &table);
        let flows = self.t(
            "左边是原来的等级，右边是现在的；带的宽度是人数，颜色跟原来的等级走。",
            "On the left where customers were, on the right where they are; a band is as wide as it has customers, coloured by where they were.",
        );
        let matrix = self.figure(false, &title, &svg, &read, &table);
        matrix + &self.figure(true, &title, &flow(migration, self.lang), flows, &table)
    }

    fn movers(&self, migration: &Migration) -> String {
        let level = |position: usize| {
            migration.levels.get(position).map_or("", |(_, title)| title.get(self.lang)).to_string()
        };
        let value = self.input.summary.latest.value.as_ref();
        let mut head = vec![
            self.t("客户", "customer").to_string(),
            self.t("从", "from").to_string(),
            self.t("到", "to").to_string(),
        ];
        head.extend(value.map(|value| value.title.get(self.lang).to_string()));
        let mut out = format!("<div class=\"card\"><h3>{}</h3>", self.t("变化最大的客户", "Who moved most"));
        let lists = [(self.t("升级", "Up"), &migration.risen), (self.t("降级", "Down"), &migration.fallen)];
        for (title, movers) in lists.into_iter().filter(|(_, movers)| !movers.is_empty()) {
            let rows: Vec<Vec<String>> = movers
                .iter()
                .map(|mover| {
                    let name = self.input.mover_names.and_then(|names| names.name_of(mover.customer));
                    let mut row = vec![
                        name.unwrap_or_else(|| mover.customer.to_string()),
                        level(mover.from),
                        level(mover.to),
                    ];
                    if value.is_some() {
                        row.push(mover.value.map_or_else(|| "—".into(), |value| grouped(value, 2)));
                    }
                    row
                })
                .collect();
            out += &format!("<p class=\"read\">{title}</p>{}", html_table(&head, &rows));
        }
        out += &format!(
            "<p class=\"read\">{}</p></div>\n",
            self.t("先看跨了几级，再看金额。", "By how many levels, then by value.")
        );
        out
    }
}
