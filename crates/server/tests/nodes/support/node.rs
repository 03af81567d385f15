//! A browser as the gateway sees it: the node's side of the protocol with a real key.

use std::collections::BTreeMap;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use futures_util::{SinkExt as _, StreamExt as _};
use tabway::nodes::chromium_origin;
use tabway_dialects::site_chat::PageRecord;
use tabway_protocol::{
    ability::Abilities,
    frame::Frame,
    message::{
        GatewayMessage, Job, Lane, LaneState, NodeMessage, PROTOCOL_VERSION, ResumeJob, Seat,
        SeatState, Site,
    },
    pairing::proof_text,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

use super::{Gateway, PATIENCE};

/// The origin of an install of Firefox.
pub const FIREFOX: &str = "moz-extension://0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";

/// A node's key.
pub struct Identity {
    key: EcdsaKeyPair,
    version: String,
    abilities: Abilities,
}

impl Identity {
    pub fn new() -> Self {
        Self::of_extension(env!("CARGO_PKG_VERSION"))
    }

    /// A node whose extension has this version.
    pub fn of_extension(version: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { key, version: version.to_owned(), abilities: Abilities::all() }
    }

    /// A node of the first version of the protocol.
    pub fn of_the_first_version() -> Self {
        Self { abilities: Abilities::default(), ..Self::new() }
    }

    pub fn key(&self) -> String {
        BASE64URL_NOPAD.encode(self.key.public_key().as_ref())
    }

    pub fn sign(&self, gateway: &str, nonce: &str) -> String {
        let text = proof_text(gateway, nonce);
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).expect("signed");
        BASE64URL_NOPAD.encode(signature.as_ref())
    }

    /// The hello that answers a challenge.
    pub fn hello(&self, gateway: &str, nonce: &str, code: Option<&str>) -> NodeMessage {
        NodeMessage::Hello {
            protocol: PROTOCOL_VERSION,
            extension: self.version.clone(),
            browser: "Simulated 1".to_owned(),
            label: "test".to_owned(),
            key: self.key(),
            signature: self.sign(gateway, nonce),
            code: code.map(str::to_owned),
            abilities: self.abilities.clone(),
        }
    }
}

/// How a gateway said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: String,
    pub close: u16,
}

/// A socket; a node once it is in.
pub struct Node {
    socket: WebSocketStream<TcpStream>,
    pub id: String,
    pub epoch: u64,
    pub sites: Vec<Site>,
}

impl Node {
    /// Opens a socket from an origin; the status where that is refused.
    pub async fn open(gateway: &Gateway, origin: Option<&str>) -> Result<Self, u16> {
        let mut request =
            format!("ws://{}/node", gateway.address()).into_client_request().expect("a request");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        let stream = TcpStream::connect(gateway.address()).await.expect("a connection");
        // As browsers do: small messages do not wait for each other.
        stream.set_nodelay(true).expect("no delay");
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket, id: String::new(), epoch: 0, sites: vec![] }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket as Chromium does, proves the key, and waits to be let in.
    pub async fn join(
        gateway: &Gateway,
        identity: &Identity,
        code: Option<&str>,
    ) -> Result<Self, Refused> {
        Self::join_from(gateway, &chromium_origin(), identity, code).await
    }

    pub async fn join_from(
        gateway: &Gateway,
        origin: &str,
        identity: &Identity,
        code: Option<&str>,
    ) -> Result<Self, Refused> {
        let mut node = Self::open(gateway, Some(origin)).await.expect("a socket");
        let (gateway, nonce) = node.challenge().await;
        node.say(&identity.hello(&gateway, &nonce, code)).await;
        node.welcomed().await
    }

    /// The gateway's first word: its id and the nonce.
    pub async fn challenge(&mut self) -> (String, String) {
        match self.next().await {
            GatewayMessage::Challenge { gateway, nonce, .. } => (gateway, nonce),
            other => panic!("{other:?} instead of a challenge"),
        }
    }

    /// Waits for the welcome, past the wait for the owner.
    pub async fn welcomed(mut self) -> Result<Self, Refused> {
        loop {
            match self.next().await {
                GatewayMessage::Pairing { .. } => {}
                GatewayMessage::Welcome { node, epoch, sites, .. } => {
                    (self.id, self.epoch, self.sites) = (node, epoch, sites);
                    return Ok(self);
                }
                GatewayMessage::Refused { code, .. } => {
                    return Err(Refused { code, close: self.closed().await });
                }
                other => panic!("{other:?} instead of a welcome"),
            }
        }
    }

    /// The next message that is not a sign of life; those are answered.
    pub async fn next(&mut self) -> GatewayMessage {
        loop {
            match self.message().await {
                Some(Message::Text(text)) => {
                    match serde_json::from_str(&text).expect("a message") {
                        GatewayMessage::Heartbeat => self.say(&NodeMessage::Heartbeat).await,
                        message => return message,
                    }
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("{other:?} instead of a message"),
            }
        }
    }

    /// The frames that come before the next turn, and the turn.
    pub async fn job_with_files(&mut self) -> (Vec<Bytes>, Job) {
        let mut frames = Vec::new();
        loop {
            match self.message().await {
                Some(Message::Binary(frame)) => frames.push(frame),
                Some(Message::Text(text)) => {
                    match serde_json::from_str(&text).expect("a message") {
                        GatewayMessage::Heartbeat => self.say(&NodeMessage::Heartbeat).await,
                        // The client of the turn before may just have left.
                        GatewayMessage::Ack { .. } | GatewayMessage::Cancel { .. } => {}
                        GatewayMessage::Job(job) => return (frames, job),
                        other => panic!("{other:?} instead of a turn"),
                    }
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("{other:?} instead of a turn"),
            }
        }
    }

    /// The next message that is not an acknowledgement.
    pub async fn next_word(&mut self) -> GatewayMessage {
        loop {
            match self.next().await {
                GatewayMessage::Ack { .. } => {}
                message => return message,
            }
        }
    }

    /// The next turn.
    pub async fn job(&mut self) -> Job {
        match self.next_word().await {
            GatewayMessage::Job(job) => job,
            other => panic!("{other:?} instead of a turn"),
        }
    }

    /// The code by which the gateway closes the socket.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Close(None)) | None => return 0,
                Some(_) => {}
            }
        }
    }

    async fn message(&mut self) -> Option<Message> {
        let message = timeout(PATIENCE, self.socket.next()).await.expect("the gateway is silent");
        message.and_then(Result::ok)
    }

    pub async fn say(&mut self, message: &NodeMessage) {
        self.send(Message::text(serde_json::to_string(message).expect("JSON"))).await;
    }

    /// Sends anything; a socket that is closed meanwhile is no failure here.
    pub async fn send(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Offers idle lanes of every site.
    pub async fn offer(&mut self, lanes: u64) {
        self.seats(SeatState::Ready, lanes, false).await;
    }

    pub async fn seats(&mut self, state: SeatState, lanes: u64, paused: bool) {
        self.report(state, lanes, paused, &[]).await;
    }

    /// Offers idle lanes of every site, with these models.
    pub async fn offer_models(&mut self, lanes: u64, models: &[&str]) {
        self.report(SeatState::Ready, lanes, false, models).await;
    }

    async fn report(&mut self, state: SeatState, lanes: u64, paused: bool, models: &[&str]) {
        let seats = self.sites.iter().map(|site| Seat {
            site: site.name.clone(),
            state,
            detail: String::new(),
            lanes: (1..=lanes)
                .map(|lane| Lane { lane, state: LaneState::Idle, after: None })
                .collect(),
            models: models.iter().map(|&model| model.to_owned()).collect(),
            told: BTreeMap::new(),
            picture: false,
            harvests: true,
        });
        self.say(&NodeMessage::Seats { paused, seats: seats.collect() }).await;
    }

    /// Says after which turn each lane stands, counted from 1.
    pub async fn stands(&mut self, after: &[Option<&str>]) {
        let lanes: Vec<_> = (1..)
            .zip(after)
            .map(|(lane, after)| Lane {
                lane,
                state: LaneState::Idle,
                after: after.map(str::to_owned),
            })
            .collect();
        let seats = self.sites.iter().map(|site| Seat {
            site: site.name.clone(),
            state: SeatState::Ready,
            detail: String::new(),
            lanes: lanes.clone(),
            models: vec![],
            told: BTreeMap::new(),
            picture: false,
            harvests: true,
        });
        self.say(&NodeMessage::Seats { paused: false, seats: seats.collect() }).await;
    }

    pub async fn accept(&mut self, job: &str) {
        self.say(&NodeMessage::Accepted { job: job.to_owned() }).await;
    }

    /// Sends a numbered text.
    pub async fn frame(&mut self, job: &str, seq: u32, text: &str) {
        self.record(job, seq, record(text)).await;
    }

    /// Sends any numbered record.
    pub async fn record(&mut self, job: &str, seq: u32, record: PageRecord) {
        let job = job.parse().expect("a job");
        let frame = Frame { job, seq, record, more: false };
        self.send(Message::Binary(frame.encode().expect("a frame"))).await;
    }

    pub async fn done(&mut self, job: &str, last_seq: u32, cancelled: bool) {
        self.say(&NodeMessage::Done { job: job.to_owned(), last_seq, cancelled }).await;
    }
}

/// A text as a page's socket brings it.
pub fn record(text: &str) -> PageRecord {
    PageRecord::Message { stream: 0, text: text.to_owned() }
}

pub fn text_of(record: &PageRecord) -> String {
    match record {
        PageRecord::Message { text, .. } => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

impl Node {
    /// Says that a turn is still held: from where to go on, or `None` for stop.
    pub async fn resume(&mut self, job: &str, accepted: bool, last_seq: u32) -> Option<u32> {
        let held = ResumeJob { job: job.to_owned(), accepted, last_seq, first_seq: 1 };
        self.say(&NodeMessage::Resume { jobs: vec![held] }).await;
        match self.next_word().await {
            GatewayMessage::Resumed { job: named, seq } if named == job => Some(seq),
            GatewayMessage::Stop { job: named } if named == job => None,
            other => panic!("{other:?} instead of an answer to the resume"),
        }
    }
}
