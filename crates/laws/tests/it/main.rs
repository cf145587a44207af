//! The laws of the house. When one stands in the way, change the law in `docs/` or CONTRIBUTING.md
//! with its reason, and then the test.

mod documents;
mod findings_page;
mod rooms;
mod sources;
