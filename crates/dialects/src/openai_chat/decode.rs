//! A request as OpenAI's clients write it, in canonical form.

use serde_json::{Map, Value};

use super::{attached, content};
use crate::{
    chat::{
        ChatRequest, Dialect, Extra, Failure, FailureClass, Message, OutputFormat, Part, Role,
        Sampling, Tool, ToolChoice,
    },
    strict,
};

/// Decodes a request's body.
///
/// # Errors
/// `invalid_json`, or `invalid_request` naming the field; a field that is there twice is one.
pub fn decode_request(body: &[u8]) -> Result<ChatRequest, Failure> {
    let Value::Object(mut fields) = strict::parse(body)? else {
        return Err(Failure::new(FailureClass::InvalidJson, "the body is not a JSON object"));
    };
    let mut take = Fields { fields: &mut fields };
    let model = take.text("model")?.ok_or_else(|| wrong("model", "is missing"))?;
    let (system, mut messages) = messages(take.take("messages"))?;
    let beside = attached::beside(take.fields, &["attachments"], None)?;
    attach(beside, &mut messages)?;
    let stream = take.flag("stream")?.unwrap_or(false);
    let request = ChatRequest {
        model,
        system,
        messages,
        tools: tools(take.take("tools"))?,
        tool_choice: tool_choice(take.take("tool_choice"))?,
        parallel_tools: take.flag("parallel_tool_calls")?,
        output: output(take.take("response_format"))?,
        sampling: sampling(&mut take)?,
        max_output_tokens: max_tokens(&mut take)?,
        choices: choices(&mut take)?,
        stream,
        include_usage: include_usage(take.take("stream_options"))?,
        extra: Extra::default(),
    };
    Ok(ChatRequest { extra: extra(fields), ..request })
}

/// Files beside the messages belong to the last thing that the user said.
fn attach(beside: Vec<Part>, messages: &mut [Message]) -> Result<(), Failure> {
    let last = messages.iter_mut().rfind(|message| message.role == Role::User);
    match last {
        Some(message) => message.parts.extend(beside),
        None if beside.is_empty() => {}
        None => return Err(wrong("attachments", "has no message of the user to belong to")),
    }
    Ok(())
}

/// A field that is not what it should be.
pub(super) fn wrong(path: &str, words: &str) -> Failure {
    Failure::new(FailureClass::InvalidRequest, format!("`{path}` {words}")).with_param(path)
}

fn extra(fields: Map<String, Value>) -> Extra {
    let origin = (!fields.is_empty()).then_some(Dialect::OpenaiChat);
    Extra { origin, fields }
}

/// Fields are taken out one by one; what stays is not understood. `null` counts as absent.
struct Fields<'a> {
    fields: &'a mut Map<String, Value>,
}

impl Fields<'_> {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "is not a text")),
        }
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(wrong(name, "is not true or false")),
        }
    }

    fn number(&mut self, name: &str) -> Result<Option<f64>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| wrong(name, "is not a number")),
        }
    }

    fn count(&mut self, name: &str) -> Result<Option<u64>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => {
                value.as_u64().map(Some).ok_or_else(|| wrong(name, "is not a whole number"))
            }
        }
    }
}

/// The instructions that stand before the conversation, and the conversation.
fn messages(value: Option<Value>) -> Result<(Vec<Part>, Vec<Message>), Failure> {
    let list = match value {
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(Value::Array(_)) => return Err(wrong("messages", "is empty")),
        Some(_) => return Err(wrong("messages", "is not a list")),
        None => return Err(wrong("messages", "is missing")),
    };
    let mut system = Vec::new();
    let mut turns: Vec<Message> = Vec::with_capacity(list.len());
    for (at, value) in list.into_iter().enumerate() {
        let turn = message(value, &format!("messages.{at}"))?;
        if turn.role == Role::System && turns.is_empty() {
            system.extend(turn.parts);
        } else {
            turns.push(turn);
        }
    }
    if turns.is_empty() {
        return Err(wrong("messages", "has instructions only"));
    }
    Ok((system, turns))
}

fn message(value: Value, path: &str) -> Result<Message, Failure> {
    let Value::Object(mut fields) = value else { return Err(wrong(path, "is not an object")) };
    let role_path = format!("{path}.role");
    let role = match fields.remove("role") {
        Some(Value::String(role)) => match role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" | "function" => Role::Tool,
            _ => {
                return Err(wrong(&role_path, "is not system, developer, user, assistant or tool"));
            }
        },
        Some(_) => return Err(wrong(&role_path, "is not a text")),
        None => return Err(wrong(&role_path, "is missing")),
    };
    let mut parts = content::reasoning(&mut fields);
    parts.extend(content::parts(fields.remove("content"), &format!("{path}.content"))?);
    parts.extend(attached::beside(&mut fields, &attached::LISTS, Some(path))?);
    match role {
        Role::Tool => {
            let call_id = content::call_id(&mut fields, path)?;
            parts = vec![Part::ToolResult { call_id, parts, is_error: false }];
        }
        Role::Assistant => parts.extend(content::calls(&mut fields, path)?),
        Role::System | Role::User => {}
    }
    let name = match fields.remove("name") {
        Some(Value::String(name)) => Some(name),
        _ => None,
    };
    if parts.is_empty() && role != Role::Assistant {
        return Err(wrong(&format!("{path}.content"), "is missing"));
    }
    fields.retain(|_, value| !value.is_null());
    Ok(Message { role, parts, name, extra: extra(fields) })
}

fn tools(value: Option<Value>) -> Result<Vec<Tool>, Failure> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list
            .into_iter()
            .enumerate()
            .map(|(at, value)| tool(value, &format!("tools.{at}")))
            .collect(),
        Some(_) => Err(wrong("tools", "is not a list")),
    }
}

fn tool(value: Value, path: &str) -> Result<Tool, Failure> {
    let Value::Object(mut fields) = value else { return Err(wrong(path, "is not an object")) };
    let Some(Value::Object(mut function)) = fields.remove("function") else {
        // A tool of a kind that we do not know is kept whole.
        let name = fields.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let tool =
            Tool { name, description: None, parameters: None, strict: None, extra: extra(fields) };
        return Ok(tool);
    };
    fields.remove("type");
    let name = match function.remove("name") {
        Some(Value::String(name)) => name,
        _ => return Err(wrong(&format!("{path}.function.name"), "is missing")),
    };
    let description = match function.remove("description") {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let parameters = function.remove("parameters").filter(|value| !value.is_null());
    let strict = function.remove("strict").and_then(|value| value.as_bool());
    fields.extend(function);
    Ok(Tool { name, description, parameters, strict, extra: extra(fields) })
}

fn tool_choice(value: Option<Value>) -> Result<ToolChoice, Failure> {
    let path = "tool_choice";
    match value {
        None => Ok(ToolChoice::Unset),
        Some(Value::String(word)) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(wrong(path, "is not auto, none, required or a function")),
        },
        Some(value) => match value["function"]["name"].as_str() {
            Some(name) => Ok(ToolChoice::Named(name.to_owned())),
            None => Err(wrong(path, "is not auto, none, required or a function")),
        },
    }
}

fn output(value: Option<Value>) -> Result<OutputFormat, Failure> {
    let path = "response_format";
    let Some(mut value) = value else { return Ok(OutputFormat::Text) };
    match value["type"].as_str() {
        Some("text") => Ok(OutputFormat::Text),
        Some("json_object") => Ok(OutputFormat::JsonObject),
        Some("json_schema") => {
            let described = &mut value["json_schema"];
            Ok(OutputFormat::JsonSchema {
                name: described["name"].as_str().map(str::to_owned),
                strict: described["strict"].as_bool(),
                schema: described["schema"].take(),
            })
        }
        _ => Err(wrong(path, "is not text, json_object or json_schema")),
    }
}

fn sampling(take: &mut Fields<'_>) -> Result<Sampling, Failure> {
    let seed = match take.take("seed") {
        None => None,
        Some(value) => Some(value.as_i64().ok_or_else(|| wrong("seed", "is not a whole number"))?),
    };
    Ok(Sampling {
        temperature: take.number("temperature")?,
        top_p: take.number("top_p")?,
        presence_penalty: take.number("presence_penalty")?,
        frequency_penalty: take.number("frequency_penalty")?,
        seed,
        stop: stop(take.take("stop"))?,
        reasoning_effort: take.text("reasoning_effort")?,
    })
}

fn stop(value: Option<Value>) -> Result<Vec<String>, Failure> {
    let not_text = || wrong("stop", "is not a text or a list of texts");
    match value {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(list)) => list
            .into_iter()
            .map(|value| match value {
                Value::String(text) => Ok(text),
                _ => Err(not_text()),
            })
            .collect(),
        Some(_) => Err(not_text()),
    }
}

/// The newer name wins where both are there.
fn max_tokens(take: &mut Fields<'_>) -> Result<Option<u64>, Failure> {
    let older = take.count("max_tokens")?;
    Ok(take.count("max_completion_tokens")?.or(older))
}

fn choices(take: &mut Fields<'_>) -> Result<u32, Failure> {
    match take.count("n")? {
        None => Ok(1),
        Some(n @ 1..=128) => Ok(u32::try_from(n).unwrap_or(1)),
        Some(_) => Err(wrong("n", "is not between 1 and 128")),
    }
}

fn include_usage(value: Option<Value>) -> Result<bool, Failure> {
    match value {
        None => Ok(false),
        Some(Value::Object(options)) => match options.get("include_usage") {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong("stream_options.include_usage", "is not true or false")),
        },
        Some(_) => Err(wrong("stream_options", "is not an object")),
    }
}
