//! Token counts as OpenAI writes them, in our convention.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use crate::chat::Usage;

/// More than any answer holds; a greater count is a fault of the upstream.
const MOST: u64 = 1 << 40;

/// `usage` of a reply or of a stream's last chunk. Here the prompt's tokens include the cached ones.
#[derive(Debug, Deserialize)]
pub(super) struct WireUsage {
    prompt_tokens: Option<Number>,
    completion_tokens: Option<Number>,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default)]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<Number>,
}

#[derive(Debug, Deserialize)]
struct CompletionDetails {
    #[serde(default)]
    reasoning_tokens: Option<Number>,
}

impl WireUsage {
    /// The counts, or nothing where they cannot be true.
    pub(super) fn counts(&self) -> Option<Usage> {
        let prompt = count(self.prompt_tokens.as_ref())?;
        let output = count(self.completion_tokens.as_ref())?;
        // Nobody answers nothing.
        if prompt == 0 && output == 0 {
            return None;
        }
        let cached =
            self.prompt_tokens_details.as_ref().and_then(|d| count(d.cached_tokens.as_ref()));
        let cache_read = cached.unwrap_or(0).min(prompt);
        let reasoning = self
            .completion_tokens_details
            .as_ref()
            .and_then(|d| count(d.reasoning_tokens.as_ref()));
        Some(Usage {
            input: prompt - cache_read,
            cache_read,
            cache_write: 0,
            output,
            reasoning: reasoning.unwrap_or(0).min(output),
            estimated: false,
            tokenizer: None,
        })
    }
}

/// Reads `usage` where it is what it should be; anything else is no counts, not a broken reply.
pub(super) fn lenient<'de, D>(deserializer: D) -> Result<Option<WireUsage>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

fn count(number: Option<&Number>) -> Option<u64> {
    number?.as_u64().filter(|count| *count <= MOST)
}
