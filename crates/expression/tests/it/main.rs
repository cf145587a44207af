//! What expressions mean, what is refused, and what no input may do.

mod conditions;
mod feel;
mod hostile;
mod house;
mod meaning;
mod order;
mod refused;
mod speed;
mod words;
