//! A scripted HTTP server: it notes what it is asked and answers what the test says.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// `authorization`
    pub credential: String,
    pub body: String,
}

/// An answer: status, content type, body.
pub type Answer = (u16, &'static str, String);

/// The server. It ends with the test's runtime.
pub struct Edge {
    pub port: u16,
    /// A chat takes a permit before its answer: without any, it waits.
    pub gate: Arc<Semaphore>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Edge {
    /// Answers each request by `answer`.
    pub async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(Semaphore::MAX_PERMITS, answer).await
    }

    /// The same with so many chats that are answered at once.
    pub async fn start_with(
        permits: usize,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let gate = Arc::new(Semaphore::new(permits));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (asked, answer) = (Arc::default(), Arc::new(answer));
        let edge = Self { port, gate: gate.clone(), asked: Arc::clone(&asked) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                let gate = gate.clone();
                tokio::spawn(async move {
                    let mut stream = stream;
                    while let Some(one) = read(&mut stream).await {
                        asked.lock().expect("a lock").push(one.clone());
                        if one.path.ends_with("/chat/completions") {
                            gate.acquire().await.expect("an open gate").forget();
                        }
                        let (status, kind, body) = answer(&one);
                        let head = format!(
                            "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                            body.len()
                        );
                        if stream.write_all((head + &body).as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        edge
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a lock").clone()
    }

    /// How often that path was asked.
    pub fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|one| one.path == path).count()
    }

    /// The credentials of the chats, in order.
    pub fn chats(&self) -> Vec<String> {
        let asked = self.asked().into_iter();
        asked
            .filter(|one| one.path.ends_with("/chat/completions"))
            .map(|one| one.credential)
            .collect()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let header = |name: &str| {
        let found = text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    };
    let length: usize = header("content-length").parse().unwrap_or(0);
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut first = text.lines().next()?.split(' ');
    Some(Asked {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        credential: header("authorization"),
        body: String::from_utf8_lossy(&bytes[head..head + length]).into_owned(),
    })
}

/// What a provider of one model answers.
pub fn provider(asked: &Asked) -> Answer {
    let body = match asked.path.as_str() {
        path if path.ends_with("/models") => {
            r#"{"object":"list","data":[{"id":"m1","object":"model"}]}"#.to_owned()
        }
        path if path.ends_with("/chat/completions") => reply(),
        _ => {
            return (404, "application/json", r#"{"error":{"message":"no such path"}}"#.to_owned());
        }
    };
    (200, "application/json", body)
}

/// A whole chat reply.
pub fn reply() -> String {
    r#"{"id":"c1","object":"chat.completion","created":1,"model":"m1","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#.to_owned()
}
