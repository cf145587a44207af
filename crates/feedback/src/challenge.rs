//! Champion against challenger: two models' grades of the same customers as of the same day, held
//! against the same outcomes by paired tests.

use gradus_model::Text;
use gradus_stats::delong;
use gradus_stats::lift::best_first;
use gradus_stats::mean::ratio;
use serde::Serialize;

use crate::LEVEL;
use crate::interval::Interval;
use crate::sides::{Came, Graded, Scheme};
use crate::words::{p_value, percent, points};

/// How two models compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Challenge {
    /// What each orders customers by.
    pub champion: Text,
    pub challenger: Text,
    /// Customers whom both can order.
    pub n: u64,
    pub n_left_out: u64,
    pub separations: Vec<Compared>,
    pub captured: Vec<Compared>,
    /// Scheme by scheme who stands elsewhere, and how well each one's levels tell customers apart: two models that
    /// order everybody alike and cut elsewhere differ here alone.
    pub levels: Vec<LevelsCompared>,
    pub verdict: Text,
}

/// The levels of a scheme that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelsCompared {
    pub scheme: String,
    pub title: Text,
    /// Customers with a level by both.
    pub n: u64,
    /// Who stands higher by the challenger, who lower, and who has a level by one alone, or by the challenger one
    /// that the champion does not have.
    pub n_higher: u64,
    pub n_lower: u64,
    pub n_by_one: u64,
    /// Of each outcome that is a share, how well levels tell customers apart.
    pub separations: Vec<Compared>,
    pub words: Text,
}

impl Challenge {
    /// All comparisons in words, one a line.
    pub fn lines(&self) -> Vec<&Text> {
        let mut lines: Vec<&Text> =
            self.separations.iter().chain(&self.captured).map(|one| &one.words).collect();
        for one in self.levels.iter().filter(|one| one.n_differ() > 0) {
            lines.push(&one.words);
            lines.extend(one.separations.iter().map(|one| &one.words));
        }
        lines
    }
}

impl LevelsCompared {
    fn n_differ(&self) -> u64 {
        self.n_higher + self.n_lower + self.n_by_one
    }
}

/// The two by one outcome: of a share how well they tell customers apart (AUC), of an amount how much of it each
/// one's best tenth brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub outcome: String,
    pub n: u64,
    pub champion: Interval,
    pub challenger: Interval,
    /// Challenger less champion.
    pub difference: Interval,
    pub p: f64,
    pub words: Text,
}

/// Compares. `None` if one of them orders nobody.
pub fn compare(champion: &Graded, challenger: &Graded, came: &[Came]) -> Option<Challenge> {
    let ((own, first), (other, second)) = (champion.ranking()?, challenger.ranking()?);
    let both: Vec<usize> =
        (0..first.len()).filter(|at| first[*at].is_some() && second[*at].is_some()).collect();
    let (mut separations, mut captured) = (Vec::new(), Vec::new());
    for one in came {
        let asked: Vec<usize> = both.iter().copied().filter(|at| one.values[*at].is_some()).collect();
        let of = |values: &[Option<f64>]| -> Vec<f64> { asked.iter().filter_map(|at| values[*at]).collect() };
        let (a, b, values) = (of(&first), of(&second), of(&one.values));
        if one.is_share() {
            let good: Vec<bool> = values.iter().map(|value| one.is_good(*value)).collect();
            separations.extend(compare_auc(one, &one.title, &b, &a, &good));
        } else {
            captured.extend(compare_captured(one, &a, &b, &values));
        }
    }
    let levels: Vec<LevelsCompared> = champion
        .schemes
        .iter()
        .filter_map(|own| {
            let other = challenger.schemes.iter().find(|other| other.name == own.name)?;
            Some(compare_levels(own, other, came))
        })
        .collect();
    let verdict = match first == second && !levels.is_empty() {
        true => verdict_on_levels(&levels),
        false => verdict(separations.iter().chain(&captured)),
    };
    Some(Challenge {
        champion: own,
        challenger: other,
        n: both.len() as u64,
        n_left_out: (first.len() - both.len()) as u64,
        separations,
        captured,
        levels,
        verdict,
    })
}

/// Two tierings of the same customers. Higher and lower are by the champion's levels; a level that it does not have
/// is neither.
fn compare_levels(own: &Scheme, other: &Scheme, came: &[Came]) -> LevelsCompared {
    let place_of: Vec<Option<usize>> =
        other.levels.iter().map(|(name, _)| own.levels.iter().position(|(level, _)| level == name)).collect();
    let (mut n, mut n_higher, mut n_lower, mut n_by_one) = (0, 0, 0, 0);
    for (a, b) in own.places.iter().zip(&other.places) {
        match (a, b) {
            (Some(a), Some(b)) => {
                n += 1;
                match place_of.get(usize::from(*b)).copied().flatten() {
                    Some(b) if b > usize::from(*a) => n_higher += 1,
                    Some(b) if b < usize::from(*a) => n_lower += 1,
                    Some(_) => {}
                    None => n_by_one += 1,
                }
            }
            (None, None) => {}
            _ => n_by_one += 1,
        }
    }
    let mut separations = Vec::new();
    for one in came.iter().filter(|one| one.is_share()) {
        let asked = (0..own.places.len()).filter_map(|at| {
            Some((f64::from(own.places[at]?), f64::from(other.places[at]?), one.is_good(one.values[at]?)))
        });
        let (mut a, mut b, mut good) = (Vec::new(), Vec::new(), Vec::new());
        asked.for_each(|(own, other, is_good)| {
            a.push(own);
            b.push(other);
            good.push(is_good);
        });
        let title = Text::new(
            format!("{} · {}", own.title.zh, one.title.zh),
            format!("{} · {}", own.title.en, one.title.en),
        );
        separations.extend(compare_auc(one, &title, &b, &a, &good));
    }
    let (zh, en) = (&own.title.zh, &own.title.en);
    let words = match n_higher + n_lower + n_by_one {
        0 => Text::new(format!("{zh}：每位客户的等级都相同"), format!("{en}: everybody has the same level")),
        differ => Text::new(
            format!("{zh}：{differ} 位客户等级不同，挑战者给得更高 {n_higher} 位，更低 {n_lower} 位"),
            format!(
                "{en}: {differ} customers have another level, {n_higher} higher by the challenger, {n_lower} lower"
            ),
        ),
    };
    LevelsCompared {
        scheme: own.name.clone(),
        title: own.title.clone(),
        n,
        n_higher,
        n_lower,
        n_by_one,
        separations,
        words,
    }
}

/// Where both order everybody alike, what is left to judge by are the levels.
fn verdict_on_levels(levels: &[LevelsCompared]) -> Text {
    let differ: Vec<&LevelsCompared> = levels.iter().filter(|one| one.n_differ() > 0).collect();
    if differ.is_empty() {
        return Text::new(
            "同一批客户上，两者的分数和等级完全相同",
            "on the same customers the two give the same scores and the same levels",
        );
    }
    let told = verdict(differ.iter().flat_map(|one| &one.separations));
    let join = |of: &dyn Fn(&Text) -> &String, by: &str| {
        differ.iter().map(|one| of(&one.words).as_str()).collect::<Vec<_>>().join(by)
    };
    Text::new(
        format!("两者排序相同，只有分界不同（{}）；按等级区分：{}", join(&|one| &one.zh, "；"), told.zh),
        format!(
            "both order customers alike and differ in their cuts only ({}); by levels: {}",
            join(&|one| &one.en, "; "),
            told.en
        ),
    )
}

fn compare_auc(
    came: &Came,
    title: &Text,
    challenger: &[f64],
    champion: &[f64],
    good: &[bool],
) -> Option<Compared> {
    let found = delong::paired(challenger, champion, good, LEVEL)?;
    let difference = Interval::from(found.difference);
    let (a, b) = (found.second.estimate.value, found.first.estimate.value);
    let (low, high, p) = (difference.low, difference.high, p_value(found.p));
    let clear = clear(&difference);
    let words = Text::new(
        format!(
            "{}：AUC 现行 {a:.3}，挑战者 {b:.3}，相差 {:+.3}（95% 区间 {low:+.3} 至 {high:+.3}，{p}），{}",
            title.zh, difference.value, clear.zh
        ),
        format!(
            "{}: AUC {a:.3} of the champion, {b:.3} of the challenger, {:+.3} (95% interval {low:+.3} to {high:+.3}, {p}); {}",
            title.en, difference.value, clear.en
        ),
    );
    Some(Compared {
        outcome: came.name.clone(),
        n: good.len() as u64,
        champion: found.second.estimate.into(),
        challenger: found.first.estimate.into(),
        difference,
        p: found.p,
        words,
    })
}

/// The share of an amount that each one's best tenth brings: ratios over the same customers, so the
/// difference is a ratio, too, and its doubt knows that most of them are in both tenths.
fn compare_captured(came: &Came, champion: &[f64], challenger: &[f64], values: &[f64]) -> Option<Compared> {
    let n = values.len();
    let top = |scores: &[f64]| {
        let mut is_top = vec![false; n];
        best_first(scores)[..n / 10].iter().for_each(|at| is_top[*at] = true);
        is_top
    };
    if n < 20 {
        return None;
    }
    let (a, b) = (top(champion), top(challenger));
    let of = |which: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..n).map(|at| which(at) * values[at]).collect() };
    let own = ratio(&of(&|at| f64::from(a[at])), values, LEVEL)?;
    let other = ratio(&of(&|at| f64::from(b[at])), values, LEVEL)?;
    let found = ratio(&of(&|at| f64::from(b[at]) - f64::from(a[at])), values, LEVEL)?;
    let difference = Interval::from(found.estimate);
    let (low, high, p) = (difference.low * 100.0, difference.high * 100.0, p_value(found.p));
    let (clear, by) = (clear(&difference), points(difference.value));
    let (ours, theirs) = (percent(own.estimate.value), percent(other.estimate.value));
    let words = Text::new(
        format!(
            "{}：分数最高的 10% 客户所占，现行 {ours}，挑战者 {theirs}，相差 {}（95% 区间 {low:+.1} 至 {high:+.1}，{p}），{}",
            came.title.zh, by.zh, clear.zh
        ),
        format!(
            "{}: the best tenth has {ours} of it by the champion, {theirs} by the challenger, {} (95% interval {low:+.1} to {high:+.1}, {p}); {}",
            came.title.en, by.en, clear.en
        ),
    );
    Some(Compared {
        outcome: came.name.clone(),
        n: n as u64,
        champion: own.estimate.into(),
        challenger: other.estimate.into(),
        difference,
        p: found.p,
        words,
    })
}

fn clear(difference: &Interval) -> Text {
    match () {
        () if difference.holds_zero() => Text::new("分不出高下", "neither is better, as far as can be told"),
        () if difference.value > 0.0 => Text::new("挑战者更好", "the challenger is better"),
        () => Text::new("现行更好", "the champion is better"),
    }
}

fn verdict<'c>(all: impl Iterator<Item = &'c Compared>) -> Text {
    let (mut better, mut worse, mut n) = (0, 0, 0);
    for difference in all.map(|one| &one.difference) {
        n += 1;
        if !difference.holds_zero() {
            if difference.value > 0.0 { better += 1 } else { worse += 1 }
        }
    }
    match (better, worse) {
        _ if n == 0 => Text::new("没有可比较的结果", "there is no outcome to compare by"),
        (0, 0) => Text::new(
            "同一批客户上，挑战者与现行分不出高下",
            "on the same customers challenger and champion cannot be told apart",
        ),
        (_, 0) => Text::new(
            format!("同一批客户上，挑战者在 {n} 项结果中的 {better} 项更好，没有一项更差"),
            format!(
                "on the same customers the challenger is better by {better} of {n} outcomes and worse by none"
            ),
        ),
        (0, _) => Text::new(
            format!("同一批客户上，挑战者在 {n} 项结果中的 {worse} 项更差，没有一项更好"),
            format!(
                "on the same customers the challenger is worse by {worse} of {n} outcomes and better by none"
            ),
        ),
        _ => Text::new(
            format!("同一批客户上，挑战者在 {n} 项结果中 {better} 项更好，{worse} 项更差"),
            format!(
                "on the same customers the challenger is better by {better} of {n} outcomes and worse by {worse}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sides::Score;
    use gradus_model::document::{Better, Counts};

    fn graded(of: impl Fn(i32) -> Option<f64>) -> Graded {
        let values = (0..400).map(of).collect();
        Graded {
            schemes: Vec::new(),
            scores: vec![Score { name: "value".into(), title: Text::plain("value"), values }],
            main: Some(0),
        }
    }

    fn came() -> Vec<Came> {
        let again = |at: i32| at * 7919 % 400 < at;
        let one = |name: &str, counts, of: &dyn Fn(i32) -> f64| Came {
            name: name.into(),
            title: Text::plain(name),
            counts,
            better: Better::More,
            values: (0..400).map(|at| Some(of(at))).collect(),
        };
        vec![
            one("again", Counts::Happened, &|at| f64::from(again(at))),
            one("revenue", Counts::Value, &|at| if again(at) { f64::from(at) } else { 0.0 }),
        ]
    }

    #[test]
    fn the_one_that_knows_more_is_better_and_the_other_way_round_worse() {
        let (knows, guesses) =
            (graded(|at| Some(f64::from(at))), graded(|at| Some(f64::from(at * 31 % 400))));
        let found = compare(&guesses, &knows, &came()).unwrap();
        assert!(found.separations[0].difference.low > 0.0 && found.separations[0].p < 0.001);
        assert!(found.captured[0].difference.low > 0.0);
        assert_eq!(found.verdict.zh, "同一批客户上，挑战者在 2 项结果中的 2 项更好，没有一项更差");
        let turned = compare(&knows, &guesses, &came()).unwrap();
        assert_eq!(turned.captured[0].difference.value, -found.captured[0].difference.value);
        assert!(turned.verdict.en.contains("worse by 2 of 2"));
    }

    #[test]
    fn a_challenger_that_cuts_elsewhere_is_told_apart_by_its_levels() {
        let titled = |name: &str| (name.to_string(), Text::plain(name));
        let cut = |cut: i32| {
            let scheme = Scheme {
                name: "member".into(),
                title: Text::new("会员", "Member"),
                levels: vec![titled("low"), titled("high")],
                places: (0..400).map(|at| (at > 0).then_some(u16::from(at >= cut))).collect(),
            };
            Graded { schemes: vec![scheme], ..graded(|at| Some(f64::from(at))) }
        };
        // Nearly nobody is high by the champion; half of them by the challenger.
        let found = compare(&cut(390), &cut(200), &came()).unwrap();
        assert_eq!((found.separations[0].difference.value, found.captured[0].p), (0.0, 1.0));
        let levels = &found.levels[0];
        assert_eq!((levels.n, levels.n_higher, levels.n_lower, levels.n_by_one), (399, 190, 0, 0));
        assert!(levels.separations[0].difference.low > 0.0, "{levels:?}");
        assert!(levels.separations[0].words.zh.starts_with("会员 · again：AUC"));
        assert_eq!(
            found.verdict.en,
            "both order customers alike and differ in their cuts only (Member: 190 customers have another level, 190 higher by \
             the challenger, 0 lower); by levels: on the same customers the challenger is better by 1 of 1 outcomes and \
             worse by none"
        );
        assert_eq!(
            compare(&cut(200), &cut(200), &came()).unwrap().verdict.zh,
            "同一批客户上，两者的分数和等级完全相同"
        );
        // Another score: the verdict is by the order again, and who stands elsewhere is told all the same.
        let other = Graded { scores: graded(|at| Some(f64::from(at * 31 % 400))).scores, ..cut(200) };
        let found = compare(&cut(390), &other, &came()).unwrap();
        assert!(found.verdict.en.contains("worse by"), "{}", found.verdict.en);
        assert_eq!(found.levels[0].n_higher, 190);
    }

    #[test]
    fn levels_are_held_against_each_other_by_name() {
        let scheme = |levels: &[&str], places: &[Option<u16>]| Scheme {
            name: "member".into(),
            title: Text::plain("member"),
            levels: levels.iter().map(|name| (name.to_string(), Text::plain(*name))).collect(),
            places: places.to_vec(),
        };
        let own = scheme(&["low", "high"], &[Some(0), Some(1), Some(1), None, None, Some(0)]);
        let other = scheme(&["new", "low", "high"], &[Some(2), Some(2), Some(1), Some(0), None, Some(0)]);
        let found = compare_levels(&own, &other, &[]);
        // Up, the same, down, by one alone, by none, a level that the champion does not have.
        assert_eq!((found.n, found.n_higher, found.n_lower, found.n_by_one), (4, 1, 1, 2));
        assert!(found.words.zh.contains("4 位客户等级不同"));
    }

    #[test]
    fn a_model_against_itself_shows_nothing() {
        let own = graded(|at| (at % 10 != 0).then(|| f64::from(at)));
        let found = compare(&own, &own, &came()).unwrap();
        assert_eq!((found.n, found.n_left_out), (360, 40));
        assert_eq!((found.separations[0].difference.value, found.separations[0].p), (0.0, 1.0));
        assert_eq!((found.captured[0].difference.value, found.captured[0].p), (0.0, 1.0));
        assert!(found.verdict.zh.ends_with("分不出高下"));
        assert_eq!(compare(&Graded::default(), &own, &came()), None);
    }
}
