//! What can be done to an answer's bytes.

use std::time::Duration;

use bytes::Bytes;

/// What happens to an answer on its way. Places count from the first byte of its head.
#[derive(Debug, Clone, Default)]
pub struct Fault {
    /// Wait before the first byte.
    pub first_after: Duration,
    /// Hand on in pieces of so many bytes.
    pub pieces: Option<usize>,
    /// Wait after each piece.
    pub pause: Duration,
    /// Stop at this byte.
    pub stop: Option<(usize, Stop)>,
    /// Turn all bits of this byte.
    pub corrupt: Option<usize>,
    /// Lie about how long the body is.
    pub edit: Option<Edit>,
    /// Say this in place of the answer, then close.
    pub instead: Option<Bytes>,
}

/// How an answer stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// In good order (FIN).
    Close,
    /// By a reset (RST).
    Reset,
    /// Nothing more comes.
    Stall,
}

/// A lie about how long the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// `content-length` says so many bytes more, or fewer.
    Length(i64),
    /// A second `content-length` that says something else.
    TwoLengths,
    /// A `content-length` beside `transfer-encoding: chunked`.
    BothFramings,
    /// The first chunk's size is no number.
    BadChunkSize,
    /// The first chunk comes twice.
    DoubledChunk,
    /// The first chunk is longer than it says.
    LongChunk,
}

impl Fault {
    /// The answer stops at this byte.
    #[must_use]
    pub fn stop_at(byte: usize, stop: Stop) -> Self {
        Self { stop: Some((byte, stop)), ..Self::default() }
    }

    /// This is said in place of the answer, byte for byte.
    #[must_use]
    pub fn instead(answer: impl Into<Bytes>) -> Self {
        Self { instead: Some(answer.into()), ..Self::default() }
    }

    /// The length is a lie.
    #[must_use]
    pub fn lie(edit: Edit) -> Self {
        Self { edit: Some(edit), ..Self::default() }
    }
}

/// The beginning of an answer with the lie in it; nothing while too little of it is here. Where
/// there is nothing to lie about it stays as it is.
pub(crate) fn spoil(start: &[u8], edit: Edit) -> Option<Bytes> {
    let body = find(start, b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&start[..body]);
    let header = |name: &str| {
        head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))
    };
    let length = header("content-length").map(str::to_owned);
    let said = length.as_ref().and_then(|line| line.split_once(':')?.1.trim().parse::<i64>().ok());
    let with_head = |head: String| Bytes::from([head.as_bytes(), &start[body..]].concat());
    let before_end = |line: &str| with_head(format!("{}{line}\r\n\r\n", &head[..body - 2]));
    match (edit, length, said) {
        (Edit::Length(more), Some(line), Some(said)) => {
            let lie = format!("content-length: {}", said + more);
            Some(with_head(head.replace(&line, &lie)))
        }
        (Edit::TwoLengths, Some(_), Some(said)) => {
            Some(before_end(&format!("content-length: {}", said + 7)))
        }
        (Edit::BothFramings, None, _) => Some(before_end("content-length: 7")),
        (Edit::BothFramings, Some(_), _) => Some(before_end("transfer-encoding: chunked")),
        (Edit::BadChunkSize | Edit::DoubledChunk | Edit::LongChunk, None, _) => {
            let size = find(&start[body..], b"\r\n")? + 2;
            let text = String::from_utf8_lossy(&start[body..body + size - 2]).into_owned();
            let length = usize::from_str_radix(&text, 16).ok()?;
            let end = body + size + length + 2;
            let chunk = start.get(body..end)?;
            let (before, after) = (&start[..body], &start[end..]);
            Some(Bytes::from(match edit {
                Edit::BadChunkSize => [before, b"zz\r\n", &chunk[size..], after].concat(),
                Edit::LongChunk => [before, &chunk[..chunk.len() - 2], b"more\r\n", after].concat(),
                _ => [before, chunk, chunk, after].concat(),
            }))
        }
        _ => Some(Bytes::copy_from_slice(start)),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lie(answer: &str, edit: Edit) -> String {
        String::from_utf8(spoil(answer.as_bytes(), edit).expect("enough of it").to_vec()).unwrap()
    }

    #[test]
    fn a_length_is_longer_shorter_or_there_twice() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        assert_eq!(lie(answer, Edit::Length(3)), answer.replace('5', "8"));
        assert_eq!(lie(answer, Edit::Length(-3)), answer.replace('5', "2"));
        assert!(lie(answer, Edit::TwoLengths).contains("5\r\ncontent-length: 12\r\n\r\nhello"));
        assert!(lie(answer, Edit::BothFramings).contains("chunked\r\n\r\nhello"));
        assert_eq!(spoil(b"HTTP/1.1 200 OK\r\n", Edit::Length(3)), None, "the head is not whole");
    }

    #[test]
    fn a_chunk_is_bad_doubled_or_too_long() {
        let answer = "HTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        assert!(lie(answer, Edit::BadChunkSize).ends_with("\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"));
        assert!(lie(answer, Edit::DoubledChunk).ends_with("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"));
        assert!(lie(answer, Edit::LongChunk).ends_with("5\r\nhellomore\r\n0\r\n\r\n"));
    }
}
