//! `tabway-bench`: the measurements behind docs/BENCHMARKS.md and docs/BRIDGE.md.

mod compare;
mod histogram;
mod http;
mod load;
mod process;
mod sse;
mod stand;
mod start;
mod upstream;

use std::process::ExitCode;

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
        }
    })
}
