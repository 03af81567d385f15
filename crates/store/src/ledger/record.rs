//! What the ledger keeps of a request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tabway_dialects::{
    chat::Usage,
    ids::{NodeId, RequestId},
};

/// A request that was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Our id of it.
    pub request: RequestId,
    /// The client's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Name of the key that it came with.
    pub key_name: String,
    /// The surface that it came in by.
    pub surface: String,
    /// The model that was asked for.
    pub model: String,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Unix milliseconds.
    pub opened_ms: i64,
}

/// One try at one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// `place/model`.
    pub target: String,
    /// `provider` or `site`.
    pub kind: String,
    /// The browser, where it was a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// Its lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<u64>,
    /// What it did with the page's conversation: `fresh`, `continued`; empty for a provider.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub conversation: String,
    /// `ok`, or the failure's code.
    pub outcome: String,
    /// Whether the page had taken the prompt; true for a provider that was reached.
    pub accepted: bool,
    /// Fields that the translation could not carry, comma separated.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub losses: String,
    /// Why it failed, in words; bounded, without secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Milliseconds that it took.
    pub total_ms: u64,
    /// The provider's account; empty for a page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// Why it was tried, and what was passed over before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub route: String,
}

/// How a request ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// `ok`, or the failure's code; `client_gone`, `interrupted`.
    pub outcome: String,
    /// `place/model` of the attempt that answered; empty where none did.
    pub target: String,
    /// Token counts.
    pub usage: Usage,
    /// Micro-USD.
    pub cost_micro_usd: u64,
    /// Whether a price was known.
    #[serde(default)]
    pub priced: bool,
    /// Why it failed, in words; bounded, without secrets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Milliseconds to the first byte of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from the request to its end.
    pub total_ms: u64,
}

/// The whole row of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// The request.
    #[serde(rename = "o")]
    pub opened: Arc<Opened>,
    /// Its tries.
    #[serde(rename = "a")]
    pub attempts: Vec<Attempt>,
    /// Its end.
    #[serde(rename = "e")]
    pub ended: Ended,
}

/// A frame's payload: JSON behind a letter.
pub(super) enum Record {
    Opened(Arc<Opened>),
    Finished(Box<Finished>),
}

const OPENED: u8 = b'O';
const FINISHED: u8 = b'F';

pub(super) fn write_opened(opened: &Opened, buffer: &mut Vec<u8>) {
    write(OPENED, opened, buffer);
}

pub(super) fn write_finished(finished: &Finished, buffer: &mut Vec<u8>) {
    write(FINISHED, finished, buffer);
}

fn write(letter: u8, value: &impl Serialize, buffer: &mut Vec<u8>) {
    buffer.push(letter);
    // Texts, numbers and nothing else: writing them to memory cannot fail.
    if let Err(error) = serde_json::to_writer(buffer, value) {
        tracing::error!(%error, "a record of the ledger cannot be written");
    }
}

/// A payload of a kind that this version does not know is passed over.
pub(super) fn read(payload: &[u8]) -> Option<Record> {
    let (letter, json) = payload.split_first()?;
    match *letter {
        OPENED => serde_json::from_slice(json).ok().map(Arc::new).map(Record::Opened),
        FINISHED => serde_json::from_slice(json).ok().map(Record::Finished),
        _ => None,
    }
}
