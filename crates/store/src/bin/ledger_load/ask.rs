//! What an owner asks of a large ledger, each question timed: the first time, and the median of ten
//! more.

use std::{error::Error, fmt::Debug, future::Future, time::Instant};

use tabway_store::{
    Ledger, Store,
    ledger::{By, ChartQuery, Keep, PageError, RequestFilter, Step, now_ms},
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Asks and prints.
pub(super) async fn ask(store: &Store) -> Result<(), Box<dyn Error>> {
    let ledger = store.ledger();
    println!("| question | first | median of 10 | rows |");
    println!("|---|---|---|---|");
    let all = RequestFilter::default();
    let text = |words: &str| Some(words.to_owned());
    let now = now_ms();
    let filters = [
        ("the last page", all.clone()),
        ("a key", RequestFilter { key: text("key-0500"), ..all.clone() }),
        ("a busy model", RequestFilter { model: text("model-49"), ..all.clone() }),
        ("a quiet model", RequestFilter { model: text("model-00"), ..all.clone() }),
        ("a model that is not", RequestFilter { model: text("none"), ..all.clone() }),
        ("a target", RequestFilter { target: text("provider-1/model-20"), ..all.clone() }),
        ("outcome ok", RequestFilter { outcome: text("ok"), ..all.clone() }),
        ("an outcome", RequestFilter { outcome: text("upstream_unreachable"), ..all.clone() }),
        ("all failures", RequestFilter { outcome: text("failed"), ..all.clone() }),
        (
            "a day, 60 days ago",
            RequestFilter {
                from_ms: Some(now - 60 * DAY_MS),
                to_ms: Some(now - 59 * DAY_MS),
                ..all.clone()
            },
        ),
        (
            "a key on that day",
            RequestFilter {
                key: text("key-0500"),
                from_ms: Some(now - 60 * DAY_MS),
                to_ms: Some(now - 59 * DAY_MS),
                ..all.clone()
            },
        ),
        (
            "words of a fifth of the failures",
            RequestFilter { words: text("connection reset"), ..all.clone() },
        ),
        ("words of one failure", RequestFilter { words: text("trace 0000000"), ..all.clone() }),
        (
            "words of a key's failures",
            RequestFilter { words: text("overloaded"), key: text("key-0500"), ..all.clone() },
        ),
    ];
    for (name, filter) in filters {
        timed(name, || async {
            Ok::<_, PageError>(ledger.page(&filter, None, 50).await?.rows.len())
        })
        .await?;
    }
    deep(ledger).await?;
    for (name, by, key, days, step) in [
        ("chart of all, 90 days", By::All, None, 90, Step::Day),
        ("chart by model, 90 days", By::Model, None, 90, Step::Day),
        ("chart by key, 90 days", By::Key, None, 90, Step::Day),
        ("chart by target, 90 days", By::Target, None, 90, Step::Day),
        ("chart by outcome, 90 days", By::Outcome, None, 90, Step::Day),
        ("chart by model, 8 days by hour", By::Model, None, 8, Step::Hour),
        ("chart by key, 8 days by hour", By::Key, None, 8, Step::Hour),
        ("chart by model, a day by minute", By::Model, None, 1, Step::Minute),
        ("chart by key, a day by minute", By::Key, None, 1, Step::Minute),
        ("chart of a key by model, 90 days", By::Model, Some("key-0500"), 90, Step::Day),
    ] {
        let query = ChartQuery {
            by,
            key: key.map(str::to_owned),
            from_ms: now - days * DAY_MS,
            to_ms: now,
            step,
            lines: 20,
        };
        timed(name, || async {
            let chart = ledger.chart(&query).await?;
            Ok::<_, tabway_store::StoreError>(
                chart.lines.iter().map(|line| line.points.len()).sum::<usize>(),
            )
        })
        .await?;
    }
    timed("what each key used in 30 days", || async {
        Ok::<_, tabway_store::StoreError>(
            ledger.key_totals_since(now - 30 * DAY_MS - HOUR_MS / 2).await?.len(),
        )
    })
    .await
}

/// Ten thousand rows back, page by page; the last page counts.
async fn deep(ledger: &Ledger) -> Result<(), Box<dyn Error>> {
    let filter = RequestFilter::default();
    let mut cursor = None;
    for _ in 0..10 {
        cursor = ledger.page(&filter, cursor.as_deref(), 1_000).await?.next;
    }
    timed("a page 10,000 rows back", || async {
        Ok::<_, PageError>(ledger.page(&filter, cursor.as_deref(), 50).await?.rows.len())
    })
    .await
}

/// Deletes down to so many rows, and says what that cost.
pub(super) async fn tidy(store: &Store, rows: u64) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let tidied = store.ledger().tidy(Keep { age: None, rows: Some(rows) }).await?;
    println!(
        "{} requests and {} rows of roll-ups in {:.1} s; the longest batch held the database {} ms",
        tidied.requests,
        tidied.usage,
        began.elapsed().as_secs_f64(),
        tidied.longest.as_millis()
    );
    Ok(())
}

async fn timed<F, E>(name: &str, mut ask: impl FnMut() -> F) -> Result<(), Box<dyn Error>>
where
    F: Future<Output = Result<usize, E>>,
    E: Error + Debug + 'static,
{
    let mut times = Vec::with_capacity(11);
    let mut rows = 0;
    for _ in 0..11 {
        let began = Instant::now();
        rows = ask().await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let first = times.remove(0);
    times.sort_by(f64::total_cmp);
    println!("| {name} | {first:.1} ms | {:.1} ms | {rows} |", times[times.len() / 2]);
    Ok(())
}
