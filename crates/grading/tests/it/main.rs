//! What the room promises, from outside. One binary, because linking is dear.

mod keep;
mod proof;
mod proof_flows;
mod proof_keep;
mod proof_outcomes;
mod proof_tables;
mod stage_b;
mod tck;
mod too_large;
mod trained;
