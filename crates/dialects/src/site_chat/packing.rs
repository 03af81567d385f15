//! How a conversation of several turns is written as one text.

use std::borrow::Cow;

use crate::chat::{ChatRequest, Message, Part, Role};

/// How a conversation is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Packing {
    /// What marks a turn.
    pub template: Template,
    /// Instructions in the middle of a conversation are moved to those at its head.
    pub merge_system: bool,
}

/// What marks a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Template {
    /// `### User` above it.
    #[default]
    Headings,
    /// `User: ` before it.
    Transcript,
    /// `<user>` and `</user>` around it.
    Tags,
}

impl Packing {
    /// A template by its name.
    #[must_use]
    pub fn template(name: &str) -> Option<Template> {
        match name {
            "headings" => Some(Template::Headings),
            "transcript" => Some(Template::Transcript),
            "tags" => Some(Template::Tags),
            _ => None,
        }
    }

    /// All turns as one text.
    pub(super) fn write(self, turns: &[(Role, String)]) -> String {
        let turns = turns.iter().map(|(role, text)| {
            let name = match role {
                Role::System => "System",
                Role::User => "User",
                Role::Assistant => "Assistant",
                Role::Tool => "Tool",
            };
            match self.template {
                Template::Headings => format!("### {name}\n{text}"),
                Template::Transcript => format!("{name}: {text}"),
                Template::Tags => {
                    let tag = name.to_ascii_lowercase();
                    format!("<{tag}>\n{text}\n</{tag}>")
                }
            }
        });
        turns.collect::<Vec<_>>().join("\n\n")
    }

    /// The request with its instructions where they belong.
    pub(super) fn arrange(self, request: &ChatRequest) -> Cow<'_, ChatRequest> {
        let is_system = |message: &Message| message.role == Role::System;
        if !self.merge_system || !request.messages.iter().any(is_system) {
            return Cow::Borrowed(request);
        }
        let mut merged = request.clone();
        let (system, messages) = merged.messages.drain(..).partition::<Vec<_>, _>(is_system);
        merged.messages = messages;
        for message in system {
            if !merged.system.is_empty() {
                // A blank line: parts are joined by one line break.
                merged.system.push(Part::Text(String::new()));
            }
            merged.system.extend(message.parts);
        }
        Cow::Owned(merged)
    }
}
