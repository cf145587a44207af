//! Stage B, grading: strictly row by row, from indicators to formulas, scores, rule sets, tiers,
//! groupings and segments. Whatever needs the whole base is a fit: estimated in a run, frozen,
//! numbered; then only applied. See DESIGN.md, section 4.
//!
//! [`compile`] makes a [`StageB`] of a model; [`StageB::apply`] grades a batch with given fits;
//! [`StageB::grade`] also estimates the fits that are missing.

mod binning;
mod bins;
mod cause;
mod cell_index;
mod compile;
mod complex;
mod cross_table;
mod decision_table;
mod decision_tree;
mod definition;
mod driver;
mod fired;
mod fit;
mod flow;
mod frame;
mod grouping;
mod hits;
mod idle;
mod inspect;
mod keep;
mod kept;
mod matcher;
mod missing;
mod names;
mod needed;
mod node;
mod number;
mod outcome;
mod output;
mod overridden;
mod parts_of_all;
mod plain;
mod policy;
mod prediction;
pub mod proof;
mod reasons;
mod remembered;
pub mod rfm;
mod rule_reason;
mod rule_set;
mod said;
mod score;
mod scorecard;
mod segment;
mod stage;
mod standing;
mod statement;
mod stretch;
mod tier;
mod why;

pub use cause::{Compared, Moved, MovedKind, MovedLine, Side};
pub use compile::{CompileContext, DerivedColumn, FoldSink, IndicatorColumn};
pub use fired::{Part, PartKey, PartKind};
pub use fit::{FITS_FORMAT, Fit, FitKind, FitRequest, Fits, Quota};
pub use frame::{Faults, NullMeaning};
pub use grouping::draw;
pub use hits::PartHits;
pub use idle::{Idle, IdleCalm, IdleFreeze, IdleStay};
pub use inspect::{AttributeBins, AttributeOfCustomers, BinCount};
pub use keep::{Held, Memory, Movement, Policy, Reach, Reading, Review};
pub use kept::Remembered;
pub use missing::{Missing, MissingField};
pub use needed::Needed;
pub use number::Cut;
pub use output::{Graded, OutputColumn, OutputKind};
pub use overridden::OVERRIDDEN;
pub use plain::{NO_PLACE, floats, places};
pub use prediction::{
    ContractFit, FitShape, FitStatus, FitSureness, LifetimeFit, Parameter, Renewal, SpendFit, SpendKind,
    Surely, WorstRenewal,
};
pub use prediction::{
    PredictionFactor, PredictionKind, PredictionReason, PredictionValue, clusters, fit_key, propensity,
    trained,
};
pub use reasons::ReasonCode;
pub use remembered::{BEFORE, DECIDED, tier_columns};
pub use rule_reason::{RuleForm, RuleReason};
pub use segment::EVERYONE;
pub use stage::{StageB, compile};
pub use standing::{AxisStanding, LevelDistance, Standing};
pub use statement::{Difference, DifferenceLine, Line, LineKind, Statement};
pub use tier::NotGradedReason;
pub use why::{Reason, SegmentReason, Truth};

/// The column that names the customer in every batch. Int64, never null.
pub const CUSTOMER: &str = "customer";
