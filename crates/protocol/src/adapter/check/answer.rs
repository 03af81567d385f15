//! Rules for how an answer is read.

use tabway_dialects::site_chat::{
    DecoderSpec, DomSpec, EventFilter, PatchLayout, SocketIoSpec, SseJsonSpec, SsePatchSpec,
};

use super::{Checked, ensure, filled};
use crate::adapter::{Adapter, Transport};

pub(super) fn check(adapter: &Adapter) -> Checked {
    match &adapter.answer {
        DecoderSpec::SseJson(spec) => sse_json(spec)?,
        DecoderSpec::SsePatch(spec) => sse_patch(spec)?,
        DecoderSpec::Socketio(spec) => socketio(spec)?,
        DecoderSpec::Dom(spec) => return dom(spec),
    }
    ensure(!adapter.tap.is_empty(), "tap", || {
        "is missing: all answers but `dom` are read from a stream of the page".into()
    })?;
    let is_socket = matches!(adapter.answer, DecoderSpec::Socketio(_));
    let has_socket = adapter.tap.iter().any(|tap| tap.transport == Transport::Websocket);
    ensure(!is_socket || has_socket, "tap", || {
        "`socketio` reads a `websocket`; its long polling may be tapped besides".into()
    })
}

fn sse_json(spec: &SseJsonSpec) -> Checked {
    some("answer.text", &spec.text)?;
    pointers("answer.text", &spec.text)?;
    pointers("answer.reasoning", &spec.reasoning)?;
    pointers("answer.error_message", &spec.error_message)?;
    filters("answer.only", &spec.only)?;
    filters("answer.done", &spec.done)?;
    filters("answer.error", &spec.error)
}

fn sse_patch(spec: &SsePatchSpec) -> Checked {
    some("answer.text", &spec.text)?;
    pointers("answer.text", &spec.text)?;
    pointers("answer.reasoning", &spec.reasoning)?;
    pointers("answer.error_message", &spec.error_message)?;
    pointer("answer.patches", &spec.patches)?;
    if let Some(key) = &spec.document_key {
        pointer("answer.document_key", key)?;
    }
    if let PatchLayout::Keys(keys) = &spec.layout {
        filled("answer.layout.keys.op", &keys.op)?;
        filled("answer.layout.keys.path", &keys.path)?;
        filled("answer.layout.keys.value", &keys.value)?;
    }
    filters("answer.only", &spec.only)?;
    filters("answer.done", &spec.done)?;
    filters("answer.error", &spec.error)
}

fn socketio(spec: &SocketIoSpec) -> Checked {
    ensure(!spec.text.is_empty(), "answer.text", || "is missing: nothing would be read".into())?;
    for (at, text) in spec.text.iter().enumerate() {
        let path = format!("answer.text[{at}]");
        filled(&path, &text.event)?;
        pointer(&path, &text.pointer)?;
        filters(&path, &text.only)?;
    }
    ensure(spec.text.iter().any(|text| !text.follows), "answer.text", || {
        "every event follows another: no message would ever begin".into()
    })?;
    if let Some(id) = &spec.message_id {
        pointer("answer.message_id", id)?;
    }
    for (path, events) in
        [("answer.begin", &spec.begin), ("answer.done", &spec.done), ("answer.error", &spec.error)]
    {
        for event in events {
            filled(path, &event.event)?;
            filters(path, &event.only)?;
        }
    }
    pointers("answer.error_message", &spec.error_message)
}

fn dom(spec: &DomSpec) -> Checked {
    spec.strip.iter().try_for_each(|selector| filled("answer.strip", selector))?;
    spec.cursor.iter().try_for_each(|cursor| filled("answer.cursor", cursor))
}

fn some(path: &str, list: &[String]) -> Checked {
    ensure(!list.is_empty(), path, || "is missing: nothing would be read".into())
}

fn filters(path: &str, filters: &[EventFilter]) -> Checked {
    filters.iter().try_for_each(|filter| pointer(path, &filter.pointer))
}

fn pointers(path: &str, list: &[String]) -> Checked {
    list.iter().try_for_each(|one| pointer(path, one))
}

/// RFC 6901: empty for the whole, else every step begins with `/`.
fn pointer(path: &str, pointer: &str) -> Checked {
    ensure(pointer.is_empty() || pointer.starts_with('/'), path, || {
        format!("a pointer begins with `/` (`{pointer}`)")
    })
}
