//! The mathematics on plain numbers: slices in, numbers out, each formula with its paper. No
//! room is seen from here, no clock, no chance.

pub mod concentration;
pub mod moment;
pub mod quantile;
pub mod select;
pub mod separation;
pub mod stability;
pub mod tile;
