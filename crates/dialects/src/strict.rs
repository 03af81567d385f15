//! JSON that every reader understands alike: a field that is there twice is refused, at any depth.
//! Readers differ on which one counts, so what was checked might not be what is used.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, error::Category};

use crate::chat::{Failure, FailureClass};

/// The longest name of a field that is repeated in an error, in characters.
const MAX_NAME: usize = 100;

/// Parses a client's body; `serde_json` bounds the depth.
///
/// # Errors
/// `invalid_json`; `invalid_request` where a field is there twice.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Failure> {
    let Strict(value) = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Failure::new(FailureClass::InvalidRequest, error.to_string()),
        _ => Failure::new(FailureClass::InvalidJson, format!("the body is not JSON: {error}")),
    })?;
    Ok(value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if fields.contains_key(&name) {
                let name: String = name.chars().take(MAX_NAME).collect();
                return Err(de::Error::custom(format_args!("the field {name:?} is there twice")));
            }
            let Strict(value) = map.next_value()?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        let text =
            r#"{"a":[null,true,-1,18446744073709551615,0.5,-0,1e3,"\ud83e\udd80\u0000"],"":{}}"#;
        assert_eq!(parse(text.as_bytes()), Ok(serde_json::from_str(text).unwrap()));
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"\u0061":2}}]"#] {
            let failure = parse(text.as_bytes()).unwrap_err();
            assert_eq!(failure.class, FailureClass::InvalidRequest, "{text}");
            assert!(failure.message.starts_with("the field \"a\" is there twice"), "{failure}");
        }
    }

    #[test]
    fn what_is_no_json_for_all_is_no_json() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        let bodies: [&[u8]; 9] = [
            b"",
            b"{\"a\":1,}",
            b"NaN",
            b"1e400",
            b"\xef\xbb\xbf{}",
            b"\"\\ud800\"",
            b"\"\xc0\xaf\"",
            b"{} // no",
            deep.as_bytes(),
        ];
        for body in bodies {
            let failure = parse(body).unwrap_err();
            assert_eq!(failure.class, FailureClass::InvalidJson, "{}", body.escape_ascii());
        }
    }
}
