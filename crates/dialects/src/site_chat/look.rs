//! A turn as its framing cuts it, for whoever looks for the text in it: teaching a page, above all.

use serde_json::Value;

use super::{Framing, PageRecord, framing::Frames};

/// A record of a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenRecord {
    /// Its name, where its framing has names.
    pub name: Option<String>,
    /// What it says.
    pub value: Value,
}

/// The JSON records of a turn, as far as they can be cut; `depth` is that of [`Framing::Array`].
#[must_use]
pub fn records_of(framing: Framing, depth: u8, turn: &[PageRecord]) -> Vec<SeenRecord> {
    let mut frames = Frames::new(framing, depth);
    let mut found = Vec::new();
    // Where the stream cannot be cut further, what came before is still worth a look.
    let whole = turn.iter().all(|record| frames.push(record.clone(), &mut found).is_ok());
    if whole {
        // What is left over and cannot be cut is no record either.
        let _ = frames.finish(&mut found);
    }
    let parsed = found.into_iter().filter_map(|raw| {
        let value = serde_json::from_str(&raw.text).ok()?;
        Some(SeenRecord { name: raw.name, value })
    });
    parsed.collect()
}
