//! Logistic regression against Spector and Mazzeo (1980), as printed in Greene, Econometric Analysis, and to more
//! digits by statsmodels 0.15 and an exact Newton iteration.

use gradus_stats::logistic::{Options, Status, fit};

use super::{column, reference};

#[test]
fn maximum_likelihood_meets_the_reference() {
    let Some(data) = reference("logistic_spector/data.csv") else { return };
    let columns = ["GPA", "TUCE", "PSI"].map(|name| column(&data, name));
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let outcomes: Vec<bool> = column(&data, "GRADE").into_iter().map(|grade| grade == 1.0).collect();
    let model = fit(&columns, &outcomes, &Options::default()).unwrap();
    assert_eq!(model.status, Status::Converged);
    let found: Vec<_> = std::iter::once(model.intercept).chain(model.coefficients.iter().copied()).collect();
    let value = [-13.021346858115688, 2.82611259488932, 0.0951576613179094, 2.3786876550933536];
    let error = [4.9313242136027355, 1.2629410756290917, 0.1415542056736946, 1.0645642544971312];
    let p = [0.008277461435487956, 0.025239108802564244, 0.5014342380819217, 0.025455204361278173];
    let printed = [-13.021, 2.826, 0.095, 2.379];
    for at in 0..4 {
        assert!((found[at].value / value[at] - 1.0).abs() < 1e-6);
        assert!((found[at].standard_error.unwrap() - error[at]).abs() < 1e-5);
        assert!((found[at].p().unwrap() - p[at]).abs() < 1e-6);
        assert!((found[at].value - printed[at]).abs() < 5e-4);
    }
    assert!((model.log_likelihood + 12.889634222131415).abs() < 1e-8);
    assert!((model.log_likelihood_null + 20.591729696634204).abs() < 1e-8);
    assert!((model.mcfadden_r2() - 0.3740382953726187).abs() < 1e-8);
    assert!((model.aic() - 33.779268444262826).abs() < 1e-7);
    assert!((model.bic() - 39.642212055461734).abs() < 1e-7);

    for (c, exact) in [
        (0.1, [-5.027559134504821, 0.23854925835785434, 0.15742805604822913, 0.2535347672138131]),
        (1.0, [-7.949012046076752, 1.2100874288837236, 0.13015191385694708, 1.162144481251268]),
        (10.0, [-11.617748777382165, 2.4017205703884166, 0.10126996450161543, 2.0761082720394897]),
    ] {
        let model = fit(&columns, &outcomes, &Options { ridge: 1.0 / c, ..Options::default() }).unwrap();
        assert!((model.intercept.value / exact[0] - 1.0).abs() < 1e-6);
        for (found, exact) in model.coefficients.iter().zip(&exact[1..]) {
            assert!((found.value / exact - 1.0).abs() < 1e-6);
        }
    }
}
