//! Records that came in several frames.

use tabway_dialects::site_chat::PageRecord;

/// A record with what went before it; `None` where they are not of one record.
pub(super) fn joined(begun: Option<PageRecord>, next: PageRecord) -> Option<PageRecord> {
    use PageRecord::{Dom, Message};
    let Some(begun) = begun else { return Some(next) };
    match (begun, next) {
        (Message { stream, mut text }, Message { stream: its, text: more }) if stream == its => {
            text.push_str(&more);
            Some(Message { stream, text })
        }
        (
            Dom { block, mut html, closed, thought, choice },
            Dom { block: its, html: more, thought: same, choice: other, .. },
        ) if (block, thought, choice) == (its, same, other) => {
            html.push_str(&more);
            Some(Dom { block, html, closed, thought, choice })
        }
        _ => None,
    }
}
