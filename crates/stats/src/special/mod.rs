//! The special functions that the models of lifetime value are written in. Abramowitz and Stegun
//! 1964, Handbook of Mathematical Functions ("A&S"), is cited by equation number throughout.

pub mod beta;
pub mod exponential_integral;
pub mod gamma;
pub mod hypergeometric;
pub mod quadrature;
pub mod rising;
pub(crate) mod vector;
