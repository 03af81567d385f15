//! Streams: a flood of events without pauses, and thousands of slow ones at a time.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    histogram::Histogram,
    http::{Connection, chat_body, request},
    process, unix_ns,
};

/// What to stream and whom to watch.
#[derive(Debug, Clone, clap::Args)]
pub struct SseArgs {
    /// Address of the proxy, or of the upstream itself.
    #[arg(long)]
    pub addr: SocketAddr,
    /// Processes whose CPU time and memory count, their descendants included.
    #[arg(long)]
    pub pid: Vec<u32>,
    /// API key of the gateway.
    #[arg(long, default_value = "bench")]
    pub key: String,
    /// Streams at a time.
    #[arg(long, default_value_t = 64)]
    pub streams: usize,
    /// Seconds before the measured time.
    #[arg(long, default_value_t = 1.0)]
    pub warmup: f64,
    /// Measured seconds.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
}

/// Counters that all streams share.
#[derive(Debug, Default)]
struct Seen {
    measuring: AtomicBool,
    events: AtomicU64,
    live: AtomicU64,
    errors: AtomicU64,
    first: Mutex<Histogram>,
    lag: Mutex<Histogram>,
}

impl Seen {
    fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    fn record(histogram: &Mutex<Histogram>, ns: u64) {
        histogram.lock().unwrap_or_else(PoisonError::into_inner).record(ns);
    }

    fn summary(histogram: &Mutex<Histogram>) -> Value {
        histogram.lock().unwrap_or_else(PoisonError::into_inner).summary()
    }
}

/// Streams of 200 events, one after another on each connection.
///
/// # Errors
/// When a connection cannot be opened at all.
pub async fn flood(args: SseArgs) -> anyhow::Result<Value> {
    let seen = Arc::new(Seen::default());
    let request = Arc::new(request(args.addr, &args.key, &chat_body("bench-flood", true, 350)));
    let mut tasks = JoinSet::new();
    for _ in 0..args.streams {
        let mut connection = Connection::open(args.addr).await?;
        let (seen, request) = (Arc::clone(&seen), Arc::clone(&request));
        tasks.spawn(async move {
            while flood_once(&mut connection, &request, &seen).await.is_ok() {}
            seen.error();
        });
    }
    sleep(Duration::from_secs_f64(args.warmup)).await;
    seen.measuring.store(true, Ordering::Relaxed);
    let (before, events) = (process::cpu_seconds(&args.pid), seen.events.load(Ordering::Relaxed));
    sleep(Duration::from_secs_f64(args.seconds)).await;
    let cpu = process::cpu_seconds(&args.pid) - before;
    let events = (seen.events.load(Ordering::Relaxed) - events) as f64;
    Ok(json!({
        "chunks_per_s": events / args.seconds,
        "cpu_us_per_chunk": cpu * 1e6 / events,
        "core_share": cpu / args.seconds,
        "first": Seen::summary(&seen.first),
        "errors": seen.errors.load(Ordering::Relaxed),
    }))
}

async fn flood_once(
    connection: &mut Connection,
    request: &[u8],
    seen: &Seen,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let head = connection.send(request).await?;
    anyhow::ensure!(head.status == 200, "status {}", head.status);
    let (mut first, mut tail) = (true, Vec::new());
    connection
        .body(head, |data| {
            if std::mem::take(&mut first) && seen.measuring.load(Ordering::Relaxed) {
                Seen::record(&seen.first, begun.elapsed().as_nanos() as u64);
            }
            seen.events.fetch_add(ends(&mut tail, data), Ordering::Relaxed);
        })
        .await?;
    anyhow::ensure!(tail == LAST_EVENT, "a stream without its end");
    Ok(())
}

const LAST_EVENT: &[u8] = b"data: [DONE]\n\n";

/// Counts the events that end in `data`, however they are cut; keeps the stream's last bytes.
fn ends(tail: &mut Vec<u8>, data: &[u8]) -> u64 {
    let cut = tail.last() == Some(&b'\n') && data.first() == Some(&b'\n');
    if data.len() < LAST_EVENT.len() {
        let surplus = (tail.len() + data.len()).saturating_sub(LAST_EVENT.len());
        tail.drain(..surplus);
        tail.extend_from_slice(data);
    } else {
        tail.clear();
        tail.extend_from_slice(&data[data.len() - LAST_EVENT.len()..]);
    }
    memchr::memmem::find_iter(data, b"\n\n").count() as u64 + u64::from(cut)
}

/// Streams with an event each 100 ms that stay open, all at a time.
///
/// # Errors
/// None of its own; streams that fail are counted.
pub async fn slow(args: SseArgs) -> anyhow::Result<Value> {
    let (rss_idle, pss_idle) = (process::rss_kib(&args.pid), process::pss_kib(&args.pid));
    let seen = Arc::new(Seen::default());
    let request = Arc::new(request(args.addr, &args.key, &chat_body("bench-slow", true, 350)));
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for index in 0..args.streams {
        // Not faster than one each 400 us: a ramp, not a burst, and phases spread over time.
        sleep_until(begun + Duration::from_micros(400) * index as u32).await;
        let (seen, request) = (Arc::clone(&seen), Arc::clone(&request));
        let addr = args.addr;
        tasks.spawn(async move {
            if slow_stream(addr, &request, &seen).await.is_err() {
                seen.error();
            }
        });
    }
    sleep(Duration::from_secs_f64(args.warmup)).await;
    seen.measuring.store(true, Ordering::Relaxed);
    let (before, events) = (process::cpu_seconds(&args.pid), seen.events.load(Ordering::Relaxed));
    sleep(Duration::from_secs_f64(args.seconds)).await;
    let cpu = process::cpu_seconds(&args.pid) - before;
    let events = (seen.events.load(Ordering::Relaxed) - events) as f64;
    let (rss, pss) = (process::rss_kib(&args.pid), process::pss_kib(&args.pid));
    let live = seen.live.load(Ordering::Relaxed);
    tasks.shutdown().await;
    sleep(Duration::from_secs(10)).await;
    Ok(json!({
        "live": live,
        "chunks_per_s": events / args.seconds,
        "cpu_us_per_chunk": cpu * 1e6 / events,
        "core_share": cpu / args.seconds,
        "first": Seen::summary(&seen.first),
        "lag": Seen::summary(&seen.lag),
        "pss_kib_per_stream": pss.saturating_sub(pss_idle) as f64 / args.streams as f64,
        "rss_idle_kib": rss_idle,
        "rss_kib": rss,
        "rss_10s_after_kib": process::rss_kib(&args.pid),
        "errors": seen.errors.load(Ordering::Relaxed),
    }))
}

async fn slow_stream(addr: SocketAddr, request: &[u8], seen: &Seen) -> anyhow::Result<()> {
    let mut connection = Connection::open(addr).await?;
    let begun = Instant::now();
    let head = connection.send(request).await?;
    anyhow::ensure!(head.status == 200, "status {}", head.status);
    let mut first = true;
    let body = connection.body(head, |data| {
        if std::mem::take(&mut first) {
            seen.live.fetch_add(1, Ordering::Relaxed);
            Seen::record(&seen.first, begun.elapsed().as_nanos() as u64);
        }
        for at in memchr::memchr_iter(b'@', data) {
            seen.events.fetch_add(1, Ordering::Relaxed);
            if seen.measuring.load(Ordering::Relaxed)
                && let Some(lag) = lag_ns(&data[at + 1..])
            {
                Seen::record(&seen.lag, lag);
            }
        }
    });
    let ended = body.await;
    seen.live.fetch_sub(1, Ordering::Relaxed);
    ended?;
    anyhow::bail!("a slow stream ended")
}

/// Nanoseconds since the stamp at the head of these bytes; none where the stamp is cut.
#[must_use]
pub fn lag_ns(stamp: &[u8]) -> Option<u64> {
    let digits = stamp.split_first_chunk::<STAMP_DIGITS>()?.0;
    let sent: u128 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    u64::try_from(unix_ns().saturating_sub(sent)).ok()
}

/// Digits of nanoseconds since 1970, until the year 2286.
const STAMP_DIGITS: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_however_they_are_cut() {
        let wire = b"data: 1\n\ndata: 2\n\ndata: [DONE]\n\n";
        for step in 1..=wire.len() {
            let mut tail = Vec::new();
            let count: u64 = wire.chunks(step).map(|part| ends(&mut tail, part)).sum();
            assert_eq!((count, tail.as_slice()), (3, LAST_EVENT), "step {step}");
        }
    }

    #[test]
    fn a_cut_stamp_tells_nothing() {
        assert_eq!(lag_ns(b"17500000"), None);
        assert!(lag_ns(b"1750000000000000000 words").is_some());
    }
}
