//! What a text begins with: a markup, what may still become one, or neither.

use crate::emulate::{
    markup::{BARE_KEYS, Body, FENCES, MARKUPS, Markup},
    read::is_of_name,
};

/// What is seen at a place in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<T> {
    /// It is there.
    Yes(T),
    /// What came so far may become it.
    Perhaps,
    /// It is not there.
    No,
}

impl<T> Seen<T> {
    fn map<U>(self, to: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Yes(seen) => Seen::Yes(to(seen)),
            Self::Perhaps => Seen::Perhaps,
            Self::No => Seen::No,
        }
    }

    fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => other(),
            Self::Yes(_) => self,
            Self::Perhaps => match other() {
                Self::Yes(seen) => Self::Yes(seen),
                _ => Self::Perhaps,
            },
        }
    }
}

/// The most white space between an opener and what it opens.
const MAX_SPACE: usize = 64;

/// The longest name of a function.
const MAX_NAME: usize = 128;

/// A markup with something within that may be a call to one of `names`.
pub(super) fn markup(text: &str, names: &[String]) -> Seen<&'static Markup> {
    MARKUPS.iter().fold(Seen::No, |seen, markup| {
        seen.or_else(|| match literal(text, markup.opener) {
            Seen::Yes(rest) => opens(rest, markup, names).map(|()| markup),
            Seen::Perhaps => Seen::Perhaps,
            Seen::No => Seen::No,
        })
    })
}

/// Whether what follows an opener may be what it opens: a tag in a sentence opens nothing.
fn opens(rest: &str, markup: &Markup, names: &[String]) -> Seen<()> {
    let any_of = |text: &str, openers: &[&str]| {
        openers.iter().fold(Seen::No, |seen, opener| seen.or_else(|| unit(literal(text, opener))))
    };
    if markup.body == Body::Invented {
        return Seen::Yes(());
    }
    let rest = match after_space(rest) {
        Seen::Yes(rest) => rest,
        Seen::Perhaps => return Seen::Perhaps,
        Seen::No => return Seen::No,
    };
    if markup.body == Body::Named {
        return match name(rest.trim_start_matches(['"', '\''])) {
            Seen::Yes((_, rest)) => any_of(rest.trim_start_matches(['"', '\'']), &[">"]),
            Seen::Perhaps => Seen::Perhaps,
            Seen::No => Seen::No,
        };
    }
    match rest.chars().next() {
        Some('{' | '[') => return Seen::Yes(()),
        Some('`') if markup.body == Body::Any => return any_of(rest, &["```"]),
        Some('<') if markup.body == Body::Any => {
            // There is no call within a call: an opener there was written twice.
            let lists = ["<tool_calls>", "<function_calls>"].contains(&markup.opener);
            let within = ["<function=", "<invoke name=", "<tool_call>", "<function_call>"];
            return any_of(rest, &within[..if lists { 4 } else { 2 }]);
        }
        _ => {}
    }
    let (found, rest) = match name(rest) {
        Seen::Yes(found) => found,
        Seen::Perhaps => return Seen::Perhaps,
        Seen::No => return Seen::No,
    };
    if !names.iter().any(|name| name == found) {
        return Seen::No;
    }
    match after_space(rest) {
        Seen::Yes(rest) => match markup.closer.filter(|_| markup.body == Body::Any) {
            Some(closer) => any_of(rest, &["<arg_key>", "{", closer]),
            None => any_of(rest, &["{", "[ARGS]"]),
        },
        other => unit(other),
    }
}

/// A tag that begins or ends nothing: how long it is. Models end calls with an opener, and write
/// openers and closers twice.
pub(super) fn stray(text: &str, called: bool) -> Seen<usize> {
    MARKUPS.iter().fold(Seen::No, |seen, markup| {
        let tags = [Some(markup.opener), markup.closer].into_iter().flatten();
        tags.filter(|tag| tag.ends_with('>')).fold(seen, |seen, tag| {
            seen.or_else(|| match literal(text, tag) {
                Seen::Yes(_) if called => Seen::Yes(tag.len()),
                Seen::Yes(rest) if tag == markup.opener => match after_space(rest) {
                    Seen::Yes(rest) => match literal(rest, tag) {
                        Seen::Yes(_) => Seen::Yes(tag.len()),
                        other => other.map(|_| tag.len()),
                    },
                    other => other.map(|_| tag.len()),
                },
                Seen::Perhaps if called || tag == markup.opener => Seen::Perhaps,
                _ => Seen::No,
            })
        })
    })
}

/// The name that a text begins with, and what follows it.
fn name(text: &str) -> Seen<(&str, &str)> {
    match text.find(|c| !is_of_name(c)) {
        Some(0) => Seen::No,
        Some(end) if end <= MAX_NAME => Seen::Yes(text.split_at(end)),
        None if text.len() <= MAX_NAME => Seen::Perhaps,
        _ => Seen::No,
    }
}

/// An object or list of objects whose first key is one of a call's.
pub(super) fn bare(text: &str) -> Seen<()> {
    let within = text.strip_prefix('[').unwrap_or(text);
    let object = match after_space(within) {
        Seen::Yes(rest) => rest,
        other => return unit(other),
    };
    let Some(inner) = object.strip_prefix('{') else { return Seen::No };
    let key = match after_space(inner) {
        Seen::Yes(rest) => rest,
        other => return unit(other),
    };
    let Some(quote) = key.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Seen::No;
    };
    BARE_KEYS.iter().fold(Seen::No, |seen, name| {
        seen.or_else(|| match literal(&key[1..], name) {
            Seen::Yes(rest) => match rest.chars().next() {
                Some(c) if c == quote => Seen::Yes(()),
                Some(_) => Seen::No,
                None => Seen::Perhaps,
            },
            other => unit(other),
        })
    })
}

/// A run of `mark` from the start of `text`, once it cannot grow.
pub(super) fn run(text: &str, mark: char, last: bool) -> Option<usize> {
    let rest = text.trim_start_matches(mark);
    (last || !rest.is_empty()).then_some(text.len() - rest.len())
}

/// Whether what stands behind a fence, up to its line's end, makes the block a call.
/// Gives the bytes up to the end of the line.
pub(super) fn fence_of_call(after: &str) -> Seen<usize> {
    let (line, ended) = after.split_once('\n').map_or((after, false), |(line, _)| (line, true));
    let word = line.trim();
    if ended {
        return if FENCES.contains(&word) { Seen::Yes(line.len() + 1) } else { Seen::No };
    }
    let may_grow = FENCES.iter().any(|fence| fence.starts_with(word));
    if may_grow && line.len() <= MAX_SPACE { Seen::Perhaps } else { Seen::No }
}

/// Whether `text` begins with `wanted`; what follows it.
pub(super) fn literal<'t>(text: &'t str, wanted: &str) -> Seen<&'t str> {
    match text.strip_prefix(wanted) {
        Some(rest) => Seen::Yes(rest),
        None if wanted.starts_with(text) => Seen::Perhaps,
        None => Seen::No,
    }
}

/// What follows white space, if it is not too much.
fn after_space(text: &str) -> Seen<&str> {
    let rest = text.trim_start();
    match (rest.is_empty(), text.len() - rest.len() <= MAX_SPACE) {
        (_, false) => Seen::No,
        (true, true) => Seen::Perhaps,
        (false, true) => Seen::Yes(rest),
    }
}

fn unit<T>(seen: Seen<T>) -> Seen<()> {
    seen.map(|_| ())
}
