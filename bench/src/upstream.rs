//! A lean upstream for load: it answers from ready bytes, so that the proxy is the bottleneck.
//!
//! The model's name says what comes: `bench-small` a reply of 597 bytes, `bench-flood` 200 events
//! without a pause, `bench-slow` an event each 100 ms for ever, each with the time of its sending.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep_until},
};

use crate::unix_ns;

/// Bytes of the small reply's body.
pub const SMALL_REPLY: usize = 597;

/// Events with text in a flood.
pub const FLOOD_EVENTS: usize = 200;

/// The pause between two events of a slow stream.
pub const SLOW_PAUSE: Duration = Duration::from_millis(100);

/// Serves until an error of the listening socket.
///
/// # Errors
/// When the port cannot be bound.
pub async fn serve(port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            // A client that goes away ends its connection's task; nothing else to do.
            let _ = converse(stream).await;
        });
    }
}

async fn converse(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let small = small_reply();
    let mut buffer = Vec::with_capacity(2048);
    loop {
        let Some((start, end)) = whole(&buffer) else {
            buffer.reserve(2048);
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let body = &buffer[start..end];
        let kind = memchr::memmem::find(body, b"bench-").map(|at| body.get(at + 6..at + 10));
        let kind = kind.flatten().map(<[u8]>::to_vec).unwrap_or_default();
        buffer.drain(..end);
        match kind.as_slice() {
            b"floo" => flood(&mut stream).await?,
            b"slow" => {
                // A long stream holds no more memory than it needs.
                buffer.shrink_to_fit();
                slow(&mut stream).await?;
            }
            _ => stream.write_all(&small).await?,
        }
    }
}

/// Where the body of the first request begins and ends, once it is there as a whole.
fn whole(buffer: &[u8]) -> Option<(usize, usize)> {
    let start = memchr::memmem::find(buffer, b"\r\n\r\n")? + 4;
    let head = &buffer[..start];
    let length = memchr::memmem::find_iter(head, b"ength: ")
        .filter_map(|at| {
            let digits = head[at + 7..].split(|byte| *byte == b'\r').next()?;
            std::str::from_utf8(digits).ok()?.parse::<usize>().ok()
        })
        .next()
        .unwrap_or_default();
    (buffer.len() >= start + length).then_some((start, start + length))
}

fn small_reply() -> Vec<u8> {
    let frame = |text: &str| {
        format!(
            "{{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1750000000,\
             \"model\":\"bench-small\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\
             \"assistant\",\"content\":\"{text}\",\"refusal\":null}},\"logprobs\":null,\
             \"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":92,\
             \"completion_tokens\":61,\"total_tokens\":153}},\"system_fingerprint\":\"fp_bench\"}}"
        )
    };
    let text = "x".repeat(SMALL_REPLY - frame("").len());
    let body = frame(&text);
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                           cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

fn event(delta: &str, finish: &str) -> String {
    let data = format!(
        "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\
         \"created\":1750000000,\"model\":\"bench\",\"choices\":[{{\"index\":0,\"delta\":{delta},\
         \"finish_reason\":{finish}}}]}}\n\n"
    );
    chunk(&data)
}

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

async fn flood(stream: &mut TcpStream) -> io::Result<()> {
    let opening = event("{\"role\":\"assistant\",\"content\":\"\"}", "null");
    stream.write_all(format!("{STREAM_HEAD}{opening}").as_bytes()).await?;
    let piece = event("{\"content\":\"a few words \"}", "null");
    for _ in 0..FLOOD_EVENTS {
        stream.write_all(piece.as_bytes()).await?;
    }
    let usage = chunk(
        "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1750000000,\
         \"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":92,\
         \"completion_tokens\":600,\"total_tokens\":692}}\n\n",
    );
    let last = [event("{}", "\"stop\""), usage, chunk("data: [DONE]\n\n"), "0\r\n\r\n".into()];
    stream.write_all(last.concat().as_bytes()).await
}

async fn slow(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(STREAM_HEAD.as_bytes()).await?;
    let mut due = Instant::now();
    loop {
        let piece = event(&format!("{{\"content\":\"@{} words \"}}", unix_ns()), "null");
        stream.write_all(piece.as_bytes()).await?;
        due += SLOW_PAUSE;
        sleep_until(due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_reply_has_its_size_and_is_json() -> Result<(), serde_json::Error> {
        let reply = small_reply();
        let (start, end) = whole(&reply).unwrap_or_default();
        assert_eq!(end - start, SMALL_REPLY);
        serde_json::from_slice::<serde_json::Value>(&reply[start..end]).map(drop)
    }

    #[test]
    fn a_request_is_whole_when_its_body_is() {
        let request = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(whole(request), Some((request.len() - 3, request.len())));
        assert_eq!(whole(&request[..request.len() - 1]), None);
    }
}
