//! The mathematics on plain numbers: slices in, numbers out, each formula with its paper. No
//! room is seen from here, no clock, no chance without a seed.

pub mod binning;
pub mod calibration;
pub mod cholesky;
pub mod cluster;
pub mod concentration;
pub mod delong;
mod distributions;
pub mod interim;
pub mod isotonic;
pub mod jenks;
pub mod lifetime;
pub mod lift;
pub mod logistic;
pub mod mean;
pub mod migration;
pub mod moment;
pub mod newton;
pub mod normal;
pub mod platt;
pub mod points;
pub mod proportion;
pub mod quantile;
pub mod random;
pub mod ranked;
pub mod refusal;
pub mod scale;
pub mod select;
pub mod separation;
pub mod special;
pub mod stability;
pub mod student;
pub mod survival;
pub mod symmetric;
pub mod tile;
pub mod tree;
pub mod woe;
