//! One ended request as a line.

use serde::Serialize;
use tabway_dialects::chat::Usage;
use tabway_store::ledger::{Attempt, Finished};

use crate::config::ModelFilter;

/// What a line says. The names are those of `GET /api/requests`, but that attempts are in it.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'r> {
    time: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'r str>,
    key_name: &'r str,
    surface: &'r str,
    model: &'r str,
    stream: bool,
    outcome: &'r str,
    #[serde(skip_serializing_if = "str::is_empty")]
    error: &'r str,
    target: &'r str,
    usage: &'r Usage,
    cost_micro_usd: u64,
    priced: bool,
    first_byte_ms: Option<u64>,
    total_ms: u64,
    attempts: &'r [Attempt],
}

impl<'r> Line<'r> {
    /// The line of a request.
    pub(crate) fn of(row: &'r Finished) -> Self {
        let Finished { opened, attempts, ended } = row;
        let time = jiff::Timestamp::from_millisecond(opened.opened_ms).unwrap_or_default();
        Self {
            time: format!("{time:.3}"),
            id: opened.request.to_string(),
            client_id: opened.client_id.as_deref(),
            key_name: &opened.key_name,
            surface: &opened.surface,
            model: &opened.model,
            stream: opened.stream,
            outcome: &ended.outcome,
            error: &ended.error,
            target: &ended.target,
            usage: &ended.usage,
            cost_micro_usd: ended.cost_micro_usd,
            priced: ended.priced,
            first_byte_ms: ended.first_byte_ms,
            total_ms: ended.total_ms,
            attempts,
        }
    }

    /// Appends it to a buffer.
    pub(crate) fn write(&self, buffer: &mut Vec<u8>) {
        let start = buffer.len();
        // Texts and numbers: writing them to memory cannot fail.
        if serde_json::to_writer(&mut *buffer, self).is_err() {
            buffer.truncate(start);
            return;
        }
        buffer.push(b'\n');
    }
}

/// Which requests somebody follows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Only those that did not end well.
    pub(crate) errors: bool,
    /// Of this key.
    pub(crate) key: Option<String>,
    /// For these models.
    pub(crate) models: ModelFilter,
}

impl Wanted {
    /// Whether the request is among them.
    pub(crate) fn takes(&self, row: &Finished) -> bool {
        (!self.errors || row.ended.outcome != "ok")
            && self.key.as_ref().is_none_or(|key| *key == row.opened.key_name)
            && self.models.allows(&row.opened.model)
    }
}
