//! The places of a record: every text, number and flag in it, with its JSON pointer.

use serde_json::Value;
use tabway_dialects::site_chat::Condition;

/// The most places of one record that are looked at.
const MOST: usize = 2_000;

/// Every scalar with its pointer, in order.
pub(super) fn leaves(value: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    walk(value, &mut String::new(), &mut found);
    found
}

fn walk<'a>(value: &'a Value, at: &mut String, found: &mut Vec<(String, &'a Value)>) {
    if found.len() >= MOST {
        return;
    }
    let length = at.len();
    match value {
        Value::Array(list) => {
            for (index, one) in list.iter().enumerate() {
                at.push_str(&format!("/{index}"));
                walk(one, at, found);
                at.truncate(length);
            }
        }
        Value::Object(map) => {
            for (key, one) in map {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                walk(one, at, found);
                at.truncate(length);
            }
        }
        scalar => found.push((at.clone(), scalar)),
    }
}

/// Whether a value says what kind a record is, and not which one of its kind.
pub(super) fn is_telling(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::String(text) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            (1..=40).contains(&text.len()) && digits < 3 && !text.contains(char::is_whitespace)
        }
        _ => false,
    }
}

/// That a place has this value.
pub(super) fn equals(pointer: &str, value: &Value) -> Condition {
    Condition { pointer: pointer.to_owned(), equals: Some(value.clone()), ..Condition::default() }
}

/// A pointer cut at a list's element: the list, and what follows the element.
pub(super) fn at_element(pointer: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    for step in pointer.split('/') {
        let end = from + step.len();
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some((&pointer[..from.saturating_sub(1)], &pointer[end..]));
        }
        from = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_leads_to_its_leaf() {
        let value = json!({ "a": [{ "b/c": "x" }, 2], "d": null });
        let found = leaves(&value);
        for (pointer, leaf) in &found {
            assert_eq!(value.pointer(pointer), Some(*leaf), "{pointer}");
        }
        assert_eq!(found.len(), 3);
        assert_eq!(at_element("/messages/12/content"), Some(("/messages", "/content")));
        assert_eq!(at_element("/0"), Some(("", "")));
        assert_eq!(at_element("/delta/text"), None);
    }

    #[test]
    fn ids_tell_nothing_about_a_kind() {
        assert!(is_telling(&json!("assistant_message")) && is_telling(&json!(true)));
        assert!(!is_telling(&json!("2e8e81-4711")) && !is_telling(&json!(7)));
    }
}
