//! Groupings as they are written, made into what assigns groups.

use gradus_expression::Want;
use gradus_model::document::{Grouping, GroupingKind, RfmSplit};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Place, Text};

use super::{Groups, GroupsKind, Split8};
use crate::grade::compile::Compiler;
use crate::grade::fit::FitKind;
use crate::grade::frame::Formula;
use crate::grade::rfm::{RFM8, RFM11, titles};
use crate::grade::segment;
use crate::grade::tier::check_ascending;

const AXES: [&str; 3] = ["recency", "frequency", "monetary"];

pub(crate) fn compile_grouping(
    compiler: &mut Compiler<'_>,
    name: &str,
    grouping: &Grouping,
) -> Option<Groups> {
    let place = compiler.root().key("groupings").key(name);
    let base_segment = segment::base(compiler, &grouping.base, &place.key("base"))?;
    let path = place.path.clone().unwrap_or_default();
    let keys = AXES.map(|axis| format!("{path}.{axis}"));
    unused_keys(compiler, grouping, &place);
    let (names, kind) = match grouping.kind {
        GroupingKind::Rfm8 => {
            let axes = axes(compiler, grouping, &place);
            let split = match grouping.split.clone().unwrap_or(RfmSplit::Mean) {
                RfmSplit::Mean => Split8::Fitted { kind: FitKind::Mean, keys },
                RfmSplit::Median => Split8::Fitted { kind: FitKind::Median, keys },
                RfmSplit::Fixed(days, orders, money) => Split8::Fixed([days, orders, money]),
            };
            (titles(&RFM8), GroupsKind::Rfm8 { axes: axes?, split })
        }
        GroupingKind::Rfm11 => (
            titles(&RFM11),
            GroupsKind::Rfm11 {
                axes: axes(compiler, grouping, &place)?,
                keys,
                ties: grouping.ties.unwrap_or_default(),
            },
        ),
        GroupingKind::Waterfall => waterfall_layers(compiler, grouping, &place)?,
        GroupingKind::ByValue => {
            let sql = required(compiler, grouping.value.as_deref(), &place, "value")?;
            (Vec::new(), GroupsKind::ByValue(compiler.formula(sql, Want::Any, &place.key("value"))?))
        }
        GroupingKind::Bands => {
            let sql = required(compiler, grouping.value.as_deref(), &place, "value");
            let ascending = check_ascending(compiler, &grouping.cuts, &place.key("cuts"));
            let value = compiler.formula(sql?, Want::Number, &place.key("value"))?;
            if !ascending {
                return None;
            }
            (band_names(&grouping.cuts), GroupsKind::Bands { value, cuts: grouping.cuts.clone() })
        }
        GroupingKind::Buckets => bucket_shares(compiler, grouping, &place)?,
    };
    let title = grouping.title.clone().unwrap_or_else(|| Text::plain(name));
    Some(Groups { name: name.to_string(), title, base: grouping.base.clone(), base_segment, names, kind })
}

fn required<'g>(
    compiler: &mut Compiler<'_>,
    given: Option<&'g str>,
    place: &Place,
    key: &str,
) -> Option<&'g str> {
    if given.is_none() {
        let what = Text::new(format!("缺少 {key}"), format!("`{key}` is missing"));
        let right = Text::new("写一个指标或表达式", "an indicator or an expression");
        compiler.findings.push(Finding::error("grouping-key-missing", place.key(key), what, right));
    }
    given
}

fn axes(compiler: &mut Compiler<'_>, grouping: &Grouping, place: &Place) -> Option<[Formula; 3]> {
    let given = [&grouping.recency, &grouping.frequency, &grouping.monetary];
    let mut formulas = Vec::with_capacity(3);
    for (key, sql) in AXES.iter().zip(given) {
        if let Some(sql) = required(compiler, sql.as_deref(), place, key) {
            formulas.extend(compiler.formula(sql, Want::Number, &place.key(key)));
        }
    }
    formulas.try_into().ok()
}

fn waterfall_layers(
    compiler: &mut Compiler<'_>,
    grouping: &Grouping,
    place: &Place,
) -> Option<(Vec<(String, Text)>, GroupsKind)> {
    let at = place.key("layers");
    let mut fine = true;
    if grouping.layers.is_empty() {
        let what = Text::new("没有 layers", "no layers");
        compiler.findings.push(Finding::error(
            "grouping-key-missing",
            at.clone(),
            what,
            Text::new("至少写一层", "one layer at least"),
        ));
        return None;
    }
    let (mut names, mut layers) = (Vec::new(), Vec::new());
    let mut taken_all: Option<String> = None;
    for (key, layer) in grouping.layers.iter() {
        let here = at.key(key);
        if names.iter().any(|(name, _)| name == key) {
            let what = Text::new(format!("“{key}”写了两次"), format!("`{key}` is given twice"));
            compiler.findings.push(Finding::error(
                "duplicate-name",
                here.clone(),
                what,
                Text::new("每层一个不同的名字", "a name of its own for each layer"),
            ));
            fine = false;
        }
        if let Some(first) = &taken_all {
            let what = Text::new(
                format!("“{first}”已取走所有人，这一层永远没有客户"),
                format!("`{first}` takes everybody, so nobody reaches this layer"),
            );
            compiler.findings.push(Finding::warning(
                "layer-unreachable",
                here.clone(),
                what,
                Text::new("放到它前面", "move it before that one"),
            ));
        }
        names.push((key.to_string(), layer.title.clone().unwrap_or_else(|| Text::plain(key))));
        match &layer.condition {
            None => {
                taken_all = taken_all.or(Some(key.to_string()));
                layers.push(None);
            }
            Some(condition) => match compiler.condition(condition, &here.key("where")) {
                Some((formula, _)) => layers.push(Some(formula)),
                None => fine = false,
            },
        }
    }
    fine.then_some((names, GroupsKind::Waterfall(layers)))
}

fn band_names(cuts: &[Fixed]) -> Vec<(String, Text)> {
    let plain = |name: String| (name.clone(), Text::plain(name));
    let mut names = Vec::with_capacity(cuts.len() + 1);
    names.extend(cuts.first().map(|cut| plain(format!("< {cut}"))));
    names.extend(cuts.windows(2).map(|pair| plain(format!("{} – {}", pair[0], pair[1]))));
    names.extend(cuts.last().map(|cut| plain(format!(">= {cut}"))));
    names
}

fn bucket_shares(
    compiler: &mut Compiler<'_>,
    grouping: &Grouping,
    place: &Place,
) -> Option<(Vec<(String, Text)>, GroupsKind)> {
    let at = place.key("shares");
    let total: i128 = grouping.shares.iter().map(|(_, share)| i128::from(share.0)).sum();
    let mut fine = true;
    for (name, share) in grouping.shares.iter() {
        if share.0 < 0 {
            let what = Text::new(format!("占比 {share} 小于 0"), format!("share {share} is below 0"));
            compiler.findings.push(Finding::error(
                "share-negative",
                at.key(name),
                what,
                Text::new("0 至 100", "0 to 100"),
            ));
            fine = false;
        }
    }
    if total != 100 * i128::from(FIXED_ONE) {
        let shown = i64::try_from(total).map(|total| Fixed(total).to_string()).unwrap_or_default();
        let what = Text::new(
            format!("占比合计 {shown}，不是 100"),
            format!("the shares add up to {shown}, not 100"),
        );
        compiler.findings.push(Finding::error(
            "shares-total",
            at.clone(),
            what,
            Text::new("合计 100", "shares that add up to 100"),
        ));
        fine = false;
    }
    if !fine {
        return None;
    }
    // A percent has four digits, so a share is a whole number of millionths.
    let mut sum = 0u64;
    let until = grouping.shares.iter().map(|(_, share)| {
        sum += share.0.unsigned_abs();
        sum
    });
    let until: Vec<u64> = until.collect();
    let names = grouping.shares.names().map(|name| (name.to_string(), Text::plain(name))).collect();
    Some((names, GroupsKind::Buckets { seed: grouping.seed.unwrap_or(0), until }))
}

/// Keys that the kind does not read are most likely a mistake.
fn unused_keys(compiler: &mut Compiler<'_>, grouping: &Grouping, place: &Place) {
    use GroupingKind::*;
    let rfm = matches!(grouping.kind, Rfm8 | Rfm11);
    let given = [
        ("recency", grouping.recency.is_some(), rfm),
        ("frequency", grouping.frequency.is_some(), rfm),
        ("monetary", grouping.monetary.is_some(), rfm),
        ("split", grouping.split.is_some(), grouping.kind == Rfm8),
        ("ties", grouping.ties.is_some(), grouping.kind == Rfm11),
        ("layers", !grouping.layers.is_empty(), grouping.kind == Waterfall),
        ("value", grouping.value.is_some(), matches!(grouping.kind, ByValue | Bands)),
        ("cuts", !grouping.cuts.is_empty(), grouping.kind == Bands),
        ("seed", grouping.seed.is_some(), grouping.kind == Buckets),
        ("shares", !grouping.shares.is_empty(), grouping.kind == Buckets),
    ];
    for (key, _, _) in given.iter().filter(|(_, given, read)| *given && !read) {
        let what =
            Text::new(format!("这种方案不读 {key}"), format!("this kind of grouping does not read `{key}`"));
        compiler.findings.push(Finding::warning(
            "grouping-key-unused",
            place.key(key),
            what,
            Text::new("删去，或改 kind", "leave it out, or another `kind`"),
        ));
    }
}
