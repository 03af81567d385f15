//! From exec to the first proxied 200.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    compare::median,
    http::{chat_body, request},
    stand::{self, Folder, KEY, Program},
};

/// Starts of one run; the median counts.
const STARTS: usize = 5;

/// What to start.
#[derive(Debug, Clone, clap::Args)]
pub struct StartArgs {
    /// `tabway` or `nginx`.
    pub subject: String,
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// The upstream that it asks.
    #[arg(long)]
    pub upstream: SocketAddr,
}

/// Starts it a few times, on the same data folder, and tells the median time.
///
/// # Errors
/// When it cannot be started or does not answer.
pub fn run(args: &StartArgs) -> Result<Value> {
    let folder = Folder::new("start")?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let core = Some(stand::PROXY_CORE);
        let (mut command, addr) = match args.subject.as_str() {
            "nginx" => stand::nginx(folder.path(), args.upstream)?,
            _ => stand::tabway(&args.binary, folder.path(), args.upstream, core, stand::MODELS)?,
        };
        times.push(first_answer_ms(&mut command, addr)?);
    }
    Ok(json!({ "first_answer_ms": median(&mut times), "sorted": times }))
}

/// Starts the command and asks until it answers 200; milliseconds since the exec.
///
/// # Errors
/// When it cannot be started or gives no answer within 20 s.
fn first_answer_ms(command: &mut Command, addr: SocketAddr) -> Result<f64> {
    let request = request(addr, KEY, &chat_body("bench-small", false, 350));
    let begun = Instant::now();
    let program = Program::start(command, addr)?;
    // A busy loop on purpose: this process has a core of its own, and a timer is too coarse.
    while !answers(program.addr, &request) {
        ensure!(begun.elapsed() < Duration::from_secs(20), "no answer within 20 s");
        std::thread::yield_now();
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

fn answers(addr: SocketAddr, request: &[u8]) -> bool {
    let Ok(mut stream) = TcpStream::connect(addr) else { return false };
    let mut status = [0; 12];
    stream.write_all(request).is_ok()
        && stream.read_exact(&mut status).is_ok()
        && status.ends_with(b"200")
}
