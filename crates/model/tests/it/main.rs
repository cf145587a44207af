//! Documents from text to type: what is accepted, what is found, what is published.

mod dmn;
mod hostile;
mod pmml;
mod published_schema;
mod rule_forms;
mod shape_findings;
