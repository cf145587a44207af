//! The mathematics on plain numbers: slices in, numbers out, each formula with its paper. No
//! room is seen from here, no clock, no chance.

pub mod calibration;
pub mod concentration;
pub mod delong;
pub mod interim;
pub mod lift;
pub mod mean;
pub mod migration;
pub mod moment;
pub mod normal;
pub mod proportion;
pub mod quantile;
pub mod ranked;
pub mod select;
pub mod separation;
pub mod stability;
pub mod student;
pub mod tile;
