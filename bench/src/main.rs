//! `tabway-bench`: the measurements behind docs/BENCHMARKS.md and docs/BRIDGE.md.

mod admin;
mod bridge;
mod compare;
mod crash;
mod crowd;
mod histogram;
mod http;
mod lane;
mod ledger;
mod load;
mod node;
mod nodes;
mod process;
mod random;
mod sse;
mod stand;
mod start;
mod turns;
mod upstream;

use std::{process::ExitCode, time::SystemTime};

use clap::{Parser, Subcommand};

/// Measures the gateway, alone and against nginx.
#[derive(Debug, Parser)]
#[command(name = "tabway-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure gateway and nginx by turns and print Markdown tables.
    Compare(compare::CompareArgs),
    /// Serve ready-made answers.
    Upstream {
        /// Port on loopback; 0 takes a free one and prints it.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Load an address with buffered requests.
    Load(load::LoadArgs),
    /// Load an address with streams of 200 events.
    Flood(sse::SseArgs),
    /// Hold slow streams open at an address.
    Slow(sse::SseArgs),
    /// Time the start of a proxy up to its first answer.
    Start(start::StartArgs),
    /// Measure one simulated lane of the bridge.
    Bridge(bridge::BridgeArgs),
    /// Measure what the bridge adds to a real page's first token.
    Turns(turns::TurnsArgs),
    /// Kill the gateway under load, again and again, and check its ledger.
    Crash(crash::CrashArgs),
    /// Put many simulated nodes to work, restart the gateway, and see them come back.
    Crowd(crowd::CrowdArgs),
    /// Measure the gateway's memory with simulated nodes.
    Nodes(nodes::NodesArgs),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tabway-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    // One thread: it shares a core with the rest of the load.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Compare(args) => compare::run(args).await,
            Command::Upstream { port } => upstream::serve(port).await,
            Command::Load(args) => load::run(args).await.map(|found| println!("{found}")),
            Command::Flood(args) => sse::flood(args).await.map(|found| println!("{found}")),
            Command::Slow(args) => sse::slow(args).await.map(|found| println!("{found}")),
            Command::Start(args) => start::run(&args).map(|found| println!("{found}")),
            Command::Bridge(args) => bridge::run(args).await.map(|found| println!("{found}")),
            Command::Turns(args) => turns::run(args).await.map(|found| println!("{found}")),
            Command::Crash(args) => crash::run(args).await.map(|found| println!("{found}")),
            Command::Crowd(args) => crowd::run(args).await.map(|found| println!("{found}")),
            Command::Nodes(args) => nodes::run(args).await.map(|found| println!("{found}")),
        }
    })
}

/// Nanoseconds since 1970, by which processes of one machine compare their times.
fn unix_ns() -> u128 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos()
}
