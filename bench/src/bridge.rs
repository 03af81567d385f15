//! The gateway's part of the bridge: chunks a second from one simulated lane, and how long the
//! gateway holds a chunk on its way from the node to the client.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    admin::Admin,
    histogram::Histogram,
    http::{Connection, chat_body, request},
    lane::{self, Pace},
    process,
    sse::lag_ns,
    stand::{self, Folder, KEY, Program},
};

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct BridgeArgs {
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// Chunks of the answer without pauses.
    #[arg(long, default_value_t = 50_000)]
    pub chunks: u32,
    /// Chunks of the answer with 10 ms between two.
    #[arg(long, default_value_t = 1_000)]
    pub slow_chunks: u32,
}

/// What came of one answer.
struct Answer {
    chunks: u64,
    seconds: f64,
    lag: Histogram,
    cpu_us_per_chunk: f64,
}

/// Measures both and tells.
///
/// # Errors
/// When the gateway does not start, a node is refused, or an answer is cut.
pub async fn run(args: BridgeArgs) -> Result<Value> {
    let flood = Pace { pieces: args.chunks, pause: Duration::ZERO };
    let slow = Pace { pieces: args.slow_chunks, pause: Duration::from_millis(10) };
    let flood = measure(&args, flood).await?;
    let slow = measure(&args, slow).await?;
    Ok(json!({
        "chunks_per_s": flood.chunks as f64 / flood.seconds,
        "cpu_us_per_chunk": flood.cpu_us_per_chunk,
        "slow_cpu_us_per_chunk": slow.cpu_us_per_chunk,
        "node_to_client": slow.lag.summary(),
    }))
}

async fn measure(args: &BridgeArgs, pace: Pace) -> Result<Answer> {
    let folder = Folder::new("bridge")?;
    let (mut command, addr) = stand::bridge(&args.binary, folder.path(), Some(stand::PROXY_CORE))?;
    let mut gateway = Program::start(&mut command, addr)?;
    gateway.ready().await?;
    let admin = Admin::of(addr, &folder.path().join("data"))?;
    let mut node = admin.pair("lane").await?;
    node.offer_lanes().await?;
    let serving = tokio::spawn(lane::serve(node, pace));
    let answer = ask(addr, gateway.pid()).await;
    serving.abort();
    let answer = answer?;
    ensure!(answer.chunks == u64::from(pace.pieces), "{} chunks came", answer.chunks);
    Ok(answer)
}

/// Asks for one answer; retries while the gateway does not know yet that the lane is there.
async fn ask(addr: SocketAddr, gateway: u32) -> Result<Answer> {
    let model = format!("{}/default", stand::SITE);
    let request = request(addr, KEY, &chat_body(&model, true, 40));
    let mut connection = Connection::open(addr).await?;
    let limit = Instant::now() + Duration::from_secs(5);
    let head = loop {
        let head = connection.send(&request).await?;
        if head.status == 200 {
            break head;
        }
        let mut words = Vec::new();
        connection.body(head, |data| words.extend_from_slice(data)).await?;
        let words = String::from_utf8_lossy(&words);
        ensure!(Instant::now() < limit, "status {}: {words}", head.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let cpu = process::cpu_seconds(&[gateway]);
    let (mut chunks, mut lag, mut first, mut last) = (0, Histogram::default(), None, None);
    connection
        .body(head, |data| {
            for at in memchr::memchr_iter(b'@', data) {
                chunks += 1;
                first.get_or_insert_with(Instant::now);
                last = Some(Instant::now());
                lag_ns(&data[at + 1..]).into_iter().for_each(|ns| lag.record(ns));
            }
        })
        .await?;
    let cpu = process::cpu_seconds(&[gateway]) - cpu;
    let (first, last) = first.zip(last).context("an answer without text")?;
    Ok(Answer {
        chunks,
        seconds: (last - first).as_secs_f64(),
        lag,
        cpu_us_per_chunk: cpu * 1e6 / chunks as f64,
    })
}
