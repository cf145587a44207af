//! Keep rules of tier schemes: rules that can never act, levels that nobody ever loses, quotas beyond what the
//! higher levels leave.

use gradus_model::document::TierScheme;
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Given, Place, Text};

use super::Prover;
use crate::fold::{date_of, day_of};
use crate::grade::fit::Quota;
use crate::grade::idle::{Idle, IdleCalm, IdleFreeze, IdleStay};
use crate::grade::tier::{Axis, LevelCuts, Measure, Scheme};

/// A day as an example.
fn on(name: &str, title: Text, day: i32) -> Given {
    let shown = date_of(day).map(|date| date.to_string()).unwrap_or_default();
    Given { name: name.into(), title, value: Text::plain(shown), input: None }
}

impl Prover<'_> {
    pub(super) fn keep_rules(&mut self, scheme: &Scheme, place: &Place) {
        let model = self.model;
        let Some(written) = model.tiers.get(&scheme.name) else { return };
        if let Some(policy) = &scheme.policy {
            let idle = policy.idle(scheme.levels.len(), self.may_lack(scheme));
            self.say_idle(scheme, written, &idle, place);
        }
        match &scheme.measure {
            Measure::By { value, cuts: LevelCuts::Fixed(rise) } => {
                self.thresholds(scheme, written, value, rise, place)
            }
            Measure::By { cuts: LevelCuts::Places { quotas, .. }, .. } => self.quotas(scheme, quotas, place),
            _ => {}
        }
    }

    /// True if somebody may have no value, or it may not be known whether they are graded.
    fn may_lack(&self, scheme: &Scheme) -> bool {
        let lacks = |axis: &Axis| match axis {
            // What is unknown makes a score an interval.
            Axis::Score { .. } => false,
            Axis::Formula(formula) => {
                let dim = formula.bare().and_then(|name| self.space().find(name));
                dim.is_none_or(|dim| self.space().dim(dim).null)
            }
        };
        scheme.eligible.is_some()
            || match &scheme.measure {
                Measure::By { value, .. } => lacks(value),
                Measure::Grid { rows, columns, .. } => lacks(&rows.0) || lacks(&columns.0),
            }
    }

    fn say_idle(&mut self, scheme: &Scheme, written: &TierScheme, idle: &Idle, place: &Place) {
        let keep = place.key("keep");
        if idle.nobody_falls {
            let at = if written.keep.is_some() { keep } else { place.clone() };
            let what = Text::new(
                "只有一个等级，没有人会降级：保级规则永远不起作用",
                "there is one level and nobody can fall from it: the keep rules never act",
            );
            let right = Text::new("再写一个等级，或删去保级规则", "another level, or no keep rules");
            return self.say(Finding::warning("keep-never-acts", at, what, right));
        }
        match idle.at_least {
            Some(IdleStay::Over { entered, ends, review }) => {
                let what = Text::new(
                    "最短停留期永远不起作用：最早的复评总在它结束之后",
                    "the minimum stay never acts: the first review after an entry is never before its end",
                );
                let right = Text::new(
                    "更长的 at_least，或更密的 decide，或删去",
                    "a longer `at_least`, more frequent reviews, or none",
                );
                let example = vec![
                    on("entered", Text::new("进入等级", "entered the level"), entered),
                    on("ends", Text::new("停留期结束", "the stay ends"), ends),
                    on("review", Text::new("下一次复评", "the next review"), review),
                ];
                let finding = Finding::warning("keep-never-acts", keep.key("at_least"), what, right);
                self.say(finding.seen_with(example));
            }
            Some(IdleStay::Grace) => {
                let what = Text::new(
                    "最短停留期永远不起作用：它结束之前的每次复评，宽限期也都还没结束",
                    "the minimum stay never acts: at every review before its end the grace period holds as well",
                );
                let right =
                    Text::new("at_least 长于 grace，或删去", "`at_least` longer than `grace`, or none");
                self.say(Finding::warning("keep-never-acts", keep.key("at_least"), what, right));
            }
            None => {}
        }
        if let Some(calm) = idle.after_fall {
            let (what, example) = match calm {
                IdleCalm::OneLevel => (
                    Text::new(
                        "降级后的等待期永远不起作用：只有一个等级",
                        "the wait after a fall never acts: there is one level",
                    ),
                    Vec::new(),
                ),
                IdleCalm::Over { fell, ends, rises } => (
                    Text::new(
                        "降级后的等待期永远不起作用：能再升级的第一天总不早于它的结束",
                        "the wait after a fall never acts: nobody could rise again before it is over",
                    ),
                    vec![
                        on("fell", Text::new("降级", "fell"), fell),
                        on("ends", Text::new("等待期结束", "the wait ends"), ends),
                        on("rises", Text::new("最早能再升级", "could rise again"), rises),
                    ],
                ),
            };
            let right = Text::new("更长的 after_fall，或删去", "a longer `after_fall`, or none");
            let finding = Finding::warning("keep-never-acts", keep.key("after_fall"), what, right);
            self.say(finding.seen_with(example));
        }
        if idle.one_level {
            let what = Text::new(
                "“一次至多降一级”永远不起作用：降级本来就至多一级",
                "“at most one level down” never acts: nobody can fall further anyway",
            );
            let right = Text::new("删去 one_level", "no `one_level`");
            self.say(Finding::warning("keep-never-acts", keep.key("one_level"), what, right));
        }
        let Some(policy) = &scheme.policy else { return };
        for (at, why) in &idle.freeze {
            // Stretches were put in order.
            let own = policy.freeze[*at];
            let day = |text: &str| text.parse().ok().map(day_of);
            let same = |one: &gradus_model::document::Freeze| {
                day(&one.from) == Some(own.0) && day(&one.until) == Some(own.1)
            };
            let Some(index) = written.freeze.iter().position(same) else { continue };
            let (what, example) = match why {
                IdleFreeze::NoReview { next } => (
                    Text::new(
                        "这段冻结期永远不起作用：期间没有复评",
                        "this stretch never acts: no review is in it",
                    ),
                    vec![on("review", Text::new("之后的第一次复评", "the first review after it"), *next)],
                ),
                IdleFreeze::Others => (
                    Text::new(
                        "这段冻结期永远不起作用：其他冻结期已盖住期间的每一次复评",
                        "this stretch never acts: other stretches cover every review in it",
                    ),
                    Vec::new(),
                ),
                IdleFreeze::NobodyFalls => (
                    Text::new(
                        "这段冻结期永远不起作用：期间的复评本来就不会有人降级（定级刚开始，或停留期、宽限期还没结束）",
                        "this stretch never acts: at the reviews in it nobody could fall anyway (the scheme has only begun, or the minimum stay or the grace period holds)",
                    ),
                    vec![on("start", Text::new("定级从这天开始", "the scheme begins"), policy.start)],
                ),
            };
            let right =
                Text::new("换成含有复评的日期，或删去", "dates with a review among them, or no such stretch");
            let finding =
                Finding::warning("freeze-never-acts", place.key("freeze").index(index), what, right);
            self.say(finding.seen_with(example));
        }
    }

    /// Values down to which a level is kept: between them and the values that reach it there should be some, and
    /// some below.
    fn thresholds(
        &mut self,
        scheme: &Scheme,
        written: &TierScheme,
        value: &Axis,
        rise: &[Fixed],
        place: &Place,
    ) {
        let reach = self.reach(value);
        let axis = self.axis_title(value);
        for ((name, level), from) in written.levels.iter().skip(1).zip(rise) {
            let Some(demote) = level.demote.filter(|demote| demote <= from) else { continue };
            let title = level.title.clone().unwrap_or_else(|| Text::plain(name));
            let at = place.key("levels").key(name).key("demote");
            if !reach.reaches(Some(demote.0), Some(from.0)) {
                let what = Text::new(
                    format!(
                        "「{}」的保级门槛永远不起作用：「{}」没有 {demote} 起、不到 {from} 的值",
                        title.zh, axis.zh
                    ),
                    format!(
                        "`demote` of “{}” never keeps anybody: “{}” has no value from {demote} on and below {from}",
                        title.en, axis.en
                    ),
                );
                let right = Text::new("更低的 demote，或删去", "a lower `demote`, or none");
                self.say(Finding::warning("demote-never-keeps", at, what, right));
            } else if !reach.reaches(None, Some(demote.0)) && !self.may_lack(scheme) {
                let least = reach.least().map_or_else(|| demote.to_string(), |least| least.to_string());
                let what = Text::new(
                    format!(
                        "升到「{}」的客户永远不会降级：保级门槛是 {demote}，而「{}」最低为 {least}",
                        title.zh, axis.zh
                    ),
                    format!(
                        "whoever reaches “{}” never falls again: it is kept down to {demote}, and “{}” is at least {least}",
                        title.en, axis.en
                    ),
                );
                let right = Text::new(
                    format!("若不是终身等级，demote 高于 {least}"),
                    format!("unless it is meant for life: `demote` above {least}"),
                );
                self.say(Finding::note("level-never-lost", at, what, right));
            }
        }
    }

    /// Shares of the customers: each level takes from what those above it leave.
    fn quotas(&mut self, scheme: &Scheme, quotas: &[Quota], place: &Place) {
        let whole = Fixed(100 * FIXED_ONE);
        let mut left = whole;
        for ((name, title), quota) in scheme.levels.iter().skip(1).zip(quotas).rev() {
            // So many customers are any share of them.
            let Quota::Percent(percent) = quota else { continue };
            if *percent > left {
                let at = place.key("levels").key(name).key("quota_percent");
                let what = Text::new(
                    format!(
                        "「{}」的名额永远不会满：上面的等级之后只剩 {left} %，它要 {percent} %",
                        title.zh
                    ),
                    format!(
                        "the quota of “{}” is never filled: the levels above leave {left} % and it is {percent} %",
                        title.en
                    ),
                );
                let right = Text::new(
                    format!("各级合计低于 100 %，这里低于 {left}"),
                    format!("less than 100 % in all, less than {left} here"),
                );
                let thousand = |share: Fixed| Text::plain((share.0 / (FIXED_ONE / 10)).to_string());
                let example = vec![
                    Given {
                        name: "customers".into(),
                        title: Text::new("参评客户", "graded customers"),
                        value: Text::plain("1000"),
                        input: None,
                    },
                    Given {
                        name: "quota".into(),
                        title: Text::new("名额", "the quota"),
                        value: thousand(*percent),
                        input: None,
                    },
                    Given {
                        name: "left".into(),
                        title: Text::new("还剩", "left for it"),
                        value: thousand(left),
                        input: None,
                    },
                ];
                self.say(Finding::warning("quota-beyond", at, what, right).seen_with(example));
            }
            left = Fixed((left.0 - percent.0).max(0));
        }
        if left.0 == 0
            && let Some((name, title)) = scheme.levels.first()
        {
            let at = place.key("levels").key(name);
            let what = Text::new(
                format!("「{}」几乎没有人：其余等级的名额已占满 100 %，只剩取整余下的", title.zh),
                format!(
                    "hardly anybody is in “{}”: the other quotas take 100 %, and only what rounding leaves is in it",
                    title.en
                ),
            );
            let right = Text::new("各级名额合计低于 100 %", "quotas of less than 100 % in all");
            self.say(Finding::warning("quota-beyond", at, what, right));
        }
    }
}
