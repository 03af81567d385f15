//! What chat pages lack, by prompt: tools, and answers of a given form. Pure, as all codecs here.
//!
//! A [`Plan`] says what of a request has to be emulated and puts it into words; a [`Turn`] makes
//! an answer with tool calls of the text that the page gives. What cannot be read, or does not fit
//! its schema, is asked for once more; then it is a failure.

mod declare;
mod instruct;
mod judge;
mod lenient;
mod markup;
mod plan;
mod read;
mod schema;
mod sieve;
mod turn;

pub use declare::{Declared, declare};
pub use plan::{Plan, Repair, Style};
pub use sieve::MAX_CALL_BYTES;
pub use turn::{Ending, Turn};

#[cfg(test)]
mod tests;
