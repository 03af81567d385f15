//! Edits on a request's original bytes: the closed list of pass-through.
//!
//! A request whose dialect its target speaks goes out as it came. Only `model` and
//! `stream_options` may change, spliced into the bytes, so that unknown fields, key order and the
//! spelling of numbers survive. The rest of the body is skipped, not parsed.

use std::{borrow::Cow, fmt, ops::Range};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::chat::{Failure, FailureClass};

/// What routing needs to know of a request, read without parsing the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek {
    /// The model's name.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the client asked for a usage record at the end of its stream.
    pub include_usage: bool,
    /// How many answers it asked for.
    pub choices: u32,
    /// Where `messages` stands in the body.
    pub messages: Option<Range<usize>>,
    /// How many tokens an answer may have, where the request says so.
    pub max_output: Option<u64>,
    model_at: Range<usize>,
    options_at: Option<Range<usize>>,
}

/// Reads what routing needs.
///
/// # Errors
/// `invalid_json`; `invalid_request` where one of the fields is missing, wrong or there twice. A
/// field that differs only in case counts as a second one: upstreams disagree on which they take.
pub fn peek(body: &[u8]) -> Result<Peek, Failure> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Failure::new(FailureClass::InvalidJson, "the body is not UTF-8"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let raw = Raw::deserialize(&mut json).and_then(|raw| json.end().map(|()| raw));
    let raw = raw.map_err(|error| unreadable(&error))?;

    let model = raw.model.ok_or_else(|| wrong("model", "`model` is missing"))?;
    let name: Cow<'_, str> =
        serde_json::from_str(model.get()).map_err(|_| wrong("model", "`model` is not a text"))?;
    if name.is_empty() {
        return Err(wrong("model", "`model` is empty"));
    }
    let options = raw.stream_options.filter(|options| options.get() != "null");
    Ok(Peek {
        model: name.into_owned(),
        stream: flag(raw.stream, "stream")?,
        include_usage: options.map(asks_for_usage).transpose()?.unwrap_or(false),
        choices: raw.choices.and_then(|n| serde_json::from_str(n.get()).ok()).unwrap_or(1),
        messages: raw.messages.map(|messages| span(text, messages)),
        max_output: raw.max_output,
        model_at: span(text, model),
        options_at: raw.stream_options.map(|options| span(text, options)),
    })
}

/// The request's bytes for a target: with the target's name of the model and, where `want_usage`
/// says so and the client streams, a wish for the usage record. Without a change they are the same
/// bytes, not a copy.
#[must_use]
pub fn edit(body: &Bytes, peek: &Peek, model: &str, want_usage: bool) -> Bytes {
    let mut splices: Vec<(Range<usize>, String)> = Vec::with_capacity(2);
    if model != peek.model {
        splices.push((peek.model_at.clone(), Value::from(model).to_string()));
    }
    if want_usage && peek.stream && !peek.include_usage {
        splices.push(match &peek.options_at {
            Some(at) => (at.clone(), with_usage(&body[at.clone()])),
            None => {
                let end = peek.model_at.end;
                (end..end, r#","stream_options":{"include_usage":true}"#.to_owned())
            }
        });
    }
    if splices.is_empty() {
        return body.clone();
    }
    splices.sort_by_key(|(at, _)| at.start);
    let added: usize = splices.iter().map(|(_, text)| text.len()).sum();
    let mut edited = Vec::with_capacity(body.len() + added);
    let mut from = 0;
    for (at, text) in splices {
        edited.extend_from_slice(&body[from..at.start]);
        edited.extend_from_slice(text.as_bytes());
        from = at.end;
    }
    edited.extend_from_slice(&body[from..]);
    edited.into()
}

fn asks_for_usage(options: &RawValue) -> Result<bool, Failure> {
    #[derive(Deserialize)]
    struct Options {
        #[serde(default)]
        include_usage: Option<bool>,
    }
    serde_json::from_str::<Options>(options.get())
        .map(|options| options.include_usage.unwrap_or(false))
        .map_err(|_| wrong("stream_options", "`stream_options` is not what OpenAI's API says"))
}

fn with_usage(options: &[u8]) -> String {
    let mut options: Value = serde_json::from_slice(options).unwrap_or_default();
    if !options.is_object() {
        options = Value::Object(serde_json::Map::new());
    }
    options["include_usage"] = Value::Bool(true);
    options.to_string()
}

fn flag(raw: Option<&RawValue>, name: &str) -> Result<bool, Failure> {
    match raw.map(RawValue::get) {
        None | Some("null" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(name, "`stream` is neither true nor false")),
    }
}

fn wrong(param: &str, words: &str) -> Failure {
    Failure::new(FailureClass::InvalidRequest, words).with_param(param)
}

/// serde's words name line and column; they never repeat the body.
fn unreadable(error: &serde_json::Error) -> Failure {
    match error.classify() {
        serde_json::error::Category::Data => {
            Failure::new(FailureClass::InvalidRequest, error.to_string())
        }
        _ => Failure::new(FailureClass::InvalidJson, format!("the body is not JSON: {error}")),
    }
}

/// Where a part that was borrowed from `text` stands in it.
fn span(text: &str, part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.get().len()
}

/// The fields that matter, as they are written.
#[derive(Default)]
struct Raw<'a> {
    model: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
    stream_options: Option<&'a RawValue>,
    choices: Option<&'a RawValue>,
    messages: Option<&'a RawValue>,
    max_output: Option<u64>,
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
        let mut raw = Raw::default();
        while let Some(field) = map.next_key_seed(FieldSeed)? {
            let (place, name) = match field {
                Field::Model => (&mut raw.model, "model"),
                Field::Stream => (&mut raw.stream, "stream"),
                Field::StreamOptions => (&mut raw.stream_options, "stream_options"),
                Field::Choices => (&mut raw.choices, "n"),
                Field::Messages => (&mut raw.messages, "messages"),
                Field::Look(name) => {
                    return Err(de::Error::custom(format_args!(
                        "`{name}` is spelled in lower case"
                    )));
                }
                Field::MaxOutput => {
                    // A wrong one is the upstream's to refuse; of two the larger one counts.
                    let most: Option<f64> =
                        serde_json::from_str(map.next_value::<&RawValue>()?.get()).unwrap_or(None);
                    #[allow(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "it saturates, and a negative number is none"
                    )]
                    let most = most.map(|most| most as u64);
                    raw.max_output = raw.max_output.max(most);
                    continue;
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if place.replace(map.next_value()?).is_some() {
                return Err(de::Error::custom(format_args!("`{name}` is there twice")));
            }
        }
        Ok(raw)
    }
}

enum Field {
    Model,
    Stream,
    StreamOptions,
    Choices,
    Messages,
    MaxOutput,
    /// One of them, but for case.
    Look(&'static str),
    Other,
}

/// Reads a key without a copy of it.
struct FieldSeed;

impl<'de> DeserializeSeed<'de> for FieldSeed {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldSeed {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        const WATCHED: [&str; 3] = ["model", "stream", "stream_options"];
        Ok(match name {
            "model" => Field::Model,
            "stream" => Field::Stream,
            "stream_options" => Field::StreamOptions,
            "n" => Field::Choices,
            "messages" => Field::Messages,
            "max_tokens" | "max_completion_tokens" => Field::MaxOutput,
            _ => WATCHED
                .into_iter()
                .find(|watched| watched.eq_ignore_ascii_case(name))
                .map_or(Field::Other, Field::Look),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(body: &str, model: &str, want_usage: bool) -> String {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let peek = peek(&body).unwrap();
        String::from_utf8(edit(&body, &peek, model, want_usage).to_vec()).unwrap()
    }

    #[test]
    fn edits_leave_every_other_byte() {
        let body = r#"{ "seed":1.0e3 ,"model" : "a\u0062" , "x":{"model":"z"},"stream":true}"#;
        let found = peek(body.as_bytes()).unwrap();
        assert_eq!((&*found.model, found.stream, found.include_usage), ("ab", true, false));
        assert_eq!(
            edited(body, "n\"ew", false),
            r#"{ "seed":1.0e3 ,"model" : "n\"ew" , "x":{"model":"z"},"stream":true}"#
        );
        assert_eq!(
            edited(body, "ab", true),
            r#"{ "seed":1.0e3 ,"model" : "a\u0062","stream_options":{"include_usage":true} , "x":{"model":"z"},"stream":true}"#
        );
    }

    #[test]
    fn without_a_change_the_bytes_are_the_same() {
        let body = Bytes::from_static(
            br#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
        );
        let found = peek(&body).unwrap();
        assert!(found.include_usage);
        assert_eq!(edit(&body, &found, "m", true).as_ptr(), body.as_ptr());
    }

    #[test]
    fn stream_options_keep_what_they_hold() {
        for (before, after) in [
            ("null", r#"{"include_usage":true}"#),
            ("{}", r#"{"include_usage":true}"#),
            (r#"{"include_usage":false}"#, r#"{"include_usage":true}"#),
            (
                r#"{"include_obfuscation":false}"#,
                r#"{"include_obfuscation":false,"include_usage":true}"#,
            ),
        ] {
            let body = format!(r#"{{"stream_options":{before},"stream":true,"model":"m"}}"#);
            let want = format!(r#"{{"stream_options":{after},"stream":true,"model":"m"}}"#);
            assert_eq!(edited(&body, "m", true), want);
        }
    }

    #[test]
    fn what_cannot_be_read_alike_by_all_is_refused() {
        use FailureClass::{InvalidJson, InvalidRequest};
        for (body, class) in [
            ("", InvalidJson),
            ("{", InvalidJson),
            ("{}x", InvalidJson),
            ("\u{feff}{}", InvalidJson),
            (r#"{"model":"m",}"#, InvalidJson),
            (r#"{"model":"m","x":NaN}"#, InvalidJson),
            ("[]", InvalidRequest),
            ("null", InvalidRequest),
            ("{}", InvalidRequest),
            (r#"{"model":1}"#, InvalidRequest),
            (r#"{"model":""}"#, InvalidRequest),
            (r#"{"model":"m","model":"n"}"#, InvalidRequest),
            (r#"{"model":"m","mod\u0065l":"n"}"#, InvalidRequest),
            (r#"{"model":"m","Model":"n"}"#, InvalidRequest),
            (r#"{"model":"m","stream":"yes"}"#, InvalidRequest),
            (r#"{"model":"m","stream_options":1}"#, InvalidRequest),
        ] {
            assert_eq!(peek(body.as_bytes()).unwrap_err().class, class, "{body}");
        }
        assert_eq!(peek(b"{\"model\":\"\xff\"}").unwrap_err().class, InvalidJson);
    }

    #[test]
    fn the_largest_answer_is_read_however_it_is_written() {
        for (fields, most) in [
            ("", None),
            (r#""max_tokens":7,"#, Some(7)),
            (r#""max_tokens":7,"max_completion_tokens":9,"max_tokens":8,"#, Some(9)),
            (r#""max_tokens":1e3,"#, Some(1_000)),
            (r#""max_tokens":null,"#, None),
            (r#""max_tokens":"many","#, None),
            (r#""max_tokens":-1,"#, Some(0)),
        ] {
            let body = format!(r#"{{{fields}"model":"m"}}"#);
            assert_eq!(peek(body.as_bytes()).unwrap().max_output, most, "{fields}");
        }
    }

    #[test]
    fn a_field_that_is_there_twice_is_named() {
        let failure = peek(br#"{"model":"m","n":1,"n":2}"#).unwrap_err();
        assert!(failure.message.starts_with("`n` is there twice"), "{failure}");
    }

    #[test]
    fn depth_costs_no_stack() {
        let body =
            format!(r#"{{"model":"m","x":{}1{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert!(peek(body.as_bytes()).is_ok());
    }
}
