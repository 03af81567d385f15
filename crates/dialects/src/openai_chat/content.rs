//! A message's content: parts, tool calls and their results.

use serde_json::{Map, Value};

use super::{attached, decode::wrong};
use crate::chat::{Dialect, Failure, Part};

/// `content`: a text, a list of parts, or nothing.
pub(super) fn parts(value: Option<Value>, path: &str) -> Result<Vec<Part>, Failure> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text(text)]),
        Some(Value::Array(list)) => list
            .into_iter()
            .enumerate()
            .map(|(at, value)| part(value, &format!("{path}.{at}")))
            .collect(),
        Some(_) => Err(wrong(path, "is not a text or a list of parts")),
    }
}

/// One part; one of a kind that we do not know is kept as it stood.
pub(super) fn part(value: Value, path: &str) -> Result<Part, Failure> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let missing = |field: &str| wrong(&format!("{path}.{field}"), "is missing");
    let kind = text(&value["type"]).ok_or_else(|| missing("type"))?;
    match kind.as_str() {
        "text" | "input_text" | "output_text" => {
            text(&value["text"]).map(Part::Text).ok_or_else(|| missing("text"))
        }
        "refusal" => text(&value["refusal"]).map(Part::Refusal).ok_or_else(|| missing("refusal")),
        "image_url" => {
            let image = &value["image_url"];
            let url = text(image).or_else(|| text(&image["url"]));
            let url = url.ok_or_else(|| missing("image_url.url"))?;
            Ok(Part::Image { url, detail: text(&image["detail"]) })
        }
        "file" => {
            let file = &value["file"];
            let data = text(&file["file_data"]).or_else(|| text(&file["url"]));
            let file_id = text(&file["file_id"]);
            if data.is_none() && file_id.is_none() {
                return Err(missing("file.file_data"));
            }
            Ok(Part::File { data, file_id, name: text(&file["filename"]) })
        }
        kind => Ok(match attached::part(kind, &value, path)? {
            Some(part) => part,
            None => Part::Unknown { origin: Dialect::OpenaiChat, value },
        }),
    }
}

/// `reasoning_content` of an earlier turn, as several vendors spell it.
pub(super) fn reasoning(fields: &mut Map<String, Value>) -> Vec<Part> {
    match fields.remove("reasoning_content") {
        Some(Value::String(text)) if !text.is_empty() => vec![Part::Reasoning(text)],
        _ => Vec::new(),
    }
}

/// `tool_call_id` of a tool's message.
pub(super) fn call_id(fields: &mut Map<String, Value>, path: &str) -> Result<String, Failure> {
    match fields.remove("tool_call_id") {
        Some(Value::String(id)) => Ok(id),
        // The old `function` role names the function instead.
        _ => match fields.get("name").and_then(Value::as_str) {
            Some(name) => Ok(name.to_owned()),
            None => Err(wrong(&format!("{path}.tool_call_id"), "is missing")),
        },
    }
}

/// `refusal` and `tool_calls` of an assistant's message.
pub(super) fn calls(fields: &mut Map<String, Value>, path: &str) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    if let Some(Value::String(refusal)) = fields.remove("refusal") {
        parts.push(Part::Refusal(refusal));
    }
    let list = match fields.remove("tool_calls") {
        None | Some(Value::Null) => return Ok(parts),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong(&format!("{path}.tool_calls"), "is not a list")),
    };
    for (at, call) in list.iter().enumerate() {
        let field = |name: &str| format!("{path}.tool_calls.{at}.{name}");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let function = &call["function"];
        parts.push(Part::ToolCall {
            id: text(&call["id"]).ok_or_else(|| wrong(&field("id"), "is missing"))?,
            name: text(&function["name"])
                .ok_or_else(|| wrong(&field("function.name"), "is missing"))?,
            arguments: text(&function["arguments"]).unwrap_or_default(),
        });
    }
    Ok(parts)
}
