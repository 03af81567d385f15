//! Finds the JSON values in bytes that grow: elements of a list that is not complete yet, or values
//! one after another with lengths and guards between them.

use super::framing::{MAX_RECORD_BYTES, unreadable};
use crate::chat::Failure;

/// Yields each list or object that lies `level` lists deep, and objects that lie less deep: sites
/// answer an error in place of a list. Everything else at those levels (numbers, strings, guards such
/// as `)]}'`) is passed over, so that a length that lies does no harm.
#[derive(Debug)]
pub(super) struct Scanner {
    level: u32,
    /// Lists that are open around the value in progress.
    outer: u32,
    /// Lists and objects that are open within the value; none where there is no value in progress.
    inner: u32,
    /// Bytes of the value in progress.
    value: Vec<u8>,
    in_string: bool,
    after_backslash: bool,
}

impl Scanner {
    pub(super) fn new(level: u32) -> Self {
        Self {
            level,
            outer: 0,
            inner: 0,
            value: Vec::new(),
            in_string: false,
            after_backslash: false,
        }
    }

    /// Bytes that wait for the rest of their value.
    pub(super) fn held(&self) -> usize {
        self.value.len()
    }

    /// Takes a piece and gives the values that it completes.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Vec<Vec<u8>>) -> Result<(), Failure> {
        // What of the piece belongs to the value in progress begins here.
        let mut from = 0;
        for (at, &byte) in piece.iter().enumerate() {
            if self.in_string {
                self.string(byte);
                continue;
            }
            match byte {
                // A guard has no string in it, but a quote may stand alone outside of values.
                b'"' => self.in_string = true,
                b'[' | b'{' if self.inner > 0 => self.inner += 1,
                b'{' => {
                    self.inner = 1;
                    from = at;
                }
                b'[' if self.outer == self.level => {
                    self.inner = 1;
                    from = at;
                }
                b'[' => self.outer += 1,
                b']' | b'}' if self.inner > 0 => {
                    self.inner -= 1;
                    if self.inner == 0 {
                        self.hold(&piece[from..=at])?;
                        out.push(std::mem::take(&mut self.value));
                    }
                }
                b']' => self.outer = self.outer.saturating_sub(1),
                _ => {}
            }
        }
        if self.inner > 0 { self.hold(&piece[from..]) } else { Ok(()) }
    }

    fn string(&mut self, byte: u8) {
        match byte {
            _ if self.after_backslash => self.after_backslash = false,
            b'\\' => self.after_backslash = true,
            b'"' => self.in_string = false,
            _ => {}
        }
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.value.len() + bytes.len() > MAX_RECORD_BYTES {
            return Err(unreadable("an element over the cap"));
        }
        self.value.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(level: u32, text: &str, size: usize) -> Vec<String> {
        let (mut scanner, mut out) = (Scanner::new(level), Vec::new());
        text.as_bytes().chunks(size).for_each(|piece| scanner.push(piece, &mut out).unwrap());
        assert_eq!(scanner.held(), 0, "{text}");
        out.into_iter().map(|value| String::from_utf8(value).unwrap()).collect()
    }

    #[test]
    fn each_level_has_its_values() {
        for size in [1, 2, 3, 1_000] {
            let list = r#" [ {"a":"]}\""}, 7, "x[", [1,[2]] ,{} ]"#;
            assert_eq!(scan(1, list, size), [r#"{"a":"]}\""}"#, "[1,[2]]", "{}"]);
            let nested = r#"[[[1,"]"],[2]],[[3]],"s"]"#;
            assert_eq!(scan(2, nested, size), [r#"[1,"]"]"#, "[2]", "[3]"]);
            let frames = ")]}'\n\n15\n[[\"é\"]]\n\n999999999999\n[2]";
            assert_eq!(scan(0, frames, size), ["[[\"é\"]]", "[2]"]);
            assert_eq!(scan(2, r#"{"error":[1]}"#, size), [r#"{"error":[1]}"#]);
        }
    }

    #[test]
    fn a_value_has_an_end() {
        let (mut scanner, mut out) = (Scanner::new(0), Vec::new());
        let piece = vec![b'['; 1 << 20];
        let failure = (0..20).find_map(|_| scanner.push(&piece, &mut out).err());
        assert!(failure.is_some() && scanner.held() <= MAX_RECORD_BYTES);
    }
}
