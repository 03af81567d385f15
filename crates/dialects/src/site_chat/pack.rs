//! A request as the text that is typed into a page.
//!
//! A lone user text goes as it is. Anything longer is packed, one section a turn:
//!
//! ```text
//! ### System
//! Be brief.
//!
//! ### User
//! Hello
//!
//! ### Assistant
//! Hi!
//!
//! ### User
//! How are you?
//! ```

use crate::chat::{
    ChatRequest, Loss, LossKind, OutputFormat, Part, Role, Severity, ToolChoice, Usage,
};

/// What is typed, and what could not be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// Losses; one of [`Severity::Constraint`] makes the page ineligible.
    pub losses: Vec<Loss>,
}

/// Packs a request for a page that takes text only.
#[must_use]
pub fn pack(request: &ChatRequest) -> Prompt {
    let mut losses = settings_lost(request);
    let system = text_of(&request.system, "messages.0.content", &mut losses);
    let mut sections = Vec::with_capacity(request.messages.len() + 1);
    if !system.is_empty() {
        sections.push((Role::System, system));
    }
    for (at, message) in request.messages.iter().enumerate() {
        let path = format!("messages.{}.content", at + usize::from(!request.system.is_empty()));
        sections.push((message.role, text_of(&message.parts, &path, &mut losses)));
    }
    let text = match sections.as_slice() {
        [(Role::User, text)] => text.clone(),
        _ => sections.iter().map(section).collect::<Vec<_>>().join("\n\n"),
    };
    Prompt { text, losses }
}

/// Token counts of a turn on a page, estimated at four characters a token and marked so.
#[must_use]
pub fn estimate_usage(prompt: &str, answer_chars: u64) -> Usage {
    let prompt_chars = u64::try_from(prompt.chars().count()).unwrap_or(u64::MAX);
    Usage {
        input: prompt_chars.div_ceil(4),
        output: answer_chars.div_ceil(4),
        estimated: true,
        ..Usage::default()
    }
}

fn section((role, text): &(Role, String)) -> String {
    let title = match role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool",
    };
    format!("### {title}\n{text}")
}

/// The text of a turn. What a page cannot take is a constraint: an answer that never saw the
/// picture would be an answer to another question.
fn text_of(parts: &[Part], path: &str, losses: &mut Vec<Loss>) -> String {
    let mut texts: Vec<String> = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let mut lost = |severity| {
            let path = format!("{path}.{at}");
            losses.push(Loss { path, kind: LossKind::Dropped, severity });
        };
        match part {
            Part::Text(text) | Part::Refusal(text) => texts.push(text.clone()),
            Part::ToolResult { parts, .. } => texts.push(text_of(parts, path, losses)),
            Part::ToolCall { name, arguments, .. } => texts.push(format!("{name}({arguments})")),
            Part::Reasoning(_) | Part::Opaque(_) => lost(Severity::Hint),
            Part::Image { .. } | Part::File { .. } | Part::Audio { .. } | Part::Unknown { .. } => {
                lost(Severity::Constraint);
            }
        }
    }
    texts.join("\n")
}

/// Settings that a page does not offer.
fn settings_lost(request: &ChatRequest) -> Vec<Loss> {
    let sampling = &request.sampling;
    let forced = !matches!(request.tool_choice, ToolChoice::None);
    let settings = [
        ("tools", !request.tools.is_empty() && forced, Severity::Constraint),
        ("response_format", request.output != OutputFormat::Text, Severity::Constraint),
        ("n", request.choices > 1, Severity::Meaning),
        ("stop", !sampling.stop.is_empty(), Severity::Meaning),
        ("max_tokens", request.max_output_tokens.is_some(), Severity::Meaning),
        ("temperature", sampling.temperature.is_some(), Severity::Hint),
        ("top_p", sampling.top_p.is_some(), Severity::Hint),
        ("presence_penalty", sampling.presence_penalty.is_some(), Severity::Hint),
        ("frequency_penalty", sampling.frequency_penalty.is_some(), Severity::Hint),
        ("seed", sampling.seed.is_some(), Severity::Hint),
        ("reasoning_effort", sampling.reasoning_effort.is_some(), Severity::Hint),
    ];
    let named = settings.into_iter().filter(|(_, lost, _)| *lost);
    let named = named.map(|(path, _, severity)| (path.to_owned(), severity));
    let extra = request.extra.fields.keys().map(|path| (path.clone(), Severity::Hint));
    named
        .chain(extra)
        .map(|(path, severity)| Loss { path, kind: LossKind::Dropped, severity })
        .collect()
}
