//! Stage A: the fold reduces each customer's events, in order, to indicators.
//!
//! One operator of ours reads events sorted by (identity, time, event id), evaluates filters and
//! arguments as expressions on whole batches, and reduces each run of one customer's events with
//! aggregates of four parts: prepare ([`input`]), update ([`update`]), merge and finish
//! ([`state`]). There is no hash table over customers.

mod channel;
mod codec;
mod coverage;
mod exec;
mod fade;
mod input;
mod money;
mod only;
mod plan;
mod prepare;
mod reference;
mod rows;
mod runs;
mod segment;
mod sequence;
pub mod spec;
mod state;
mod update;
mod window;
mod zone;

pub use codec::{STATE_FORMAT, StateCodec, StateRefusal, StateStamp};
pub use coverage::{Need, is_uncovered, with_uncovered};
pub use exec::{Elsewhere, FoldExec, Visible, visible_runs};
pub use plan::{AS_OF, CUSTOMER, Faults, FoldPlan, States};
pub use reference::{ReferenceFacts, ReferenceField, Told};
pub use runs::{RunCutter, Runs};
pub use state::{Pair, can_merge, can_merge_apart, merge};
pub use window::{AsOf, closes_step, dates_of};
pub use zone::{UnknownZone, Zone, back, date_of, day_of, first_day, forward, step_of, time_zone_data};
