//! A crowd of simulated nodes at work: how long a turn waits for its lane to be chosen, what the
//! gateway needs, whether any answer reaches another request, and how all come back after a restart.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tabway_dialects::site_chat::{DecoderSpec, PageRecord};
use tabway_protocol::{
    frame::Frame,
    message::{GatewayMessage, Job, NodeMessage},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    admin::{Admin, origin},
    http::{Connection, admin_request, request},
    lane::{ending, event},
    node::{Identity, Node},
    process,
    random::Random,
    stand::{self, Folder, KEY, Program},
};

/// The crowd.
#[derive(Debug, Clone, clap::Args)]
pub struct CrowdArgs {
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// Connected nodes.
    #[arg(long, default_value_t = 1_000)]
    pub nodes: usize,
    /// Tabs of each.
    #[arg(long, default_value_t = 4)]
    pub lanes: u64,
    /// Requests in flight.
    #[arg(long, default_value_t = 200)]
    pub busy: usize,
    /// Requests in all, each with a word of its own.
    #[arg(long, default_value_t = 10_000)]
    pub requests: usize,
}

/// How long all of them may take to come back.
const BACK: Duration = Duration::from_secs(60);

/// How long a page takes for an answer, in milliseconds.
const ANSWER_MS: std::ops::Range<u64> = 20..400;

/// What the nodes tell of themselves.
#[derive(Debug, Default)]
struct Tally {
    connected: AtomicUsize,
    refused: AtomicUsize,
    busy: AtomicUsize,
    most_busy: AtomicUsize,
    welcomes: Mutex<Vec<Instant>>,
}

/// Measures, and fails where an answer went astray or a node stayed away.
///
/// # Errors
/// Those of the gateway, and each promise that was not kept.
pub async fn run(args: CrowdArgs) -> Result<Value> {
    let folder = Folder::new("crowd")?;
    let (mut command, addr) = stand::bridge(&args.binary, folder.path(), None)?;
    let mut gateway = Program::start(&mut command, addr)?;
    gateway.ready().await?;
    let admin = Admin::of(addr, &folder.path().join("data"))?;
    let fleet: Arc<str> = admin.fleet(args.nodes).await?.into();
    let tally = Arc::new(Tally::default());
    let mut crowd = JoinSet::new();
    for at in 0..args.nodes {
        let identity = Identity::new(&format!("node-{at}"))?;
        crowd.spawn(live(addr, identity, fleet.clone(), args.lanes, tally.clone(), at as u64));
    }
    let begun = Instant::now();
    all_in(&tally, args.nodes).await?;
    let joined = begun.elapsed();
    let asked = Instant::now();
    let astray = ask(addr, args.busy, args.requests).await?;
    let asked = asked.elapsed();
    let busy_rss = process::rss_kib(&[gateway.pid()]);
    let decisions = decisions(addr).await?;
    let cpu = process::cpu_seconds(&[gateway.pid()]);

    gateway.kill()?;
    drop(gateway);
    none_in(&tally).await?;
    lock(&tally.welcomes).clear();
    tally.refused.store(0, Ordering::Relaxed);
    let (mut command, _) = stand::bridge_at(&args.binary, folder.path(), None, addr)?;
    let mut gateway = Program::start(&mut command, addr)?;
    gateway.ready().await?;
    let begun = Instant::now();
    all_in(&tally, args.nodes).await?;
    let back = begun.elapsed();
    let fastest = most_in_a_second(&lock(&tally.welcomes));
    let refused = tally.refused.load(Ordering::Relaxed);
    let again = ask(addr, args.busy, args.busy).await?;
    let back_rss = process::rss_kib(&[gateway.pid()]);
    crowd.abort_all();
    let found = json!({
        "nodes": args.nodes,
        "lanes": args.nodes as u64 * args.lanes,
        "joined_s": joined.as_secs_f64(),
        "requests": args.requests,
        "requests_per_s": args.requests as f64 / asked.as_secs_f64(),
        "most_turns_at_once": tally.most_busy.load(Ordering::Relaxed),
        "astray": astray + again,
        "scheduling": decisions,
        "gateway_cpu_s": cpu,
        "rss_mib": busy_rss as f64 / 1024.0,
        "back_s": back.as_secs_f64(),
        "handshakes_in_the_fullest_second": fastest,
        "refused_on_the_way_back": refused,
        "rss_mib_after": back_rss as f64 / 1024.0,
    });
    ensure!(astray + again == 0, "answers reached other requests: {found}");
    ensure!(back <= BACK, "not all came back in time: {found}");
    Ok(found)
}

/// A node's life: it connects, serves, and comes back as the extension does.
async fn live(
    addr: SocketAddr,
    identity: Identity,
    fleet: Arc<str>,
    lanes: u64,
    tally: Arc<Tally>,
    seed: u64,
) {
    let mut random = Random::new(seed);
    let (mut tries, mut code) = (0, Some(fleet));
    loop {
        match Node::connect(addr, &origin(), &identity, code.as_deref(), |_| {}).await {
            Ok(mut node) => {
                (tries, code) = (0, None);
                lock(&tally.welcomes).push(Instant::now());
                tally.connected.fetch_add(1, Ordering::Relaxed);
                if node.offer_many(lanes).await.is_ok() {
                    // It ends with the socket.
                    let _ = serve(&mut node, &tally, &mut random).await;
                }
                tally.connected.fetch_sub(1, Ordering::Relaxed);
            }
            Err(_) => drop(tally.refused.fetch_add(1, Ordering::Relaxed)),
        }
        // extension/src/background/backoff.ts
        let whole = (500_u64 << tries).min(30_000);
        tries = (tries + 1).min(6);
        sleep(Duration::from_millis(whole / 2 + random.within(0..whole / 2))).await;
    }
}

/// Answers each turn with its own prompt after a while, as many at once as there are lanes.
async fn serve(node: &mut Node, tally: &Tally, random: &mut Random) -> Result<()> {
    let mut due: Vec<(Instant, Job)> = Vec::new();
    loop {
        let next = due.iter().map(|(at, _)| *at).min();
        let until = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = node.next() => match message? {
                GatewayMessage::Job(job) => {
                    let wait = Duration::from_millis(random.within(ANSWER_MS));
                    due.push((Instant::now() + wait, job));
                    let busy = tally.busy.fetch_add(1, Ordering::Relaxed) + 1;
                    tally.most_busy.fetch_max(busy, Ordering::Relaxed);
                }
                GatewayMessage::Ack { .. } => {}
                other => bail!("{other:?} to a simulated node"),
            },
            () = until => {
                let now = Instant::now();
                let (ready, rest) = due.into_iter().partition(|(at, _)| *at <= now);
                due = rest;
                for (_, job) in ready {
                    tally.busy.fetch_sub(1, Ordering::Relaxed);
                    answer(node, &job).await?;
                }
            }
        }
    }
}

async fn answer(node: &mut Node, job: &Job) -> Result<()> {
    let site = node.sites.iter().find(|site| site.name == job.site).context("a foreign site")?;
    let DecoderSpec::Records(spec) = site.adapter.answer.clone() else {
        bail!("the simulated page sends JSON records, the adapter another");
    };
    node.send(&NodeMessage::Accepted { job: job.job.clone() }).await?;
    let bytes = |text: String| PageRecord::Bytes { stream: 0, bytes: text.into() };
    // In two pieces: what is mixed up would show between them.
    let (head, tail) = job.prompt.split_at(job.prompt.len() / 2);
    let records = [
        PageRecord::Opened { stream: 0, tap: 0, status: 200 },
        bytes(event(&spec, head)),
        bytes(event(&spec, tail)),
        bytes(ending(&spec)?),
        PageRecord::Closed { stream: 0, failed: false },
    ];
    let id = job.job.parse()?;
    let mut seq = 0;
    for record in records {
        seq += 1;
        node.feed(&Frame { job: id, seq, record, more: false }).await?;
    }
    node.flush().await?;
    node.send(&NodeMessage::Done { job: job.job.clone(), last_seq: seq, cancelled: false }).await
}

/// Asks with so many clients at once; says how many answers were another's.
async fn ask(addr: SocketAddr, clients: usize, requests: usize) -> Result<usize> {
    let mut asking = JoinSet::new();
    for client in 0..clients {
        let share = requests / clients + usize::from(client < requests % clients);
        asking.spawn(async move {
            let mut connection = Connection::open(addr).await?;
            let mut astray = 0;
            for turn in 0..share {
                let canary = format!("canary-{client}-{turn}-{:016x}", fold(client, turn));
                let body = json!({
                    "model": format!("{}/default", stand::SITE),
                    "stream": false,
                    "messages": [{ "role": "user", "content": canary }],
                });
                let head = connection.send(&request(addr, KEY, &body.to_string())).await?;
                let mut reply = Vec::new();
                connection.body(head, |data| reply.extend_from_slice(data)).await?;
                let text = String::from_utf8_lossy(&reply);
                ensure!(head.status == 200, "{canary}: {} {text}", head.status);
                let reply: Value = serde_json::from_slice(&reply)?;
                let said = &reply["choices"][0]["message"]["content"];
                if said.as_str() != Some(&canary) {
                    eprintln!("{canary} got {said}");
                    astray += 1;
                }
            }
            anyhow::Ok(astray)
        });
    }
    let mut astray = 0;
    while let Some(client) = asking.join_next().await {
        astray += client??;
    }
    Ok(astray)
}

fn fold(client: usize, turn: usize) -> u64 {
    Random::new((client as u64) << 32 | turn as u64).within(0..u64::MAX)
}

/// How long decisions took, by the gateway's own histogram: of each share the bucket's upper limit.
async fn decisions(addr: SocketAddr) -> Result<Value> {
    let mut connection = Connection::open(addr).await?;
    let head = connection.send(&admin_request("GET", "/metrics", addr, KEY, "")).await?;
    let mut text = Vec::new();
    connection.body(head, |data| text.extend_from_slice(data)).await?;
    let text = String::from_utf8(text)?;
    let mut buckets: Vec<(&str, f64)> = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("tabway_scheduling_seconds_bucket{le=\"") else {
            continue;
        };
        let (limit, count) = rest.split_once("\"} ").context("a bucket")?;
        buckets.push((limit, count.parse()?));
    }
    let all = buckets.last().context("no decisions in /metrics")?.1;
    let at = |share: f64| {
        let found = buckets.iter().find(|(_, count)| *count >= all * share);
        found.map_or("more", |(limit, _)| limit)
    };
    Ok(json!({ "decisions": all, "p50_s": at(0.5), "p99_s": at(0.99), "p999_s": at(0.999) }))
}

async fn all_in(tally: &Tally, nodes: usize) -> Result<()> {
    wait_for(|| tally.connected.load(Ordering::Relaxed) == nodes).await.with_context(|| {
        let (connected, refused) = (&tally.connected, &tally.refused);
        format!("{connected:?} of {nodes} are in, {refused:?} were refused")
    })
}

async fn none_in(tally: &Tally) -> Result<()> {
    wait_for(|| tally.connected.load(Ordering::Relaxed) == 0).await
}

async fn wait_for(holds: impl Fn() -> bool) -> Result<()> {
    let looked = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(2 * BACK, looked).await.context("it took too long")
}

fn most_in_a_second(moments: &[Instant]) -> usize {
    let mut moments = moments.to_vec();
    moments.sort();
    let from = |at: usize| {
        let end = moments[at] + Duration::from_secs(1);
        moments[at..].iter().take_while(|moment| **moment < end).count()
    };
    (0..moments.len()).map(from).max().unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
