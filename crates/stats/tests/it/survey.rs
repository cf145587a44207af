//! NPS and CSAT of 350 answers.

use gradus_stats::survey::{Scale, csat, nps};

use super::{column, reference};

#[test]
fn nps_and_csat_meet_the_reference() {
    let Some(answers) = reference("nps_csat/answers.csv") else { return };
    let found = nps(&column(&answers, "nps"), None, 0.95).unwrap();
    assert_eq!((found.promoters, found.passives, found.detractors, found.excluded), (166, 112, 72, 0));
    assert!((found.score.value - 26.857142857142858).abs() < 1e-9);
    assert!((found.standard_error - 4.16745687356245).abs() < 1e-9);
    // The reference uses z = 1.959964.
    assert!((found.score.low - 18.689077477836562).abs() < 1e-6);
    assert!((found.score.high - 35.02520823644915).abs() < 1e-6);
    let found = csat(&column(&answers, "csat"), None, Scale::Five, 0.95).unwrap();
    assert_eq!(found.satisfied, 242);
    assert!((found.share.value - 69.14285714285714).abs() < 1e-9);
    assert!((found.share.low - 64.11777729692344).abs() < 1e-6);
    assert!((found.share.high - 73.75229040136266).abs() < 1e-6);
    assert!((found.mean.value - 3.822857142857143).abs() < 1e-9);
}
