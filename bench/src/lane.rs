//! A simulated lane: what the extension would relay of a page's event stream, at any speed.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tabway_dialects::{
    ids::JobId,
    site_chat::{DecoderSpec, PageRecord, RecordsSpec},
};
use tabway_protocol::{
    frame::{Frame, HEADER_BYTES, MAX_UNACKED_BYTES},
    message::{GatewayMessage, Job, NodeMessage},
};
use tokio::time::{Instant, sleep_until};

use crate::{node::Node, unix_ns};

/// Frames sent before the socket is looked at for acknowledgements.
const BURST: u32 = 16;

/// How a turn is answered.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Pieces of text.
    pub pieces: u32,
    /// Time between two of them.
    pub pause: Duration,
}

/// Answers one turn after another until the socket ends.
///
/// # Errors
/// When the socket ends, or the gateway says what a lane does not expect.
pub async fn serve(mut node: Node, pace: Pace) -> Result<()> {
    loop {
        match node.next().await? {
            GatewayMessage::Job(job) => answer(&mut node, &job, pace).await?,
            GatewayMessage::Cancel { .. } | GatewayMessage::Ack { .. } => {}
            GatewayMessage::Sites { sites } => node.sites = sites,
            other => bail!("{other:?} to an idle lane"),
        }
    }
}

async fn answer(node: &mut Node, job: &Job, pace: Pace) -> Result<()> {
    let site = node.sites.iter().find(|site| site.name == job.site).context("a foreign site")?;
    let DecoderSpec::Records(spec) = site.adapter.answer.clone() else {
        bail!("the simulated page sends JSON records, the adapter another");
    };
    node.send(&NodeMessage::Accepted { job: job.job.clone() }).await?;
    let mut relay = Relay { id: job.job.parse::<JobId>()?, seq: 0, acked: 0, size: 0 };
    relay.send(node, PageRecord::Opened { stream: 0, tap: 0, status: 200 }).await?;
    let mut due = Instant::now();
    for _ in 0..pace.pieces {
        let piece = event(&spec, &format!("@{} words ", unix_ns()));
        relay.send(node, PageRecord::Bytes { stream: 0, bytes: piece.into() }).await?;
        if !pace.pause.is_zero() {
            due += pace.pause;
            sleep_until(due).await;
        }
    }
    let last = ending(&spec)?;
    relay.send(node, PageRecord::Bytes { stream: 0, bytes: last.into() }).await?;
    relay.send(node, PageRecord::Closed { stream: 0, failed: false }).await?;
    let done = NodeMessage::Done { job: job.job.clone(), last_seq: relay.seq, cancelled: false };
    node.send(&done).await
}

/// Numbers the records and keeps within the window of unacknowledged ones.
struct Relay {
    id: JobId,
    seq: u32,
    acked: u32,
    /// Bytes of the largest frame so far: the window is counted as if all were as large.
    size: usize,
}

impl Relay {
    async fn send(&mut self, node: &mut Node, record: PageRecord) -> Result<()> {
        self.seq += 1;
        let frame = Frame { job: self.id, seq: self.seq, record, more: false };
        if let PageRecord::Bytes { bytes, .. } = &frame.record {
            self.size = self.size.max(bytes.len() + HEADER_BYTES);
        }
        node.feed(&frame).await?;
        node.flush().await?;
        if self.seq.is_multiple_of(BURST) {
            while let Some(message) = node.next().now_or_never() {
                self.heard(message?)?;
            }
        }
        while (self.seq - self.acked) as usize * self.size > MAX_UNACKED_BYTES / 2 {
            let message = node.next().await?;
            self.heard(message)?;
        }
        Ok(())
    }

    fn heard(&mut self, message: GatewayMessage) -> Result<()> {
        match message {
            GatewayMessage::Ack { job, seq } => {
                ensure!(job == self.id.to_string(), "an acknowledgement of another job");
                self.acked = self.acked.max(seq);
                Ok(())
            }
            GatewayMessage::Sites { .. } => Ok(()),
            other => bail!("{other:?} in the middle of an answer"),
        }
    }
}

/// The page's event with a piece of text, as the adapter reads it.
pub fn event(spec: &RecordsSpec, text: &str) -> String {
    let mut data = json!({});
    for condition in &spec.only {
        put(&mut data, &condition.pointer, condition.equals.clone().unwrap_or(json!(true)));
    }
    if let Some(rule) = spec.text.first() {
        put(&mut data, &rule.pointer, json!(text));
    }
    format!("data: {data}\n\n")
}

/// The page's event that ends an answer.
pub fn ending(spec: &RecordsSpec) -> Result<String> {
    if let Some(data) = &spec.done_data {
        return Ok(format!("data: {data}\n\n"));
    }
    let end = spec.done.first().context("the adapter knows no end")?;
    let mut data = json!({});
    for condition in &end.only {
        put(&mut data, &condition.pointer, condition.equals.clone().unwrap_or(json!(true)));
    }
    Ok(format!("data: {data}\n\n"))
}

/// Sets the value at a JSON pointer and makes the objects and lists on the way to it.
fn put(mut at: &mut Value, pointer: &str, value: Value) {
    for step in pointer.split('/').skip(1) {
        at = match step.parse::<usize>() {
            Ok(index) => {
                if !at.is_array() {
                    *at = json!([]);
                }
                while at.as_array().map_or(0, Vec::len) <= index {
                    at.as_array_mut().into_iter().for_each(|list| list.push(Value::Null));
                }
                &mut at[index]
            }
            Err(_) => &mut at[step],
        };
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_make_their_way() {
        let mut data = json!({});
        put(&mut data, "/choices/0/delta/content", json!("x"));
        assert_eq!(data, json!({"choices": [{"delta": {"content": "x"}}]}));
    }

    #[test]
    fn the_end_is_what_the_adapter_says() -> Result<()> {
        let spec = RecordsSpec { done_data: Some("[DONE]".into()), ..RecordsSpec::default() };
        assert_eq!(ending(&spec)?, "data: [DONE]\n\n");
        assert!(ending(&RecordsSpec::default()).is_err());
        Ok(())
    }
}
