//! A tier scheme of the document: what is checked of it, and what becomes of it.

use gradus_model::document::{GridAxis, TierScheme};
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Place, Text};

use super::{Axis, LevelCuts, Measure, Scheme};
use crate::grade::compile::{Compiler, unknown_name};
use crate::grade::policy::{compile_policy, hold_cuts, is_percent, no_demote, quotas};

pub(crate) fn compile_scheme(compiler: &mut Compiler<'_>, name: &str, scheme: &TierScheme) -> Option<Scheme> {
    let place = compiler.root().key("tiers").key(name);
    let before = compiler.findings.0.len();
    let mut fine = true;
    if scheme.levels.is_empty() || scheme.levels.len() > 1000 {
        let what = Text::new("等级须有 1 至 1000 个", "a scheme has 1 to 1000 levels");
        compiler.findings.push(Finding::error(
            "levels-count",
            place.key("levels"),
            what,
            Text::new("从低到高写出等级", "the levels from lowest to highest"),
        ));
        return None;
    }
    let mut seen = std::collections::BTreeSet::new();
    for level in scheme.levels.names() {
        if !seen.insert(level) {
            let what = Text::new(format!("等级“{level}”写了两次"), format!("level `{level}` is given twice"));
            compiler.findings.push(Finding::error(
                "duplicate-name",
                place.key("levels").key(level),
                what,
                Text::new("每级一个不同的名字", "a name of its own for each level"),
            ));
        }
    }
    let mut eligible = None;
    if let Some(condition) = &scheme.eligible {
        match compiler.condition(condition, &place.key("eligible")) {
            Some((formula, _)) => eligible = Some(formula),
            None => fine = false,
        }
    }
    let measure = match (&scheme.by, &scheme.grid) {
        (Some(by), None) => {
            let cuts = level_cuts(compiler, scheme, &place);
            let value = Axis::compile(compiler, by, &place.key("by"));
            value.zip(cuts).map(|(value, cuts)| Measure::By { value, cuts })
        }
        (None, Some(grid)) => {
            let at = place.key("grid");
            for (level, written) in scheme.levels.iter() {
                if written.from.is_some() || written.top_percent.is_some() {
                    let what = Text::new(
                        "网格定级时等级不写 from、top_percent",
                        "with a grid, levels have no `from` and no `top_percent`",
                    );
                    compiler.findings.push(Finding::error(
                        "level-form",
                        place.key("levels").key(level),
                        what,
                        Text::new("删去", "leave it out"),
                    ));
                }
            }
            let rows = axis(compiler, &grid.rows, &at.key("rows"));
            let columns = axis(compiler, &grid.columns, &at.key("columns"));
            let cells = cells(compiler, scheme, &at);
            match (rows, columns, cells) {
                (Some(rows), Some(columns), Some(cells)) => Some(Measure::Grid { rows, columns, cells }),
                _ => None,
            }
        }
        _ => {
            let what = Text::new("by 与 grid 须恰好写一个", "exactly one of `by`, `grid`");
            compiler.findings.push(Finding::error(
                "tier-form",
                place.clone(),
                what,
                Text::new("例如 by: value_score", "such as `by: value_score`"),
            ));
            None
        }
    };
    no_demote(compiler, scheme, &place);
    let hold = match &measure {
        Some(Measure::By { cuts: LevelCuts::Fixed(rise), .. }) => {
            let rise = rise.clone();
            hold_cuts(compiler, scheme, &rise, &place)
        }
        _ => None,
    };
    let policy = compile_policy(compiler, scheme, &place);
    if !fine || compiler.findings.0[before..].iter().any(|f| f.severity == gradus_model::Severity::Error) {
        return None;
    }
    let level = |(key, level): (&str, &gradus_model::document::Level)| {
        (key.to_string(), level.title.clone().unwrap_or_else(|| Text::plain(key)))
    };
    Some(Scheme {
        name: name.to_string(),
        title: scheme.title.clone().unwrap_or_else(|| Text::plain(name)),
        levels: scheme.levels.iter().map(level).collect(),
        eligible,
        measure: measure?,
        axis_titles: scheme
            .grid
            .iter()
            .flat_map(|grid| [axis_title(&grid.rows), axis_title(&grid.columns)])
            .collect(),
        policy,
        hold,
    })
}

fn axis_title(axis: &GridAxis) -> Text {
    axis.title.clone().unwrap_or_else(|| Text::plain(&axis.value))
}

fn level_cuts(compiler: &mut Compiler<'_>, scheme: &TierScheme, place: &Place) -> Option<LevelCuts> {
    let at = place.key("levels");
    let mut fine = true;
    let mut say = |compiler: &mut Compiler<'_>, code, place: Place, what: Text, right: Text| {
        compiler.findings.push(Finding::error(code, place, what, right));
        fine = false;
    };
    let levels = &scheme.levels.0;
    if let Some((name, lowest)) = levels.first()
        && (lowest.from.is_some() || lowest.top_percent.is_some())
    {
        let what = Text::new(
            "最低等级不写 from、top_percent：达不到上一级的都在这里",
            "the lowest level has no `from` and no `top_percent`: whoever reaches no other is in it",
        );
        say(
            compiler,
            "level-lowest",
            at.key(name),
            what,
            Text::new("删去，或在前面加一个最低等级", "leave it out, or add a lowest level before it"),
        );
    }
    let above = &levels[1..];
    if above.iter().any(|(_, level)| level.quota.is_some() || level.quota_percent.is_some()) {
        return quotas(compiler, scheme, place);
    }
    let by_percent = above.first().is_some_and(|(_, level)| level.top_percent.is_some());
    let mut numbers: Vec<Fixed> = Vec::new();
    for (name, level) in above {
        let here = at.key(name);
        let (own, key) = if by_percent { (level.top_percent, "top_percent") } else { (level.from, "from") };
        let other = if by_percent { level.from } else { level.top_percent };
        let Some(number) = own.filter(|_| other.is_none()) else {
            let what = Text::new(
                "最低等级以外，所有等级都写 from，或都写 top_percent",
                "every level but the lowest has `from`, or every one `top_percent`",
            );
            say(compiler, "level-form", here, what, Text::new(format!("{key}: …"), format!("`{key}: …`")));
            continue;
        };
        if by_percent && !is_percent(number) {
            let what = Text::new(
                format!("百分比 {number} 不在 0 与 100 之间"),
                format!("{number} percent is not between 0 and 100"),
            );
            say(compiler, "level-percent", here.key(key), what, Text::new("例如 10", "such as 10"));
        } else if let Some(last) = numbers.last()
            && (if by_percent { number >= *last } else { number <= *last })
        {
            let what = Text::new(
                format!("等级须从低到高：这里的 {key} {number} 与前一级的 {last} 顺序不对"),
                format!("levels ascend: {key} {number} does not follow {last} of the level before"),
            );
            let right = if by_percent {
                Text::new(
                    format!("小于 {last}：等级越高，占比越小"),
                    format!("less than {last}: a higher level holds fewer"),
                )
            } else {
                Text::new(format!("大于 {last}"), format!("greater than {last}"))
            };
            say(compiler, "levels-not-ascending", here.key(key), what, right);
        }
        numbers.push(number);
    }
    fine.then(|| {
        if by_percent {
            LevelCuts::TopPercent { key: place.path.clone().unwrap_or_default(), percents: numbers }
        } else {
            LevelCuts::Fixed(numbers)
        }
    })
}

fn axis(compiler: &mut Compiler<'_>, axis: &GridAxis, place: &Place) -> Option<(Axis, Vec<Fixed>)> {
    check_ascending(compiler, &axis.cuts, &place.key("cuts"));
    let value = Axis::compile(compiler, &axis.value, &place.key("value"))?;
    Some((value, axis.cuts.clone()))
}

/// Cuts ascend strictly and there is at least one.
pub(crate) fn check_ascending(compiler: &mut Compiler<'_>, cuts: &[Fixed], place: &Place) -> bool {
    if cuts.is_empty() || cuts.len() > 10_000 {
        let what = Text::new("cuts 须有 1 至 10000 个数", "`cuts` has 1 to 10,000 numbers");
        compiler.findings.push(Finding::error(
            "cuts-count",
            place.clone(),
            what,
            Text::new("例如 [100, 500]", "such as [100, 500]"),
        ));
        return false;
    }
    let mut fine = true;
    for (index, pair) in cuts.windows(2).enumerate() {
        if pair[0] >= pair[1] {
            let what = Text::new(
                format!("{} 不大于前一个 {}", pair[1], pair[0]),
                format!("{} is not greater than {} before it", pair[1], pair[0]),
            );
            compiler.findings.push(Finding::error(
                "cuts-not-ascending",
                place.index(index + 1),
                what,
                Text::new("从小到大", "ascending numbers"),
            ));
            fine = false;
        }
    }
    fine
}

fn cells(compiler: &mut Compiler<'_>, scheme: &TierScheme, place: &Place) -> Option<Vec<Vec<usize>>> {
    let grid = scheme.grid.as_ref()?;
    let (n_rows, n_columns) = (grid.rows.cuts.len() + 1, grid.columns.cuts.len() + 1);
    let mut fine = true;
    if grid.cells.len() != n_rows {
        let what = Text::new(
            format!("cells 有 {} 行，行轴的 {} 个切点对应 {n_rows} 行", grid.cells.len(), n_rows - 1),
            format!(
                "`cells` has {} rows; {} cuts of the row axis make {n_rows}",
                grid.cells.len(),
                n_rows - 1
            ),
        );
        compiler.findings.push(Finding::error(
            "grid-shape",
            place.key("cells"),
            what,
            Text::new(format!("{n_rows} 行"), format!("{n_rows} rows")),
        ));
        fine = false;
    }
    let mut table = Vec::with_capacity(n_rows);
    for (row, names) in grid.cells.iter().enumerate() {
        let at = place.key("cells").index(row);
        if names.len() != n_columns {
            let what = Text::new(
                format!("这一行有 {} 格，列轴的 {} 个切点对应 {n_columns} 格", names.len(), n_columns - 1),
                format!(
                    "this row has {} cells; {} cuts of the column axis make {n_columns}",
                    names.len(),
                    n_columns - 1
                ),
            );
            compiler.findings.push(Finding::error(
                "grid-shape",
                at.clone(),
                what,
                Text::new(format!("{n_columns} 格"), format!("{n_columns} cells")),
            ));
            fine = false;
        }
        let mut line = Vec::with_capacity(n_columns);
        for (column, level) in names.iter().enumerate() {
            match scheme.levels.position(level) {
                Some(position) => line.push(position),
                None => {
                    let findings =
                        unknown_name(level, "等级", "level", scheme.levels.names(), &at.index(column));
                    compiler.findings.extend(findings);
                    fine = false;
                }
            }
        }
        table.push(line);
    }
    fine.then_some(table)
}
