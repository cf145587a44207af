//! What a simulation says in one sentence: who moves, and nothing of who does not.

use gradus_model::{Lang, Text};

use super::SegmentEffect;
use crate::moves::Moved;
use crate::summary::grouped;

/// What becomes of a scheme; nothing if nobody moves in it.
pub(super) fn scheme(title: &Text, moved: &[Moved], (up, down): (u64, u64)) -> Option<Text> {
    let graded = |level: &Option<String>| level.as_deref().is_some_and(|level| !level.is_empty());
    let sum = |which: &dyn Fn(&Moved) -> bool| {
        moved.iter().filter(|one| which(one)).map(|one| one.count).sum::<u64>()
    };
    let newly = sum(&|one| one.from.as_deref() == Some("") && graded(&one.to));
    let no_more = sum(&|one| graded(&one.from) && one.to.as_deref() == Some(""));
    let parts = [
        part(up, "升级", ("rises", "rise")),
        part(down, "降级", ("falls", "fall")),
        part(newly, "新定级", ("is graded for the first time", "are graded for the first time")),
        part(no_more, "不再定级", ("is no longer graded", "are no longer graded")),
    ];
    let said = listed(parts.into_iter().flatten())?;
    Some(Text::new(format!("{}：{}", title.zh, said.zh), format!("{}: {}", title.en, said.en)))
}

/// What becomes of a segment; nothing if nobody enters or leaves it.
pub(super) fn segment(effect: &SegmentEffect) -> Option<Text> {
    let parts =
        [part(effect.entered, "进入", ("enters", "enter")), part(effect.left, "离开", ("leaves", "leave"))];
    let said = listed(parts.into_iter().flatten())?;
    Some(Text::new(
        format!("分群“{}”：{}", effect.title.zh, said.zh),
        format!("the segment “{}”: {}", effect.title.en, said.en),
    ))
}

/// The whole of it.
pub(super) fn sentence(as_of: &str, n_customers: u64, said: &[Text]) -> Text {
    let n = grouped(n_customers as f64, 0);
    if said.is_empty() {
        return Text::new(
            format!("截至 {as_of}，{n} 位客户，没有人变动。"),
            format!("{n} customers as of {as_of}: nobody moves."),
        );
    }
    let join =
        |lang: Lang, between: &str| said.iter().map(|one| one.get(lang)).collect::<Vec<_>>().join(between);
    Text::new(
        format!("截至 {as_of}，{n} 位客户。{}。", join(Lang::Zh, "；")),
        format!("{n} customers as of {as_of}. {}.", join(Lang::En, "; ")),
    )
}

/// So many of them do it; nobody is not mentioned.
fn part(n: u64, zh: &str, (one, many): (&str, &str)) -> Option<Text> {
    let count = grouped(n as f64, 0);
    let en = if n == 1 { one } else { many };
    (n > 0).then(|| Text::new(format!("{zh} {count} 位"), format!("{count} {en}")))
}

fn listed(parts: impl IntoIterator<Item = Text>) -> Option<Text> {
    let parts: Vec<Text> = parts.into_iter().collect();
    let join =
        |lang: Lang, between: &str| parts.iter().map(|one| one.get(lang)).collect::<Vec<_>>().join(between);
    (!parts.is_empty()).then(|| Text::new(join(Lang::Zh, "、"), join(Lang::En, ", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(from: &str, to: &str, count: u64) -> Moved {
        Moved { scheme: "member".into(), from: Some(from.into()), to: Some(to.into()), count }
    }

    #[test]
    fn who_does_not_move_is_not_mentioned() {
        let cells = [moved("", "gold", 1234), moved("gold", "silver", 1), moved("gold", "gold", 9)];
        let title = Text::new("会员等级", "Membership");
        let said = scheme(&title, &cells, (0, 1)).unwrap();
        assert_eq!(said.zh, "会员等级：降级 1 位、新定级 1,234 位");
        assert_eq!(said.en, "Membership: 1 falls, 1,234 are graded for the first time");
        assert_eq!(scheme(&title, &cells[2..], (0, 0)), None);
        assert_eq!(sentence("2026-11-29", 9, &[]).zh, "截至 2026-11-29，9 位客户，没有人变动。");
        let effect = SegmentEffect {
            name: "loyal".into(),
            title: Text::new("忠实", "Loyal"),
            before: 9,
            after: 8,
            entered: 0,
            left: 1,
        };
        let left = segment(&effect).unwrap();
        assert_eq!(left.en, "the segment “Loyal”: 1 leaves");
        assert_eq!(segment(&SegmentEffect { left: 0, ..effect }), None);
        let whole = sentence("2026-11-29", 1_000_000, &[said, left]);
        assert_eq!(
            whole.zh,
            "截至 2026-11-29，1,000,000 位客户。会员等级：降级 1 位、新定级 1,234 位；分群“忠实”：离开 1 位。"
        );
    }
}
