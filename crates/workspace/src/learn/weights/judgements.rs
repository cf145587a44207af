//! Weights from comparisons in pairs: the judgements as people write them, the weights that they mean, how far
//! they agree, and which one fits the others worst.

use gradus_model::{Finding, Place, Text};
use gradus_stats::ahp::{Method, Priorities as StatsPriorities, RandomIndex, priorities};

use super::{AhpMethod, Comparisons, Doubt, LearnedWeights, Weight};

/// Judgements that agree less well are better thought over (Saaty 1980).
const CONSISTENT: f64 = 0.1;

/// Nobody can say of two things that one is more important than so many of the other (Saaty's scale ends at 9).
const MOST_TIMES: f64 = 1e6;

/// Criteria of one matrix at most: beyond ten no random index is stated.
const MOST_CRITERIA: usize = 30;

/// Weights from judgements; nothing is read and nothing written.
///
/// # Errors
/// A finding with the place of the judgement that is none.
pub fn compared(asked: &Comparisons, method: AhpMethod, later: bool) -> Result<LearnedWeights, Finding> {
    let n = asked.criteria.len();
    if n == 0 || n > MOST_CRITERIA {
        return Err(wrong(
            "criteria",
            format!("比较 1 至 {MOST_CRITERIA} 项"),
            format!("1 to {MOST_CRITERIA} criteria are compared"),
        ));
    }
    for (at, name) in asked.criteria.iter().enumerate() {
        if name.trim().is_empty() || asked.criteria[..at].contains(name) {
            return Err(wrong(
                &format!("criteria[{at}]"),
                format!("「{name}」为空或重复"),
                format!("“{name}” is empty or there twice"),
            ));
        }
    }
    if asked.matrix.len() != n || asked.matrix.iter().any(|row| row.len() != n) {
        return Err(wrong(
            "matrix",
            format!("须是 {n} 行 {n} 列"),
            format!("the matrix has {n} rows and {n} columns"),
        ));
    }
    let (criteria, matrix) = (&asked.criteria, &asked.matrix);
    for i in 0..n {
        for j in 0..=i {
            let (own, other) = (matrix[i][j], matrix[j][i]);
            let is_positive = |value: f64| value > 0.0 && value.is_finite();
            let is_said = |value: f64| (1.0 / MOST_TIMES..=MOST_TIMES).contains(&value);
            let (first, second) = (&criteria[i], &criteria[j]);
            if !is_positive(own) || !is_positive(other) {
                return Err(wrong(
                    &format!("matrix[{i}][{j}]"),
                    format!("「{first}」与「{second}」的比较须是正数"),
                    format!("the comparison of “{first}” with “{second}” must be a positive number"),
                ));
            }
            if !is_said(own) || !is_said(other) {
                return Err(wrong(
                    &format!("matrix[{i}][{j}]"),
                    format!(
                        "「{first}」与「{second}」相差超过 {MOST_TIMES} 倍（{own} 与 {other}），不是可比的判断"
                    ),
                    format!(
                        "“{first}” and “{second}” are more than {MOST_TIMES} times apart ({own} and {other}): that is no comparison"
                    ),
                ));
            }
            if (own * other - 1.0).abs() > 0.025 {
                return Err(wrong(
                    &format!("matrix[{i}][{j}]"),
                    format!("「{first}」与「{second}」两个方向的比较不互为倒数（{own} 与 {other}）"),
                    format!(
                        "“{first}” against “{second}” is not the reciprocal of the other way round ({own} and {other})"
                    ),
                ));
            }
        }
    }
    // What is nearly reciprocal is made so: 0.33 means a third.
    let entry = |i: usize, j: usize| match i.cmp(&j) {
        std::cmp::Ordering::Less => (matrix[i][j] / matrix[j][i]).sqrt(),
        std::cmp::Ordering::Equal => 1.0,
        std::cmp::Ordering::Greater => (matrix[i][j] / matrix[j][i]).sqrt(),
    };
    let flat: Vec<f64> = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
    let method = match method {
        AhpMethod::Eigenvector => Method::Eigenvector,
        AhpMethod::GeometricMean => Method::GeometricMean,
        AhpMethod::NormalisedColumns => Method::NormalisedColumns,
    };
    let index = if later { RandomIndex::Later } else { RandomIndex::Saaty1980 };
    let found = priorities(&flat, n, method, index).map_err(|_| {
        wrong(
            "matrix",
            "判断之间相差太大，算不出权重".into(),
            "the judgements lie too far apart for weights to be found".into(),
        )
    })?;
    Ok(told(criteria, &found))
}

fn wrong(at: &str, zh: String, en: String) -> Finding {
    Finding::error(
        "comparisons",
        Place::default().at(format!("comparisons.{at}")),
        Text::new(zh, en),
        Text::new(
            "每个格子写行比列重要多少倍：3 或 1/3；对角线为 1",
            "each cell says how many times as important its row is as its column: 3, or 1/3; 1 on the diagonal",
        ),
    )
}

fn told(criteria: &[String], found: &StatsPriorities) -> LearnedWeights {
    let consistent = found.consistency_ratio.map(|ratio| ratio < CONSISTENT);
    let doubt = found.doubt.filter(|_| found.consistency_index > 1e-9).map(|doubt| {
        let (first, second) = (criteria[doubt.first].clone(), criteria[doubt.second].clone());
        let suggested = on_the_scale(doubt.implied);
        let words = Text::new(
            format!(
                "「{first}」比「{second}」：说的是 {}，其余判断意味着 {}",
                ratio(doubt.said),
                ratio(doubt.implied)
            ),
            format!(
                "“{first}” against “{second}”: said {}, while the others imply {}",
                ratio(doubt.said),
                ratio(doubt.implied)
            ),
        );
        Doubt { first, second, said: doubt.said, implied: doubt.implied, suggested, words }
    });
    let words = match (found.consistency_ratio, consistent) {
        (Some(ratio), Some(true)) => Text::new(
            format!("一致性比率 {ratio:.3}，低于 0.1：判断彼此吻合"),
            format!("consistency ratio {ratio:.3}, below 0.1: the judgements agree"),
        ),
        (Some(ratio), _) => Text::new(
            format!("一致性比率 {ratio:.3}，不低于 0.1：先想一想最不吻合的那个判断"),
            format!("consistency ratio {ratio:.3}, not below 0.1: think over the judgement that fits worst"),
        ),
        (None, _) => Text::new(
            format!("超过十项，没有公布的随机指数；一致性指数 {:.3}", found.consistency_index),
            format!(
                "beyond ten criteria no random index is published; consistency index {:.3}",
                found.consistency_index
            ),
        ),
    };
    let weight = |(criterion, weight): (&String, &f64)| Weight {
        criterion: criterion.clone(),
        title: Text::plain(criterion),
        weight: *weight,
        entropy: None,
    };
    LearnedWeights {
        card: None,
        from: "comparisons",
        weights: criteria.iter().zip(&found.weights).map(weight).collect(),
        lambda_max: Some(found.lambda_max),
        consistency_index: Some(found.consistency_index),
        consistency_ratio: found.consistency_ratio,
        consistent,
        doubt,
        n: None,
        as_of: None,
        left_out: Vec::new(),
        words,
        written: None,
    }
}

/// The nearest of 1/9 … 1/2, 1, 2 … 9, in proportion.
fn on_the_scale(value: f64) -> f64 {
    let scale = (2..=9).rev().map(|n| 1.0 / f64::from(n)).chain((1..=9).map(f64::from));
    scale.min_by(|a, b| (a / value).ln().abs().total_cmp(&(b / value).ln().abs())).unwrap_or(1.0)
}

/// `3`, `1/3`, `2.4`.
fn ratio(value: f64) -> String {
    let shown = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    if value < 1.0 { format!("1/{}", shown(1.0 / value)) } else { shown(value) }
}

/// A comparison as people write it: `3`, `0.5`, `1/3`.
///
/// # Errors
/// The text, if it is none.
pub fn comparison(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let value = match text.split_once('/') {
        Some((above, below)) => number(above).zip(number(below)).map(|(above, below)| above / below),
        None => number(text),
    };
    value.filter(|value| *value > 0.0 && value.is_finite()).ok_or_else(|| text.trim().to_string())
}

/// Judgements as a table with the criteria in its first line: `recency,frequency,money`, and then one line of
/// comparisons for each; lines also end at `;`. A first cell that repeats the criterion may stand before each line.
///
/// # Errors
/// A finding that names the line.
pub fn read_comparisons(text: &str) -> Result<Comparisons, Finding> {
    let mut lines: Vec<Vec<&str>> = text
        .split(['\n', ';'])
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.trim_start_matches('\u{feff}').split([',', '\t', '，']).map(str::trim).collect())
        .collect();
    if lines.is_empty() {
        return Err(wrong("criteria", "没有内容".into(), "there is nothing in it".into()));
    }
    let mut criteria: Vec<String> = lines.remove(0).into_iter().map(String::from).collect();
    // A corner above the names of the lines.
    if criteria.len() > 1 && criteria[0].is_empty() {
        criteria.remove(0);
    }
    let mut matrix = Vec::with_capacity(lines.len());
    for (at, mut cells) in lines.into_iter().enumerate() {
        if cells.len() == criteria.len() + 1 && criteria.get(at).is_some_and(|name| name == cells[0]) {
            cells.remove(0);
        }
        let read = cells.iter().map(|cell| comparison(cell)).collect::<Result<Vec<f64>, String>>();
        let row = read.map_err(|cell| {
            wrong(
                &format!("matrix[{at}]"),
                format!("「{cell}」不是比较"),
                format!("“{cell}” is no comparison"),
            )
        })?;
        matrix.push(row);
    }
    Ok(Comparisons { criteria, matrix })
}

/// The text of a file of comparisons, as a spreadsheet writes it: UTF-8 or GBK.
///
/// # Errors
/// There is no such file, or it is no text.
pub fn text_of_file(path: &std::path::Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    gradus_ledger::collect::text_of(&bytes).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saatys_school_comes_out_and_the_worst_judgement_is_named() {
        // Satty's choice of a school: printed weights .32 .14 .03 .13 .24 .14.
        let text = "learning,friends,school life,training,preparation,music\n\
                    1,4,3,1,3,4\n1/4,1,7,3,1/5,1\n1/3,1/7,1,1/5,1/5,1/6\n1,1/3,5,1,1,1/3\n1/3,5,5,1,1,3\n1/4,1,6,3,1/3,1";
        let found = compared(&read_comparisons(text).unwrap(), AhpMethod::Eigenvector, false).unwrap();
        for (weight, printed) in found.weights.iter().zip([0.32, 0.14, 0.03, 0.13, 0.24, 0.14]) {
            assert!((weight.weight - printed).abs() < 6e-3, "{weight:?} {printed}");
        }
        assert_eq!(found.consistent, Some(false));
        assert!((found.lambda_max.unwrap() - 7.4199).abs() < 1e-3);
        let doubt = found.doubt.unwrap();
        assert!(doubt.words.en.contains(&doubt.first) && (1.0 / 9.0..=9.0).contains(&doubt.suggested));
    }

    #[test]
    fn judgements_that_are_none_are_said_with_their_place() {
        let code = |text: &str| {
            let read =
                read_comparisons(text).and_then(|asked| compared(&asked, AhpMethod::Eigenvector, false));
            let finding = read.unwrap_err();
            (finding.code, finding.place.path.unwrap_or_default())
        };
        assert_eq!(code("a,b\n1,3\n3,1"), ("comparisons", "comparisons.matrix[1][0]".into()));
        assert_eq!(code("a,b\n1,x\n1,1").1, "comparisons.matrix[0]");
        assert_eq!(code("a,a\n1,1\n1,1").1, "comparisons.criteria[1]");
        assert_eq!(code("a,b\n1,1").1, "comparisons.matrix");
        assert_eq!(code("").1, "comparisons.criteria");
        assert_eq!(code("a,b\n1,0\n0,1").1, "comparisons.matrix[0]");
        let fine =
            compared(&read_comparisons(",a,b\na,1,0.33\nb,3,1").unwrap(), AhpMethod::Eigenvector, true)
                .unwrap();
        assert!(
            (fine.weights[1].weight - 0.75).abs() < 0.01
                && fine.consistent == Some(true)
                && fine.doubt.is_none()
        );
        assert_eq!(on_the_scale(0.3), 1.0 / 3.0);
        assert_eq!(ratio(0.25), "1/4");
    }
}
