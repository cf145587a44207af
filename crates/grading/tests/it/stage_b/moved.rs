use gradus_grading::grade::{Compared, Side};

use super::*;

/// What moved a customer does not depend on how many threads look for it.
#[test]
fn what_moved_is_the_same_on_however_many_threads() {
    let stage = stage(json!({
        "scorecards": {"s": {"attributes": {
            "recency": {"value": "recency", "bins": [{"below": 30, "points": 10}, {"from": 30, "points": 3}]},
            "monetary": {"value": "monetary", "quantiles": {"points": [1, 2, 3, 4, 5]}}
        }}},
        "tiers": {
            "member": {"by": "s", "levels": {"low": {}, "high": {"from": 8}}},
            "often": {"by": "orders", "levels": {"low": {}, "high": {"from": 3}}}
        },
        "segments": {"spends": {"base": "everyone", "where": "monetary >= 100 and orders > 1"}}
    }));
    let customers = |shift: i64| -> Vec<Customer> {
        (0..9_001)
            .map(|n: i64| Customer {
                recency: Some((n * 31 + shift * 13) % 60),
                orders: (n + shift) % 7,
                monetary: (n * 7_919 + shift * 104_729) % 2_000_000,
                ..Customer::default()
            })
            .collect()
    };
    let (old, new) = (batch(&customers(0)), batch(&customers(1)));
    let (_, old_fits) = grade(&stage, &old);
    let (_, new_fits) = grade(&stage, &new);
    let side = |rows, fits| Side { stage: &stage, rows, fits, as_of: day() };
    let rows: Vec<usize> = (0..9_001).filter(|row| row % 11 != 0).collect();
    let mut compared = Compared::new(side(&old, &old_fits), side(&new, &new_fits));
    for name in ["member", "often", "spends"] {
        let alone = compared.moved(name, &rows, 5, NonZeroUsize::MIN);
        assert!(alone.iter().filter(|moved| !moved.lines.is_empty()).count() > 1_000, "{name}");
        for n_threads in [2, 3, 16] {
            let beside = compared.moved(name, &rows, 5, NonZeroUsize::new(n_threads).unwrap());
            assert!(beside == alone, "{name} on {n_threads} threads");
        }
    }
}
