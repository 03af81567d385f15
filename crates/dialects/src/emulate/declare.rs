//! The client's tools as a page's own dialog takes them: a list of function declarations.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::chat::Tool;

/// Tools for a page's dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The declarations, as JSON.
    pub json: String,
    /// Keywords of their schemas that the page does not take.
    pub dropped: BTreeSet<String>,
}

/// Writes tools for a dialog whose schemas know these keywords; all of them where none is named.
#[must_use]
pub fn declare(tools: &[Tool], keywords: &[String]) -> Declared {
    let mut dropped = BTreeSet::new();
    let mut all = Vec::with_capacity(tools.len());
    for tool in tools {
        let mut declaration = Map::new();
        declaration.insert("name".to_owned(), tool.name.as_str().into());
        if let Some(description) = &tool.description {
            declaration.insert("description".to_owned(), description.as_str().into());
        }
        // A function without parameters has none, not an empty object of them.
        let takes_some = |schema: &&Value| {
            schema["properties"].as_object().is_none_or(|fields| !fields.is_empty())
        };
        if let Some(schema) = tool.parameters.as_ref().filter(takes_some) {
            let schema = known(schema, keywords, &mut dropped);
            declaration.insert("parameters".to_owned(), schema);
        }
        all.push(Value::Object(declaration));
    }
    Declared { json: Value::Array(all).to_string(), dropped }
}

/// A schema without what the page does not know. How deep it goes is bounded where JSON is read.
fn known(schema: &Value, keywords: &[String], dropped: &mut BTreeSet<String>) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let mut kept = Map::new();
    for (keyword, value) in fields {
        if !keywords.is_empty() && !keywords.contains(keyword) {
            dropped.insert(keyword.clone());
            continue;
        }
        let value = match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                let all = properties.iter();
                all.map(|(name, one)| (name.clone(), known(one, keywords, dropped))).collect()
            }
            ("items", one) => known(one, keywords, dropped),
            ("anyOf" | "oneOf" | "allOf", Value::Array(all)) => {
                all.iter().map(|one| known(one, keywords, dropped)).collect()
            }
            (_, value) => value.clone(),
        };
        kept.insert(keyword.clone(), value);
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openai_chat::decode_request;

    fn tools(parameters: Value) -> Vec<Tool> {
        let tool = json!({ "type": "function", "function": {
            "name": "look", "description": "Looks.", "parameters": parameters } });
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "?" }], "tools": [tool] });
        decode_request(body.to_string().as_bytes()).expect("a request").tools
    }

    #[test]
    fn only_known_keywords_go_and_names_of_fields_are_none() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["at"],
            "properties": {
                "at": { "type": "string", "pattern": "x" },
                "default": { "type": "array", "items": { "type": "string", "title": "One" } },
            },
        });
        let words = ["type", "properties", "required", "items"].map(str::to_owned);
        let Declared { json, dropped } = declare(&tools(schema.clone()), &words);
        let meant = json!([{ "name": "look", "description": "Looks.", "parameters": {
            "type": "object", "required": ["at"],
            "properties": {
                "at": { "type": "string" },
                "default": { "type": "array", "items": { "type": "string" } },
            },
        } }]);
        assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), meant);
        assert_eq!(
            dropped.into_iter().collect::<Vec<_>>(),
            ["additionalProperties", "pattern", "title"]
        );
        let all = declare(&tools(schema.clone()), &[]);
        assert!(all.dropped.is_empty() && all.json.contains("additionalProperties"));
        let none = declare(&tools(json!({ "type": "object", "properties": {} })), &words);
        assert_eq!(none.json, r#"[{"description":"Looks.","name":"look"}]"#);
    }
}
