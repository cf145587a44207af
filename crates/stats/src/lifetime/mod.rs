//! Customer lifetime value: how often somebody will buy again and for how much, from how often and when
//! they bought so far.
//!
//! - without a contract, where nobody says that they leave: [`bgnbd`] (also MBG/NBD) and [`pareto_nbd`];
//! - with a contract, where leaving is seen: [`contract`], with a test of its shape ([`contract_shape`]) and what
//!   single customers may bring ([`contract_spread`]);
//! - what a purchase brings: [`gamma_gamma`], or [`margin`] where it can be negative;
//! - both together, discounted: [`value`]; how sure that is: [`interval`], [`simulate`] and, for many
//!   customers at once, [`spread`]; whether it came true: [`tracking`].
//!
//! Time is in any unit, the same throughout; parameters that are times come out in it. A fit never fails:
//! it has a [`fit::Status`], and its predictions are finite.

pub mod bgnbd;
mod bgnbd_alive;
mod bgnbd_likelihood;
mod by_age;
mod chances;
pub mod contract;
pub mod contract_shape;
pub mod contract_spread;
pub mod expecting;
pub mod fit;
pub mod gamma_gamma;
pub mod geometric_dropout;
pub mod history;
pub mod interval;
pub mod margin;
pub mod model;
mod pareto_likelihood;
pub mod pareto_nbd;
pub mod repeats;
pub mod simulate;
pub mod spread;
pub mod summary;
pub mod tracking;
pub mod value;
