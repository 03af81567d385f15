//! What the supervisor says: a line a change, for people or for programs.

use serde_json::json;

use crate::{cli::output::line, fleet::State};

/// How it says it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    pub(super) json: bool,
}

impl Voice {
    /// A word about a browser.
    pub(super) fn say(self, profile: &str, words: &str) {
        match self.json {
            true => line(json!({ "profile": profile, "says": words })),
            false => line(format_args!("{profile}: {words}")),
        }
    }

    /// A browser has come to another state.
    pub(super) fn state(self, profile: &str, state: State, detail: &str) {
        if self.json {
            line(json!({ "profile": profile, "state": state, "detail": detail }));
        } else if detail.is_empty() {
            line(format_args!("{profile}: {state}"));
        } else {
            line(format_args!("{profile}: {state} ({detail})"));
        }
    }
}
