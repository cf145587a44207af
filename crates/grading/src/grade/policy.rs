//! The keep rules of a tier scheme, from the document to a policy: what contradicts itself is a finding.

use gradus_model::document::{Decide, Level, Promote, SpanUnit, TierScheme};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Place, Text};
use jiff::civil::Date;

use super::compile::Compiler;
use super::fit::Quota;
use super::keep::{Policy, Review};
use super::tier::LevelCuts;
use crate::fold::day_of;

/// The policy of a scheme that remembers; `None` if it does not, or if there are findings.
pub(crate) fn compile_policy(
    compiler: &mut Compiler<'_>,
    scheme: &TierScheme,
    place: &Place,
) -> Option<Policy> {
    let start = scheme.start.as_deref().and_then(|text| date(compiler, text, &place.key("start")));
    let mut freeze = Vec::new();
    for (index, stretch) in scheme.freeze.iter().enumerate() {
        let at = place.key("freeze").index(index);
        let from = date(compiler, &stretch.from, &at.key("from"));
        let until = date(compiler, &stretch.until, &at.key("until"));
        let (Some(from), Some(until)) = (from, until) else { continue };
        if from > until {
            let what = Text::new(
                format!("{} 晚于 {}", stretch.from, stretch.until),
                format!("{} is after {}", stretch.from, stretch.until),
            );
            let right =
                Text::new("从早到晚的两个日期，首尾都算在内", "two dates, early to late, both included");
            compiler.findings.push(Finding::error("freeze-dates", at, what, right));
            continue;
        }
        freeze.push((from, until));
    }
    freeze.sort_unstable();
    if !scheme.remembers() {
        if scheme.start.is_some() {
            let what = Text::new(
                "没有保级规则，起始日不起作用：每次定级只看当时的数值",
                "`start` says nothing without keep rules: each decision looks at the value of then alone",
            );
            let right = Text::new(
                "删去，或写 keep、freeze、promote 或保级门槛",
                "leave it out, or `keep`, `freeze`, `promote` or `demote`",
            );
            compiler.findings.push(Finding::warning("start-unused", place.key("start"), what, right));
        }
        return None;
    }
    if scheme.start.is_none() {
        let what = Text::new(
            "有保级规则的等级体系须写 start：从哪一天起逐次定级",
            "a scheme that remembers needs `start`: the day from which on it is decided",
        );
        let right = Text::new("例如 start: 2024-01-01", "such as `start: 2024-01-01`");
        compiler.findings.push(Finding::error("start-missing", place.key("start"), what, right));
    }
    if let Some((level, key)) = has_quota(scheme) {
        let what = Text::new(
            "名额每次重新分配，与保级规则（keep、freeze、demote、promote: at_once、周年日）不能并用",
            "a quota is settled anew at each review and does not go with keep rules (`keep`, `freeze`, `demote`, `promote: at_once`, anniversaries)",
        );
        let right = Text::new("二者取其一", "one of the two");
        let at = place.key("levels").key(level).key(key);
        compiler.findings.push(Finding::error("quota-with-keep", at, what, right));
    }
    let keep = scheme.keep.clone().unwrap_or_default();
    Some(Policy {
        start: start?,
        review: match scheme.decide {
            Decide::Daily => Review::Calendar(SpanUnit::Day),
            Decide::Monthly => Review::Calendar(SpanUnit::Month),
            Decide::Quarterly => Review::Calendar(SpanUnit::Quarter),
            Decide::Yearly => Review::Calendar(SpanUnit::Year),
            Decide::Anniversary => Review::Anniversary,
            Decide::TierAnniversary => Review::TierAnniversary,
        },
        at_once: scheme.promote == Some(Promote::AtOnce),
        at_least: keep.at_least,
        grace: keep.grace,
        after_fall: keep.after_fall,
        one_level: keep.one_level,
        freeze,
    })
}

/// How many customers each level above the lowest holds.
pub(crate) fn quotas(compiler: &mut Compiler<'_>, scheme: &TierScheme, place: &Place) -> Option<LevelCuts> {
    let mut quotas = Vec::new();
    for (name, level) in scheme.levels.iter().skip(1) {
        let at = place.key("levels").key(name);
        match (level.quota, level.quota_percent) {
            (Some(count), None) if level.from.is_none() && level.top_percent.is_none() => {
                quotas.push(Quota::Count(count));
            }
            (None, Some(percent)) if level.from.is_none() && level.top_percent.is_none() => {
                if !is_percent(percent) {
                    let what = Text::new(
                        format!("百分比 {percent} 不在 0 与 100 之间"),
                        format!("{percent} percent is not between 0 and 100"),
                    );
                    let right = Text::new("例如 10", "such as 10");
                    let at = at.key("quota_percent");
                    compiler.findings.push(Finding::error("level-percent", at, what, right));
                }
                quotas.push(Quota::Percent(percent));
            }
            _ => {
                let what = Text::new(
                    "最低等级以外，所有等级都写 quota 或 quota_percent，且不写 from、top_percent",
                    "every level but the lowest has `quota` or `quota_percent`, and neither `from` nor `top_percent`",
                );
                let right = Text::new("quota: …", "`quota: …`");
                compiler.findings.push(Finding::error("level-form", at, what, right));
            }
        }
    }
    if let Some((name, lowest)) = scheme.levels.0.first()
        && (lowest.quota.is_some() || lowest.quota_percent.is_some())
    {
        let what = Text::new(
            "最低等级不写名额：没有名额的都在这里",
            "the lowest level has no quota: whoever has no place is in it",
        );
        let right =
            Text::new("删去，或在前面加一个最低等级", "leave it out, or add a lowest level before it");
        let at = place.key("levels").key(name);
        compiler.findings.push(Finding::error("level-lowest", at, what, right));
    }
    (quotas.len() + 1 == scheme.levels.len())
        .then(|| LevelCuts::Places { key: place.path.clone().unwrap_or_default(), quotas })
}

/// The first level with a quota, and how it is written.
fn has_quota(scheme: &TierScheme) -> Option<(&str, &'static str)> {
    scheme.levels.iter().find_map(|(name, level)| match (level.quota, level.quota_percent) {
        (Some(_), _) => Some((name, "quota")),
        (_, Some(_)) => Some((name, "quota_percent")),
        _ => None,
    })
}

/// The values down to which each level above the lowest is kept, where any says so. `rise` are the values
/// that reach them.
pub(crate) fn hold_cuts(
    compiler: &mut Compiler<'_>,
    scheme: &TierScheme,
    rise: &[Fixed],
    place: &Place,
) -> Option<Vec<Fixed>> {
    let mut cuts: Vec<Fixed> = Vec::with_capacity(rise.len());
    for ((name, level), rise) in scheme.levels.iter().skip(1).zip(rise) {
        let hold = level.demote.unwrap_or(*rise);
        let at = place.key("levels").key(name).key("demote");
        if hold > *rise {
            let what = Text::new(
                format!("保级门槛 {hold} 高于升级门槛 {rise}：刚升上来就会降"),
                format!("`demote` {hold} is above `from` {rise}: whoever rises would fall at once"),
            );
            let right = Text::new(format!("不高于 {rise}"), format!("not above {rise}"));
            compiler.findings.push(Finding::error("demote-above-from", at, what, right));
        } else if let Some(last) = cuts.last()
            && hold <= *last
        {
            let what = Text::new(
                format!("保级门槛须从低到高：{hold} 不大于前一级的 {last}"),
                format!("levels ascend: `demote` {hold} is not greater than {last} of the level before"),
            );
            let right = Text::new(format!("大于 {last}"), format!("greater than {last}"));
            compiler.findings.push(Finding::error("levels-not-ascending", at, what, right));
        }
        cuts.push(hold);
    }
    (cuts.len() == rise.len() && cuts != rise).then_some(cuts)
}

/// Says where levels are held by a value that they do not have: in a grid, by percent, by quota.
pub(crate) fn no_demote(compiler: &mut Compiler<'_>, scheme: &TierScheme, place: &Place) {
    let has = |level: &Level| level.demote.is_some();
    for (name, _) in scheme.levels.iter().filter(|(_, level)| has(level) && level.from.is_none()) {
        let what = Text::new(
            "demote 与 from 一起写：没有升级门槛就没有保级门槛",
            "`demote` goes with `from`: without a threshold to rise there is none to keep",
        );
        let right = Text::new("写上 from，或删去 demote", "`from`, or leave `demote` out");
        let at = place.key("levels").key(name).key("demote");
        compiler.findings.push(Finding::error("level-form", at, what, right));
    }
}

/// True if a percentage is one.
pub(crate) fn is_percent(number: Fixed) -> bool {
    (1..=100 * FIXED_ONE).contains(&number.0)
}

/// A local date as a day.
fn date(compiler: &mut Compiler<'_>, text: &str, place: &Place) -> Option<i32> {
    match text.parse::<Date>() {
        Ok(date) => Some(day_of(date)),
        Err(_) => {
            let what = Text::new(format!("“{text}”不是日期"), format!("`{text}` is not a date"));
            let right = Text::new("例如 2026-01-31", "such as 2026-01-31");
            compiler.findings.push(Finding::error("date-form", place.clone(), what, right));
            None
        }
    }
}
