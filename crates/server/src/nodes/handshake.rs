//! From an open socket to a node that is in: challenge, proof, and for a new browser the pairing.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde::Deserialize;
use tabway_dialects::ids::NodeId;
use tabway_protocol::{
    ability::Abilities,
    message::{GatewayMessage, HEARTBEAT_SECONDS, NodeMessage, PROTOCOL_VERSION, close},
};
use tabway_store::{NewNode, Redeemed, StoreError};
use tokio::time::{Instant, timeout_at};

use super::{
    Nodes, failure, link::text, node::NodeFacts, origin::ExtensionOrigin, pairing::PairingState,
    proof,
};

/// From the upgrade to the hello.
const HELLO_DEADLINE: Duration = Duration::from_secs(10);

/// The longest hello, in bytes.
const MAX_HELLO_BYTES: usize = 8 * 1024;

/// The longest name that a node may give itself or its browser.
const MAX_NAME_CHARS: usize = 100;

/// Why a socket is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) close: u16,
    pub(super) code: &'static str,
    pub(super) words: &'static str,
}

impl Refusal {
    const fn new(close: u16, code: &'static str, words: &'static str) -> Self {
        Self { close, code, words }
    }
}

pub(super) const UNPAIRED: Refusal =
    Refusal::new(close::UNPAIRED, "unpaired", "this browser is not paired; enter a pairing code");
const BAD_PROOF: Refusal =
    Refusal::new(close::REFUSED, "bad_proof", "the proof of this browser's key is not good");
const BAD_CODE: Refusal = Refusal::new(
    close::REFUSED,
    "bad_code",
    "the code is wrong, used or expired; ask for a new one with `tabway node pair`",
);
const REJECTED: Refusal =
    Refusal::new(close::REFUSED, "rejected", "the gateway's owner did not accept this browser");
const EXPIRED: Refusal =
    Refusal::new(close::REFUSED, "expired", "the gateway's owner did not answer in time");
const OLD_EXTENSION: Refusal = Refusal::new(
    close::VERSION,
    "version",
    "this extension is too old for the gateway: update the extension",
);
const OLD_GATEWAY: Refusal = Refusal::new(
    close::VERSION,
    "version",
    "this extension is too new for the gateway: update the gateway",
);
const NO_HELLO: Refusal = Refusal::new(close::BAD_MESSAGE, "bad_message", "no hello came");
const TROUBLE: Refusal =
    Refusal::new(1011, "unavailable", "the gateway cannot look up its browsers now");

/// How a handshake ends without a node.
#[derive(Debug)]
pub(super) enum Ended {
    /// We close, and say why.
    Refused(Refusal),
    /// It was not the WebSocket protocol: the close code and words for it.
    Fault(u16, &'static str),
    /// The other side went away.
    Gone,
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<axum::Error> for Ended {
    fn from(error: axum::Error) -> Self {
        fault(&error).map_or(Self::Gone, |(code, words)| Self::Fault(code, words))
    }
}

/// What a broken socket is told, where it can still be told anything.
pub(super) fn fault(error: &axum::Error) -> Option<(u16, &'static str)> {
    use tokio_tungstenite::tungstenite::Error;
    let source = std::error::Error::source(error);
    match source.and_then(|source| source.downcast_ref::<Error>())? {
        Error::Capacity(_) => Some((1009, "a message is too large")),
        Error::Utf8(_) => Some((1007, "a text is not UTF-8")),
        Error::Protocol(_) => Some((1002, "not the WebSocket protocol")),
        _ => None,
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a browser cannot be let in");
        Self::Refused(TROUBLE)
    }
}

/// What a hello says.
#[derive(Debug)]
struct Hello {
    extension: String,
    browser: String,
    label: String,
    key: String,
    code: Option<String>,
    abilities: Abilities,
}

/// The part of a hello that every version has.
#[derive(Deserialize)]
struct AnyHello {
    #[serde(rename = "type")]
    kind: String,
    protocol: u32,
}

/// Lets a node in, or says why not.
pub(super) async fn admit(
    nodes: &Nodes,
    socket: &mut WebSocket,
    origin: &ExtensionOrigin,
) -> Result<NodeFacts, Ended> {
    let hello = greet(nodes, socket).await?;
    let facts = |id, hello: &Hello| NodeFacts {
        id,
        label: hello.label.clone(),
        browser: hello.browser.clone(),
        extension: hello.extension.clone(),
        abilities: hello.abilities.clone(),
    };
    if let Some(known) = nodes.store().nodes().by_key(&hello.key).await? {
        if known.origin != origin.pinned() {
            return Err(BAD_PROOF.into());
        }
        nodes.store().nodes().seen(known.id).await?;
        return Ok(facts(known.id, &hello));
    }
    let Some(code) = &hello.code else { return Err(UNPAIRED.into()) };
    match nodes.store().pairing().redeem(code).await? {
        Redeemed::Refused => Err(BAD_CODE.into()),
        Redeemed::Fleet => Ok(facts(add(nodes, &hello, origin).await?, &hello)),
        Redeemed::Once => {
            let pairing = nodes.pairings().of_code(code).ok_or(BAD_CODE)?;
            let outcome = compare(nodes, socket, &pairing, &hello, origin).await;
            match &outcome {
                Ok(node) => nodes.pairings().end(&pairing, PairingState::Paired { node: *node }),
                Err(Ended::Gone | Ended::Fault(..)) => {
                    nodes.pairings().end(&pairing, PairingState::Gone)
                }
                Err(Ended::Refused(REJECTED)) => {
                    nodes.pairings().end(&pairing, PairingState::Rejected);
                }
                Err(Ended::Refused(_)) => nodes.pairings().end(&pairing, PairingState::Expired),
            }
            Ok(facts(outcome?, &hello))
        }
    }
}

/// Challenge and proof.
async fn greet(nodes: &Nodes, socket: &mut WebSocket) -> Result<Hello, Ended> {
    let deadline = Instant::now() + HELLO_DEADLINE;
    let nonce = proof::nonce().ok_or(TROUBLE)?;
    let challenge = GatewayMessage::Challenge {
        protocol: PROTOCOL_VERSION,
        gateway: nodes.gateway().to_owned(),
        nonce: nonce.clone(),
        abilities: Abilities::all(),
    };
    socket.send(Message::Text(text(&challenge))).await?;
    let message = timeout_at(deadline, receive(socket)).await.map_err(|_| NO_HELLO)??;
    if message.len() > MAX_HELLO_BYTES {
        return Err(NO_HELLO.into());
    }
    let any: AnyHello = serde_json::from_str(&message).map_err(|_| NO_HELLO)?;
    if any.kind != "hello" {
        return Err(NO_HELLO.into());
    }
    if any.protocol != PROTOCOL_VERSION {
        let old = any.protocol < PROTOCOL_VERSION;
        return Err(if old { OLD_EXTENSION } else { OLD_GATEWAY }.into());
    }
    let Ok(NodeMessage::Hello {
        extension,
        browser,
        label,
        key,
        signature,
        code,
        abilities,
        protocol: _,
    }) = serde_json::from_str(&message)
    else {
        return Err(NO_HELLO.into());
    };
    proof::check(nodes.gateway(), &nonce, &key, &signature).map_err(|_| BAD_PROOF)?;
    let (browser, extension) = (name(&browser), name(&extension));
    let label = Some(name(&label)).filter(|label| !label.is_empty());
    let label = label.unwrap_or_else(|| browser.clone());
    Ok(Hello { extension, browser, label, key, code, abilities })
}

/// The owner compares fingerprints; meanwhile heartbeats keep the extension's worker awake.
async fn compare(
    nodes: &Nodes,
    socket: &mut WebSocket,
    pairing: &str,
    hello: &Hello,
    origin: &ExtensionOrigin,
) -> Result<NodeId, Ended> {
    let fingerprint = proof::fingerprint(nodes.gateway(), &hello.key);
    let state = PairingState::Compare {
        fingerprint: fingerprint.clone(),
        label: hello.label.clone(),
        browser: hello.browser.clone(),
    };
    let (mut answer, until) = nodes.pairings().present(pairing, state).ok_or(BAD_CODE)?;
    socket.send(Message::Text(text(&GatewayMessage::Pairing { fingerprint }))).await?;
    let mut beat = tokio::time::interval(Duration::from_secs(HEARTBEAT_SECONDS));
    loop {
        tokio::select! {
            answer = &mut answer => match answer {
                Ok(true) => return add(nodes, hello, origin).await,
                Ok(false) => return Err(REJECTED.into()),
                Err(_) => return Err(EXPIRED.into()),
            },
            () = tokio::time::sleep_until(until) => return Err(EXPIRED.into()),
            _ = beat.tick() => {
                socket.send(Message::Text(text(&GatewayMessage::Heartbeat))).await?;
            }
            // Nothing is to be said meanwhile but that it lives.
            message = receive(socket) => match serde_json::from_str(&message?) {
                Ok(NodeMessage::Heartbeat) => {}
                _ => return Err(NO_HELLO.into()),
            },
        }
    }
}

async fn add(nodes: &Nodes, hello: &Hello, origin: &ExtensionOrigin) -> Result<NodeId, Ended> {
    let new = NewNode {
        label: hello.label.clone(),
        public_key: hello.key.clone(),
        origin: origin.pinned(),
        browser: hello.browser.clone(),
    };
    let id = nodes.store().nodes().insert(new).await?.id;
    tracing::info!(node = %id, label = hello.label, "a browser was paired");
    Ok(id)
}

/// The next text message.
async fn receive(socket: &mut WebSocket) -> Result<String, Ended> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(NO_HELLO.into()),
            Some(Ok(Message::Close(_))) | None => return Err(Ended::Gone),
            Some(Err(error)) => return Err(error.into()),
        }
    }
}

fn name(text: &str) -> String {
    failure::plain(text).chars().take(MAX_NAME_CHARS).collect()
}

/// Says why, and closes.
pub(super) async fn refuse(socket: &mut WebSocket, refusal: Refusal) {
    let refused = GatewayMessage::Refused {
        code: refusal.code.to_owned(),
        message: refusal.words.to_owned(),
    };
    // Whoever does not listen any more has gone by itself.
    if socket.send(Message::Text(text(&refused))).await.is_ok() {
        close_with(socket, refusal.close, refusal.words).await;
    }
}

/// Closes, and gives the other side a moment to hear it: a socket that is just dropped with bytes
/// unread is reset, and the reason is lost.
pub(super) async fn close_with(socket: &mut WebSocket, code: u16, words: &'static str) {
    const MOMENT: Duration = Duration::from_secs(1);
    let frame = CloseFrame { code, reason: words.into() };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        let rest = async { while let Some(Ok(_)) = socket.recv().await {} };
        let _ = tokio::time::timeout(MOMENT, rest).await;
    }
}
