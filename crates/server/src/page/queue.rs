//! The part of the state that shows who waits for a page: where each stands, and for what.

use super::{
    layout::escaped,
    state::{put, span},
};
use crate::nodes::QueuedView;

/// Requests that are shown; the rest is counted.
const SHOWN: usize = 20;

/// The section of the queue; none while nobody waits.
pub(super) fn section(html: &mut String, waiting: &[QueuedView], size: usize) {
    if waiting.is_empty() {
        return;
    }
    put(
        html,
        format_args!(
            "<section><h2>Queue <span class=\"soft\">{count}, at most {size} for each site</span></h2>\n\
             <table><tr><th>Place</th><th>Model</th><th>Key</th>\
             <th>Waited</th><th>Gives up in</th><th>For</th></tr>\n",
            count = waiting.len(),
        ),
    );
    waiting.iter().take(SHOWN).for_each(|one| request(html, one));
    html.push_str("</table>");
    if let Some(more) = waiting.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        put(html, format_args!("<p class=\"soft\">and {more} more</p>"));
    }
    html.push_str("</section>\n");
}

fn request(html: &mut String, one: &QueuedView) {
    put(
        html,
        format_args!(
            "<tr><td>{position} of {of}</td><td><code>{site}/{model}</code></td>\
             <td>{key}</td><td>{waited}</td><td>{left}</td><td class=\"wide\">{reason}</td></tr>\n",
            position = one.place.position,
            of = one.place.of,
            site = escaped(&one.site),
            model = escaped(&one.model),
            key = escaped(&one.key),
            waited = span(one.waited.as_secs()),
            left = span(one.left.as_secs()),
            reason = escaped(one.reason.as_deref().unwrap_or_default()),
        ),
    );
}
