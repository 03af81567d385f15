//! The canonical request: ordered typed parts, not a superset of one vendor's JSON.

use serde_json::{Map, Value};

/// A wire language for chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `POST /v1/chat/completions`.
    OpenaiChat,
    /// `POST /v1/responses`.
    OpenaiResponses,
    /// `POST /v1/messages`.
    AnthropicMessages,
    /// `POST /v1beta/models/{model}:generateContent`.
    GeminiGenerate,
    /// A chat page in a paired browser: the upstream half only.
    SiteChat,
}

/// Fields that a decoder did not know, kept with the dialect they came from. An encoder of the
/// same dialect writes them back; any other turns each into a [`super::Loss`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extra {
    /// Where the fields came from; `None` while there are none.
    pub origin: Option<Dialect>,
    /// The fields as they stood.
    pub fields: Map<String, Value>,
}

/// One chat request, free of any wire language.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The name the client asked for.
    pub model: String,
    /// System and developer instructions that stand before the conversation, in order.
    pub system: Vec<Part>,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Functions the model may call.
    pub tools: Vec<Tool>,
    /// Whether it may, must or must not call one.
    pub tool_choice: ToolChoice,
    /// Whether several calls may come in one turn; `None` where the client did not say.
    pub parallel_tools: Option<bool>,
    /// The form that the answer must have.
    pub output: OutputFormat,
    /// Sampling values.
    pub sampling: Sampling,
    /// The most output tokens.
    pub max_output_tokens: Option<u64>,
    /// How many answers (`n`); 1 where the client did not say.
    pub choices: u32,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether a stream is to end with a usage record.
    pub include_usage: bool,
    /// Top-level fields that are not understood.
    pub extra: Extra,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// A participant's name, where the client gave one.
    pub name: Option<String>,
    /// Fields of the message that are not understood.
    pub extra: Extra,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions in the middle of a conversation.
    System,
    /// The person or program.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

/// A piece of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Plain text.
    Text(String),
    /// A picture by URL or data URI, with the dialect's detail word.
    Image {
        /// `https:` or `data:` address.
        url: String,
        /// `low`, `high`, `auto`.
        detail: Option<String>,
    },
    /// A file by data URI or by an uploaded file's id.
    File {
        /// `data:` address, where the bytes came along.
        data: Option<String>,
        /// Id of an uploaded file.
        file_id: Option<String>,
        /// The name the client gave it.
        name: Option<String>,
    },
    /// Sound, base64, with its format word.
    Audio {
        /// Base64 bytes.
        data: String,
        /// `wav`, `mp3`.
        format: String,
    },
    /// The model asks for a tool.
    ToolCall {
        /// The call's id.
        id: String,
        /// The function's name.
        name: String,
        /// The arguments as the JSON text that the model wrote.
        arguments: String,
    },
    /// What a tool answered.
    ToolResult {
        /// The call's id.
        call_id: String,
        /// The answer.
        parts: Vec<Part>,
        /// Whether the tool failed.
        is_error: bool,
    },
    /// Reasoning text of an earlier turn.
    Reasoning(String),
    /// A refusal of an earlier turn.
    Refusal(String),
    /// State that is carried, not understood.
    Opaque(Opaque),
    /// A part of a kind we do not know, as it stood.
    Unknown {
        /// Whose kind it is.
        origin: Dialect,
        /// The part's JSON.
        value: Value,
    },
}

/// Opaque state (reasoning signatures, encrypted reasoning) and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// The dialect that made it.
    pub origin: Dialect,
    /// The account or provider that made it, where known.
    pub account: Option<String>,
    /// The state.
    pub data: Value,
}

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    pub parameters: Option<Value>,
    /// Whether the arguments must follow the schema exactly.
    pub strict: Option<bool>,
    /// Fields that are not understood; a tool of a foreign kind is kept whole here.
    pub extra: Extra,
}

/// Whether tools may be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// The client did not say.
    #[default]
    Unset,
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// The form that the answer must have.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum OutputFormat {
    /// Text.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<String>,
        /// The schema.
        schema: Value,
        /// Whether it must be followed exactly.
        strict: Option<bool>,
    },
}

/// Sampling values; absent where the client did not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// `temperature`.
    pub temperature: Option<f64>,
    /// `top_p`.
    pub top_p: Option<f64>,
    /// `presence_penalty`.
    pub presence_penalty: Option<f64>,
    /// `frequency_penalty`.
    pub frequency_penalty: Option<f64>,
    /// `seed`.
    pub seed: Option<i64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// `reasoning_effort` in the client's word.
    pub reasoning_effort: Option<String>,
}
