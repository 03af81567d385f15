//! Rules for how an answer is read.

use tabway_dialects::site_chat::{
    Condition, DecoderSpec, DomSpec, Framing, PatchLayout, PatchesSpec, RecordsSpec, TextAs, When,
};

use super::{Checked, ensure, filled};
use crate::adapter::{Adapter, TapPurpose, Transport};

/// The deepest list whose elements may be records.
const MAX_DEPTH: u8 = 8;

pub(super) fn check(adapter: &Adapter) -> Checked {
    let framing = match &adapter.answer {
        DecoderSpec::Records(spec) => {
            records(spec)?;
            spec.framing
        }
        DecoderSpec::Patches(spec) => {
            patches(spec)?;
            spec.framing
        }
        DecoderSpec::Dom(spec) => return dom(spec),
    };
    let taps = || adapter.tap.iter().filter(|tap| tap.purpose == TapPurpose::Answer);
    ensure(taps().next().is_some(), "tap", || {
        "is missing: all answers but `dom` are read from a stream of the page".into()
    })?;
    let has = |wanted: &[Transport]| taps().any(|tap| wanted.contains(&tap.transport));
    match framing {
        Framing::Socketio => ensure(has(&[Transport::Websocket]), "tap", || {
            "`socketio` reads a `websocket`; its long polling may be tapped besides".into()
        }),
        Framing::Messages => {
            ensure(has(&[Transport::Websocket, Transport::Eventsource]), "tap", || {
                "`messages` reads a `websocket` or an `eventsource`".into()
            })
        }
        Framing::Array | Framing::Frames | Framing::Whole => {
            ensure(has(&[Transport::Fetch, Transport::Xhr]), "tap", || {
                "this framing reads the body of a `fetch` or an `xhr`".into()
            })
        }
        Framing::Sse | Framing::Lines | Framing::PrefixLines => Ok(()),
    }
}

fn records(spec: &RecordsSpec) -> Checked {
    has_text(spec.text.iter().map(|rule| rule.text_as))?;
    for (at, rule) in spec.text.iter().enumerate() {
        let path = format!("answer.text[{at}]");
        named(&path, rule.event.as_deref(), spec.framing)?;
        conditions(&path, &rule.only)?;
        pointer(&path, &rule.each)?;
        conditions(&path, &rule.each_only)?;
        pointer(&path, &rule.pointer)?;
        choice(&path, rule.choice)?;
        ensure(!rule.follows || spec.message_id.is_some(), &path, || {
            "`follows` needs `message_id`, which tells the messages apart".into()
        })?;
    }
    ensure(spec.text.iter().any(|rule| !rule.follows), "answer.text", || {
        "every rule follows another: no message would ever begin".into()
    })?;
    for (at, rule) in spec.call.iter().enumerate() {
        let path = format!("answer.call[{at}]");
        named(&path, rule.event.as_deref(), spec.framing)?;
        conditions(&path, &rule.only)?;
        pointer(&path, &rule.each)?;
        conditions(&path, &rule.each_only)?;
        pointer(&path, &rule.name)?;
        pointer(&path, &rule.arguments)?;
    }
    if let Some(depth) = spec.depth {
        ensure(spec.framing == Framing::Array, "answer.depth", || "is for `array` alone".into())?;
        ensure((1..=MAX_DEPTH).contains(&depth), "answer.depth", || {
            format!("is between 1 and {MAX_DEPTH}")
        })?;
    }
    if let Some(inner) = &spec.inner {
        pointer("answer.inner.each", &inner.each)?;
        conditions("answer.inner.each_only", &inner.each_only)?;
        optional("answer.inner.json", inner.json.as_ref())?;
    }
    for (at, rule) in spec.finish.iter().enumerate() {
        let path = format!("answer.finish[{at}]");
        named(&path, rule.event.as_deref(), spec.framing)?;
        pointer(&path, &rule.pointer)?;
        choice(&path, rule.choice)?;
        let words = [&rule.stop, &rule.length, &rule.content_filter];
        ensure(words.iter().any(|words| !words.is_empty()), &path, || {
            "has no word in `stop`, `length` or `content_filter`: nothing would end".into()
        })?;
    }
    conditions("answer.only", &spec.only)?;
    whens("answer.begin", &spec.begin, spec.framing)?;
    whens("answer.done", &spec.done, spec.framing)?;
    whens("answer.refused", &spec.refused, spec.framing)?;
    whens("answer.error", &spec.error, spec.framing)?;
    pointers("answer.error_message", &spec.error_message)?;
    optional("answer.message_id", spec.message_id.as_ref())?;
    optional("answer.reply_id", spec.reply_id.as_ref())?;
    optional("answer.model", spec.model.as_ref())
}

fn patches(spec: &PatchesSpec) -> Checked {
    has_text(spec.text.iter().map(|rule| rule.text_as))?;
    for (at, rule) in spec.text.iter().enumerate() {
        let path = format!("answer.text[{at}]");
        conditions(&path, &rule.only)?;
        pointer(&path, &rule.each)?;
        conditions(&path, &rule.each_only)?;
        pointer(&path, &rule.pointer)?;
        choice(&path, rule.choice)?;
    }
    pointer("answer.patches", &spec.patches)?;
    if let PatchLayout::Keys(keys) = &spec.layout {
        filled("answer.layout.keys.op", &keys.op)?;
        filled("answer.layout.keys.path", &keys.path)?;
        filled("answer.layout.keys.value", &keys.value)?;
    }
    conditions("answer.only", &spec.only)?;
    conditions("answer.document_done", &spec.document_done)?;
    whens("answer.done", &spec.done, spec.framing)?;
    whens("answer.refused", &spec.refused, spec.framing)?;
    whens("answer.error", &spec.error, spec.framing)?;
    pointers("answer.error_message", &spec.error_message)?;
    optional("answer.document_key", spec.document_key.as_ref())?;
    optional("answer.message_id", spec.message_id.as_ref())?;
    optional("answer.reply_id", spec.reply_id.as_ref())?;
    optional("answer.model", spec.model.as_ref())
}

fn dom(spec: &DomSpec) -> Checked {
    spec.strip.iter().try_for_each(|selector| filled("answer.strip", selector))?;
    spec.cursor.iter().try_for_each(|cursor| filled("answer.cursor", cursor))
}

/// Pictures alone may be an answer; reasoning alone may not.
fn has_text(mut kinds: impl Iterator<Item = TextAs>) -> Checked {
    ensure(kinds.any(|kind| kind != TextAs::Reasoning), "answer.text", || {
        "is missing: nothing would be read".into()
    })
}

fn whens(path: &str, list: &[When], framing: Framing) -> Checked {
    list.iter().try_for_each(|when| {
        named(path, when.event.as_deref(), framing)?;
        ensure(when.event.is_some() || !when.only.is_empty(), path, || {
            "has neither `event` nor `only`: it would hold for everything".into()
        })?;
        when.choice.iter().try_for_each(|one| choice(path, *one))?;
        conditions(path, &when.only)
    })
}

/// A name can be asked for where the framing has names.
fn named(path: &str, event: Option<&str>, framing: Framing) -> Checked {
    let Some(event) = event else { return Ok(()) };
    filled(path, event)?;
    let has_names = matches!(framing, Framing::Sse | Framing::PrefixLines | Framing::Socketio);
    ensure(has_names, path, || "records have no `event` in this framing".into())
}

fn choice(path: &str, choice: u8) -> Checked {
    ensure(choice <= 1, path, || "`choice` is 0 or 1: a page gives two answers at most".into())
}

fn conditions(path: &str, list: &[Condition]) -> Checked {
    list.iter().try_for_each(|condition| pointer(path, &condition.pointer))
}

fn pointers(path: &str, list: &[String]) -> Checked {
    list.iter().try_for_each(|one| pointer(path, one))
}

fn optional(path: &str, one: Option<&String>) -> Checked {
    one.map_or(Ok(()), |one| pointer(path, one))
}

/// RFC 6901: empty for the whole, else every step begins with `/`.
pub(super) fn pointer(path: &str, pointer: &str) -> Checked {
    ensure(pointer.is_empty() || pointer.starts_with('/'), path, || {
        format!("a pointer begins with `/` (`{pointer}`)")
    })
}
