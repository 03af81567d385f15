//! Looks for the answer's text in JSON records: the pointers, and the kinds of record, whose texts are
//! together the answer. Each is only a guess; what the decoder makes of it decides.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tabway_dialects::site_chat::{Condition, Framing, RecordsSpec, SeenRecord, TextMode, TextRule};

use super::{
    alike::{alike, plain},
    leaves::{at_element, equals, is_telling, leaves},
};

/// The most kinds of record that are told apart at one pointer.
const MOST_KINDS: usize = 60;

/// The most guesses that are handed on.
const MOST_GUESSES: usize = 40;

/// How much of an answer must come by one rule for another to bring its beginning.
const MAIN_SHARE: f64 = 0.4;

/// Names that say what a record is or who speaks in it.
const KINDS: &[&str] = &["type", "role", "kind", "author", "sender"];

/// Records of one kind that carry a text at one pointer.
#[derive(Debug, Clone, PartialEq)]
struct Source {
    event: Option<String>,
    only: Vec<Condition>,
    pointer: String,
    /// The record's number, and its text.
    texts: Vec<(usize, String)>,
}

/// Ways to read the answer, the simplest first.
pub(super) fn guesses(
    framing: Framing,
    depth: u8,
    seen: &[SeenRecord],
    shown: &str,
) -> Vec<RecordsSpec> {
    let sources = sources(seen);
    let of = |text: Vec<TextRule>| RecordsSpec {
        framing,
        depth: (framing == Framing::Array).then_some(depth),
        text,
        ..RecordsSpec::default()
    };
    let mut found = Vec::new();
    for source in &sources {
        let whole: String = source.texts.iter().map(|(_, text)| text.as_str()).collect();
        if alike(&plain(&whole), shown) > 0.0 {
            found.push(of(vec![rule(source, TextMode::Delta)]));
        }
        let last = source.texts.last().map_or("", |(_, text)| text);
        if source.texts.len() > 1 && alike(&plain(last), shown) > 0.0 {
            for rule in cumulative(source) {
                found.push(of(vec![rule]));
            }
        }
    }
    found.extend(
        in_parts(seen, &sources, shown)
            .map(|(text, id)| RecordsSpec { message_id: id, ..of(text) }),
    );
    found.truncate(MOST_GUESSES);
    found
}

/// Every kind of record with a text, the least conditions first.
fn sources(seen: &[SeenRecord]) -> Vec<Source> {
    let mut at: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (number, record) in seen.iter().enumerate() {
        for (pointer, value) in leaves(&record.value) {
            if let Value::String(text) = value {
                at.entry(pointer).or_default().push((number, text.clone()));
            }
        }
    }
    let mut found = Vec::new();
    for (pointer, texts) in at {
        let kinds = kinds(seen, &pointer, &texts);
        found.extend(kinds.into_iter().map(|(event, only)| {
            Source {
                texts: texts
                    .iter()
                    .filter(|(number, _)| is_of(&seen[*number], event.as_deref(), &only))
                    .cloned()
                    .collect(),
                event,
                only,
                pointer: pointer.clone(),
            }
        }));
    }
    found.sort_by_key(|source| source.only.len() + usize::from(source.event.is_some()));
    found
}

type Kind = (Option<String>, Vec<Condition>);

/// What tells the records with a text at the pointer apart: nothing, their name, a value, or both.
fn kinds(seen: &[SeenRecord], pointer: &str, texts: &[(usize, String)]) -> Vec<Kind> {
    let mut names: BTreeSet<Option<String>> = BTreeSet::new();
    let mut values: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for (number, _) in texts {
        let record = &seen[*number];
        names.insert(record.name.clone());
        for (other, value) in leaves(&record.value) {
            if other != pointer && is_telling(value) && values.len() < MOST_KINDS {
                values.insert((other, value.to_string()), value);
            }
        }
    }
    let named: Vec<Option<String>> = match names.iter().any(Option::is_some) {
        // Socket.IO, prefixed lines, named events: a name belongs to it.
        true => names.into_iter().collect(),
        false => vec![None],
    };
    let mut kinds: Vec<Kind> = Vec::new();
    for name in named {
        kinds.push((name.clone(), vec![]));
        let only = values.iter().map(|((pointer, _), value)| vec![equals(pointer, value)]);
        kinds.extend(only.map(|only| (name.clone(), only)));
    }
    kinds
}

fn is_of(record: &SeenRecord, event: Option<&str>, only: &[Condition]) -> bool {
    event.is_none_or(|event| record.name.as_deref() == Some(event))
        && only.iter().all(|one| record.value.pointer(&one.pointer) == one.equals.as_ref())
}

fn rule(source: &Source, mode: TextMode) -> TextRule {
    TextRule {
        event: source.event.clone(),
        only: source.only.clone(),
        pointer: source.pointer.clone(),
        mode,
        ..TextRule::default()
    }
}

/// All so far at the pointer; where it lies in a list, at the list's last element before that.
fn cumulative(source: &Source) -> impl Iterator<Item = TextRule> {
    let plain = rule(source, TextMode::Cumulative);
    let last = at_element(&source.pointer).map(|(list, rest)| TextRule {
        each: format!("{list}/-1"),
        pointer: rest.to_owned(),
        ..plain.clone()
    });
    last.into_iter().chain([plain])
}

/// One kind of record that brings most of the answer in pieces, and others that bring its beginning
/// or all of it.
fn in_parts(
    seen: &[SeenRecord],
    sources: &[Source],
    shown: &str,
) -> impl Iterator<Item = (Vec<TextRule>, Option<String>)> {
    let whole = |source: &Source| {
        plain(&source.texts.iter().map(|(_, text)| text.as_str()).collect::<String>())
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths of texts"
    )]
    let enough = (shown.len() as f64 * MAIN_SHARE) as usize;
    let is_main = |source: &&Source| {
        let text = whole(source);
        let longest = source.texts.iter().map(|(_, text)| plain(text).len()).max();
        // In pieces, that is: what comes as a whole is read as such.
        let in_pieces = longest.is_some_and(|longest| longest * 2 <= text.len());
        in_pieces && text.len() >= enough && shown.contains(&text)
    };
    let main = sources
        .iter()
        .filter(is_main)
        .max_by_key(|source| (whole(source).len(), std::cmp::Reverse(source.only.len())));
    let rules = main.map(|main| {
        let main = told_apart(main, sources);
        // Kinds of record that always say the answer so far, each once.
        let mut others: Vec<&Source> = Vec::new();
        for source in sources.iter().filter(|source| {
            let other = source.event != main.event || source.pointer != main.pointer;
            let texts = || source.texts.iter().map(|(_, text)| plain(text));
            other
                && texts().any(|text| !text.is_empty())
                && texts().all(|text| shown.starts_with(&text))
        }) {
            let known = |one: &&Source| one.event == source.event && one.pointer == source.pointer;
            if !others.iter().any(known) {
                others.push(told_apart(source, sources));
            }
        }
        let id = others.iter().find_map(|other| common_id(seen, main, other));
        let mut text: Vec<TextRule> =
            others.iter().map(|other| rule(other, TextMode::Cumulative)).collect();
        let follows = id.is_some() && !text.is_empty();
        text.push(TextRule { follows, ..rule(main, TextMode::Delta) });
        (text, id)
    });
    rules.into_iter()
}

/// The same texts, but told from others by who speaks or what it is, where the records say so: the
/// records of another turn may be of other kinds, too.
fn told_apart<'a>(source: &'a Source, sources: &'a [Source]) -> &'a Source {
    let spoken = |source: &Source| -> Vec<usize> {
        let texts = source.texts.iter().filter(|(_, text)| !text.is_empty());
        texts.map(|(number, _)| *number).collect()
    };
    let says_kind = |one: &&Source| {
        one.only.iter().any(|only| {
            let name = only.pointer.rsplit('/').next().unwrap_or_default();
            KINDS.contains(&name)
        })
    };
    let same = |one: &&Source| {
        one.event == source.event && one.pointer == source.pointer && spoken(one) == spoken(source)
    };
    sources.iter().filter(same).find(says_kind).unwrap_or(source)
}

/// The pointer to a text that all records of both kinds have in common: the message's id.
fn common_id(seen: &[SeenRecord], one: &Source, other: &Source) -> Option<String> {
    let first = &seen[one.texts.first()?.0].value;
    let told = leaves(first).into_iter().find(|(pointer, value)| {
        let everywhere = |source: &Source| {
            let mut records = source.texts.iter().map(|(number, _)| &seen[*number].value);
            records.all(|record| record.pointer(pointer) == Some(*value))
        };
        value.as_str().is_some_and(|text| text.len() > 3 && !is_telling_kind(text))
            && everywhere(one)
            && everywhere(other)
    });
    told.map(|(pointer, _)| pointer)
}

/// Ids have digits; words that name a kind have none.
fn is_telling_kind(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_digit())
}
