//! The markups in which models write tool calls: ours, and those that they fall back on because
//! they were trained on them.

/// How a call, or several, is set off from text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Markup {
    /// What it begins with.
    pub(super) opener: &'static str,
    /// What it ends with; JSON that needs no closer ends with its last bracket.
    pub(super) closer: Option<&'static str>,
    /// What may stand within.
    pub(super) body: Body,
}

/// What may stand within a markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// JSON, tags, or a name with tags: the first character tells.
    Any,
    /// The rest of a tag with the function's name, then its arguments: `<function=name>...`.
    Named,
    /// JSON, or a name and then JSON.
    Json,
    /// A result that the model made up: nobody's.
    Invented,
}

const fn tag(opener: &'static str, closer: &'static str, body: Body) -> Markup {
    Markup { opener, closer: Some(closer), body }
}

/// No opener is the beginning of another one.
pub(super) const MARKUPS: &[Markup] = &[
    tag("<tool_call>", "</tool_call>", Body::Any),
    tag("<tool_calls>", "</tool_calls>", Body::Any),
    tag("<function_call>", "</function_call>", Body::Any),
    tag("<function_calls>", "</function_calls>", Body::Any),
    tag("<functioncall>", "</functioncall>", Body::Any),
    tag("<function=", "</function>", Body::Named),
    tag("<invoke name=", "</invoke>", Body::Named),
    tag("<tool_response>", "</tool_response>", Body::Invented),
    tag("<tool_result>", "</tool_result>", Body::Invented),
    tag("<tool_call_result>", "</tool_call_result>", Body::Invented),
    Markup { opener: "[TOOL_CALLS]", closer: None, body: Body::Json },
    Markup { opener: "<|tool_call|>", closer: Some("<|/tool_call|>"), body: Body::Json },
    Markup { opener: "<|python_tag|>", closer: None, body: Body::Json },
];

/// Words after a fence that make a block of code a call.
pub(super) const FENCES: &[&str] = &["tool_call", "tool_calls", "function_call"];

/// First keys of an object that may be a call without any markup.
pub(super) const BARE_KEYS: &[&str] = &[
    "name",
    "tool_calls",
    "tool",
    "tool_name",
    "function",
    "function_call",
    "arguments",
    "parameters",
    "type",
    "id",
];
