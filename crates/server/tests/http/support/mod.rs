//! A gateway for one test, and a plain client.

pub mod edge;
pub mod exposition;
pub mod log;
pub mod receivers;

use std::{net::SocketAddr, path::Path, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tabway::{
    config::{Environment, Flags},
    serve::{Options, Running, StartError, serve},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longer than anything that should happen; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway.
pub struct Gateway {
    pub running: Running,
    pub folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts one with this configuration file.
    pub async fn start(config: &str) -> Self {
        Self::try_start(config, &[]).await.expect("the gateway starts")
    }

    /// Starts one, or says why not.
    pub async fn try_start(config: &str, pairs: &[(&str, &str)]) -> Result<Self, StartError> {
        let folder = tempfile::tempdir().expect("a folder");
        let running = start_in(folder.path(), config, pairs).await?;
        Ok(Self { running, folder })
    }

    pub fn address(&self) -> SocketAddr {
        self.running.addresses()[0]
    }

    /// A request without a body.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    /// A chat request, and its whole answer.
    pub async fn chat(&self, body: &Value) -> Reply {
        let headers = [("content-type", "application/json")];
        self.send(Method::POST, "/v1/chat/completions", &headers, &body.to_string()).await
    }

    /// A chat request, and its answer as it comes.
    pub async fn open_chat(&self, body: &Value) -> http::Response<Incoming> {
        let headers = [("content-type", "application/json")];
        self.open(Method::POST, "/v1/chat/completions", &headers, &body.to_string()).await
    }

    /// A chat request on a socket that nobody reads.
    pub async fn open_raw_chat(&self, body: &Value) -> TcpStream {
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.address()).await.expect("a connection");
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.expect("sent");
        stream
    }

    /// Any request, and its whole answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let response = self.open(method, path, headers, body).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Reply { status: head.status, headers: head.headers, body }
    }

    /// Any request, and its answer as it comes.
    pub async fn open(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> http::Response<Incoming> {
        let stream = TcpStream::connect(self.address()).await.expect("a connection");
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.address().to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
        sender.send_request(request).await.expect("an answer")
    }

    /// Bytes as they stand, and what comes back until the other side closes.
    pub async fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).await.expect("a connection");
        stream.write_all(bytes.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        // A reset after the answer is an end like any other.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Starts a gateway on a given folder.
pub async fn start_in(
    folder: &Path,
    config: &str,
    pairs: &[(&str, &str)],
) -> Result<Running, StartError> {
    log::keep();
    let file = folder.join("tabway.toml");
    std::fs::write(&file, config).expect("written");
    let flags = Flags {
        config: Some(file),
        data_dir: Some(folder.join("data")),
        port: (!config.contains("listen")).then_some(0),
        ..Flags::default()
    };
    serve(Options::new(flags, Environment::from_pairs(pairs.iter().copied()))).await
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain"))
    }

    /// The failure's code.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}
