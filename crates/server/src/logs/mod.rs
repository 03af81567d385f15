//! Ended requests as lines of JSON: in files of the data folder, and to those who follow.
//!
//! Both hear of a request from the ledger's writer, after the database has it; the request path knows
//! nothing of them. Whoever is too slow misses lines and is told how many.

pub(crate) mod files;
mod line;
mod writer;

pub(crate) use line::{Line, Wanted};
pub(crate) use writer::start;
