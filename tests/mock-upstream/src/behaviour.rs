//! What the mock does with a request: chosen by a script or by the model's name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// How one request is answered. The default is a correct answer in the manner of OpenAI's API.
///
/// In a model's name the fields follow a question mark: `mock-model?chunks=20&chunk_ms=5`,
/// `mock-model?status=429&retry_after=7`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// A fixed text in place of the echo.
    pub answer: Option<String>,
    /// Pieces of a streamed answer; 0 makes one of each word.
    pub chunks: usize,
    /// Every piece says when it was sent: `@` and microseconds since 1970, then a space.
    pub stamped: bool,
    /// The pieces never end.
    pub endless: bool,
    /// Milliseconds before the first piece, or before a buffered reply. The head of a stream goes
    /// out at once.
    pub first_ms: u64,
    /// Milliseconds between pieces.
    pub chunk_ms: u64,

    /// Status of the reply; other than 200 it carries an error.
    pub status: u16,
    /// Form of the error's body.
    pub error: ErrorBody,
    /// Spelling of the `retry-after` header.
    pub retry_after: Option<String>,
    /// Further headers of an error's reply.
    pub headers: BTreeMap<String, String>,
    /// The error's body as it stands, in place of its form.
    pub error_body: Option<String>,
    /// The error repeats the credential that it got.
    pub echo_key: bool,
    /// Status 200 with an error's body, or with an error as the first event.
    pub error_in_ok: bool,
    /// An error event after so many pieces, then the end.
    pub error_after: Option<usize>,

    /// Reset the connection without an answer.
    pub reset_before_headers: bool,
    /// Reset the connection after so many bytes of the body.
    pub reset_after: Option<usize>,
    /// Close the connection in good order after so many bytes of the body.
    pub close_after: Option<usize>,
    /// Never answer.
    pub silent: bool,
    /// Fall silent for ever after so many pieces.
    pub silent_after: Option<usize>,

    /// How a stream says its end.
    pub done: Done,
    /// How a stream ends its lines.
    pub lines: Lines,
    /// A comment before each event.
    pub comments: bool,
    /// Cut each write in the middle of the first multi-byte character.
    pub split_utf8: bool,
    /// One giant line of so many bytes without an end.
    pub giant_line: Option<usize>,
    /// Which token counts are told.
    pub usage: UsageStyle,
    /// Habits of real upstreams.
    pub shape: Shape,
    /// A content type that says something else.
    pub content_type: Option<String>,
}

/// Form of an error's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorBody {
    /// OpenAI's envelope.
    #[default]
    Json,
    /// An integer `code` and no `param`.
    IntegerCode,
    /// JSON without `error`.
    Bare,
    /// Words, not JSON.
    Text,
    /// A page.
    Html,
    /// JSON that stops in the middle.
    Truncated,
    /// Nothing.
    Empty,
}

/// How a stream says its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// `[DONE]` once.
    #[default]
    Once,
    /// Not at all.
    Missing,
    /// Twice.
    Double,
    /// A piece of text comes after it.
    ThenData,
}

/// How a stream ends its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lines {
    /// Line feed.
    #[default]
    Lf,
    /// Carriage return and line feed.
    Crlf,
    /// Both kinds by turns.
    Mixed,
}

/// Which token counts are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageStyle {
    /// In a stream only with `include_usage`, as OpenAI does.
    #[default]
    IfAsked,
    /// In every stream.
    Always,
    /// Never, not even in a buffered reply.
    Never,
    /// All counts are 0.
    Zero,
    /// All counts are negative.
    Negative,
    /// Counts beyond 32 bits.
    Huge,
    /// In every piece, growing.
    Growing,
}

/// Habits of real upstreams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// OpenAI's own.
    #[default]
    Openai,
    /// The role's chunk says `content: null`.
    NullRole,
    /// No role chunk, no `finish_reason` on the pieces, no `logprobs`, no `refusal`.
    Sparse,
    /// Another piece of text after the finish chunk.
    LateChoice,
    /// The last piece is an empty delta that carries the finish reason of nothing.
    EmptyLastDelta,
    /// The end comes right after the role.
    EmptyAnswer,
    /// A call of the tool `lookup` in place of text.
    ToolCall,
    /// `reasoning_content` before the text.
    Reasoning,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            answer: None,
            chunks: 0,
            stamped: false,
            endless: false,
            first_ms: 0,
            chunk_ms: 0,
            status: 200,
            error: ErrorBody::default(),
            retry_after: None,
            headers: BTreeMap::new(),
            error_body: None,
            echo_key: false,
            error_in_ok: false,
            error_after: None,
            reset_before_headers: false,
            reset_after: None,
            close_after: None,
            silent: false,
            silent_after: None,
            done: Done::default(),
            lines: Lines::default(),
            comments: false,
            split_utf8: false,
            giant_line: None,
            usage: UsageStyle::default(),
            shape: Shape::default(),
            content_type: None,
        }
    }
}

impl Behaviour {
    /// What a model's name asks for.
    ///
    /// # Errors
    /// Words that name the field that is not known or not well formed.
    pub fn of_model(model: &str) -> Result<Self, String> {
        let Some((_, fields)) = model.split_once('?') else {
            return Ok(Self::default());
        };
        let fields: Map<String, Value> = fields
            .split('&')
            .filter(|field| !field.is_empty())
            .map(|field| {
                let (name, value) = field.split_once('=').unwrap_or((field, "true"));
                (name.to_owned(), typed(name, value))
            })
            .collect();
        serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
    }

    /// Whether the reply is an error from its first byte.
    pub(crate) fn is_error(&self) -> bool {
        self.status != 200 || self.error_in_ok
    }
}

/// Texts stay texts even where they look like numbers.
fn typed(name: &str, value: &str) -> Value {
    let text = matches!(name, "answer" | "retry_after" | "content_type");
    match serde_json::from_str(value) {
        Ok(plain @ (Value::Bool(_) | Value::Number(_))) if !text => plain,
        _ => Value::String(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_asks_for_nothing_odd() {
        assert_eq!(Behaviour::of_model("gpt-4o"), Ok(Behaviour::default()));
    }

    #[test]
    fn fields_follow_a_question_mark() {
        let behaviour = Behaviour::of_model("m?status=429&retry_after=7&echo_key&done=double");
        let expected = Behaviour {
            status: 429,
            retry_after: Some("7".into()),
            echo_key: true,
            done: Done::Double,
            ..Behaviour::default()
        };
        assert_eq!(behaviour, Ok(expected));
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = Behaviour::of_model("m?chunk=3").expect_err("refused");
        assert!(error.contains("`chunk`"), "{error}");
    }
}
