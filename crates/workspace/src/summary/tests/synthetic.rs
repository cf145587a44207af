//! A small graded base for tests, the same each time.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow::datatypes::Int32Type;
use gradus_grading::grade::{OutputColumn, OutputKind};
use gradus_model::Text;

use super::GradedBase;

/// Which month's data: levels drift a little from one to the next.
#[derive(Clone, Copy)]
pub(crate) struct Month(pub u64);

pub(crate) const LEVELS: [(&str, &str, &str); 3] =
    [("normal", "普通会员", "Normal"), ("silver", "银卡", "Silver"), ("gold", "金卡", "Gold")];

fn mix(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn dictionary(keys: Vec<Option<i32>>, words: &[&str]) -> ArrayRef {
    let values: ArrayRef = Arc::new(StringArray::from(words.to_vec()));
    Arc::new(DictionaryArray::<Int32Type>::try_new(Int32Array::from(keys), values).unwrap())
}

fn decimal(values: Vec<Option<i128>>) -> ArrayRef {
    Arc::new(Decimal128Array::from(values).with_precision_and_scale(18, 4).unwrap())
}

/// Customers 1..=n in two batches; every tenth is not graded.
pub(crate) fn base(month: Month, n: usize) -> GradedBase {
    let text = |(name, zh, en): (&str, &str, &str)| (name.to_string(), Text::new(zh, en));
    let column = |name: &str, of: &str, kind, zh: &str, en: &str, values: Vec<(String, Text)>| OutputColumn {
        name: name.into(),
        of: of.into(),
        kind,
        title: Text::new(zh, en),
        values,
    };
    let groups = [("champions", "冠军客户", "Champions"), ("lost", "流失客户", "Lost")];
    let columns = vec![
        column("customer", "customer", OutputKind::Customer, "客户", "customer", vec![]),
        column("recency", "recency", OutputKind::Indicator, "最近购买天数", "Days since purchase", vec![]),
        column("frequency", "frequency", OutputKind::Indicator, "购买次数", "Orders", vec![]),
        column("monetary", "monetary", OutputKind::Indicator, "消费金额", "Spend", vec![]),
        column("value", "value", OutputKind::Score, "价值评分", "Value score", vec![]),
        column("tier", "tier", OutputKind::Tier, "会员等级", "Membership tier", LEVELS.map(text).to_vec()),
        column("tier_provisional", "tier", OutputKind::TierProvisional, "暂定", "provisional", vec![]),
        column("tier_reason", "tier", OutputKind::TierReason, "原因", "why", vec![]),
        column("rfm", "rfm", OutputKind::Grouping, "RFM 分群", "RFM grouping", groups.map(text).to_vec()),
        column("sleeping", "sleeping", OutputKind::Segment, "沉睡客户", "Sleeping", vec![]),
    ];
    let mut batches = Vec::new();
    let half = n.div_ceil(2).max(1);
    for start in (0..n).step_by(half) {
        let rows: Vec<u64> = (start..(start + half).min(n)).map(|row| row as u64 + 1).collect();
        let unit = |row: u64, salt: u64| (mix(row * 31 + salt) % 10_000) as f64 / 10_000.0;
        let monetary = |row: u64| {
            let base = (20.0 / (1.0 - unit(row, 1) * 0.999).powf(0.8) * 100.0).round() as i128;
            base * 100
        };
        let score = |row: u64| {
            let drift = (unit(row, 50 + month.0) - 0.5) * 18.0 * (month.0.min(1) as f64);
            ((unit(row, 1) * 60.0 + unit(row, 2) * 40.0 + drift).clamp(0.0, 100.0) * 10.0).round() as i128
                * 1000
        };
        let graded = |row: u64| row % 10 != 0;
        let level = |row: u64| match score(row) {
            s if s >= 800_000 => 2,
            s if s >= 550_000 => 1,
            _ => 0,
        };
        let arrays: Vec<(&str, ArrayRef)> = vec![
            ("customer", Arc::new(Int64Array::from(rows.iter().map(|r| *r as i64).collect::<Vec<_>>()))),
            (
                "recency",
                Arc::new(Int64Array::from(
                    rows.iter().map(|r| (unit(*r, 3).powi(2) * 365.0) as i64).collect::<Vec<_>>(),
                )),
            ),
            (
                "frequency",
                Arc::new(Int64Array::from(
                    rows.iter()
                        .map(|r| 1 + (unit(*r, 1) * 4.0 + unit(*r, 4) * 6.0) as i64)
                        .collect::<Vec<_>>(),
                )),
            ),
            ("monetary", decimal(rows.iter().map(|r| Some(monetary(*r))).collect())),
            ("value", decimal(rows.iter().map(|r| graded(*r).then(|| score(*r))).collect())),
            (
                "tier",
                dictionary(
                    rows.iter().map(|r| graded(*r).then(|| level(*r))).collect(),
                    &["normal", "silver", "gold"],
                ),
            ),
            (
                "tier_provisional",
                Arc::new(BooleanArray::from(
                    rows.iter().map(|r| r % 7 == 0 && graded(*r)).collect::<Vec<_>>(),
                )),
            ),
            (
                "tier_reason",
                dictionary(
                    rows.iter().map(|r| (!graded(*r)).then_some((r % 20 == 0) as i32)).collect(),
                    &["not_eligible", "unknown"],
                ),
            ),
            (
                "rfm",
                dictionary(
                    rows.iter().map(|r| Some((unit(*r, 3) > 0.5) as i32)).collect(),
                    &["champions", "lost"],
                ),
            ),
            (
                "sleeping",
                Arc::new(BooleanArray::from(
                    rows.iter().map(|r| (r % 9 != 0).then_some(unit(*r, 3) > 0.7)).collect::<Vec<_>>(),
                )),
            ),
        ];
        batches.push(
            RecordBatch::try_from_iter_with_nullable(
                arrays.into_iter().map(|(n, a)| (n, a, n != "customer")),
            )
            .unwrap(),
        );
    }
    GradedBase {
        as_of: format!("2011-{:02}-28", month.0 + 1),
        as_of_us: 1_296_000_000_000_000 + month.0 as i64 * 2_592_000_000_000,
        model_title: Text::new("零售会员模型", "Retail membership"),
        columns,
        batches,
    }
}
