//! Looks for a document that records replace and patch, with the answer's text in it.

use std::collections::BTreeSet;

use serde_json::Value;
use tabway_dialects::site_chat::{
    DocumentText, Framing, PatchKeys, PatchLayout, PatchesSpec, SeenRecord,
};

use super::{
    alike::{alike, plain},
    leaves::leaves,
};

/// Names that patches use for operation, path and value.
const KEYS: &[(&str, &str, &str)] = &[("op", "path", "value"), ("o", "p", "v")];

/// The most guesses that are handed on.
const MOST_GUESSES: usize = 60;

/// Ways to read the answer out of a patched document.
pub(super) fn guesses(framing: Framing, seen: &[SeenRecord], shown: &str) -> Vec<PatchesSpec> {
    let mut found = Vec::new();
    for (patches, layout) in layouts(seen) {
        for text in texts(seen, &patches, &layout, shown) {
            found.push(PatchesSpec {
                framing,
                only: vec![],
                patches: patches.clone(),
                document_key: None,
                layout: layout.clone(),
                text: vec![text],
                message_id: None,
                document_done: vec![],
                done: vec![],
                refused: vec![],
                done_data: None,
                error: vec![],
                error_message: vec![],
                reply_id: None,
                model: None,
            });
        }
    }
    found.truncate(MOST_GUESSES);
    found
}

/// Where patches lie, and how they are written.
fn layouts(seen: &[SeenRecord]) -> Vec<(String, PatchLayout)> {
    let mut found: Vec<(String, PatchLayout)> = Vec::new();
    for record in seen {
        for (pointer, value) in inner(&record.value) {
            let patch = value.as_array().and_then(|list| list.first()).unwrap_or(value);
            let Some(layout) = layout(patch) else { continue };
            if !found.iter().any(|(known, _)| *known == pointer) {
                found.push((pointer, layout));
            }
        }
    }
    found
}

/// Every list and object of a record with its pointer.
fn inner(value: &Value) -> Vec<(String, &Value)> {
    let mut found = vec![(String::new(), value)];
    let mut at = 0;
    while let Some((pointer, value)) = found.get(at).cloned() {
        at += 1;
        if pointer.matches('/').count() >= 4 || found.len() > 500 {
            continue;
        }
        match value {
            Value::Array(list) => {
                let few = list.iter().enumerate().take(8);
                found.extend(few.map(|(index, one)| (format!("{pointer}/{index}"), one)));
            }
            Value::Object(map) => {
                found.extend(map.iter().map(|(key, one)| (format!("{pointer}/{key}"), one)));
            }
            _ => {}
        }
    }
    found.retain(|(_, value)| value.is_array() || value.is_object());
    found
}

fn layout(patch: &Value) -> Option<PatchLayout> {
    if let [Value::String(_), path, _] = patch.as_array().map_or(&[][..], Vec::as_slice) {
        let is_path = path.is_array() || path.as_str().is_some_and(|path| path.starts_with('/'));
        return is_path.then_some(PatchLayout::Positions);
    }
    let named = |&&(op, path, value): &&(&str, &str, &str)| {
        patch.get(path).is_some_and(|path| path.is_string() || path.is_array())
            && patch.get(op).is_some_and(Value::is_string)
            && patch.get(value).is_some()
    };
    KEYS.iter().find(named).map(|(op, path, value)| {
        PatchLayout::Keys(PatchKeys {
            op: (*op).to_owned(),
            path: (*path).to_owned(),
            value: (*value).to_owned(),
        })
    })
}

/// Where the text may be in the document: places that patches write to, and places where a whole
/// document holds the answer.
fn texts(
    seen: &[SeenRecord],
    patches: &str,
    layout: &PatchLayout,
    shown: &str,
) -> Vec<DocumentText> {
    let mut places: BTreeSet<String> = BTreeSet::new();
    for record in seen {
        let Some(value) = record.value.pointer(patches) else { continue };
        let list = std::slice::from_ref(value);
        let list = value.as_array().map_or(list, Vec::as_slice);
        places.extend(list.iter().filter_map(|patch| path_of(patch, layout)));
        for (pointer, leaf) in leaves(value) {
            if leaf.as_str().is_some_and(|text| alike(&plain(text), shown) > 0.0) {
                places.insert(pointer);
            }
        }
    }
    places.iter().flat_map(|place| [any_of_last(place), exact(place)]).flatten().collect()
}

fn path_of(patch: &Value, layout: &PatchLayout) -> Option<String> {
    let path = match layout {
        PatchLayout::Positions => patch.get(1)?,
        PatchLayout::Keys(keys) => patch.get(&keys.path)?,
    };
    match path {
        Value::String(path) => Some(path.clone()),
        Value::Array(steps) => {
            let step = |step: &Value| match step {
                Value::String(step) => Some(format!("/{step}")),
                Value::Number(step) => Some(format!("/{step}")),
                _ => None,
            };
            steps.iter().map(step).collect()
        }
        _ => None,
    }
}

/// The first list's last element, any of the lists within it.
fn any_of_last(place: &str) -> Option<DocumentText> {
    let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let (before, last) = place.rsplit_once('/')?;
    let mut lists = 0;
    let steps: Vec<&str> = before
        .split('/')
        .map(|step| match (is_number(step), lists) {
            (true, 0) => {
                lists = 1;
                "-1"
            }
            (true, _) => "*",
            (false, _) => step,
        })
        .collect();
    let of =
        |each: String, pointer: String| DocumentText { each, pointer, ..DocumentText::default() };
    if lists == 0 {
        return None;
    }
    Some(match is_number(last) {
        true => of(format!("{}/*", steps.join("/")), String::new()),
        false => of(steps.join("/"), format!("/{last}")),
    })
}

fn exact(place: &str) -> Option<DocumentText> {
    let pointer = place.to_owned();
    (!place.is_empty()).then(|| DocumentText { pointer, ..DocumentText::default() })
}
