//! The words that a model gets: which tools there are, how it calls them, how results come back,
//! and the form that an answer must have.

use serde_json::{Map, Value};

use super::plan::{Plan, Style};
use crate::chat::{OutputFormat, ToolChoice};

/// What a result ends with.
pub(super) const RESULT_END: &str = "</tool_response>";

/// What stands before a result.
pub(super) fn result_head(name: &str, failed: bool) -> String {
    let what = if failed { "Failure of" } else { "Result of" };
    format!("<tool_response>\n{what} `{name}`:")
}

/// A call as it is to be written.
pub(super) fn call(style: Style, name: &str, arguments: &str) -> String {
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    let name = Value::from(name);
    within(style, &format!("{{\"name\": {name}, \"arguments\": {arguments}}}"))
}

fn within(style: Style, json: &str) -> String {
    match style {
        Style::Tags => format!("<tool_call>\n{json}\n</tool_call>"),
        Style::Fences => format!("```tool_call\n{json}\n```"),
    }
}

/// How tools are called, and which there are.
pub(super) fn tools(plan: &Plan) -> String {
    let form = within(plan.style, "{\"name\": \"NAME\", \"arguments\": {\"KEY\": \"VALUE\"}}");
    let place = match plan.style {
        Style::Tags => "Write the tags as they stand here, never in a block of code.",
        Style::Fences => {
            "Each call is a block of code of its own, with `tool_call` behind its fence."
        }
    };
    let several = if plan.parallel {
        "Calls that do not wait for each other go into one answer, each in a block of its own."
    } else {
        "Write at most one call in an answer."
    };
    let must = match &plan.choice {
        ToolChoice::Required => "You must call a tool in this answer.".to_owned(),
        ToolChoice::Named(name) => format!("You must call the tool `{name}` in this answer."),
        _ => "Where no tool is needed, answer as usual.".to_owned(),
    };
    let mut lines = vec![
        "You can call the tools that are listed below. A call is this text in your answer:".into(),
        String::new(),
        form,
        String::new(),
        "Rules:".to_owned(),
        "- The JSON is valid, and `arguments` follows the tool's JSON Schema.".to_owned(),
        format!("- {place}"),
        format!("- {several}"),
        "- After your calls, stop. Their results come in the next message; never write a result \
         yourself."
            .to_owned(),
        format!("- {must}"),
        String::new(),
        "Tools, one a line:".to_owned(),
    ];
    for tool in &plan.tools {
        let mut about = Map::new();
        about.insert("name".to_owned(), tool.name.as_str().into());
        if let Some(description) = &tool.description {
            about.insert("description".to_owned(), description.as_str().into());
        }
        if let Some(parameters) = &tool.parameters {
            about.insert("parameters".to_owned(), parameters.clone());
        }
        lines.push(Value::Object(about).to_string());
    }
    lines.join("\n")
}

/// What a page's own dialog has no words for: whether a function must be called, and how many may.
pub(super) fn must(plan: &Plan) -> Option<String> {
    let must = match &plan.choice {
        ToolChoice::Required => Some("You must call a function in this answer.".to_owned()),
        ToolChoice::Named(name) => {
            Some(format!("You must call the function `{name}` in this answer."))
        }
        _ => None,
    };
    let one = (!plan.parallel).then(|| "Call at most one function in an answer.".to_owned());
    let words: Vec<String> = must.into_iter().chain(one).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The form that the answer must have, where it must have one.
pub(super) fn output(plan: &Plan) -> Option<String> {
    let schema = match &plan.output {
        OutputFormat::Text => return None,
        OutputFormat::JsonObject => None,
        OutputFormat::JsonSchema { schema, .. } => Some(schema),
    };
    let place = match plan.style {
        Style::Tags => "Nothing stands before or after it, and it is in no block of code.",
        Style::Fences => {
            "It is in one block of code, with `json` behind its fence, and nothing else."
        }
    };
    let when = if plan.tools.is_empty() { "Your answer" } else { "An answer without calls" };
    Some(match schema {
        None => format!("{when} is one JSON object. {place}"),
        Some(schema) => {
            format!("{when} is JSON that follows the JSON Schema below. {place}\n\n{schema}")
        }
    })
}

/// What was wrong with an answer, and what to write now.
pub(super) fn repair(plan: &Plan, wrongs: &[String], of_calls: bool) -> String {
    let wrongs: Vec<String> = wrongs.iter().map(|wrong| format!("- {wrong}")).collect();
    let wrongs = wrongs.join("\n");
    if of_calls {
        let names: Vec<String> = plan.tools.iter().map(|t| format!("`{}`", t.name)).collect();
        let form = within(plan.style, "{\"name\": \"NAME\", \"arguments\": {}}");
        format!(
            "Your last answer held a tool call that cannot be carried out:\n{wrongs}\n\nThe tools \
             are {}. Write the corrected call now, and only it, in this form:\n\n{form}",
            names.join(", ")
        )
    } else {
        let form = output(plan).unwrap_or_default();
        format!(
            "Your last answer does not have the form that it must have:\n{wrongs}\n\nWrite the \
             whole corrected answer now, and only it. {form}"
        )
    }
}
