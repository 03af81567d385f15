//! Media of answers: kept for a while, and given by address.

pub(crate) mod address;
pub(crate) mod kind;
pub(crate) mod tidy;

use tabway_dialects::site_chat::Medium;
use tabway_store::{
    StoreError,
    files::{NewFile, Room, StoredFile},
};

use crate::app::App;

/// How an answer's media are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As data in the text.
    Inline,
    /// Kept, and by their address.
    Kept,
    /// Not in the text: who asked takes them.
    Apart,
}

/// Keeps a medium; where it can be fetched, below `base`.
///
/// # Errors
/// When it is larger than one may be, or the disk refuses.
pub(crate) async fn keep(app: &App, medium: &Medium, base: &str) -> Result<String, StoreError> {
    let file = store(app, medium).await?;
    Ok(address::of(base, &file.id))
}

async fn store(app: &App, medium: &Medium) -> Result<StoredFile, StoreError> {
    let config = app.config_snapshot();
    let most = config.media.max_item_bytes;
    if u64::try_from(medium.bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(StoreError::Full { most, of: "one medium" });
    }
    let files = app.store.media();
    let mut draft = files.draft().await?;
    draft.write(&medium.bytes).await?;
    let new = NewFile {
        name: kind::named(&medium.name, &medium.mime),
        mime: medium.mime.clone(),
        life: config.media.ttl,
        ..NewFile::default()
    };
    files.keep(draft, new, Room::Evict { most: config.media.max_bytes }).await
}
