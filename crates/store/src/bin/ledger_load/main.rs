//! Writes requests to the ledger of a folder as fast as it can, from four threads.
//!
//! `ledger_load DIR ack` prints each request's id when its end is written, until it is killed: the
//! crash test does that. `ledger_load DIR COUNT` writes so many and says what they cost.
//!
//! `ledger_load DIR fill COUNT` writes rows like those of a busy quarter, `ledger_load DIR ask` times
//! what an owner asks of them, `ledger_load DIR tidy COUNT` deletes all but so many.

mod ask;
mod fill;

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
    time::Instant,
};

use tabway_dialects::ids::RequestId;
use tabway_store::{
    Ledger, Store,
    ledger::{Attempt, Ended, Opened, now_ms},
};
use uuid::Uuid;

const THREADS: usize = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(folder), Some(mode)) = (args.next(), args.next()) else {
        return Err("usage: ledger_load DIR (ack|COUNT|fill COUNT|ask|tidy COUNT)".into());
    };
    let more = args.next();
    let store = Store::open(Path::new(&folder)).await?;
    let ledger = store.ledger().clone();
    let count = || -> Result<u64, Box<dyn Error>> { Ok(more.as_deref().unwrap_or("").parse()?) };
    match mode.as_str() {
        "fill" => {
            fill::fill(&store, count()?).await?;
            store.close().await;
            return Ok(());
        }
        "ask" => return ask::ask(&store).await,
        "tidy" => return ask::tidy(&store, count()?).await,
        _ => {}
    }
    if mode == "ack" {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let ledger = ledger.clone();
                std::thread::spawn(move || acknowledge(&ledger))
            })
            .collect();
        for thread in threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        return Ok(());
    }
    let count: u32 = mode.parse()?;
    let started = Instant::now();
    for _ in 0..count {
        write(&ledger)?;
    }
    let written = started.elapsed();
    store.close().await;
    let stored = started.elapsed();
    println!("{:.2} us a request on the worker", written.as_secs_f64() * 1e6 / f64::from(count));
    println!("{:.0} requests a second into the database", f64::from(count) / stored.as_secs_f64());
    Ok(())
}

/// Ends requests one after the other and says so only afterwards; a few others, whose answers have
/// begun, stay open.
fn acknowledge(ledger: &Ledger) -> io::Result<()> {
    let mut left_open = Vec::new();
    loop {
        if left_open.len() < 8 {
            let mut slot = ledger.reserve().ok_or(io::ErrorKind::OutOfMemory)?;
            slot.opened(opened())?;
            slot.begun()?;
            left_open.push(slot);
        }
        let id = write(ledger)?;
        writeln!(io::stdout().lock(), "{id}")?;
    }
}

fn write(ledger: &Ledger) -> io::Result<RequestId> {
    let mut slot = ledger.reserve().ok_or(io::ErrorKind::OutOfMemory)?;
    let opened = opened();
    let id = opened.request;
    slot.opened(opened)?;
    slot.attempt(Attempt {
        target: "mock/m".to_owned(),
        kind: "provider".to_owned(),
        node: None,
        lane: None,
        conversation: String::new(),
        outcome: "ok".to_owned(),
        accepted: true,
        losses: String::new(),
        error: String::new(),
        total_ms: 1,
        account: "main".to_owned(),
        route: "the only target".to_owned(),
    });
    slot.finish(Ended { outcome: "ok".to_owned(), ..Ended::default() })?;
    Ok(id)
}

fn opened() -> Opened {
    Opened {
        request: RequestId::from_uuid(Uuid::now_v7()),
        client_id: None,
        key_name: "dev".to_owned(),
        surface: "openai_chat".to_owned(),
        model: "m".to_owned(),
        stream: false,
        opened_ms: now_ms(),
    }
}
