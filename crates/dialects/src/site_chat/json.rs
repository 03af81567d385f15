//! Looking into a record: parsing it, conditions, pointers, and paths with wildcards.

use std::borrow::Cow;

use serde_json::Value;

use super::{Condition, When};

/// A record's value, or nothing where it is not JSON. Half of a character written as `\ud83e` alone,
/// as a page sends that cuts its text anywhere, is read as U+FFFD.
pub(super) fn parse(text: &str) -> Option<Value> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(_) => match without_lone_surrogates(text) {
            Cow::Owned(mended) => serde_json::from_str(&mended).ok(),
            Cow::Borrowed(_) => None,
        },
    }
}

/// Replaces escapes of surrogates that have no partner.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let (mut mended, mut from, mut at) = (String::new(), 0, 0);
    let bytes = text.as_bytes();
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        at += found;
        at += match (surrogate(&bytes[at..]), bytes.get(at + 6..).and_then(surrogate)) {
            (Some(true), Some(false)) => 12,
            (Some(_), _) => {
                mended.push_str(&text[from..at]);
                mended.push_str("\\ufffd");
                from = at + 6;
                6
            }
            // Any other escape: at least the character after the backslash belongs to it.
            (None, _) => 2,
        };
        at = at.min(bytes.len());
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[from..]);
    Cow::Owned(mended)
}

/// Whether an escape of a surrogate stands here, and then whether it is a leading one.
fn surrogate(bytes: &[u8]) -> Option<bool> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let code = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    match code {
        0xD800..=0xDBFF => Some(true),
        0xDC00..=0xDFFF => Some(false),
        _ => None,
    }
}

/// Whether one of these holds; none of none does.
pub(super) fn any(list: &[When], name: Option<&str>, record: &Value) -> bool {
    list.iter().any(|when| is(when, name, record))
}

/// Whether it holds for a record.
pub(super) fn is(when: &When, name: Option<&str>, record: &Value) -> bool {
    is_named(when.event.as_deref(), name) && all(&when.only, record)
}

/// Whether a record has the name that is asked for, if any.
pub(super) fn is_named(wanted: Option<&str>, name: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| name == Some(wanted))
}

/// Whether all of the conditions hold; all of none do.
pub(super) fn all(conditions: &[Condition], record: &Value) -> bool {
    conditions.iter().all(|condition| holds(condition, record) != condition.not)
}

fn holds(condition: &Condition, record: &Value) -> bool {
    let Some(found) = record.pointer(&condition.pointer) else { return false };
    let length = found.as_array().map(Vec::len);
    let has = |wanted: u32, is: fn(usize, usize) -> bool| {
        length.is_some_and(|length| usize::try_from(wanted).is_ok_and(|wanted| is(length, wanted)))
    };
    let asks = condition.equals.is_some() || condition.length.is_some();
    condition.equals.as_ref().is_none_or(|wanted| found == wanted)
        && condition.length.is_none_or(|wanted| has(wanted, |length, wanted| length == wanted))
        && condition.at_least.is_none_or(|least| has(least, |length, least| length >= least))
        && (asks || condition.at_least.is_some() || !found.is_null())
}

/// The text at the first pointer that leads to one.
pub(super) fn text<'a>(pointers: &[String], record: &'a Value) -> Option<&'a str> {
    pointers.iter().find_map(|pointer| record.pointer(pointer)?.as_str())
}

/// The texts at a pointer within each item of a path that meets the conditions.
pub(super) fn texts<'a>(
    record: &'a Value,
    each: &str,
    only: &[Condition],
    pointer: &str,
) -> Vec<&'a str> {
    let mut items = Vec::new();
    items_at(each, record, &mut items);
    items.retain(|item| all(only, item));
    items.into_iter().filter_map(|item| item.pointer(pointer)?.as_str()).collect()
}

/// Every value at a path: `/`-separated steps, `*` for any step, `-1` for a list's last.
pub(super) fn items_at<'a>(path: &str, value: &'a Value, found: &mut Vec<&'a Value>) {
    let Some((step, rest)) = first_step(path) else {
        found.push(value);
        return;
    };
    match (step, value) {
        ("*", Value::Array(list)) => list.iter().for_each(|v| items_at(rest, v, found)),
        ("*", Value::Object(map)) => map.values().for_each(|v| items_at(rest, v, found)),
        ("-1", Value::Array(list)) => {
            list.last().into_iter().for_each(|v| items_at(rest, v, found));
        }
        (step, Value::Array(list)) => {
            let at = step.parse().ok().and_then(|at: usize| list.get(at));
            at.into_iter().for_each(|v| items_at(rest, v, found));
        }
        (step, Value::Object(map)) => {
            map.get(step).into_iter().for_each(|v| items_at(rest, v, found));
        }
        _ => {}
    }
}

fn first_step(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return None;
    }
    Some(path.split_once('/').map_or((path, ""), |(step, rest)| (step, rest)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_a_character_does_not_cost_the_record() {
        let whole = r#"["\ud83e\udd80", "\\ud83e", "é"]"#;
        assert_eq!(parse(whole), Some(json!(["🦀", "\\ud83e", "é"])));
        let halves = r#"["a\ud83e","\udd80b","\ud83e\ud83e\udd80","\\\udd80"]"#;
        assert_eq!(
            parse(halves),
            Some(json!(["a\u{fffd}", "\u{fffd}b", "\u{fffd}🦀", "\\\u{fffd}"]))
        );
        for broken in [r#"["\ud83"#, r#"["\ud83e"#, "\\", "\\u", "é\\ud800"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_condition_looks_at_value_and_shape() {
        let holds = |condition: Value| {
            let condition: Condition = serde_json::from_value(condition).unwrap();
            holds(&condition, &json!({"list": [1, null], "no": null, "text": "ab"}))
        };
        assert!(holds(json!({"pointer": "/list", "length": 2})));
        assert!(holds(json!({"pointer": "/list", "at_least": 2})));
        assert!(!holds(json!({"pointer": "/list", "at_least": 3})));
        assert!(!holds(json!({"pointer": "/text", "length": 2})), "a text is no list");
        assert!(!holds(json!({"pointer": "/no"})) && !holds(json!({"pointer": "/list/1"})));
        assert!(holds(json!({"pointer": "/list/0"})) && !holds(json!({"pointer": "/none"})));
    }

    #[test]
    fn paths_reach_items() {
        let value = json!({"a": [{"t": "x"}, {"t": 1}, {"u": 2}, {"t": "y"}]});
        assert_eq!(texts(&value, "/a/*", &[], "/t"), ["x", "y"]);
        assert_eq!(texts(&value, "/a/-1", &[], "/t"), ["y"]);
        assert_eq!(texts(&value, "", &[], "/a/0/t"), ["x"]);
        assert_eq!(texts(&value, "/b/*", &[], ""), Vec::<&str>::new());
    }
}
