//! Stage A: the fold reduces each customer's events, in order, to indicators.

pub mod spec;
