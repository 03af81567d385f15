//! Patches of a document: reading them in both layouts, and applying them.

use serde_json::Value;

use super::PatchKeys;

/// How deep a patch may reach.
const MAX_STEPS: usize = 64;

/// Elements that a patch may add at the end of a list at once, past its length.
const MAX_GAP: usize = 1;

/// One change.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Patch {
    op: String,
    steps: Vec<String>,
    value: Value,
}

impl Patch {
    /// Whether it brings the whole document.
    pub(super) fn is_whole(&self) -> bool {
        self.steps.is_empty() && !matches!(self.op.as_str(), "append" | "delete" | "remove")
    }
}

/// A list of `[operation, path, value]`, or nothing where it is not one.
pub(super) fn by_position(change: &Value) -> Option<Vec<Patch>> {
    change.as_array()?.iter().map(positioned).collect()
}

fn positioned(patch: &Value) -> Option<Patch> {
    let patch = patch.as_array()?;
    let op = patch.first()?.as_str()?;
    if !matches!(op, "append" | "add" | "replace" | "delete" | "remove") {
        return None;
    }
    let value = patch.get(2).cloned().unwrap_or_default();
    Some(Patch { op: op.to_owned(), steps: steps(patch.get(1)?)?, value })
}

/// Patches as an object. What it leaves out is that of the patch before; an object without a value is
/// not a patch. A list of patches as the value (`patch`, `BATCH`) stands below the object's own path.
pub(super) fn by_key(patch: &Value, keys: &PatchKeys, sticky: &mut Patch) -> Option<Vec<Patch>> {
    let value = patch.get(&keys.value)?;
    if let Some(op) = patch.get(&keys.op).and_then(Value::as_str) {
        op.to_ascii_lowercase().clone_into(&mut sticky.op);
    }
    if let Some(path) = patch.get(&keys.path) {
        sticky.steps = steps(path)?;
    }
    if !matches!(sticky.op.as_str(), "patch" | "batch") {
        return Some(vec![Patch { value: value.clone(), ..sticky.clone() }]);
    }
    let list = value.as_array()?.iter();
    Some(list.filter_map(|patch| below(&sticky.steps, patch, keys)).collect())
}

/// One patch of a list, which says all that it means itself; it replaces where it names no operation.
fn below(parents: &[String], patch: &Value, keys: &PatchKeys) -> Option<Patch> {
    let mut own = Patch::default();
    let mut patch = by_key(patch, keys, &mut own).filter(|list| list.len() == 1)?.pop()?;
    patch.steps.splice(0..0, parents.iter().cloned());
    (patch.steps.len() <= MAX_STEPS).then_some(patch)
}

/// A path as a list of steps or as a pointer.
fn steps(path: &Value) -> Option<Vec<String>> {
    let steps: Vec<String> = match path {
        Value::Array(list) => list
            .iter()
            .map(|step| match step {
                Value::String(step) => Some(step.clone()),
                Value::Number(step) => Some(step.to_string()),
                _ => None,
            })
            .collect::<Option<_>>()?,
        Value::String(path) => {
            path.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect()
        }
        _ => return None,
    };
    (steps.len() <= MAX_STEPS).then_some(steps)
}

/// Changes the document. A patch that does not fit changes nothing: a page may send what we do not
/// follow, and the next whole document mends it.
pub(super) fn apply(document: &mut Value, patch: &Patch) {
    match (patch.op.as_str(), patch.steps.split_last()) {
        (op, None) => set(document, op, &patch.value),
        ("delete" | "remove", Some((last, parents))) => {
            if let Some(parent) = walk(document, parents) {
                delete(parent, last);
            }
        }
        (op, Some((last, parents))) => {
            if let Some(slot) = walk(document, parents).and_then(|parent| slot(parent, last, op)) {
                set(slot, op, &patch.value);
            }
        }
    }
}

fn walk<'a>(mut value: &'a mut Value, steps: &[String]) -> Option<&'a mut Value> {
    for step in steps {
        value = match value {
            Value::Array(list) => {
                let at = index(step, list.len())?;
                list.get_mut(at)?
            }
            Value::Object(map) => map.get_mut(step)?,
            _ => return None,
        };
    }
    Some(value)
}

/// The place of a step, made where the operation may make it.
fn slot<'a>(parent: &'a mut Value, step: &str, op: &str) -> Option<&'a mut Value> {
    match parent {
        Value::Array(list) => {
            let at = index(step, list.len())?;
            if op == "add" && at <= list.len() {
                list.insert(at, Value::Null);
            } else if at >= list.len() && at < list.len() + MAX_GAP {
                list.push(Value::Null);
            }
            list.get_mut(at)
        }
        Value::Object(map) => Some(map.entry(step.to_owned()).or_insert(Value::Null)),
        Value::Null => {
            *parent = Value::Object(serde_json::Map::new());
            slot(parent, step, op)
        }
        _ => None,
    }
}

fn index(step: &str, len: usize) -> Option<usize> {
    if step == "-1" { len.checked_sub(1) } else { step.parse().ok() }
}

fn set(slot: &mut Value, op: &str, value: &Value) {
    match (op, &mut *slot, value) {
        ("append", Value::String(text), Value::String(more)) => text.push_str(more),
        ("append", Value::Array(list), Value::Array(more)) => list.extend(more.iter().cloned()),
        ("append", Value::Array(list), more) => list.push(more.clone()),
        ("append", Value::Object(map), Value::Object(more)) => map.extend(more.clone()),
        _ => *slot = value.clone(),
    }
}

fn delete(parent: &mut Value, step: &str) {
    match parent {
        Value::Array(list) => {
            if let Some(at) = index(step, list.len()).filter(|at| *at < list.len()) {
                list.remove(at);
            }
        }
        Value::Object(map) => {
            map.remove(step);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(mut document: Value, patches: Value) -> Value {
        for patch in by_position(&patches).expect("patches") {
            apply(&mut document, &patch);
        }
        document
    }

    #[test]
    fn each_operation_does_its_work() {
        let document = json!([{"content": "He", "n": 1}, "x"]);
        let out = patched(
            document,
            json!([
                ["append", [0, "content"], "llo"],
                ["replace", [0, "n"], 2],
                ["add", [2], {"y": []}],
                ["append", [2, "y"], 7],
                ["delete", [1], null],
            ]),
        );
        assert_eq!(out, json!([{"content": "Hello", "n": 2}, {"y": [7]}]));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let document = json!({"a": [1]});
        for patch in [
            json!([["replace", ["b", "c"], 1]]),
            json!([["replace", ["a", 1_000_000], 1]]),
            json!([["delete", ["a", 9], null]]),
            json!([["append", ["a", "x"], 1]]),
        ] {
            assert_eq!(patched(document.clone(), patch.clone()), document, "{patch}");
        }
        assert_eq!(by_position(&json!([["launch", [], 1]])), None);
        assert_eq!(by_position(&json!([{"role": "user"}])), None);
    }

    #[test]
    fn a_patch_by_key_inherits_what_it_leaves_out() {
        let keys = PatchKeys { op: "o".into(), path: "p".into(), value: "v".into() };
        let mut sticky = Patch::default();
        let mut document = json!({"parts": [""]});
        for patch in [
            json!({"p": "/parts/0", "o": "append", "v": "a"}),
            json!({"v": "b"}),
            json!({"v": "c", "extra": 1}),
        ] {
            let patches = by_key(&patch, &keys, &mut sticky).expect("patches");
            patches.iter().for_each(|patch| apply(&mut document, patch));
        }
        assert_eq!(document, json!({"parts": ["abc"]}));
    }

    #[test]
    fn a_batch_stands_below_its_path() {
        let keys = PatchKeys { op: "o".into(), path: "p".into(), value: "v".into() };
        let mut document = json!({"response": {"parts": [{"text": "a"}], "status": "WIP"}});
        let batch = json!({"p": "response", "o": "BATCH", "v": [
            {"p": "parts", "o": "APPEND", "v": [{"text": "b"}]},
            {"p": "parts/-1/text", "o": "APPEND", "v": "c"},
            {"p": "status", "v": "FINISHED"},
            {"p": "deep", "o": "BATCH", "v": [[], {}, {"p": "x"}]},
        ]});
        let patches = by_key(&batch, &keys, &mut Patch::default()).expect("patches");
        patches.iter().for_each(|patch| apply(&mut document, patch));
        let expected = json!({"parts": [{"text": "a"}, {"text": "bc"}], "status": "FINISHED"});
        assert_eq!(document, json!({"response": expected}));
    }
}
