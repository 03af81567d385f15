//! JSON as models write it. What is valid is read as it stands; what is not is read with the slips
//! that have only one meaning: trailing commas, single quotes, raw line breaks in texts, bare keys,
//! Python's words, escapes that JSON does not know, closers missing at the end.
//!
//! A text that does not end is never ended here: half a file is not the file.

use serde_json::{Map, Number, Value};

/// The deepest nesting that is read, as deep as strict JSON is read.
const MAX_DEPTH: usize = 127;

/// Why a text is not JSON, in words that a model can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words} at character {at}")]
pub struct NotJson {
    words: &'static str,
    at: usize,
}

/// Reads the value that `text` begins with; how many bytes it took.
///
/// # Errors
/// Where no reading is the only one.
pub fn first_value(text: &str) -> Result<(Value, usize), NotJson> {
    let mut strict = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = strict.next() {
        return Ok((value, strict.byte_offset()));
    }
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let value = reader.value(0)?;
    Ok((value, reader.at))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, NotJson> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("nested too deeply"));
        }
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"' | '\'') => self.string().map(Value::String),
            Some(_) => self.word(),
            None => Err(self.wrong("ends where a value should be")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, NotJson> {
        self.at += 1;
        let mut map = Map::new();
        loop {
            self.space();
            match self.peek() {
                None => return Ok(Value::Object(map)),
                Some('}') => {
                    self.at += 1;
                    return Ok(Value::Object(map));
                }
                Some('"' | '\'') => {}
                Some(c) if c.is_alphabetic() || c == '_' => {}
                Some(_) => return Err(self.wrong("a key should be here")),
            }
            let key = match self.peek() {
                Some('"' | '\'') => self.string()?,
                _ => self.bare().to_owned(),
            };
            self.space();
            if self.peek() != Some(':') {
                return Err(self.wrong("a `:` should be here"));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            self.comma('}')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, NotJson> {
        self.at += 1;
        let mut list = Vec::new();
        loop {
            self.space();
            match self.peek() {
                None => return Ok(Value::Array(list)),
                Some(']') => {
                    self.at += 1;
                    return Ok(Value::Array(list));
                }
                Some(_) => list.push(self.value(depth + 1)?),
            }
            self.comma(']')?;
        }
    }

    /// What parts two values: a comma, which may stand before the closer too, or the closer.
    fn comma(&mut self, closer: char) -> Result<(), NotJson> {
        self.space();
        match self.peek() {
            Some(',') => {
                self.at += 1;
                Ok(())
            }
            None => Ok(()),
            Some(c) if c == closer => Ok(()),
            Some(_) => Err(self.wrong("a `,` or the end of the list or object should be here")),
        }
    }

    fn string(&mut self) -> Result<String, NotJson> {
        let quote = self.peek();
        let began = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                _ if Some(c) == quote => return Ok(text),
                '\\' => self.escape(&mut text)?,
                c => text.push(c),
            }
        }
        self.at = began;
        Err(self.wrong("a text does not end that begins"))
    }

    fn escape(&mut self, text: &mut String) -> Result<(), NotJson> {
        let plain = match self.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => return self.unicode(text),
            Some(c @ ('"' | '\'' | '\\' | '/')) => c,
            // A line that goes on, as shells and Python have it.
            Some('\n') => return Ok(()),
            // `\d`, `\(`: the backslash was meant.
            Some(c) => {
                text.push('\\');
                c
            }
            None => return Err(self.wrong("ends within an escape")),
        };
        text.push(plain);
        Ok(())
    }

    fn unicode(&mut self, text: &mut String) -> Result<(), NotJson> {
        let high = self.hex()?;
        let mut units = vec![high];
        if (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u") {
            self.at += 2;
            units.push(self.hex()?);
        }
        let decoded: Result<String, _> = char::decode_utf16(units).collect();
        match decoded {
            Ok(decoded) => text.push_str(&decoded),
            Err(_) => return Err(self.wrong("half a character before here")),
        }
        Ok(())
    }

    fn hex(&mut self) -> Result<u16, NotJson> {
        let digits = self.rest().get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let digits = digits.ok_or_else(|| self.wrong("four hexadecimal digits should be here"))?;
        self.at += 4;
        Ok(digits)
    }

    fn word(&mut self) -> Result<Value, NotJson> {
        let began = self.at;
        let value = match self.bare() {
            "true" | "True" => Some(Value::Bool(true)),
            "false" | "False" => Some(Value::Bool(false)),
            "null" | "None" => Some(Value::Null),
            number => number.parse::<Number>().ok().map(Value::Number),
        };
        value.ok_or_else(|| {
            self.at = began;
            self.wrong("a value should be here")
        })
    }

    /// A run of characters that stand without quotes.
    fn bare(&mut self) -> &str {
        let of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '$');
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn wrong(&self, words: &'static str) -> NotJson {
        NotJson { words, at: self.text[..self.at].chars().count() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slips_with_one_meaning_are_read() {
        for (text, value) in [
            (r#"{"a": [1, 2,], }"#, json!({"a": [1, 2]})),
            (r#"{'a': 'it\'s "so"'}"#, json!({"a": "it's \"so\""})),
            ("{\"a\": \"two\nlines\"}", json!({"a": "two\nlines"})),
            (r#"{a: True, b_1: None}"#, json!({"a": true, "b_1": null})),
            (r#"{"a": "\d+\("}"#, json!({"a": "\\d+\\("})),
            (r#"{'a': '\u00e9\ud83d\ude00'}"#, json!({"a": "é😀"})),
            (r#"{"a": {"b": [1, 2"#, json!({"a": {"b": [1, 2]}})),
            (r#"{'a': -1.5e3}"#, json!({"a": -1500.0})),
        ] {
            assert_eq!(first_value(text).unwrap().0, value, "{text}");
        }
    }

    #[test]
    fn what_has_no_single_reading_is_refused() {
        for text in [
            r#"{"a": "half a fi"#,
            r#"{"a": "echo "hi""}"#,
            r#"{"a" 1}"#,
            r#"{"a": 1 2}"#,
            r#"{"a": undefined}"#,
            r"{'a': '\ud83d'}",
            "",
            &"[".repeat(5_000),
        ] {
            assert!(first_value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_follows_is_left() {
        assert_eq!(first_value("{'a': 1} and so on").unwrap(), (json!({"a": 1}), 8));
        assert_eq!(first_value(" [1] 2").unwrap(), (json!([1]), 4));
    }
}
