//! What the demo says: a line a step, with the time since its start.

use std::{io::Write, time::Instant};

use crate::cli::output::line;

/// The clock and the terminal.
#[derive(Debug)]
pub(super) struct Voice {
    begun: Instant,
}

impl Voice {
    pub(super) fn start() -> Self {
        Self { begun: Instant::now() }
    }

    /// A step that is done.
    pub(super) fn say(&self, words: &str) {
        line(format_args!("[{:>5.1} s] {words}", self.begun.elapsed().as_secs_f64()));
    }

    /// A piece of the answer, at once.
    pub(super) fn piece(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // A terminal that is gone is no reason to stop asking.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}
