//! Calls of functions in a record: the name, and the arguments as JSON.

use serde_json::{Map, Value};

use super::{ArgumentsForm, CallRule, json};

/// A call as a record holds it.
#[derive(Debug, PartialEq)]
pub(super) struct Called {
    pub(super) name: String,
    /// A JSON object.
    pub(super) arguments: String,
}

/// The calls that a rule finds in a record. What cannot be read is none.
pub(super) fn found(rule: &CallRule, name: Option<&str>, record: &Value) -> Vec<Called> {
    if !json::is_named(rule.event.as_deref(), name) || !json::all(&rule.only, record) {
        return Vec::new();
    }
    let mut items = Vec::new();
    json::items_at(&rule.each, record, &mut items);
    items.retain(|item| json::all(&rule.each_only, item));
    let read = |item: &Value| {
        let name = item.pointer(&rule.name)?.as_str().filter(|name| !name.is_empty())?;
        let arguments = arguments(rule.form, item.pointer(&rule.arguments))?;
        Some(Called { name: name.to_owned(), arguments: Value::from(arguments).to_string() })
    };
    items.into_iter().filter_map(read).collect()
}

/// The arguments; none at all are none of them.
fn arguments(form: ArgumentsForm, written: Option<&Value>) -> Option<Map<String, Value>> {
    match (form, written) {
        (_, None | Some(Value::Null)) => Some(Map::new()),
        (ArgumentsForm::Json, Some(Value::Object(fields))) => Some(fields.clone()),
        (ArgumentsForm::Json, Some(Value::String(text))) => match json::parse(text)? {
            Value::Object(fields) => Some(fields),
            _ => None,
        },
        (ArgumentsForm::Json, Some(_)) => None,
        (ArgumentsForm::Struct, Some(written)) => fields(written),
    }
}

/// `[[[name, value], ...]]`.
fn fields(written: &Value) -> Option<Map<String, Value>> {
    let entries = match written.as_array()?.first() {
        None | Some(Value::Null) => return Some(Map::new()),
        Some(entries) => entries.as_array()?,
    };
    let entry = |entry: &Value| Some((entry.get(0)?.as_str()?.to_owned(), value(entry.get(1)?)?));
    entries.iter().map(entry).collect()
}

/// A value stands at the place of its kind: nothing, number, text, truth, fields, list. Places
/// before it are empty, and there are none after it.
fn value(written: &Value) -> Option<Value> {
    let places = written.as_array()?;
    let last = places.last()?;
    Some(match places.len() {
        1 => Value::Null,
        2 => number(last)?,
        3 => Value::from(last.as_str()?),
        4 => Value::from(last.as_bool().or_else(|| Some(last.as_i64()? != 0))?),
        5 => Value::Object(fields(last)?),
        6 => match last.as_array()?.first() {
            None | Some(Value::Null) => Value::Array(Vec::new()),
            Some(items) => {
                Value::Array(items.as_array()?.iter().map(value).collect::<Option<_>>()?)
            }
        },
        _ => return None,
    })
}

/// A number is a double there: a whole one is written as one.
fn number(written: &Value) -> Option<Value> {
    /// What a double holds without a gap.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    let number = written.as_f64()?;
    if number.fract() == 0.0 && number.abs() <= WHOLE {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and within what a double holds"
        )]
        return Some(Value::from(number as i64));
    }
    Some(written.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(form: ArgumentsForm) -> CallRule {
        CallRule {
            each: "/calls/*".into(),
            name: "/0".into(),
            arguments: "/1".into(),
            form,
            ..CallRule::default()
        }
    }

    fn read(form: ArgumentsForm, call: Value) -> Option<(String, Value)> {
        let called = found(&rule(form), None, &json!({ "calls": [call] })).pop()?;
        Some((called.name, serde_json::from_str(&called.arguments).expect("JSON")))
    }

    #[test]
    fn arguments_are_json_or_a_text_of_it() {
        let read = |call| read(ArgumentsForm::Json, call);
        let meant = Some(("f".to_owned(), json!({ "a": 1 })));
        assert_eq!(read(json!(["f", { "a": 1 }])), meant);
        assert_eq!(read(json!(["f", "{\"a\": 1}"])), meant);
        assert_eq!(read(json!(["f"])), Some(("f".to_owned(), json!({}))));
        for none in [json!(["f", [1]]), json!(["f", "half {"]), json!(["", {}]), json!([7, {}])] {
            assert_eq!(read(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn a_struct_is_read_by_places() {
        let list = json!([null, null, null, null, null, [[[null, 1.5], [null, null, "b"]]]]);
        let call = json!([
            "f",
            [[
                ["nothing", [0]],
                ["whole", [null, 3.0]],
                ["half", [null, 0.5]],
                ["text", [null, null, "é\n"]],
                ["yes", [null, null, null, 1]],
                ["no", [null, null, null, false]],
                ["inner", [null, null, null, null, [[["deep", [null, null, "x"]]]]]],
                ["empty", [null, null, null, null, []]],
                ["list", list],
            ]]
        ]);
        let meant = json!({
            "nothing": null, "whole": 3, "half": 0.5, "text": "é\n", "yes": true, "no": false,
            "inner": { "deep": "x" }, "empty": {}, "list": [1.5, "b"],
        });
        assert_eq!(read(ArgumentsForm::Struct, call), Some(("f".to_owned(), meant)));
        assert_eq!(
            read(ArgumentsForm::Struct, json!(["f", []])),
            Some(("f".to_owned(), json!({})))
        );
        for none in
            [json!({}), json!([[["a"]]]), json!([[["a", [null, "no"]]]]), json!([[["a", 1]]])]
        {
            assert_eq!(read(ArgumentsForm::Struct, json!(["f", none.clone()])), None, "{none}");
        }
    }
}
