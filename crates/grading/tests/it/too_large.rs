//! A value that is too large to be worked out is a counted fault, never a wrong number.

use std::sync::Arc;

use arrow::array::{Array, Decimal128Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Float64Type};
use gradus_expression::Scope;
use gradus_grading::fold::spec::{Aggregate, FoldIndicator, FoldWindow};
use gradus_grading::fold::{AsOf, Faults, FoldPlan, Runs, States, Zone, merge};
use gradus_model::Place;

/// Customer 1 has `n_large` events of the greatest amount there is and one of nothing, customer 2
/// three of 1, 3 and 5.
fn runs(n_large: usize) -> Runs {
    let largest = 10i128.pow(18) - 1;
    let mut amounts = vec![largest; n_large];
    amounts.extend([0, 10_000, 30_000, 50_000]);
    let mut customers = vec![1i64; n_large + 1];
    customers.extend([2, 2, 2]);
    let amounts = Decimal128Array::from(amounts).with_data_type(DataType::Decimal128(18, 4));
    let times = TimestampMicrosecondArray::from(vec![0; customers.len()]).with_timezone("UTC");
    Runs::of(
        RecordBatch::try_from_iter([
            ("identity", Arc::new(Int64Array::from(customers)) as _),
            ("time", Arc::new(times) as _),
            ("amount", Arc::new(amounts) as _),
        ])
        .unwrap(),
    )
}

fn plan(runs: &Runs) -> FoldPlan {
    let indicator = |name: &str, aggregate| FoldIndicator {
        name: name.into(),
        aggregate,
        filter: None,
        window: FoldWindow::Lifetime,
    };
    let of = || "amount".to_string();
    let indicators = vec![
        indicator("spread", Aggregate::Stddev { of: of() }),
        indicator("total", Aggregate::Sum { of: of() }),
    ];
    let zone = Zone::new("UTC").unwrap();
    FoldPlan::compile(indicators, &Scope::new(runs.batch.schema()), zone, &|_| Place::default()).unwrap()
}

fn spreads(batch: &RecordBatch) -> Vec<Option<f64>> {
    batch
        .column(2)
        .as_any()
        .downcast_ref::<arrow::array::PrimitiveArray<Float64Type>>()
        .unwrap()
        .iter()
        .collect()
}

#[test]
fn a_spread_beyond_128_bits_is_a_fault() {
    // Squares of 10^18 add up beyond 128 bits at the 171st.
    let runs = runs(180);
    let plan = plan(&runs);
    let as_of = AsOf { instant_us: 1, day: 0 };
    let mut faults = Faults::new();
    let folded = plan.fold(&runs, &[as_of], &mut faults).unwrap();
    assert_eq!(spreads(&folded[0]), [None, Some(2.0)]);
    assert_eq!(faults, Faults::from([("spread".to_string(), 1)]));
    // Sums are added up in 64 bits only where that is enough: 180 times this is above 2^63.
    let totals = folded[0].column(3).as_any().downcast_ref::<Decimal128Array>().unwrap().clone();
    assert_eq!(totals.values().to_vec(), [180 * (10i128.pow(18) - 1), 90_000]);
    assert_eq!(totals.null_count(), 0);
}

#[test]
fn it_stays_a_fault_when_states_are_merged() {
    let half = runs(90);
    let plan = plan(&half);
    let as_of = AsOf { instant_us: 1, day: 0 };
    let mut faults = Faults::new();
    let states = plan.states(&half, as_of, &mut faults).unwrap();
    assert!(plan.faults_of(&states).is_empty() && faults.is_empty());
    let pairs = [(Some(0), Some(0)), (Some(1), Some(1))];
    let both = |a: &States, b: &States| States {
        customers: a.customers.clone(),
        states: plan
            .indicators()
            .iter()
            .zip(a.states.iter().zip(&b.states))
            .map(|(indicator, (a, b))| merge(&indicator.aggregate, a, b, &pairs).unwrap())
            .collect(),
    };
    let twice = both(&states, &states);
    let thrice = both(&twice, &states);
    for merged in [&twice, &thrice] {
        assert_eq!(plan.faults_of(merged), Faults::from([("spread".to_string(), 1)]));
        assert_eq!(spreads(&plan.finish(merged, as_of).unwrap())[0], None);
    }
}
