//! Bounds that hold before anything is parsed or planned, so that no text can exhaust the machine.

/// Longest expression, in bytes. Ten thousand list items of a hundred bytes fit.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep parentheses, calls and operators may nest.
pub const MAX_DEPTH: usize = 64;
/// How many columns, values, operators and calls one expression may hold; a list counts once.
pub const MAX_NODES: usize = 2_000;
/// How many values one list may hold.
pub const MAX_LIST: usize = 10_000;
/// Longest regular expression, in characters.
pub const MAX_PATTERN: usize = 500;
/// Largest compiled regular expression, in bytes.
pub const MAX_PATTERN_COMPILED: usize = 1 << 20;
/// Longest text that a function may make, in bytes: longer is a fault of the row.
pub const MAX_TEXT: usize = 1 << 16;
/// Digits after the point that a product keeps, unless a factor has more.
pub const PRODUCT_SCALE: i8 = 12;
/// Digits after the point that a quotient keeps, unless the dividend has more.
pub const QUOTIENT_SCALE: i8 = 10;
