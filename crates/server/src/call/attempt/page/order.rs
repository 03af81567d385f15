//! A request as a page takes it: what is chosen, typed, set and attached, or why it cannot be.

use std::collections::BTreeMap;

use tabway_dialects::{
    chat::{ChatRequest, Failure, FailureClass, Severity},
    site_chat::{Attachment, Given, Offer, Packing, Prompt, pack},
};
use tabway_protocol::adapter::{Adapter, Files, LongPrompt};

use crate::call::choice::Choice;

/// What is typed in place of a prompt that goes as a file.
const POINTER: &str = "My message is the attached file prompt.txt. Read all of it and answer it.";

/// A request does not choose what the gateway calls.
const NO_MCP: &str = "`mcp_endpoint`: the gateway calls no address that a request names; let your \
                      program speak to the MCP server and send its tools in `tools`";

/// The most files of a turn: their numbers are one byte on the wire.
const MOST_FILES: u32 = 255;

/// Packs a request for the page, within all that the page takes.
pub(super) fn prompt(
    request: &ChatRequest,
    adapter: &Adapter,
    choice: &Choice<'_>,
    (given, packing): (BTreeMap<String, Given>, Packing),
) -> Result<Prompt, Failure> {
    let offer = Offer {
        settings: adapter.parameters.keys().copied().collect(),
        files: adapter.files.is_some(),
        given,
        answers: u32::from(choice.answers()),
        packing,
    };
    let mut prompt = pack(request, &offer)?;
    if let Some(loss) = prompt.losses.iter().find(|loss| loss.severity == Severity::Constraint) {
        let words = match loss.path.as_str() {
            "mcp_endpoint" => NO_MCP.to_owned(),
            path => format!("a chat page cannot honour `{path}`"),
        };
        return Err(Failure::new(FailureClass::Unsupported, words).with_param(&*loss.path));
    }
    if let Some(files) = &adapter.files {
        within(files, &prompt.files)?;
    }
    shorten(&mut prompt, adapter)?;
    Ok(prompt)
}

/// Whether the page takes these files.
fn within(takes: &Files, files: &[Attachment]) -> Result<(), Failure> {
    for (at, file) in (1..).zip(files) {
        let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
        let (class, words) = if at > takes.max_count.min(MOST_FILES) {
            let most = takes.max_count.min(MOST_FILES);
            (FailureClass::FileTooLarge, format!("the page takes at most {most} files in a prompt"))
        } else if size > takes.max_bytes {
            let words = format!(
                "the page takes files of at most {} bytes, `{}` has {size}",
                takes.max_bytes, file.name
            );
            (FailureClass::FileTooLarge, words)
        } else if !accepts(takes, &file.mime) {
            let words = format!("the page takes {}, not {}", takes.accept.join(", "), file.mime);
            (FailureClass::FileRefused, words)
        } else {
            continue;
        };
        return Err(Failure::new(class, words).with_param(&*file.path));
    }
    Ok(())
}

fn accepts(takes: &Files, mime: &str) -> bool {
    let fits = |accept: &String| match accept.strip_suffix('*') {
        Some(family) => mime.starts_with(family),
        None => accept == mime,
    };
    takes.accept.is_empty() || takes.accept.iter().any(fits)
}

/// A prompt that is too long for the page goes as a file, where the adapter says so.
fn shorten(prompt: &mut Prompt, adapter: &Adapter) -> Result<(), Failure> {
    let most = adapter.limits.max_prompt_chars as usize;
    if prompt.text.len() <= most || prompt.text.chars().count() <= most {
        return Ok(());
    }
    if let (LongPrompt::Attach, Some(takes)) = (adapter.composer.long_prompt, &adapter.files) {
        let text = std::mem::replace(&mut prompt.text, POINTER.to_owned());
        prompt.files.push(Attachment {
            name: "prompt.txt".to_owned(),
            mime: "text/plain".to_owned(),
            bytes: text.into_bytes().into(),
            path: "messages".to_owned(),
        });
        return within(takes, &prompt.files);
    }
    let words = format!("the page takes prompts of at most {most} characters");
    Err(Failure::new(FailureClass::ContextTooLong, words).with_param("messages"))
}
