//! What takes messages, as services of an owner would: an HTTP server, a mail server, a proxy.

use axum::{body::Bytes, extract::Request};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use super::PATIENCE;

/// A request that came.
#[derive(Debug)]
pub struct Heard {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain"))
    }
}

/// An HTTP server that takes whatever comes, and answers so.
pub struct Hook {
    pub address: String,
    pub heard: mpsc::Receiver<Heard>,
}

impl Hook {
    pub async fn start(status: StatusCode) -> Self {
        let (sender, heard) = mpsc::channel(200);
        let take = move |request: Request| {
            let sender = sender.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
                let path = head.uri.path().to_owned();
                let _ = sender.try_send(Heard { path, headers: head.headers, body });
                status
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(take);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, heard }
    }

    pub async fn next(&mut self) -> Heard {
        timeout(PATIENCE, self.heard.recv()).await.expect("a message in time").expect("a message")
    }
}

/// A mail server that takes all mail.
pub struct Mailbox {
    pub port: u16,
    pub heard: mpsc::Receiver<String>,
}

impl Mailbox {
    pub async fn start() -> Self {
        let (sender, heard) = mpsc::channel(200);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(converse(socket, sender.clone()));
            }
        });
        Self { port, heard }
    }

    /// All that was said for the next mail, the mail itself with it.
    pub async fn next(&mut self) -> String {
        timeout(PATIENCE, self.heard.recv()).await.expect("a mail in time").expect("a mail")
    }
}

async fn converse(socket: TcpStream, sender: mpsc::Sender<String>) -> std::io::Result<()> {
    let (reader, mut writer) = socket.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 mailbox\r\n").await?;
    let (mut said, mut in_mail) = (String::new(), false);
    while let Some(line) = lines.next_line().await? {
        said += &format!("{line}\n");
        let answer = match line.split(' ').next().unwrap_or_default() {
            "." if in_mail => {
                in_mail = false;
                let _ = sender.try_send(std::mem::take(&mut said));
                "250 taken\r\n"
            }
            _ if in_mail => continue,
            "EHLO" => "250-mailbox\r\n250 AUTH PLAIN\r\n",
            "AUTH" => "235 well\r\n",
            "DATA" => {
                in_mail = true;
                "354 go on\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 well\r\n",
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// A proxy that is asked for one way, and answers what comes on it itself. Gives what it was asked
/// for and what came.
pub async fn proxy() -> (u16, tokio::task::JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("somebody");
        let asked = head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.expect("sent");
        let came = head(&mut socket).await;
        socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("sent");
        (asked, came)
    });
    (port, served)
}

async fn head(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(socket.read_u8().await.expect("a head"));
    }
    String::from_utf8(bytes).expect("plain")
}
