//! A gateway for one test.

mod node;
mod wire;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tabway::{
    adapters,
    app::App,
    config::{ConfigError, Environment, Flags},
    nodes::{JobEvent, JobHandle, JobOrder, NodeView, PairingState},
    serve::{Options, Running, StartError, serve},
};
use tabway_dialects::chat::Failure;
use tabway_protocol::message::Site;
use tabway_store::StoreError;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub use node::{FIREFOX, Identity, Node, record, text_of};
pub use wire::Wire;

/// Longer than anything that should happen; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running gateway.
pub struct Gateway {
    pub running: Running,
    pub folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts one with a site `page` that has no pacing.
    pub async fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder")).await
    }

    /// Starts one on the folder of an earlier one.
    pub async fn start_in(folder: tempfile::TempDir) -> Self {
        let running = run(folder.path()).await;
        running.app.nodes.set_sites(vec![site(0, 0)]);
        Self { running, folder }
    }

    /// Stops it and starts another on the same folder.
    pub async fn restart(self) -> Self {
        let Self { running, folder } = self;
        running.app.shutdown.hurry();
        running.stop().await;
        Self::start_in(folder).await
    }

    /// Reads the configuration again, with this file.
    pub fn reload_with(&self, file: &str) -> Result<(), ConfigError> {
        std::fs::write(self.folder.path().join("tabway.toml"), file).expect("written");
        self.running.reload().map(drop)
    }

    pub fn app(&self) -> &Arc<App> {
        &self.running.app
    }

    pub fn address(&self) -> SocketAddr {
        self.running.addresses()[0]
    }

    /// A key that pairs so many browsers without asking.
    pub async fn fleet(&self, count: u32) -> String {
        let life = Duration::from_secs(600);
        self.app().nodes.open_fleet(count, life).await.expect("a fleet key").text
    }

    /// A paired browser with so many idle lanes of the site.
    pub async fn browser(&self, lanes: u64) -> Node {
        let code = self.fleet(1).await;
        let mut node = Node::join(self, &Identity::new(), Some(&code)).await.expect("in");
        self.offer(&mut node, lanes).await;
        node
    }

    /// Offers idle lanes of every site, and waits until the gateway has heard it.
    pub async fn offer(&self, node: &mut Node, lanes: u64) {
        node.offer(lanes).await;
        let lanes = usize::try_from(lanes).expect("few");
        let offered = |view: &NodeView| {
            view.id.to_string() == node.id
                && view.seats.iter().any(|seat| seat.lanes.len() == lanes)
        };
        self.until(|views| views.iter().any(offered)).await;
    }

    /// Waits until the browsers look so.
    pub async fn until(&self, holds: impl Fn(&[NodeView]) -> bool) {
        let looked = async {
            while !holds(&self.app().nodes.nodes()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looked).await.expect("the browsers never looked so");
    }

    /// Starts a turn.
    pub async fn turn(&self, prompt: &str) -> Result<JobHandle, Failure> {
        self.app().nodes.start(order(prompt)).await
    }

    /// A call of the admin API.
    pub async fn api(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let token = self.app().admin_token.expose().to_owned();
        let (status, bytes) = self.http(method, path, Some(&token), body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Any request.
    pub async fn http(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> (StatusCode, Bytes) {
        let mut headers = Vec::new();
        let token = token.map(|token| format!("Bearer {token}"));
        headers.extend(token.as_deref().map(|token| ("authorization", token)));
        let response = self.send(method, path, &headers, body.to_owned()).await;
        (response.status(), response.into_body())
    }

    /// Any request, and its whole answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<Bytes> {
        let stream = TcpStream::connect(self.address()).await.expect("a connection");
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(connection);
        let mut request =
            Request::builder().method(method).uri(path).header("host", self.address().to_string());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let (head, body) = sender.send_request(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Response::from_parts(head, body)
    }

    /// Bytes as they stand, and what comes back until the other side closes.
    pub async fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).await.expect("a connection");
        // The gateway may refuse before it has read all.
        let _ = stream.write_all(bytes.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Waits for a browser to come with a pairing's code, and gives the owner's answer.
    pub async fn answer_pairing(&self, id: &str, yes: bool) -> String {
        let nodes = &self.app().nodes;
        let state = nodes.watch_pairing(id, Some(&PairingState::Waiting), PATIENCE).await;
        let Some(PairingState::Compare { fingerprint, .. }) = state else { panic!("{state:?}") };
        nodes.decide_pairing(id, yes.then_some(fingerprint.as_str())).expect("an answer");
        fingerprint
    }
}

async fn run(folder: &Path) -> Running {
    let flags = Flags {
        config: Some(folder.join("tabway.toml")),
        data_dir: Some(folder.join("data")),
        port: Some(0),
        ..Flags::default()
    };
    std::fs::write(folder.join("tabway.toml"), "").expect("written");
    let pairs = [("TABWAY_DISCOVER", "false"), ("TABWAY_WORKERS", "2")];
    let options = Options::new(flags, Environment::from_pairs(pairs));
    let started = async {
        loop {
            match serve(options.clone()).await {
                // An earlier gateway of this process lets go when its last task has ended.
                Err(StartError::Store(StoreError::Held(_))) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                started => return started.expect("the gateway starts"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, started).await.expect("the folder is held")
}

/// The site `page`, with this pacing.
pub fn site(min_gap_ms: u64, per_hour: u32) -> Site {
    let mut adapter = adapters::built_in()["demo"].clone();
    adapter.limits.min_gap_ms = min_gap_ms;
    adapter.limits.per_hour = per_hour;
    Site { name: "page".to_owned(), origin: "http://127.0.0.1:1".to_owned(), adapter }
}

/// A turn of the site `page`.
pub fn order(prompt: &str) -> JobOrder {
    JobOrder { wait: Duration::from_secs(10), ..JobOrder::new("page", "default", prompt) }
}

/// Every event of a turn, to its end.
pub async fn all(mut job: JobHandle) -> Vec<JobEvent> {
    let mut events = Vec::new();
    loop {
        let event = tokio::time::timeout(PATIENCE, job.next()).await.expect("an event");
        let last = matches!(event, JobEvent::Done { .. } | JobEvent::Failed { .. });
        events.push(event);
        if last {
            return events;
        }
    }
}

/// The texts of a turn's records.
pub fn texts(events: &[JobEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            JobEvent::Record(record) => Some(text_of(record)),
            _ => None,
        })
        .collect()
}
