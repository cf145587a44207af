//! Checks of a scorecard's bins: forms, order, overlaps, gaps.

use gradus_model::document::Bin;
use gradus_model::fixed::Fixed;
use gradus_model::{Finding, Place, Text};

use super::binning::{ValueKind, stretches};
use super::compile::Compiler;
use super::number::Boundary;

/// True if some values fall in no bin. Special bins may leave gaps, and take precedence.
pub(super) fn check_bins(
    compiler: &mut Compiler<'_>,
    bins: &[Bin],
    kind: ValueKind,
    special: bool,
    place: &Place,
) -> bool {
    if bins.is_empty() {
        if !special {
            let what = Text::new("bins 是空的", "`bins` is empty");
            compiler.findings.push(Finding::error(
                "bins-empty",
                place.clone(),
                what,
                Text::new("至少写一个箱", "one bin at least"),
            ));
        }
        return true;
    }
    let mut otherwise = None;
    for (index, bin) in bins.iter().enumerate() {
        let at = place.index(index);
        check_bin(compiler, bin, kind, special, &at);
        if bin.otherwise {
            if let Some(first) = otherwise {
                let what = Text::new(
                    format!("else 已写在第 {} 个箱", first + 1),
                    format!("`else` is already given by bin {}", first + 1),
                );
                compiler.findings.push(Finding::error(
                    "bin-else-twice",
                    at.key("else"),
                    what,
                    Text::new("只留一个", "keep one"),
                ));
            }
            otherwise = otherwise.or(Some(index));
        }
    }
    check_overlaps(compiler, bins, kind, place);
    if special || otherwise.is_some() {
        return false;
    }
    match kind {
        ValueKind::Number => check_gaps(compiler, bins, place),
        ValueKind::Boolean => {
            let listed = |value: bool| {
                bins.iter().flat_map(|bin| bin.one_of.iter().flatten()).any(|own| *own == value)
            };
            !(listed(true) && listed(false))
        }
        ValueKind::Text => {
            let what = Text::new(
                "没有 else：其他类别落不进任何箱，得 0 分",
                "no `else`: other categories fall in no bin and get 0 points",
            );
            let right = Text::new("加一个 {else: true, points: …}", "a bin `{else: true, points: …}`");
            compiler.findings.push(Finding::warning("bins-gap", place.clone(), what, right));
            true
        }
    }
}

fn check_bin(compiler: &mut Compiler<'_>, bin: &Bin, kind: ValueKind, special: bool, place: &Place) {
    let range = bin.from.is_some() || bin.below.is_some();
    let forms = usize::from(range) + usize::from(bin.one_of.is_some()) + usize::from(bin.otherwise);
    if forms != 1 || (special && bin.otherwise) {
        let what = Text::new(
            "一个箱要么写 from/below，要么写 in，要么写 else",
            "a bin has `from`/`below`, or `in`, or `else`",
        );
        let right =
            Text::new("例如 {from: 30, below: 90, points: 5}", "such as `{from: 30, below: 90, points: 5}`");
        compiler.findings.push(Finding::error("bin-form", place.clone(), what, right));
        return;
    }
    if range && kind != ValueKind::Number {
        let what = Text::new(
            "from/below 只用于数值，这里的值不是数值",
            "`from`/`below` need a number, and this value is none",
        );
        let right = Text::new("用 in 列出类别", "list the categories with `in`");
        compiler.findings.push(Finding::error("bin-type", place.clone(), what, right));
    }
    if let (Some(from), Some(below)) = (bin.from, bin.below)
        && from >= below
    {
        let what = Text::new(
            format!("from {from} 不小于 below {below}，箱里没有值"),
            format!("from {from} is not less than below {below}: no value falls in it"),
        );
        let right = Text::new("from 小于 below", "`from` less than `below`");
        compiler.findings.push(Finding::error("bin-empty", place.key("from"), what, right));
    }
    for (index, value) in bin.one_of.iter().flatten().enumerate() {
        let fine = match kind {
            ValueKind::Number => super::binning::number_of(value).is_some(),
            ValueKind::Text => value.is_string(),
            ValueKind::Boolean => value.is_boolean(),
        };
        if !fine {
            let what =
                Text::new(format!("{value} 与值的类型不符"), format!("{value} is not of the value's type"));
            let right = match kind {
                ValueKind::Number => {
                    Text::new("至多四位小数的数字", "a number with at most four digits after the point")
                }
                ValueKind::Text => Text::new("文本，如 \"France\"", "a text such as \"France\""),
                ValueKind::Boolean => Text::new("true 或 false", "true or false"),
            };
            compiler.findings.push(Finding::error("bin-type", place.key("in").index(index), what, right));
        }
    }
}

fn check_overlaps(compiler: &mut Compiler<'_>, bins: &[Bin], kind: ValueKind, place: &Place) {
    let overlap = |compiler: &mut Compiler<'_>, first: usize, second: usize, shared: Text, key: &str| {
        let what = Text::new(
            format!("第 {} 个箱与第 {} 个箱重叠：{}", second + 1, first + 1, shared.zh),
            format!("bin {} overlaps bin {}: {}", second + 1, first + 1, shared.en),
        );
        let right = Text::new("每个值只落在一个箱里", "each value in one bin only");
        compiler.findings.push(Finding::error("bins-overlap", place.index(second).key(key), what, right));
    };
    if kind != ValueKind::Number {
        let mut seen: Vec<(&serde_json::Value, usize)> = Vec::new();
        for (index, bin) in bins.iter().enumerate() {
            for value in bin.one_of.iter().flatten() {
                match seen.iter().find(|(own, _)| *own == value) {
                    Some((_, first)) => {
                        overlap(compiler, *first, index, Text::plain(value.to_string()), "in")
                    }
                    None => seen.push((value, index)),
                }
            }
        }
        return;
    }
    // Sorted by where they begin, an overlap is always with the one that reaches furthest so far.
    let mut parts: Vec<((i128, i128), usize)> = bins
        .iter()
        .enumerate()
        .flat_map(|(index, bin)| {
            stretches(bin).into_iter().map(move |part| (ends(part.from, part.below), index))
        })
        .filter(|((from, below), _)| from < below)
        .collect();
    let written: Vec<i128> = bins
        .iter()
        .filter(|bin| bin.from.is_some() || bin.below.is_some())
        .map(|bin| ends_of(bin).0)
        .collect();
    parts.sort();
    let mut furthest: Option<((i128, i128), usize)> = None;
    for part in parts {
        if let Some(((_, below), first)) = furthest
            && part.0.0 < below
        {
            let (early, late) = (first.min(part.1), first.max(part.1));
            let end = part.0.1.min(below);
            let shared = format!("[{}, {})", half_units(part.0.0), half_units(end));
            overlap(compiler, early, late, Text::plain(shared), "from");
        }
        if furthest.is_none_or(|((_, below), _)| part.0.1 > below) {
            furthest = Some(part);
        }
    }
    if written.windows(2).any(|pair| pair[0] > pair[1]) {
        let what = Text::new("箱没有按从低到高排列", "the bins are not written from low to high");
        let right =
            Text::new("按 from 从小到大排列，便于核对", "ascending by `from`, so that they can be read");
        compiler.findings.push(Finding::warning("bins-unordered", place.clone(), what, right));
    }
}

/// Boundaries as whole numbers in half units, so that "just after x" lies between x and the next.
fn ends(from: Option<Boundary>, below: Option<Boundary>) -> (i128, i128) {
    let half = |boundary: Boundary| match boundary {
        Boundary::At(super::number::Cut::Exact(cut)) => 2 * i128::from(cut.0),
        Boundary::After(super::number::Cut::Exact(cut)) => 2 * i128::from(cut.0) + 1,
        Boundary::At(super::number::Cut::Float(cut)) | Boundary::After(super::number::Cut::Float(cut)) => {
            cut as i128
        }
    };
    (from.map_or(i128::MIN, half), below.map_or(i128::MAX, half))
}

fn ends_of(bin: &Bin) -> (i128, i128) {
    let at = |number: Option<Fixed>| number.map(|number| Boundary::At(super::number::Cut::Exact(number)));
    ends(at(bin.from), at(bin.below))
}

fn half_units(value: i128) -> String {
    match value {
        i128::MIN => "-∞".into(),
        i128::MAX => "+∞".into(),
        value => Fixed((value / 2) as i64).to_string(),
    }
}

/// Warns of the stretches of numbers that no bin takes; true if there are any.
fn check_gaps(compiler: &mut Compiler<'_>, bins: &[Bin], place: &Place) -> bool {
    let mut parts: Vec<(i128, i128)> = bins
        .iter()
        .flat_map(stretches)
        .map(|part| ends(part.from, part.below))
        .filter(|(from, below)| from < below)
        .collect();
    parts.sort_unstable();
    let (mut reached, mut gaps) = (i128::MIN, Vec::new());
    for (from, below) in parts {
        if from > reached || (reached == i128::MIN && from != i128::MIN) {
            gaps.push((reached, from));
        }
        reached = reached.max(below);
    }
    if reached != i128::MAX {
        gaps.push((reached, i128::MAX));
    }
    if gaps.is_empty() {
        return false;
    }
    let shown: Vec<String> = gaps
        .iter()
        .take(5)
        .map(|(from, below)| format!("[{}, {})", half_units(*from), half_units(*below)))
        .collect();
    let shown = shown.join(" ");
    let what = Text::new(
        format!("这些值落不进任何箱，得 0 分：{shown}"),
        format!("values in {shown} fall in no bin and get 0 points"),
    );
    let right =
        Text::new("补一个箱，或加 {else: true, points: …}", "another bin, or `{else: true, points: …}`");
    compiler.findings.push(Finding::warning("bins-gap", place.clone(), what, right));
    true
}
