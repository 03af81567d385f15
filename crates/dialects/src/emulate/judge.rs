//! Calls and answers against what the client asked for.

use serde_json::{Map, Value};

use super::{lenient, plan::Plan, read::Written, schema};
use crate::chat::{OutputFormat, ToolChoice};

/// A call that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) name: String,
    /// JSON text.
    pub(super) arguments: String,
}

/// Whether a call is one to a tool of the client's, with arguments that fit it; else what is wrong.
pub(super) fn call(plan: &Plan, mut written: Written) -> Result<Sound, String> {
    let plain = written.name.strip_prefix("functions.").unwrap_or(&written.name).to_owned();
    let tool = [&written.name, &plain]
        .into_iter()
        .find_map(|name| plan.tools.iter().find(|tool| tool.name == *name))
        .ok_or_else(|| format!("there is no tool `{}`", written.name))?;
    if let ToolChoice::Named(name) = &plan.choice
        && *name != tool.name
    {
        return Err(format!("the tool to call is `{name}`, not `{}`", tool.name));
    }
    if let Some(schema) = &tool.parameters {
        if written.untyped {
            give_types(&mut written.arguments, schema);
        }
        let value = Value::Object(std::mem::take(&mut written.arguments));
        let faults = schema::faults(schema, &value);
        if !faults.is_empty() {
            return Err(format!("in the arguments of `{}`, {}", tool.name, faults.join("; ")));
        }
        return Ok(Sound { name: tool.name.clone(), arguments: value.to_string() });
    }
    let arguments = Value::Object(written.arguments).to_string();
    Ok(Sound { name: tool.name.clone(), arguments })
}

/// Arguments that were texts only because they stood between tags, as their schema has them.
fn give_types(arguments: &mut Map<String, Value>, schema: &Value) {
    for (name, value) in arguments {
        let kind = &schema["properties"][name]["type"];
        let is = |wanted: &str| match kind {
            Value::Array(kinds) => kinds.iter().any(|kind| kind == wanted),
            kind => kind == wanted,
        };
        if kind.is_null() || is("string") {
            continue;
        }
        let typed = value.as_str().and_then(|text| lenient::first_value(text.trim()).ok());
        if let Some((typed, _)) = typed {
            *value = typed;
        }
    }
}

/// The JSON of an answer that must be JSON; else what is wrong with it.
pub(super) fn answer(output: &OutputFormat, text: &str) -> Result<String, String> {
    let (value, json) = json_of(text)?;
    let faults = match output {
        OutputFormat::JsonSchema { schema, .. } => schema::faults(schema, &value),
        OutputFormat::JsonObject if !value.is_object() => {
            vec!["the value is not an object".to_owned()]
        }
        OutputFormat::JsonObject | OutputFormat::Text => Vec::new(),
    };
    if faults.is_empty() { Ok(json) } else { Err(faults.join("; ")) }
}

/// The one JSON value of a text: all of it, or what a fence holds, or the first object or list with
/// words around it. Valid JSON stays letter by letter.
fn json_of(text: &str) -> Result<(Value, String), String> {
    let text = after_thoughts(text.trim());
    let mut wrong = None;
    for candidate in [Some(text), fenced(text), bracketed(text)].into_iter().flatten() {
        if let Ok(value) = serde_json::from_str(candidate) {
            return Ok((value, candidate.to_owned()));
        }
        match lenient::first_value(candidate) {
            Ok((value, length)) if is_whole(candidate, &value, length) => {
                let json = value.to_string();
                return Ok((value, json));
            }
            Ok(_) => wrong = wrong.or(Some("there are words beside the JSON".to_owned())),
            Err(error) => wrong = Some(format!("it is not valid JSON: {error}")),
        }
    }
    Err(wrong.unwrap_or_else(|| "it holds no JSON".to_owned()))
}

/// Whether nothing is left, and nothing was cut off: a text that ends in a bracket of its own.
fn is_whole(text: &str, value: &Value, length: usize) -> bool {
    let closed = |c: char| text.trim_end().ends_with(c);
    text[length..].trim().is_empty()
        && match value {
            Value::Object(_) => closed('}'),
            Value::Array(_) => closed(']'),
            _ => true,
        }
}

fn after_thoughts(text: &str) -> &str {
    let thought = text.strip_prefix("<think>").and_then(|text| text.split_once("</think>"));
    thought.map_or(text, |(_, answer)| answer.trim())
}

/// What the first block of code holds.
fn fenced(text: &str) -> Option<&str> {
    let at = text.find("```").or_else(|| text.find("~~~"))?;
    let mark = &text[at..at + 3];
    let (_, inner) = text[at..].split_once('\n')?;
    let end = inner.rfind(mark)?;
    Some(inner[..end].trim())
}

/// From the first opening bracket to the last closing one of its kind.
fn bracketed(text: &str) -> Option<&str> {
    let at = text.find(['{', '['])?;
    let closer = if text[at..].starts_with('{') { '}' } else { ']' };
    let end = text.rfind(closer)?;
    text.get(at..=end)
}
