//! Equal parts of all customers in words, as a person would say them: the lowest quarter, 最高的五分之一.

use gradus_model::Text;

/// The part with this number, from 0, the lowest, of `n`. `is_share` is false where a part may hold more than
/// its share because parts were numbered anew: then it is told by its place alone.
pub(crate) fn part_of_all(index: usize, n: usize, is_share: bool) -> Text {
    let at = index + 1;
    let zh_part = match (is_share, zh_number(n)) {
        (true, Some(number)) if n > 2 => Some(format!("{number}分之一")),
        _ => None,
    };
    let en_part = if is_share && n > 2 { en_part(n) } else { None };
    let zh = match (n, zh_part) {
        (2, _) if is_share => ["全体客户中较低的一半", "全体客户中较高的一半"][index.min(1)].to_string(),
        (_, Some(part)) => match index {
            0 => format!("全体客户中最低的{part}"),
            _ if at == n => format!("全体客户中最高的{part}"),
            1 if n == 3 => format!("全体客户中居中的{part}"),
            _ => format!("全体客户中从低到高的第{}个{part}", zh_number(at).unwrap_or_else(|| at.to_string())),
        },
        _ => format!("全体客户从低到高分成 {n} 份中的第 {at} 份"),
    };
    let en = match (n, en_part) {
        (2, _) if is_share => {
            ["the lower half of all customers", "the upper half of all customers"][index.min(1)].to_string()
        }
        (_, Some(part)) => match index {
            0 => format!("the lowest {part} of all customers"),
            _ if at == n => format!("the highest {part} of all customers"),
            1 if n == 3 => format!("the middle {part} of all customers"),
            _ => format!("the {} {part} of all customers, counted from the lowest", en_ordinal(at)),
        },
        _ => format!("part {at} of {n} of all customers, counted from the lowest"),
    };
    Text::new(zh, en)
}

/// A number up to a hundred as it is said.
fn zh_number(n: usize) -> Option<String> {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    Some(match n {
        1..=9 => DIGITS[n].to_string(),
        10..=19 => format!("十{}", DIGITS[n - 10]),
        20..=99 => format!("{}十{}", DIGITS[n / 10], DIGITS[n % 10]),
        100 => "百".to_string(),
        _ => return None,
    })
}

/// What one of so many equal parts is called.
fn en_part(n: usize) -> Option<String> {
    Some(match n {
        3 => "third".into(),
        4 => "quarter".into(),
        5..=100 => en_ordinal(n),
        _ => return None,
    })
}

fn en_ordinal(n: usize) -> String {
    const NAMES: [&str; 21] = [
        "",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    if let Some(name) = NAMES.get(n) {
        return name.to_string();
    }
    if n == 100 {
        return "hundredth".into();
    }
    let ending = match (n % 10, n % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_as_people_would() {
        let said = |index, n| {
            let text = part_of_all(index, n, true);
            [text.zh, text.en]
        };
        assert_eq!(said(0, 4), ["全体客户中最低的四分之一", "the lowest quarter of all customers"]);
        assert_eq!(
            said(1, 4),
            [
                "全体客户中从低到高的第二个四分之一",
                "the second quarter of all customers, counted from the lowest"
            ]
        );
        assert_eq!(said(3, 4), ["全体客户中最高的四分之一", "the highest quarter of all customers"]);
        assert_eq!(said(0, 2), ["全体客户中较低的一半", "the lower half of all customers"]);
        assert_eq!(said(1, 2), ["全体客户中较高的一半", "the upper half of all customers"]);
        assert_eq!(said(1, 3), ["全体客户中居中的三分之一", "the middle third of all customers"]);
        assert_eq!(
            said(11, 20),
            [
                "全体客户中从低到高的第十二个二十分之一",
                "the twelfth twentieth of all customers, counted from the lowest"
            ]
        );
        assert_eq!(said(99, 100), ["全体客户中最高的百分之一", "the highest hundredth of all customers"]);
        assert_eq!(
            said(21, 32),
            [
                "全体客户中从低到高的第二十二个三十二分之一",
                "the 22nd 32nd of all customers, counted from the lowest"
            ]
        );
        assert_eq!(
            said(6, 128),
            [
                "全体客户从低到高分成 128 份中的第 7 份",
                "part 7 of 128 of all customers, counted from the lowest"
            ]
        );
        // Numbered anew, the last part that is left holds more than its share.
        let left = part_of_all(2, 5, false);
        assert_eq!(left.zh, "全体客户从低到高分成 5 份中的第 3 份");
        assert_eq!(left.en, "part 3 of 5 of all customers, counted from the lowest");
    }
}
