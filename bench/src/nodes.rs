//! What connected browsers cost: the gateway's memory with 0, 100 and 1,000 simulated nodes.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    admin::Admin,
    node::Node,
    process,
    stand::{self, Folder, Program},
};

/// How many to connect.
#[derive(Debug, Clone, clap::Args)]
pub struct NodesArgs {
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// Numbers of connected nodes to measure at, rising.
    #[arg(long, value_delimiter = ',', default_value = "0,100,1000")]
    pub at: Vec<usize>,
    /// Seconds to wait before each measurement: more than a heartbeat's 20 s.
    #[arg(long, default_value_t = 25)]
    pub settle: u64,
}

/// Connects nodes step by step and reads the gateway's memory.
///
/// # Errors
/// When the gateway does not start or refuses a node.
pub async fn run(args: NodesArgs) -> Result<Value> {
    let folder = Folder::new("nodes")?;
    let (mut command, addr) = stand::bridge(&args.binary, folder.path(), None)?;
    let mut gateway = Program::start(&mut command, addr)?;
    gateway.ready().await?;
    let admin = Admin::of(addr, &folder.path().join("data"))?;
    let fleet = admin.fleet(args.at.iter().copied().max().unwrap_or_default().max(1)).await?;
    let pids = [gateway.pid()];
    let mut alive = JoinSet::new();
    let mut steps = Vec::new();
    for wanted in args.at {
        let begun = Instant::now();
        while alive.len() < wanted {
            let mut node = admin.enlist(&format!("node-{}", alive.len()), &fleet).await?;
            node.offer_lanes().await?;
            alive.spawn(stay(node));
        }
        let pairing_ms = begun.elapsed().as_millis() as u64;
        tokio::time::sleep(Duration::from_secs(args.settle)).await;
        let cpu = process::cpu_seconds(&pids);
        tokio::time::sleep(Duration::from_secs(args.settle)).await;
        steps.push(json!({
            "nodes": alive.len(),
            "connected": admin.connected_nodes().await?,
            "rss_kib": process::rss_kib(&pids),
            "pss_kib": process::pss_kib(&pids),
            "pairing_ms": pairing_ms,
            "core_share": (process::cpu_seconds(&pids) - cpu) / args.settle as f64,
        }));
        eprintln!("{}", steps[steps.len() - 1]);
    }
    Ok(json!(steps))
}

/// Answers heartbeats until the socket ends.
async fn stay(mut node: Node) {
    while node.next().await.is_ok() {}
}
