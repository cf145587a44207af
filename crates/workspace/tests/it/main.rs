//! One binary for all tests of the room, because linking is dear.

mod cases;
mod cases_engine;
mod cases_events;
mod cases_page;
mod cases_references;
mod causes;
mod naive;
mod naive_twin;
mod reuse;
mod steps;
mod steps_place;
mod undo;
