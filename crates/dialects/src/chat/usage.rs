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
    /// What the estimate was counted with; none where it is by characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<Tokenizer>,
}

/// What estimates tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokenizer {
    /// That of OpenAI's newer models.
    O200kBase,
}

impl Tokenizer {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::O200kBase => "o200k_base",
        }
    }
}

impl Usage {
    /// All input tokens, cached or not.
    #[must_use]
    pub fn total_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// Both together: an estimate where one of them is, by a tokenizer where both are by it.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            input: self.input.saturating_add(more.input),
            cache_read: self.cache_read.saturating_add(more.cache_read),
            cache_write: self.cache_write.saturating_add(more.cache_write),
            output: self.output.saturating_add(more.output),
            reasoning: self.reasoning.saturating_add(more.reasoning),
            estimated: self.estimated || more.estimated,
            tokenizer: self.tokenizer.filter(|one| more.tokenizer == Some(*one)),
        }
    }

    /// All tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_input().saturating_add(self.output)
    }
}
