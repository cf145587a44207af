//! Indicators (the fold), scores, tiers, segments, and the reasons for them. This room cannot see
//! the store: so it cannot see personal data, by construction.

pub mod fold;
pub mod grade;
pub mod lower;
