//! How a page is given a request's tools: in a dialog of its own, or in words.

use tabway_dialects::{
    chat::{ChatRequest, Failure, FailureClass, ToolChoice},
    emulate::declare,
};
use tabway_protocol::{adapter::Adapter, message::Site};

use crate::{
    call::{admit::Call, attempt::Failed, choice::Choice},
    config::ToolsBy,
};

/// The most that goes into a page's dialog, in bytes; it travels with the prompt.
const MAX_BYTES: usize = 256 << 10;

/// What a request's tools may be tried by, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ways {
    /// The page's own dialog.
    pub(super) native: bool,
    /// Words, where the dialog is not tried or refused them.
    pub(super) emulated: bool,
}

impl Ways {
    /// # Errors
    /// Where the site wants the page's own dialog, and it has none or takes no such tools.
    pub(super) fn of(
        call: &Call,
        site: &Site,
        (asked, choice): (&ChatRequest, &Choice<'_>),
    ) -> Result<Self, Failure> {
        let by = call.worker.app.manners(&site.name).tools;
        if asked.tools.is_empty() || asked.tool_choice == ToolChoice::None {
            return Ok(Self { native: false, emulated: true });
        }
        let hindrance = hindrance(&site.adapter, asked, choice);
        match (by, hindrance) {
            (ToolsBy::Native, Some(words)) => {
                Err(Failure::new(FailureClass::Unsupported, words).with_param("tools"))
            }
            (ToolsBy::Native, None) => Ok(Self { native: true, emulated: false }),
            (ToolsBy::Auto, None) => Ok(Self { native: true, emulated: true }),
            (ToolsBy::Auto, Some(_)) | (ToolsBy::Emulated, _) => {
                Ok(Self { native: false, emulated: true })
            }
        }
    }
}

/// Why these tools cannot go into a dialog of the page.
fn hindrance(adapter: &Adapter, asked: &ChatRequest, choice: &Choice<'_>) -> Option<String> {
    if adapter.tools.is_none() {
        return Some("the page has no dialog of its own for tools".to_owned());
    }
    if choice.answers() > 1 {
        return Some("two answers to one prompt call no tools".to_owned());
    }
    let foreign = asked.tools.iter().find(|tool| tool.extra.fields.contains_key("type"));
    if let Some(tool) = foreign {
        return Some(format!("a chat page has no tool of the kind `{}`", tool.name));
    }
    let bytes = declared(adapter, asked).map_or(0, |(json, _)| json.len());
    (bytes > MAX_BYTES).then(|| format!("the page's dialog is given at most {MAX_BYTES} bytes"))
}

/// The tools as the page's dialog takes them, and what of them it does not take.
pub(super) fn declared(adapter: &Adapter, asked: &ChatRequest) -> Option<(String, Vec<String>)> {
    let dialog = adapter.tools.as_ref()?;
    let declared = declare(&asked.tools, &dialog.keywords);
    let dropped = declared.dropped.iter().map(|keyword| format!("tools.{keyword}"));
    Some((declared.json, dropped.collect()))
}

/// Whether the page's dialog was the hindrance, and nothing was typed.
pub(super) fn refused(failed: &Failed) -> bool {
    let of_dialog = failed.failure.param.as_deref() == Some("tools")
        && matches!(failed.failure.class, FailureClass::PageChanged | FailureClass::NodeOutdated);
    of_dialog && !failed.page.accepted
}
