//! Token counts in one convention.

/// Tokens of one attempt. The counters are disjoint: the input of a request is
/// `input + cache_read + cache_write`; `reasoning` is a share of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Input tokens that no cache covered.
    pub input: u64,
    /// Input tokens read from the upstream's prompt cache.
    pub cache_read: u64,
    /// Input tokens written to it.
    pub cache_write: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Of these, reasoning.
    pub reasoning: u64,
    /// Whether the counts are our estimate and not the upstream's word.
    pub estimated: bool,
}

impl Usage {
    /// All input tokens, cached or not.
    #[must_use]
    pub fn total_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// All tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_input().saturating_add(self.output)
    }
}
