//! Files as OpenAI writes them.

use std::collections::HashMap;

use serde_json::{Value, json};
use tabway_dialects::chat::{Failure, FailureClass};
use tabway_store::files::{Page, StoredFile};

/// The most files of a page of the list.
const MAX_LIMIT: u32 = 10_000;

/// One file.
pub(super) fn file(file: &StoredFile) -> Value {
    json!({
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_ms / 1_000,
        "expires_at": file.expires_ms / 1_000,
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": null,
    })
}

/// A page of the list; `found` may hold one more than the limit.
pub(super) fn list(found: &[StoredFile], limit: u32) -> Value {
    let shown = usize::try_from(limit).map_or(found, |limit| &found[..found.len().min(limit)]);
    json!({
        "object": "list",
        "data": shown.iter().map(file).collect::<Vec<_>>(),
        "first_id": shown.first().map(|file| &file.id),
        "last_id": shown.last().map(|file| &file.id),
        "has_more": found.len() > shown.len(),
    })
}

/// What the query asks for.
pub(super) fn page(query: &HashMap<String, String>) -> Result<Page, Failure> {
    let text = |name: &str| query.get(name).filter(|text| !text.is_empty()).cloned();
    let limit = match text("limit").map(|text| text.parse()) {
        None => MAX_LIMIT,
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Some(_) => return Err(wrong("limit", "is a number from 1 to 10000")),
    };
    let oldest_first = match text("order").as_deref() {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(wrong("order", "is asc or desc")),
    };
    Ok(Page { purpose: text("purpose"), after: text("after"), oldest_first, limit })
}

/// A field that is not what it should be.
pub(super) fn wrong(field: &str, words: &str) -> Failure {
    Failure::new(FailureClass::InvalidRequest, format!("`{field}` {words}")).with_param(field)
}
