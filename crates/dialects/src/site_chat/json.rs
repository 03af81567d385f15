//! Looking into an event: filters, pointers, and paths with wildcards.

use serde_json::Value;

use super::EventFilter;

/// Whether one of the filters holds; none of none does.
pub(super) fn any(filters: &[EventFilter], event: &Value) -> bool {
    filters.iter().any(|filter| holds(filter, event))
}

/// Whether all of the filters hold; all of none do.
pub(super) fn all(filters: &[EventFilter], event: &Value) -> bool {
    filters.iter().all(|filter| holds(filter, event))
}

fn holds(filter: &EventFilter, event: &Value) -> bool {
    match (event.pointer(&filter.pointer), &filter.equals) {
        (Some(found), Some(wanted)) => found == wanted,
        (Some(found), None) => !found.is_null(),
        (None, _) => false,
    }
}

/// The text at the first pointer that leads to one.
pub(super) fn text<'a>(pointers: &[String], event: &'a Value) -> Option<&'a str> {
    pointers.iter().find_map(|pointer| event.pointer(pointer)?.as_str())
}

/// Every text at a path: `/`-separated steps, `*` for any step, `-1` for a list's last.
pub(super) fn texts_at<'a>(path: &str, value: &'a Value, found: &mut Vec<&'a str>) {
    let Some((step, rest)) = first_step(path) else {
        found.extend(value.as_str());
        return;
    };
    match (step, value) {
        ("*", Value::Array(list)) => list.iter().for_each(|v| texts_at(rest, v, found)),
        ("*", Value::Object(map)) => map.values().for_each(|v| texts_at(rest, v, found)),
        ("-1", Value::Array(list)) => list.iter().next_back().into_iter().for_each(|v| {
            texts_at(rest, v, found);
        }),
        (step, Value::Array(list)) => {
            let at = step.parse().ok().and_then(|at: usize| list.get(at));
            at.into_iter().for_each(|v| texts_at(rest, v, found));
        }
        (step, Value::Object(map)) => {
            map.get(step).into_iter().for_each(|v| texts_at(rest, v, found));
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
