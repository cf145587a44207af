//! RFM: eight classes by high or low, and eleven segments by the complete table of 125 codes.

use gradus_model::Text;

/// The eight classes of Chinese practice, by (recency, frequency, monetary) high = 1: index
/// 4 R + 2 F + M. 重要 when monetary is high; 价值, 发展, 保持, 挽留 by recency and frequency.
pub const RFM8: [(&str, &str, &str); 8] = [
    ("general_winback", "一般挽留客户", "General, to win back"),
    ("important_winback", "重要挽留客户", "Important, to win back"),
    ("general_retain", "一般保持客户", "General, to retain"),
    ("important_retain", "重要保持客户", "Important, to retain"),
    ("general_develop", "一般发展客户", "General, to develop"),
    ("important_develop", "重要发展客户", "Important, to develop"),
    ("general_value", "一般价值客户", "General, valuable"),
    ("important_value", "重要价值客户", "Important, valuable"),
];

/// The eleven segments.
pub const RFM11: [(&str, &str, &str); 11] = [
    ("champions", "冠军客户", "Champions"),
    ("loyal", "忠诚客户", "Loyal"),
    ("potential_loyalist", "潜在忠诚客户", "Potential Loyalist"),
    ("new_customers", "新客户", "New Customers"),
    ("promising", "有潜力客户", "Promising"),
    ("need_attention", "需关注客户", "Need Attention"),
    ("about_to_sleep", "即将沉睡客户", "About To Sleep"),
    ("at_risk", "有流失风险客户", "At Risk"),
    ("cannot_lose_them", "不能失去的客户", "Cannot Lose Them"),
    ("hibernating", "沉睡客户", "Hibernating"),
    ("lost", "流失客户", "Lost"),
];

/// One letter per code, in the order of `RFM11`: C L P N M A S R X H O. Rows are recency 1 to 5,
/// words frequency 1 to 5, letters monetary 1 to 5. Complete and disjoint.
const TABLE: [&str; 5] = [
    "OOXXX OHHRR OHRRR ORRXR ORRXX",
    "HHSXX SHHRR SHHRR SRRRR SRRRR",
    "NSMMM SHPAA SHPAL PPALL PPPLL",
    "NNMMM NNPMM PPPAL PPALC PPPCC",
    "NNMMM MMMMM PPPAA PPLCC PPPCC",
];

/// The segment (index into [`RFM11`]) of three scores from 1 to 5, 5 the best. `None` for other
/// numbers.
///
/// ```
/// use gradus_grading::grade::rfm::{rfm11_of, RFM11};
/// assert_eq!(RFM11[rfm11_of(5, 5, 5).unwrap()].0, "champions");
/// ```
pub fn rfm11_of(recency: u16, frequency: u16, monetary: u16) -> Option<usize> {
    if ![recency, frequency, monetary].iter().all(|score| (1..=5).contains(score)) {
        return None;
    }
    let row = TABLE.get(usize::from(recency) - 1)?.as_bytes();
    let letter = row.get((usize::from(frequency) - 1) * 6 + usize::from(monetary) - 1)?;
    b"CLPNMASRXHO".iter().position(|own| own == letter)
}

/// The class (index into [`RFM8`]) of three highs.
pub fn rfm8_of(recency: bool, frequency: bool, monetary: bool) -> usize {
    4 * usize::from(recency) + 2 * usize::from(frequency) + usize::from(monetary)
}

/// Names with titles in the order of the indexes.
pub(crate) fn titles(classes: &[(&str, &str, &str)]) -> Vec<(String, Text)> {
    classes.iter().map(|(name, zh, en)| (name.to_string(), Text::new(*zh, *en))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_all_125_codes() {
        let mut counts = [0; 11];
        for code in 0..125u16 {
            counts[rfm11_of(code / 25 + 1, code / 5 % 5 + 1, code % 5 + 1).unwrap()] += 1;
        }
        assert_eq!(counts.iter().sum::<i32>(), 125);
        assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
        assert_eq!(rfm11_of(0, 1, 1), None);
        assert_eq!(rfm11_of(1, 6, 1), None);
    }

    #[test]
    fn the_eight_classes_are_named_as_in_practice() {
        assert_eq!(RFM8[rfm8_of(true, false, true)].1, "重要发展客户");
        assert_eq!(RFM8[rfm8_of(false, true, true)].1, "重要保持客户");
        assert_eq!(RFM8[rfm8_of(false, false, true)].1, "重要挽留客户");
        assert_eq!(RFM8[rfm8_of(true, true, false)].1, "一般价值客户");
    }
}
