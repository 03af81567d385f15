//! A request as the text that is typed into a page.
//!
//! A lone user text goes as it is. Anything longer is packed, one section a turn, as the site's
//! [`Packing`] has it:
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

use std::collections::BTreeMap;

use super::{
    attachment::{Attachment, Attachments, Given},
    packing::Packing,
    parameter::{Parameter, Settings},
};
use crate::chat::{
    ChatRequest, Failure, Loss, LossKind, OutputFormat, Part, Role, Severity, ToolChoice, Usage,
};

/// What a page takes beside a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Settings that it has a control for.
    pub settings: Vec<Parameter>,
    /// Whether files can be added to the prompt.
    pub files: bool,
    /// Files at hand, by the id or address under which the request names them.
    pub given: BTreeMap<String, Given>,
    /// How many answers it gives to one prompt.
    pub answers: u32,
    /// How several turns are written as one.
    pub packing: Packing,
}

/// What is typed, chosen and added, and what could not be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// Settings for the page's own controls.
    pub settings: Settings,
    /// Files, in the order of the conversation.
    pub files: Vec<Attachment>,
    /// Losses; one of [`Severity::Constraint`] makes the page ineligible.
    pub losses: Vec<Loss>,
}

/// Packs a request for a page.
///
/// # Errors
/// A file that the page could take but that did not come as data, or not whole.
pub fn pack(request: &ChatRequest, offer: &Offer) -> Result<Prompt, Failure> {
    let offers = |setting: &Parameter| offer.settings.contains(setting);
    let request = &*offer.packing.arrange(request);
    let mut packing = Contents {
        files: offer.files.then(|| Attachments::with(offer.given.clone())),
        losses: settings_lost(request, offer),
    };
    let mut settings: Settings = Parameter::ALL
        .into_iter()
        .filter(offers)
        .filter_map(|setting| Some((setting, setting.asked(request)?)))
        .collect();
    let system = packing.text_of(&request.system, "messages.0.content")?;
    let mut sections = Vec::with_capacity(request.messages.len() + 1);
    if !system.is_empty() && offers(&Parameter::System) {
        settings.insert(Parameter::System, vec![system]);
    } else if !system.is_empty() {
        sections.push((Role::System, system));
    }
    for (at, message) in request.messages.iter().enumerate() {
        let path = format!("messages.{}.content", at + usize::from(!request.system.is_empty()));
        sections.push((message.role, packing.text_of(&message.parts, &path)?));
    }
    let text = match (sections.as_slice(), request.messages.as_slice()) {
        ([(Role::User, _)], [only]) => lone_text(&only.parts),
        _ => offer.packing.write(&sections),
    };
    let files = packing.files.map(|attachments| attachments.files).unwrap_or_default();
    Ok(Prompt { text, settings, files, losses: packing.losses })
}

/// The text of a lone turn, as it is: what is attached to it needs no mark. A page takes no prompt
/// without words, so a turn of files alone gets some.
fn lone_text(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) | Part::Refusal(text) => Some(text.as_str()),
        _ => None,
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    if text.trim().is_empty() && !parts.is_empty() {
        "See the attached file.".to_owned()
    } else {
        text
    }
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

/// What the turns of a conversation leave beside their text.
struct Contents {
    /// Files so far; none where the page takes none.
    files: Option<Attachments>,
    losses: Vec<Loss>,
}

impl Contents {
    /// The text of a turn. What a page cannot take is a constraint: an answer that never saw the
    /// picture would be an answer to another question.
    fn text_of(&mut self, parts: &[Part], path: &str) -> Result<String, Failure> {
        let mut texts: Vec<String> = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let path = format!("{path}.{at}");
            match part {
                Part::Text(text) | Part::Refusal(text) => texts.push(text.clone()),
                Part::ToolResult { parts, .. } => texts.push(self.text_of(parts, &path)?),
                Part::ToolCall { name, arguments, .. } => {
                    texts.push(format!("{name}({arguments})"));
                }
                Part::Reasoning(_) | Part::Opaque(_) => self.lose(path, Severity::Hint),
                Part::Unknown { .. } => self.lose(path, Severity::Constraint),
                Part::Image { .. } | Part::File { .. } | Part::Audio { .. } => {
                    let Some(files) = &mut self.files else {
                        self.lose(path, Severity::Constraint);
                        continue;
                    };
                    if let Some(name) = files.add(part, &path)? {
                        texts.push(format!("[attached: {name}]"));
                    }
                }
            }
        }
        Ok(texts.join("\n"))
    }

    fn lose(&mut self, path: String, severity: Severity) {
        self.losses.push(Loss { path, kind: LossKind::Dropped, severity });
    }
}

/// Settings that the page does not offer.
fn settings_lost(request: &ChatRequest, offer: &Offer) -> Vec<Loss> {
    let sampling = &request.sampling;
    let forced = !matches!(request.tool_choice, ToolChoice::None);
    let never = [
        ("tools", !request.tools.is_empty() && forced, Severity::Constraint),
        ("response_format", request.output != OutputFormat::Text, Severity::Constraint),
        ("n", request.choices > 1 && request.choices != offer.answers, Severity::Meaning),
        ("presence_penalty", sampling.presence_penalty.is_some(), Severity::Hint),
        ("frequency_penalty", sampling.frequency_penalty.is_some(), Severity::Hint),
        ("seed", sampling.seed.is_some(), Severity::Hint),
    ];
    let never = never.into_iter().filter(|(_, lost, _)| *lost);
    let never = never.map(|(path, _, severity)| (path.to_owned(), severity));
    let not_offered = Parameter::ALL
        .into_iter()
        .filter(|setting| !offer.settings.contains(setting) && setting.asked(request).is_some())
        .map(|setting| (setting.field().to_owned(), weight(setting)));
    let settings: Vec<&str> = Parameter::ALL.iter().map(|setting| setting.field()).collect();
    let extra = request.extra.fields.keys().filter(|path| !settings.contains(&path.as_str()));
    let extra = extra.map(|path| (path.clone(), weight_of_extra(path)));
    never
        .chain(not_offered)
        .chain(extra)
        .map(|(path, severity)| Loss { path, kind: LossKind::Dropped, severity })
        .collect()
}

/// A field that names a tool server binds: the answer would be one without its tools.
fn weight_of_extra(path: &str) -> Severity {
    if path == "mcp_endpoint" { Severity::Constraint } else { Severity::Hint }
}

/// How much it matters that a page does not offer a setting.
fn weight(setting: Parameter) -> Severity {
    match setting {
        Parameter::Stop | Parameter::MaxTokens => Severity::Meaning,
        _ => Severity::Hint,
    }
}
