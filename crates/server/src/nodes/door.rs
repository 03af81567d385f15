//! `/node`: who may open a socket, and its life from the upgrade to the end.

use std::sync::Arc;

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use tabway_protocol::{
    frame::{HEADER_BYTES, MAX_PAYLOAD_BYTES},
    message::{GatewayMessage, HEARTBEAT_SECONDS},
};
use tokio::time::Instant;

use super::{
    Nodes,
    handshake::{self, Ended, UNPAIRED},
    link::{Link, text},
    origin::{self, ExtensionOrigin},
    socket::Session,
};
use crate::{app::App, shutdown::Shutdown};

/// The largest message of a node: a whole frame.
const MAX_NODE_MESSAGE: usize = HEADER_BYTES + MAX_PAYLOAD_BYTES;

/// An idle node's socket holds little; a busy one's buffer grows with its frames.
const READ_BUFFER: usize = 4 * 1024;

/// Takes a node's socket. The origin is looked at before anything of the protocol is said.
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Some(origin) = origin::of(&headers) else {
        let shown = headers.get(http::header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let shown: String = shown.unwrap_or("none").chars().take(100).collect();
        tracing::warn!(origin = shown, "a socket that is not the extension's was refused");
        let words = "only the Tabway extension may open this socket\n";
        return (StatusCode::FORBIDDEN, words).into_response();
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Ok(pass) = app.nodes.handshakes().clone().try_acquire_owned() else {
        let words = "too many browsers are connecting; try again\n";
        return (StatusCode::SERVICE_UNAVAILABLE, words).into_response();
    };
    let Some(turn) = app.nodes.entrance.pace.slot(Instant::now()) else {
        let words = "too many browsers are connecting; try again\n";
        let later = [(http::header::RETRY_AFTER, "5")];
        return (StatusCode::SERVICE_UNAVAILABLE, later, words).into_response();
    };
    tokio::time::sleep_until(turn).await;
    upgrade
        .max_message_size(MAX_NODE_MESSAGE)
        .max_frame_size(MAX_NODE_MESSAGE)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .on_upgrade(async move |mut socket| {
            let _tracked = app.shutdown.track();
            app.metrics.connections.inc();
            let admitted = admit(&app, &mut socket, &origin).await;
            drop(pass);
            if let Some(joined) = admitted {
                serve(&app.nodes, socket, joined, &app.shutdown).await;
            }
            app.metrics.connections.dec();
        })
}

type Joined = (super::node::NodeFacts, u64, tokio::sync::mpsc::Receiver<super::link::Outgoing>);

async fn admit(app: &App, socket: &mut WebSocket, origin: &ExtensionOrigin) -> Option<Joined> {
    let facts = tokio::select! {
        facts = handshake::admit(&app.nodes, socket, origin) => facts,
        // A pairing waits for minutes; the end of the gateway does not wait for it.
        () = app.shutdown.draining() => return None,
    };
    let refusal = match facts {
        Ok(facts) => {
            let (link, outgoing) = Link::new(app.nodes.next_epoch());
            let epoch = link.epoch;
            if app.nodes.shared.join(facts.clone(), link, Instant::now()) {
                return Some((facts, epoch, outgoing));
            }
            UNPAIRED
        }
        Err(Ended::Refused(refusal)) => refusal,
        Err(Ended::Fault(code, words)) => {
            handshake::close_with(socket, code, words).await;
            return None;
        }
        Err(Ended::Gone) => return None,
    };
    tracing::info!(code = refusal.code, "a browser was not let in");
    handshake::refuse(socket, refusal).await;
    None
}

async fn serve(nodes: &Nodes, mut socket: WebSocket, joined: Joined, shutdown: &Shutdown) {
    let (facts, epoch, outgoing) = joined;
    tracing::info!(node = %facts.id, label = facts.label, epoch, "a browser is connected");
    let welcome = GatewayMessage::Welcome {
        node: facts.id.to_string(),
        epoch,
        heartbeat_ms: HEARTBEAT_SECONDS * 1_000,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        extension_version: crate::extension_files::version().to_owned(),
        sites: nodes.sites().iter().map(|site| (**site).clone()).collect(),
    };
    let id = facts.id;
    if socket.send(Message::Text(text(&welcome))).await.is_err() {
        nodes.shared.lose(id, epoch);
        return;
    }
    Session::new(nodes.clone(), facts, epoch, socket, outgoing).run(shutdown).await;
    tracing::info!(node = %id, epoch, "a browser is gone");
}
