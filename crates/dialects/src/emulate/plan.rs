//! What of a request has to be emulated, and the request as the page then gets it.

use super::{instruct, schema};
use crate::chat::{
    ChatRequest, Failure, FailureClass, Loss, LossKind, Message, OutputFormat, Part, Role,
    Severity, Tool, ToolChoice,
};

/// How the model is asked to write what is not for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Between tags: the text comes as the model wrote it.
    Tags,
    /// In blocks of code: the text comes as a page rendered it, and tags would be lost.
    Fences,
}

/// What is emulated for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(super) tools: Vec<Tool>,
    pub(super) choice: ToolChoice,
    pub(super) parallel: bool,
    pub(super) output: OutputFormat,
    pub(super) style: Style,
    /// The page has the tools in a dialog of its own.
    pub(super) native: bool,
}

impl Plan {
    /// What a page cannot do for this request by itself; `None` where it can do all of it.
    ///
    /// # Errors
    /// Tools that no prompt can stand for, or a choice of a tool that is not there.
    pub fn of(request: &ChatRequest, style: Style) -> Result<Option<Self>, Failure> {
        let no_tools = request.tool_choice == ToolChoice::None;
        let tools = if no_tools { Vec::new() } else { request.tools.clone() };
        if let Some(at) = tools.iter().position(|tool| tool.extra.fields.contains_key("type")) {
            let words = format!("a chat page has no tool of the kind `{}`", tools[at].name);
            let failure = Failure::new(FailureClass::Unsupported, words);
            return Err(failure.with_param(format!("tools.{at}")));
        }
        let choice = match &request.tool_choice {
            ToolChoice::Named(name) if !tools.iter().any(|tool| tool.name == *name) => {
                let words = format!("`tool_choice` names `{name}`, which is not in `tools`");
                let failure = Failure::new(FailureClass::InvalidRequest, words);
                return Err(failure.with_param("tool_choice"));
            }
            choice => choice.clone(),
        };
        if tools.is_empty() && request.output == OutputFormat::Text {
            return Ok(None);
        }
        let parallel = request.parallel_tools != Some(false);
        Ok(Some(Self {
            tools,
            choice,
            parallel,
            output: request.output.clone(),
            style,
            native: false,
        }))
    }

    /// The same where the page is given the tools in a dialog of its own: they are not put into
    /// words, and calls come as such.
    #[must_use]
    pub fn natively(self) -> Self {
        Self { native: !self.tools.is_empty(), ..self }
    }

    /// Fields of the request that are emulated.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        let tools = (!self.tools.is_empty() && !self.native).then_some("tools");
        let output = (self.output != OutputFormat::Text).then_some("response_format");
        tools.into_iter().chain(output).collect()
    }

    /// What is weaker than where a model does it by itself: all of it, and above that the rules of
    /// schemas that are not checked.
    #[must_use]
    pub fn losses(&self) -> Vec<Loss> {
        let mut paths: Vec<String> = self.fields().into_iter().map(str::to_owned).collect();
        let of_tools = self.tools.iter().filter(|_| !self.native);
        let of_tools = of_tools.filter_map(|tool| tool.parameters.as_ref());
        for keyword in
            of_tools.flat_map(schema::unchecked).collect::<std::collections::BTreeSet<_>>()
        {
            paths.push(format!("tools.{keyword}"));
        }
        if let OutputFormat::JsonSchema { schema, .. } = &self.output {
            let unchecked = schema::unchecked(schema).into_iter();
            paths.extend(unchecked.map(|keyword| format!("response_format.{keyword}")));
        }
        let weakened = |path| Loss { path, kind: LossKind::Weakened, severity: Severity::Meaning };
        paths.into_iter().map(weakened).collect()
    }

    /// The request in words alone: what the model must know stands with its instructions, and
    /// calls and results of earlier turns are text.
    #[must_use]
    pub fn apply(&self, request: &ChatRequest) -> ChatRequest {
        let mut applied = request.clone();
        let mut words = Vec::new();
        if !self.tools.is_empty() {
            words.extend(if self.native {
                instruct::must(self)
            } else {
                Some(instruct::tools(self))
            });
            let names = call_names(&request.messages);
            for message in &mut applied.messages {
                for part in &mut message.parts {
                    self.write(part, &names);
                }
            }
        }
        words.extend(instruct::output(self));
        if !words.is_empty() {
            // Parts are joined by one line break, and a gap parts these from what the client said.
            let gap = if applied.system.is_empty() { "" } else { "\n" };
            applied.system.push(Part::Text(format!("{gap}{}", words.join("\n\n"))));
        }
        applied.tools.clear();
        applied.tool_choice = ToolChoice::Unset;
        applied.parallel_tools = None;
        applied.output = OutputFormat::Text;
        applied
    }

    fn write(&self, part: &mut Part, names: &[(String, String)]) {
        match part {
            Part::ToolCall { name, arguments, .. } => {
                *part = Part::Text(instruct::call(self.style, name, arguments));
            }
            Part::ToolResult { call_id, parts, is_error } => {
                let name = names.iter().find(|(id, _)| id == call_id).map(|(_, name)| &**name);
                let head = instruct::result_head(name.unwrap_or(call_id), *is_error);
                parts.insert(0, Part::Text(head));
                parts.push(Part::Text(instruct::RESULT_END.to_owned()));
            }
            _ => {}
        }
    }
}

/// The function behind each call's id.
fn call_names(messages: &[Message]) -> Vec<(String, String)> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts
        .filter_map(|part| match part {
            Part::ToolCall { id, name, .. } => Some((id.clone(), name.clone())),
            _ => None,
        })
        .collect()
}

/// A further turn that says what was wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The answer.
    pub answer: String,
    /// What was wrong with it.
    pub words: String,
}

impl Repair {
    /// The request with this turn at its end.
    #[must_use]
    pub fn follow(&self, applied: &ChatRequest) -> ChatRequest {
        let mut request = applied.clone();
        for (role, text) in [(Role::Assistant, &self.answer), (Role::User, &self.words)] {
            request.messages.push(Message {
                role,
                parts: vec![Part::Text(text.clone())],
                name: None,
                extra: crate::chat::Extra::default(),
            });
        }
        request
    }
}
