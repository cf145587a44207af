use super::*;

#[test]
fn a_horizon_is_cut_into_months() {
    let year = monthly(Span { n: 1, unit: SpanUnit::Year }, 0.1);
    assert_eq!(year.n_periods, 12);
    assert!((year.length() - 365.25 / 7.0).abs() < 1e-9);
    assert!(((1.0 + year.rate).powi(12) - 1.1).abs() < 1e-12);
    let days = monthly(Span { n: 10, unit: SpanUnit::Day }, 0.0);
    assert_eq!((days.n_periods, days.rate), (1, 0.0));
    assert!((days.length() - 10.0 / 7.0).abs() < 1e-12);
}
