//! Buffered requests over kept-alive connections: rate, latency, and the proxy's CPU time.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    histogram::Histogram,
    http::{Connection, chat_body, request},
    process,
};

/// What to send and whom to watch.
#[derive(Debug, Clone, clap::Args)]
pub struct LoadArgs {
    /// Address of the proxy, or of the upstream itself.
    #[arg(long)]
    pub addr: SocketAddr,
    /// Processes whose CPU time counts, their descendants included.
    #[arg(long)]
    pub pid: Vec<u32>,
    /// API key of the gateway.
    #[arg(long, default_value = "bench")]
    pub key: String,
    /// Model to ask for.
    #[arg(long, default_value = "bench-small")]
    pub model: String,
    /// Bytes of the prompt.
    #[arg(long, default_value_t = 350)]
    pub bytes: usize,
    /// Connections; each has one request at a time.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Requests a second over all connections (open loop); without it as many as go.
    #[arg(long)]
    pub rate: Option<f64>,
    /// Seconds before the measured time.
    #[arg(long, default_value_t = 1.0)]
    pub warmup: f64,
    /// Measured seconds.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
}

/// Counts of one connection, then of all.
#[derive(Debug, Default)]
struct Tally {
    latency: Histogram,
    errors: u64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    from: Instant,
    to: Instant,
}

/// Runs the load and tells what it saw.
///
/// # Errors
/// When a connection cannot be opened at all.
pub async fn run(args: LoadArgs) -> anyhow::Result<Value> {
    let start = Instant::now();
    let from = start + Duration::from_secs_f64(args.warmup);
    let window = Window { from, to: from + Duration::from_secs_f64(args.seconds) };

    let mut tasks = JoinSet::new();
    for index in 0..args.connections {
        let args = args.clone();
        // Connected before any load, so that a refusal is seen as what it is.
        let connection = Connection::open(args.addr).await?;
        tasks.spawn(async move { drive(connection, &args, index, start, window).await });
    }
    sleep_until(window.from).await;
    let before = process::cpu_seconds(&args.pid);
    sleep_until(window.to).await;
    let cpu = process::cpu_seconds(&args.pid) - before;

    let mut total = Tally::default();
    while let Some(tally) = tasks.join_next().await {
        let tally = tally?;
        total.latency.merge(&tally.latency);
        total.errors += tally.errors;
    }
    let count = total.latency.count() as f64;
    Ok(json!({
        "requests_per_s": count / args.seconds,
        "cpu_us_per_request": cpu * 1e6 / count,
        "core_share": cpu / args.seconds,
        "latency": total.latency.summary(),
        "errors": total.errors,
        "rss_kib": process::rss_kib(&args.pid),
    }))
}

async fn drive(
    mut connection: Connection,
    args: &LoadArgs,
    index: usize,
    start: Instant,
    window: Window,
) -> Tally {
    let request = request(args.addr, &args.key, &chat_body(&args.model, false, args.bytes));
    let period = args.rate.map(|rate| Duration::from_secs_f64(args.connections as f64 / rate));
    let mut due =
        period.map(|period| start + period.mul_f64(index as f64 / args.connections as f64));
    let mut tally = Tally::default();
    loop {
        let mut begun = Instant::now();
        if let (Some(due), Some(period)) = (&mut due, period) {
            match begun < *due {
                true => {
                    sleep_until(*due).await;
                    begun = Instant::now();
                }
                // Late because of the answer before: the wait counts as latency.
                false => begun = *due,
            }
            *due += period;
        }
        if Instant::now() >= window.to {
            return tally;
        }
        let status = exchange(&mut connection, &request).await;
        let ended = Instant::now();
        let counts = ended >= window.from && ended < window.to;
        match status {
            Ok(200) if counts => tally.latency.record((ended - begun).as_nanos() as u64),
            Ok(200) => {}
            Ok(_) => tally.errors += 1,
            Err(_) => {
                tally.errors += 1;
                match Connection::open(args.addr).await {
                    Ok(fresh) => connection = fresh,
                    Err(_) => return tally,
                }
            }
        }
    }
}

async fn exchange(connection: &mut Connection, request: &[u8]) -> std::io::Result<u16> {
    let head = connection.send(request).await?;
    connection.body(head, |_| {}).await?;
    Ok(head.status)
}
