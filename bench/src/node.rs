//! A simulated browser: the node's side of the protocol with a real key and no page.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use futures_util::{SinkExt as _, StreamExt as _};
use tabway_protocol::{
    ability::Abilities,
    frame::Frame,
    message::{
        GatewayMessage, Lane, LaneState, NodeMessage, PROTOCOL_VERSION, Seat, SeatState, Site,
    },
    pairing::proof_text,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

/// A node's key and name.
pub struct Identity {
    pair: EcdsaKeyPair,
    label: String,
}

impl Identity {
    /// A fresh key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(label: &str) -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        Ok(Self { pair, label: label.to_owned() })
    }

    fn hello(&self, gateway: &str, nonce: &str, code: Option<&str>) -> Result<NodeMessage> {
        let signature = self.pair.sign(&SystemRandom::new(), proof_text(gateway, nonce).as_bytes());
        Ok(NodeMessage::Hello {
            protocol: PROTOCOL_VERSION,
            extension: env!("CARGO_PKG_VERSION").to_owned(),
            browser: "simulated 1".to_owned(),
            label: self.label.clone(),
            key: BASE64URL_NOPAD.encode(self.pair.public_key().as_ref()),
            signature: BASE64URL_NOPAD.encode(signature?.as_ref()),
            code: code.map(str::to_owned),
            abilities: Abilities::all(),
        })
    }
}

/// A node that is in.
#[derive(Debug)]
pub struct Node {
    socket: WebSocketStream<TcpStream>,
    /// The sites that it may serve.
    pub sites: Vec<Site>,
}

impl Node {
    /// Connects, proves the key, and waits to be welcomed.
    ///
    /// `paired` is told the fingerprint when the gateway asks its owner to compare it.
    ///
    /// # Errors
    /// When the gateway refuses it or says something unexpected.
    pub async fn connect(
        gateway: SocketAddr,
        origin: &str,
        identity: &Identity,
        code: Option<&str>,
        mut paired: impl FnMut(String),
    ) -> Result<Self> {
        let mut request = format!("ws://{gateway}/node").into_client_request()?;
        request.headers_mut().insert("origin", HeaderValue::from_str(origin)?);
        let stream = TcpStream::connect(gateway).await?;
        stream.set_nodelay(true)?;
        let (mut socket, _) = client_async(request, stream).await?;
        loop {
            match receive(&mut socket).await? {
                GatewayMessage::Challenge { gateway, nonce, .. } => {
                    send(&mut socket, &identity.hello(&gateway, &nonce, code)?).await?;
                }
                GatewayMessage::Pairing { fingerprint } => paired(fingerprint),
                GatewayMessage::Heartbeat => send(&mut socket, &NodeMessage::Heartbeat).await?,
                GatewayMessage::Welcome { sites, .. } => {
                    return Ok(Self { socket, sites });
                }
                GatewayMessage::Refused { code, message } => bail!("refused: {code}: {message}"),
                other => bail!("{other:?} instead of a welcome"),
            }
        }
    }

    /// Says that it can serve one lane of each of its sites.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn offer_lanes(&mut self) -> Result<()> {
        self.offer_many(1).await
    }

    /// Says that it can serve so many lanes of each of its sites.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn offer_many(&mut self, lanes: u64) -> Result<()> {
        let seats = self.sites.iter().map(|site| Seat {
            site: site.name.clone(),
            state: SeatState::Ready,
            detail: String::new(),
            lanes: (1..=lanes)
                .map(|lane| Lane { lane, state: LaneState::Idle, after: None })
                .collect(),
            models: vec!["default".to_owned()],
            told: BTreeMap::new(),
            picture: false,
            harvests: false,
        });
        self.send(&NodeMessage::Seats { paused: false, seats: seats.collect() }).await
    }

    /// The next message that is not a sign of life; those are answered.
    ///
    /// # Errors
    /// When the socket ends or brings something that is no message.
    pub async fn next(&mut self) -> Result<GatewayMessage> {
        loop {
            match receive(&mut self.socket).await? {
                GatewayMessage::Heartbeat => self.send(&NodeMessage::Heartbeat).await?,
                other => return Ok(other),
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn send(&mut self, message: &NodeMessage) -> Result<()> {
        send(&mut self.socket, message).await
    }

    /// Hands a frame to the socket; [`Node::flush`] sends it.
    ///
    /// # Errors
    /// Those of the socket, and a frame that is too large.
    pub async fn feed(&mut self, frame: &Frame) -> Result<()> {
        Ok(self.socket.feed(Message::Binary(frame.encode()?)).await?)
    }

    /// Sends what was fed.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn flush(&mut self) -> Result<()> {
        Ok(self.socket.flush().await?)
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, message: &NodeMessage) -> Result<()> {
    let text = serde_json::to_string(message)?;
    Ok(socket.send(Message::text(text)).await?)
}

async fn receive(socket: &mut WebSocketStream<TcpStream>) -> Result<GatewayMessage> {
    loop {
        match socket.next().await.context("the gateway closed the socket")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(frame) => bail!("the gateway closed the socket: {frame:?}"),
            _ => {}
        }
    }
}
