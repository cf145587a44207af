//! What a group is called, by what is typical of it: the features on which its customers lie farthest from the others.

use gradus_model::Text;

/// A difference from the others, in standard deviations of everybody, that is worth a word.
const WORTH: f64 = 0.35;
const MUCH: f64 = 1.2;
/// Features in a title, unless more are needed to tell two groups apart.
const USUAL: usize = 2;

/// How a feature of a group lies: `消费较高`, `high spend`. `None` if it is as with everybody.
pub fn typical_word(feature: &Text, difference: f64) -> Option<Text> {
    let (zh, en) = match difference {
        d if d >= MUCH => ("很高", "very high"),
        d if d >= WORTH => ("较高", "high"),
        d if d <= -MUCH => ("很低", "very low"),
        d if d <= -WORTH => ("较低", "low"),
        _ => return None,
    };
    Some(Text::new(format!("{}{zh}", feature.zh), format!("{en} {}", lower(&feature.en))))
}

/// Titles of groups, each by its features' differences. Two groups never have the same title: where the words are the
/// same, the groups' names tell them apart.
pub fn titles(features: &[Text], differences: &[Vec<f64>], names: &[String]) -> Vec<Text> {
    let told: Vec<Vec<Text>> = differences.iter().map(|own| words_of(features, own)).collect();
    let mut lengths = vec![USUAL; told.len()];
    for _ in 0..features.len() {
        let so_far: Vec<Text> = told.iter().zip(&lengths).map(|(words, n)| joined(words, *n)).collect();
        for (at, own) in so_far.iter().enumerate() {
            let twice = so_far.iter().enumerate().any(|(other, title)| other != at && title == own);
            if twice {
                lengths[at] += 1;
            }
        }
    }
    let titles: Vec<Text> = told.iter().zip(&lengths).map(|(words, n)| joined(words, *n)).collect();
    let twice =
        |at: usize| titles.iter().enumerate().any(|(other, title)| other != at && *title == titles[at]);
    (0..titles.len())
        .map(|at| match twice(at) {
            true => Text::new(
                format!("{}（{}）", titles[at].zh, names[at]),
                format!("{} ({})", titles[at].en, names[at]),
            ),
            false => titles[at].clone(),
        })
        .collect()
}

/// The words of a group, the greatest difference first.
pub fn words_of(features: &[Text], differences: &[f64]) -> Vec<Text> {
    let mut order: Vec<usize> = (0..features.len().min(differences.len())).collect();
    order.sort_by(|a, b| differences[*b].abs().total_cmp(&differences[*a].abs()));
    order.into_iter().filter_map(|at| typical_word(&features[at], differences[at])).collect()
}

fn joined(words: &[Text], n: usize) -> Text {
    let of = |lang: fn(&Text) -> &str, by: &str| words.iter().take(n).map(lang).collect::<Vec<_>>().join(by);
    match words.is_empty() {
        true => Text::new("各方面居中", "Average in everything"),
        false => {
            let en = of(|word| &word.en, ", ");
            let mut letters = en.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            Text::new(of(|word| &word.zh, "、"), first + letters.as_str())
        }
    }
}

/// The first letter small, unless the word is an abbreviation.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().to_string() + letters.as_str()
        }
        _ => title.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_called_by_what_is_typical_and_never_alike() {
        let features =
            [Text::new("消费", "Spend"), Text::new("到店", "Visits"), Text::new("天数", "SMS days")];
        let differences = [
            vec![2.0, 0.5, 0.1],
            vec![-0.5, -0.6, 0.0],
            vec![-0.5, -0.6, 0.4],
            vec![0.0, 0.0, 0.0],
            vec![0.1, 0.0, -0.1],
        ];
        let names: Vec<String> = (1..=5).map(|number| format!("c{number}")).collect();
        let titles = titles(&features, &differences, &names);
        let zh: Vec<&str> = titles.iter().map(|title| title.zh.as_str()).collect();
        assert_eq!(
            zh,
            [
                "消费很高、到店较高",
                "到店较低、消费较低",
                "到店较低、消费较低、天数较高",
                "各方面居中（c4）",
                "各方面居中（c5）"
            ]
        );
        assert_eq!(titles[0].en, "Very high spend, high visits");
        assert_eq!(titles[2].en, "Low visits, low spend, high SMS days");
    }
}
