//! A canonical request as this dialect writes it, and what it could not carry.

use serde_json::{Map, Value, json};

use super::messages::Messages;
use crate::chat::{
    ChatRequest, Dialect, Extra, Loss, LossKind, OutputFormat, Sampling, Severity, Tool, ToolChoice,
};

/// How an upstream departs from OpenAI's own API. A closed list; each has a test of its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    /// It knows the output limit by its old name, `max_tokens`.
    pub old_max_tokens: bool,
    /// It takes back the reasoning of earlier turns as `reasoning_content`.
    pub takes_reasoning: bool,
}

/// A request for an upstream.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedRequest {
    /// The JSON body.
    pub body: Vec<u8>,
    /// What could not be carried; one of [`Severity::Constraint`] makes the target ineligible.
    pub losses: Vec<Loss>,
}

/// Writes a request for the model that the upstream calls `model`. A stream always asks for the
/// usage record, for the ledger's sake; the client's encoder leaves it out where it must.
#[must_use]
pub fn encode_request(request: &ChatRequest, model: &str, quirks: Quirks) -> EncodedRequest {
    let mut losses = Vec::new();
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", model.into());
    put("messages", Messages::write(request, quirks, &mut losses));
    let tools: Vec<Value> = request
        .tools
        .iter()
        .enumerate()
        .filter_map(|(at, one)| tool(one, &format!("tools.{at}"), &mut losses))
        .collect();
    if !tools.is_empty() {
        put("tools", Value::Array(tools));
    }
    put("tool_choice", tool_choice(&request.tool_choice));
    put("parallel_tool_calls", request.parallel_tools.into());
    put("response_format", response_format(&request.output));
    let limit = if quirks.old_max_tokens { "max_tokens" } else { "max_completion_tokens" };
    put(limit, request.max_output_tokens.into());
    if request.choices != 1 {
        put("n", request.choices.into());
    }
    if request.stream {
        put("stream", true.into());
        put("stream_options", json!({ "include_usage": true }));
    }
    sampling(&request.sampling, &mut put);
    write_extra(&request.extra, "", &mut body, &mut losses);
    EncodedRequest { body: Value::Object(body).to_string().into_bytes(), losses }
}

/// A loss at a path of the request.
pub(super) fn loss(path: impl Into<String>, kind: LossKind, severity: Severity) -> Loss {
    Loss { path: path.into(), kind, severity }
}

/// Writes fields of this dialect back as they stood; fields of another are losses.
pub(super) fn write_extra(
    extra: &Extra,
    path: &str,
    into: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    for (name, value) in &extra.fields {
        if extra.origin == Some(Dialect::OpenaiChat) {
            into.entry(name.as_str()).or_insert_with(|| value.clone());
        } else {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            losses.push(loss(path, LossKind::Dropped, Severity::Hint));
        }
    }
}

/// A tool of a kind that is not understood was kept whole, `type` and all.
fn tool(tool: &Tool, path: &str, losses: &mut Vec<Loss>) -> Option<Value> {
    if tool.extra.fields.contains_key("type") {
        if tool.extra.origin == Some(Dialect::OpenaiChat) {
            return Some(Value::Object(tool.extra.fields.clone()));
        }
        losses.push(loss(path, LossKind::Dropped, Severity::Constraint));
        return None;
    }
    let mut function = Map::new();
    function.insert("name".to_owned(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".to_owned(), description.as_str().into());
    }
    if let Some(parameters) = &tool.parameters {
        function.insert("parameters".to_owned(), parameters.clone());
    }
    if let Some(strict) = tool.strict {
        function.insert("strict".to_owned(), strict.into());
    }
    let mut whole = Map::new();
    whole.insert("type".to_owned(), "function".into());
    whole.insert("function".to_owned(), Value::Object(function));
    write_extra(&tool.extra, path, &mut whole, losses);
    Some(Value::Object(whole))
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Unset => Value::Null,
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    }
}

/// The API wants a name for a schema.
fn response_format(output: &OutputFormat) -> Value {
    match output {
        OutputFormat::Text => Value::Null,
        OutputFormat::JsonObject => json!({ "type": "json_object" }),
        OutputFormat::JsonSchema { name, schema, strict } => {
            let name = name.as_deref().unwrap_or("answer");
            let mut described = json!({ "name": name, "schema": schema });
            if let Some(strict) = strict {
                described["strict"] = Value::Bool(*strict);
            }
            json!({ "type": "json_schema", "json_schema": described })
        }
    }
}

fn sampling(sampling: &Sampling, put: &mut impl FnMut(&str, Value)) {
    put("temperature", sampling.temperature.into());
    put("top_p", sampling.top_p.into());
    put("presence_penalty", sampling.presence_penalty.into());
    put("frequency_penalty", sampling.frequency_penalty.into());
    put("seed", sampling.seed.into());
    if !sampling.stop.is_empty() {
        put("stop", sampling.stop.clone().into());
    }
    put("reasoning_effort", sampling.reasoning_effort.clone().into());
}
