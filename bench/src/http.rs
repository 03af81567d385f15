//! The smallest HTTP/1.1 client that can load a proxy without being the bottleneck itself.
//!
//! It knows what this folder's upstream and gateways answer, and nothing else of HTTP.

use std::{io, net::SocketAddr};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The bytes of a chat request.
#[must_use]
pub fn request(host: SocketAddr, key: &str, body: &str) -> Vec<u8> {
    with_headers(CHAT, host, key, body, "")
}

/// The bytes of a chat request that carries its client's own name for it.
#[must_use]
pub fn request_named(host: SocketAddr, key: &str, body: &str, id: &str) -> Vec<u8> {
    with_headers(CHAT, host, key, body, &format!("x-request-id: {id}\r\n"))
}

/// The bytes of a request to the admin API.
#[must_use]
pub fn admin_request(
    method: &str,
    path: &str,
    host: SocketAddr,
    token: &str,
    body: &str,
) -> Vec<u8> {
    let line = format!("{method} {path}");
    with_headers(&line, host, token, body, "")
}

const CHAT: &str = "POST /v1/chat/completions";

fn with_headers(line: &str, host: SocketAddr, key: &str, body: &str, more: &str) -> Vec<u8> {
    format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\nuser-agent: tabway-bench\r\n\
         accept: */*\r\ncontent-type: application/json\r\nauthorization: Bearer {key}\r\n\
         {more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A chat request's body for a model, its prompt `bytes` long.
#[must_use]
pub fn chat_body(model: &str, stream: bool, bytes: usize) -> String {
    let prompt = "The quick brown fox jumps over the lazy dog. ".repeat(bytes / 45 + 1);
    let prompt = &prompt[..bytes];
    format!(
        "{{\"model\":\"{model}\",\"stream\":{stream},\"temperature\":0.7,\"messages\":[\
         {{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"}},\
         {{\"role\":\"user\",\"content\":\"{prompt}\"}}]}}"
    )
}

/// A streaming request's body with this prompt.
#[must_use]
pub fn prompt_body(model: &str, prompt: &str) -> String {
    let messages = json!([{ "role": "user", "content": prompt }]);
    json!({ "model": model, "stream": true, "messages": messages }).to_string()
}

/// A kept-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// The head of a reply.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The status.
    pub status: u16,
    length: Length,
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Fixed(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and reads the head of its reply.
    ///
    /// # Errors
    /// Those of the socket, and a head that is none.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Head> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(end) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") {
                let head = parse(&self.buffer[..end])?;
                self.buffer.drain(..end + 4);
                return Ok(head);
            }
            self.fill().await?;
        }
    }

    /// Reads the body and shows its bytes as they come.
    ///
    /// # Errors
    /// Those of the socket, an early end, and chunks that are none.
    pub async fn body(&mut self, head: Head, mut seen: impl FnMut(&[u8])) -> io::Result<()> {
        match head.length {
            Length::Fixed(mut left) => loop {
                let count = left.min(self.buffer.len());
                seen(&self.buffer[..count]);
                self.buffer.drain(..count);
                left -= count;
                if left == 0 {
                    return Ok(());
                }
                self.fill().await?;
            },
            Length::Chunked => {
                let mut chunks = Chunks::default();
                loop {
                    let (used, end) = chunks.feed(&self.buffer, &mut seen)?;
                    self.buffer.drain(..used);
                    if end {
                        return Ok(());
                    }
                    self.fill().await?;
                }
            }
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(4096);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn parse(head: &[u8]) -> io::Result<Head> {
    let text = std::str::from_utf8(head).map_err(|_| bad("a head that is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok()).ok_or(bad("no status"))?;
    let mut length = Length::Fixed(0);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Fixed(value.trim().parse().map_err(|_| bad("no length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        }
    }
    Ok(Head { status, length })
}

fn bad(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

/// The chunked transfer coding, read piece by piece.
#[derive(Debug, Default)]
struct Chunks {
    /// Bytes left of the chunk at hand, its line end included.
    left: usize,
}

impl Chunks {
    /// How many bytes were used up, and whether the last chunk has come.
    fn feed(&mut self, bytes: &[u8], seen: &mut impl FnMut(&[u8])) -> io::Result<(usize, bool)> {
        let mut at = 0;
        loop {
            if self.left > 0 {
                let count = self.left.min(bytes.len() - at);
                let data = count.min(self.left.saturating_sub(2));
                if data > 0 {
                    seen(&bytes[at..at + data]);
                }
                at += count;
                self.left -= count;
                if self.left > 0 {
                    return Ok((at, false));
                }
            }
            let Some(end) = memchr::memchr(b'\n', &bytes[at..]) else {
                return Ok((at, false));
            };
            let size = std::str::from_utf8(&bytes[at..at + end]).unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| bad("no chunk size"))?;
            if size == 0 {
                // The line end behind the last chunk; there are no trailers here.
                let closed = bytes.len() >= at + end + 3;
                return Ok(if closed { (at + end + 3, true) } else { (at, false) });
            }
            at += end + 1;
            self.left = size + 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_read_however_they_are_cut() -> io::Result<()> {
        let wire = b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n";
        for step in 1..wire.len() {
            let (mut chunks, mut text, mut buffer, mut ended) =
                (Chunks::default(), Vec::new(), Vec::new(), false);
            for part in wire.chunks(step) {
                buffer.extend_from_slice(part);
                let (used, end) = chunks.feed(&buffer, &mut |data| text.extend_from_slice(data))?;
                buffer.drain(..used);
                ended |= end;
            }
            assert!(ended && buffer.is_empty(), "step {step}");
            assert_eq!(text, b"hello, world", "step {step}");
        }
        Ok(())
    }

    #[test]
    fn bodies_are_json() -> Result<(), serde_json::Error> {
        let body: serde_json::Value = serde_json::from_str(&chat_body("m", true, 1000))?;
        assert_eq!(body["messages"][1]["content"].as_str().map(str::len), Some(1000));
        Ok(())
    }
}
