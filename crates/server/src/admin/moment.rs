//! A moment in a query: Unix milliseconds, or a date and time with its offset.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

/// Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub(super) i64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Ok(millis) = text.parse() {
            return Ok(Self(millis));
        }
        let moment: Result<jiff::Timestamp, _> = text.parse();
        moment.map(|moment| Self(moment.as_millisecond())).map_err(|_| {
            D::Error::custom(format!(
                "`{}` is not a moment: write Unix milliseconds, or 2026-11-21T07:30:00Z",
                text.escape_debug()
            ))
        })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Unix milliseconds, or a date and time with its offset.",
            "examples": ["1795246200000", "2026-11-21T07:30:00Z"],
        })
    }
}
