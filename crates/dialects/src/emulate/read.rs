//! What stands within a markup, read as calls.

use serde_json::{Map, Value};

use super::lenient;

/// A call as the model wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    /// Whether each argument is a text only because it was written between tags.
    pub(super) untyped: bool,
}

/// The keys under which models write a call's name and its arguments.
const NAMES: [&str; 3] = ["name", "tool_name", "tool"];
const ARGUMENTS: [&str; 5] = ["arguments", "parameters", "args", "input", "tool_input"];

/// The calls of a body; why there are none to read, in words for the model.
pub(super) fn calls(body: &str) -> Result<Vec<Written>, String> {
    let body = unfenced(body.trim());
    let mut calls = Vec::new();
    match body.chars().next() {
        Some('{' | '[') => many(body, &mut calls)?,
        Some('<') => tagged(body, &mut calls)?,
        Some(_) => named(body, &mut calls)?,
        None => {}
    }
    if calls.is_empty() { Err("there is no call in it".to_owned()) } else { Ok(calls) }
}

/// What a lone object or list says, where it is made of calls only.
pub(super) fn bare(body: &str) -> Option<Vec<Written>> {
    let (value, _) = lenient::first_value(body).ok()?;
    let mut calls = Vec::new();
    of_json(value, &mut calls).ok()?;
    Some(calls)
}

/// A body in a fence of its own, without it.
fn unfenced(body: &str) -> &str {
    let Some(inner) = body.strip_prefix("```") else { return body };
    let inner = inner.split_once('\n').map_or(inner, |(_, inner)| inner);
    inner.trim_end().trim_end_matches('`').trim()
}

/// Values one after the other, with nothing between them but what lists and slips leave.
fn many(body: &str, calls: &mut Vec<Written>) -> Result<(), String> {
    let mut rest = body;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ",;}]".contains(c));
        if rest.is_empty() {
            return Ok(());
        }
        let (value, length) =
            lenient::first_value(rest).map_err(|wrong| format!("it is not valid JSON: {wrong}"))?;
        of_json(value, calls)?;
        rest = &rest[length..];
    }
}

fn of_json(value: Value, calls: &mut Vec<Written>) -> Result<(), String> {
    let mut map = match value {
        Value::Object(map) => map,
        Value::Array(list) => {
            return list.into_iter().try_for_each(|value| of_json(value, calls));
        }
        _ => return Err("a call must be an object with `name` and `arguments`".to_owned()),
    };
    for wrapper in ["tool_calls", "tool_call", "function_call", "function"] {
        if map.get(wrapper).is_some_and(|inner| inner.is_array() || inner.is_object()) {
            return of_json(map.remove(wrapper).unwrap_or_default(), calls);
        }
    }
    let name = NAMES.iter().chain(&["function"]).find_map(|key| match map.get(*key) {
        Some(Value::String(name)) if !name.is_empty() => Some(name.clone()),
        _ => None,
    });
    let name = name.ok_or("the call has no `name`")?;
    let arguments = ARGUMENTS.iter().find_map(|key| map.remove(*key));
    calls.push(Written { name, arguments: arguments_of(arguments)?, untyped: false });
    Ok(())
}

/// The arguments: an object, or a text that holds one.
fn arguments_of(value: Option<Value>) -> Result<Map<String, Value>, String> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Map::new()),
        Some(Value::String(text)) => match lenient::first_value(&text) {
            Ok((Value::Object(map), _)) => Ok(map),
            _ => Err("`arguments` is not a JSON object".to_owned()),
        },
        Some(_) => Err("`arguments` is not a JSON object".to_owned()),
    }
}

/// A name, and then JSON or tags: `get_time{"zone": "utc"}`.
fn named(body: &str, calls: &mut Vec<Written>) -> Result<(), String> {
    let wrong = || "it must be a JSON object with `name` and `arguments`".to_owned();
    let end = body.find(|c| !is_of_name(c)).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("[ARGS]").unwrap_or(rest);
    let (arguments, untyped) = match rest.chars().next() {
        Some('{') => {
            let read = lenient::first_value(rest);
            let (value, _) = read.map_err(|wrong| format!("it is not valid JSON: {wrong}"))?;
            (arguments_of(Some(value))?, false)
        }
        Some('<') => (parameters(rest)?, true),
        None if !name.is_empty() => (Map::new(), true),
        _ => return Err(wrong()),
    };
    if name.is_empty() {
        return Err(wrong());
    }
    calls.push(Written { name: name.to_owned(), arguments, untyped });
    Ok(())
}

/// Whether a character may stand in a function's name.
pub(super) fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// `<function=name>...</function>`, `<invoke name="name">...</invoke>`, or `<tool_call>` within
/// a list of them.
fn tagged(body: &str, calls: &mut Vec<Written>) -> Result<(), String> {
    const KINDS: [(&str, &str); 4] = [
        ("<function=", "</function>"),
        ("<invoke name=", "</invoke>"),
        ("<tool_call>", "</tool_call>"),
        ("<function_call>", "</function_call>"),
    ];
    let mut rest = body.trim_start();
    while !rest.is_empty() {
        let kind = KINDS.iter().find_map(|(opener, closer)| {
            rest.strip_prefix(opener).map(|inner| (inner, *opener, *closer))
        });
        let Some((inner, opener, closer)) = kind else {
            // Closers of tags around it.
            if let Some((_, after)) = rest.strip_prefix("</").and_then(|tag| tag.split_once('>')) {
                rest = after.trim_start();
                continue;
            }
            return Err("its tags are not known; write a JSON object".to_owned());
        };
        let (inner, after) = inner.split_once(closer).unwrap_or((inner, ""));
        if opener.ends_with('=') {
            calls.push(function(inner)?);
        } else {
            calls.extend(self::calls(inner)?);
        }
        rest = after.trim_start();
    }
    Ok(())
}

/// The rest of a tag with a name, and what it holds.
fn function(inner: &str) -> Result<Written, String> {
    let (name, inner) = inner.split_once('>').ok_or("its first tag does not end")?;
    let name = name.trim().trim_matches(['"', '\'']).to_owned();
    let inner = inner.trim();
    if inner.starts_with('{') {
        let read = lenient::first_value(inner);
        let (value, _) = read.map_err(|wrong| format!("it is not valid JSON: {wrong}"))?;
        return Ok(Written { name, arguments: arguments_of(Some(value))?, untyped: false });
    }
    Ok(Written { name, arguments: parameters(inner)?, untyped: true })
}

/// Arguments between tags, each as a text.
fn parameters(text: &str) -> Result<Map<String, Value>, String> {
    const KINDS: [(&str, &str, &str); 3] = [
        ("<parameter=", ">", "</parameter>"),
        ("<parameter name=", ">", "</parameter>"),
        ("<arg_key>", "</arg_key>", "</arg_value>"),
    ];
    let mut map = Map::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let kind = KINDS.iter().find_map(|(opener, after_name, closer)| {
            let (name, inner) = rest.strip_prefix(opener)?.split_once(after_name)?;
            Some((name, inner, *closer))
        });
        let Some((name, inner, closer)) = kind else {
            return Err("its tags are not known; write a JSON object".to_owned());
        };
        let inner = inner.trim_start_matches('\n');
        let inner = inner.trim_start().strip_prefix("<arg_value>").unwrap_or(inner);
        let Some((value, after)) = inner.split_once(closer) else {
            return Err(format!("its `{closer}` is missing"));
        };
        let name = name.trim().trim_matches(['"', '\'']);
        // One line break on each side belongs to the tags.
        let value = value.strip_suffix('\n').unwrap_or(value);
        map.insert(name.to_owned(), Value::String(value.to_owned()));
        rest = after.trim_start();
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &str) -> Vec<(String, Value)> {
        let calls = calls(body).unwrap_or_else(|words| panic!("{body}: {words}"));
        calls.into_iter().map(|call| (call.name, Value::Object(call.arguments))).collect()
    }

    #[test]
    fn every_common_form_is_one_call() {
        let wanted = [("f".to_owned(), json!({"a": "1"}))];
        for body in [
            r#"{"name": "f", "arguments": {"a": "1"}}"#,
            r#"{"name": "f", "parameters": {"a": "1"}}}"#,
            r#"{"name": "f", "arguments": "{\"a\": \"1\"}"}"#,
            r#"[{"tool": "f", "args": {"a": "1"}}]"#,
            r#"{"tool_calls": [{"id": "x", "function": {"name": "f", "arguments": {"a": "1"}}}]}"#,
            r#"{"type": "function", "function": {"name": "f", "arguments": "{\"a\": \"1\"}"}}"#,
            r#"{"function": "f", "arguments": {"a": "1"}}"#,
            "```json\n{\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}\n```",
            "f{\"a\": \"1\"}",
            "f[ARGS]{\"a\": \"1\"}",
            "<function=f>\n<parameter=a>\n1\n</parameter>\n</function>",
            "<function=f>{\"a\": \"1\"}</function>",
            "<invoke name=\"f\"><parameter name=\"a\">1</parameter></invoke>",
            "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"1\"}}</tool_call>",
            "f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>",
        ] {
            assert_eq!(read(body), wanted, "{body}");
        }
    }

    #[test]
    fn several_calls_are_several() {
        let one = r#"{"name": "f", "arguments": {}}"#;
        for body in [format!("{one}\n{one}"), format!("[{one}, {one}]"), format!("{one},{one}")] {
            assert_eq!(read(&body).len(), 2, "{body}");
        }
    }

    #[test]
    fn what_is_no_call_says_why() {
        for (body, words) in [
            (r#"{"arguments": {}}"#, "no `name`"),
            (r#"{"name": "f", "arguments": [1]}"#, "not a JSON object"),
            (r#"{"name": "f", "arguments": {"a": "b}}"#, "not valid JSON"),
            ("<b>f</b>", "tags are not known"),
            ("", "no call"),
            ("what about it?", "must be a JSON object"),
        ] {
            let said = calls(body).unwrap_err();
            assert!(said.contains(words), "{body}: {said}");
        }
    }
}
