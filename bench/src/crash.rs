//! `kill -9` under load: what a client saw finish is in the ledger, once, and nothing twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Result, ensure};
use mock_upstream::{MockConfig, MockUpstream};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    http::{Connection, chat_body, request_named},
    ledger::{Ledger, Row},
    random::Random,
    stand::{self, Folder, KEY, Program},
};

/// How often to kill.
#[derive(Debug, Clone, clap::Args)]
pub struct CrashArgs {
    /// The gateway's release binary.
    #[arg(long, default_value = "target/release/tabway")]
    pub binary: PathBuf,
    /// Effective kills: some answer had finished and some request was in flight.
    #[arg(long, default_value_t = 50)]
    pub kills: usize,
    /// Clients at a time.
    #[arg(long, default_value_t = 16)]
    pub clients: u64,
    /// Start of the random moments.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Models that the clients take by turns: quick, buffered after a while, and long streams.
const MODELS: &[(&str, bool)] = &[
    ("mock-model", false),
    ("mock-model", true),
    ("mock-model?first_ms=40", false),
    ("mock-model?chunks=10&chunk_ms=15", true),
];

/// How far a request has come, as its client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Sent; nothing has come back.
    Sent,
    /// The head of a 200 has come.
    Begun,
    /// The whole answer has come.
    Finished,
}

/// What all clients know, by the name that they gave each request.
type Known = Arc<Mutex<BTreeMap<String, Progress>>>;

/// Loads, kills, restarts and checks.
///
/// # Errors
/// When a promise of the ledger is broken, or the harness itself fails.
pub async fn run(args: CrashArgs) -> Result<Value> {
    let folder = Folder::new("crash")?;
    let mock = MockUpstream::start(MockConfig { journal: false, ..MockConfig::default() }).await?;
    let known = Known::default();
    let mut random = Random::new(args.seed);
    let (mut kills, mut rounds, mut slowest_start_ms) = (0, 0, 0);
    while kills < args.kills {
        rounds += 1;
        ensure!(rounds <= args.kills * 4, "too many kills hit nothing");
        let (mut command, addr) = gateway(&args, &folder, &mock)?;
        let started = Instant::now();
        let mut gateway = Program::start(&mut command, addr)?;
        gateway.ready().await?;
        slowest_start_ms = slowest_start_ms.max(started.elapsed().as_millis() as u64);

        let before = tally(&known);
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for client in 0..args.clients {
            let (known, stop) = (Arc::clone(&known), Arc::clone(&stop));
            clients.spawn(ask_until_stopped(addr, format!("crash-{rounds}-{client}"), known, stop));
        }
        sleep(Duration::from_millis(random.within(60..500))).await;
        gateway.kill()?;
        stop.store(true, Ordering::Relaxed);
        while clients.join_next().await.is_some() {}
        let after = tally(&known);
        let finished = after.finished - before.finished;
        let cut = after.cut() - before.cut();
        if finished > 0 && cut > 0 {
            kills += 1;
        }
        eprintln!("kill {kills} of {}: {finished} finished, {cut} cut", args.kills);
    }
    let verdict = settle(&args, &folder, &mock, &known).await?;
    Ok(json!({
        "effective_kills": kills,
        "rounds": rounds,
        "slowest_start_ms": slowest_start_ms,
        "ledger": verdict,
    }))
}

fn gateway(
    args: &CrashArgs,
    folder: &Folder,
    mock: &MockUpstream,
) -> Result<(std::process::Command, std::net::SocketAddr)> {
    let models: BTreeSet<&str> = MODELS.iter().map(|(model, _)| *model).collect();
    stand::tabway(&args.binary, folder.path(), mock.addr, None, models)
}

async fn ask_until_stopped(
    addr: std::net::SocketAddr,
    name: String,
    known: Known,
    stop: Arc<AtomicBool>,
) {
    let mut connection = None;
    for number in 0_usize.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut open = match connection.take() {
            Some(open) => open,
            None => match Connection::open(addr).await {
                Ok(open) => open,
                Err(_) => return,
            },
        };
        let id = format!("{name}-{number}");
        let (model, stream) = MODELS[number % MODELS.len()];
        let request = request_named(addr, KEY, &chat_body(model, stream, 60), &id);
        if ask(&mut open, &request, stream, |progress| note(&known, &id, progress)).await.is_ok() {
            connection = Some(open);
        }
    }
}

/// One request; tells how far it comes.
async fn ask(
    connection: &mut Connection,
    request: &[u8],
    stream: bool,
    mut note: impl FnMut(Progress),
) -> Result<()> {
    note(Progress::Sent);
    let head = connection.send(request).await?;
    ensure!(head.status == 200, "status {}", head.status);
    note(Progress::Begun);
    let mut text = Vec::new();
    let body = connection.body(head, |data| text.extend_from_slice(data)).await;
    // A client acts on the last event, not on the end of the transfer behind it.
    if if stream { text.ends_with(b"data: [DONE]\n\n") } else { body.is_ok() } {
        note(Progress::Finished);
    }
    Ok(body?)
}

fn note(known: &Known, id: &str, progress: Progress) {
    known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), progress);
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    sent: u64,
    begun: u64,
    finished: u64,
}

impl Tally {
    fn cut(self) -> u64 {
        self.sent + self.begun
    }
}

fn tally(known: &Known) -> Tally {
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tally = Tally::default();
    for progress in known.values() {
        match progress {
            Progress::Sent => tally.sent += 1,
            Progress::Begun => tally.begun += 1,
            Progress::Finished => tally.finished += 1,
        }
    }
    tally
}

/// Starts once more, waits until the spool is read, and compares the ledger with the clients.
async fn settle(
    args: &CrashArgs,
    folder: &Folder,
    mock: &MockUpstream,
    known: &Known,
) -> Result<Value> {
    let (mut command, addr) = gateway(args, folder, mock)?;
    let mut gateway = Program::start(&mut command, addr)?;
    gateway.ready().await?;
    let known = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let ledger = Ledger::open(&folder.path().join("data")).await?;
    let limit = Instant::now() + Duration::from_secs(60);
    let mut found = ledger.rows().await?;
    while judge(&known, &found).is_err() && Instant::now() < limit {
        sleep(Duration::from_millis(200)).await;
        found = ledger.rows().await?;
    }
    let verdict = judge(&known, &found)?;
    ensure!(ledger.is_sound().await?, "integrity_check fails");
    let open = ledger.open_requests().await?;
    ensure!(open == 0, "{open} requests are in flight though nobody asks");
    Ok(verdict)
}

/// Every finished request once and well; every other at most once; nothing left open.
fn judge(known: &BTreeMap<String, Progress>, found: &[Row]) -> Result<Value> {
    let mut by_name: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in found {
        by_name.entry(row.client_id.as_str()).or_default().push(row);
    }
    let (mut finished, mut interrupted, mut unseen) = (0, 0, 0);
    for (name, progress) in known {
        let rows = by_name.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        ensure!(rows.len() <= 1, "{name} is in the ledger {} times", rows.len());
        let Some(row) = rows.first() else {
            ensure!(*progress == Progress::Sent, "{name} is not in the ledger: {progress:?}");
            unseen += 1;
            continue;
        };
        match progress {
            Progress::Finished => {
                ensure!(row.outcome == "ok", "{name} finished, the ledger says {}", row.outcome);
                let tries = (row.attempts, row.attempt_rows);
                ensure!(tries == (1, 1), "{name}: tries counted and written {tries:?}");
                finished += 1;
            }
            _ if row.outcome == "interrupted" => interrupted += 1,
            // Written before its last event, and killed before the client saw that event.
            _ => ensure!(row.outcome == "ok", "{name} was cut, the ledger says {}", row.outcome),
        }
    }
    let strangers = by_name.keys().filter(|name| !known.contains_key(**name)).count();
    ensure!(strangers == 0, "{strangers} rows belong to no client");
    Ok(json!({
        "rows": found.len(),
        "finished_once": finished,
        "interrupted": interrupted,
        "never_arrived": unseen,
        "lost": 0,
        "doubled": 0,
    }))
}
