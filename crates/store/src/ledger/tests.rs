use std::time::Duration;

use tabway_dialects::{chat::Usage, ids::RequestId};
use tempfile::TempDir;

use super::*;
use crate::Store;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A request that ended.
#[derive(Clone, Copy)]
struct Ask {
    key: &'static str,
    model: &'static str,
    outcome: &'static str,
    error: &'static str,
    opened_ms: i64,
}

const ASK: Ask = Ask { key: "dev", model: "m", outcome: "ok", error: "", opened_ms: 0 };

fn write(ledger: &Ledger, ask: Ask) -> String {
    let mut slot = ledger.reserve().expect("a slot");
    let request = RequestId::from_uuid(uuid::Uuid::now_v7());
    let opened = Opened {
        request,
        client_id: None,
        key_name: ask.key.to_owned(),
        surface: "openai_chat".to_owned(),
        model: ask.model.to_owned(),
        stream: false,
        opened_ms: ask.opened_ms,
    };
    slot.opened(opened).expect("opened");
    let target = format!("mock/{}", ask.model);
    slot.attempt(Attempt {
        target: target.clone(),
        kind: "provider".to_owned(),
        node: None,
        lane: None,
        conversation: String::new(),
        outcome: ask.outcome.to_owned(),
        accepted: true,
        losses: String::new(),
        error: ask.error.to_owned(),
        total_ms: 3,
        account: "main".to_owned(),
        route: "the only target".to_owned(),
    });
    slot.finish(Ended {
        outcome: ask.outcome.to_owned(),
        target,
        usage: Usage { input: 2, cache_read: 1, output: 4, reasoning: 1, ..Usage::default() },
        cost_micro_usd: 10,
        priced: true,
        error: ask.error.to_owned(),
        first_byte_ms: Some(40),
        total_ms: 90,
    })
    .expect("finished");
    request.to_string()
}

async fn ledger() -> (TempDir, Store) {
    let folder = TempDir::new().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    (folder, store)
}

fn query(by: By, step: Step) -> ChartQuery {
    ChartQuery { by, key: None, from_ms: 0, to_ms: i64::MAX, step, lines: 20 }
}

#[tokio::test]
async fn charts_add_up_whatever_they_are_by() {
    let (_folder, store) = ledger().await;
    let ledger = store.ledger();
    let now = now_ms() / DAY * DAY;
    for at in 0..700 {
        let key = ["a", "b", "c"][at % 3];
        let model = ["x", "y"][at % 2];
        let outcome = if at % 10 == 0 { "upstream_error" } else { "ok" };
        let opened_ms = now + HOUR * i64::try_from(at % 5).unwrap();
        write(ledger, Ask { key, model, outcome, opened_ms, ..ASK });
    }
    ledger.flush().await;
    let all = ledger.chart(&query(By::All, Step::Hour)).await.unwrap();
    assert_eq!(all.lines[0].points.len(), 5);
    let sum = all.lines[0].sum;
    assert_eq!((sum.requests(), sum.ok()), (700, 630));
    assert_eq!((sum.tokens(), sum.cost_micro_usd()), (700 * 7, 7_000));
    assert_eq!(sum.first_byte_ms(0.5), Some(25));
    assert_eq!(sum.total_ms(0.5), Some(75));
    for by in [By::Model, By::Key, By::Target, By::Outcome] {
        for step in [Step::Minute, Step::Hour, Step::Day] {
            let chart = ledger.chart(&query(by, step)).await.unwrap();
            let mut together = Sums::default();
            for line in &chart.lines {
                together.add(&line.sum);
            }
            assert_eq!(together, sum, "{by:?} {step:?}");
            assert_eq!(chart.others, None);
        }
    }
    let outcomes = ledger.chart(&query(By::Outcome, Step::Day)).await.unwrap();
    let names: Vec<_> = outcomes.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["ok", "upstream_error"]);

    let one = ChartQuery { lines: 1, ..query(By::Key, Step::Hour) };
    let chart = ledger.chart(&one).await.unwrap();
    assert_eq!(chart.lines[0].name, "a");
    let others = chart.others.unwrap();
    assert_eq!(others.sum.requests() + chart.lines[0].sum.requests(), 700);

    let of_key = ChartQuery { key: Some("b".to_owned()), ..query(By::Model, Step::Hour) };
    let chart = ledger.chart(&of_key).await.unwrap();
    assert_eq!(chart.lines.iter().map(|line| line.sum.requests()).sum::<i64>(), 233);
    let of_key = ChartQuery { by: By::All, ..of_key };
    assert_eq!(ledger.chart(&of_key).await.unwrap().lines[0].sum.requests(), 233);
}

#[tokio::test]
async fn what_a_key_used_since_a_moment_is_exact() {
    let (_folder, store) = ledger().await;
    let ledger = store.ledger();
    let day = now_ms() / DAY * DAY - 3 * DAY;
    // In zones of whole hours, of half hours, and in UTC.
    for from in [day, day + 5 * HOUR, day + 5 * HOUR + HOUR / 2] {
        let key = "k";
        for (opened_ms, counts) in [
            (from - 1, 0),
            (from, 1),
            (from + 40 * 60_000, 1),
            (from + 30 * HOUR, 1),
            (from + 60 * HOUR, 1),
        ] {
            let before = ledger.key_totals_since(from).await.unwrap();
            let requests = before.get(key).map_or(0, |totals| totals.requests);
            write(ledger, Ask { key, opened_ms, ..ASK });
            ledger.flush().await;
            let after = ledger.key_totals_since(from).await.unwrap();
            let totals = after.get(key).copied().unwrap_or_default();
            assert_eq!(totals.requests, requests + counts, "{}", opened_ms - from);
            assert_eq!(totals.tokens, totals.requests * 7);
            assert_eq!(totals.cost_micro_usd, totals.requests * 10);
        }
    }
    // Without the log, the first hour counts as a whole.
    let from = day + 5 * HOUR + HOUR / 2;
    let exact = ledger.key_totals_since(from).await.unwrap()["k"].requests;
    ledger.tidy(Keep { age: None, rows: Some(0) }).await.unwrap();
    let whole = ledger.key_totals_since(from).await.unwrap()["k"].requests;
    assert!(whole >= exact, "{whole} of {exact}");
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_double() {
    let (_folder, store) = ledger().await;
    let ledger = store.ledger();
    let mut ids = Vec::new();
    for at in 0..50_i64 {
        let key = ["a", "b"][usize::try_from(at % 2).unwrap()];
        // Several of the same moment.
        ids.push(write(ledger, Ask { key, opened_ms: 1_000 + at / 7, ..ASK }));
    }
    ledger.flush().await;
    ids.reverse();
    let walk = async |filter: &RequestFilter| {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = ledger.page(filter, cursor.as_deref(), 7).await.unwrap();
            found.extend(page.rows.into_iter().map(|row| row.id));
            cursor = page.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    assert_eq!(walk(&RequestFilter::default()).await, ids);
    let of_a = RequestFilter { key: Some("a".to_owned()), ..RequestFilter::default() };
    assert_eq!(walk(&of_a).await.len(), 25);
    let between =
        RequestFilter { from_ms: Some(1_001), to_ms: Some(1_003), ..RequestFilter::default() };
    assert_eq!(walk(&between).await.len(), 14);

    let all = RequestFilter::default();
    let next = ledger.page(&all, None, 7).await.unwrap().next.unwrap();
    let mut forged = next.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    for bad in ["", "x", "AAAA", &String::from_utf8(forged).unwrap()] {
        assert!(matches!(ledger.page(&all, Some(bad), 7).await, Err(PageError::Cursor)), "{bad}");
    }
    let other = ledger.page(&of_a, Some(&next), 7).await;
    assert!(matches!(other, Err(PageError::Cursor)), "a cursor is for its filter");
}

#[tokio::test]
async fn failures_are_found_by_their_words() {
    let (_folder, store) = ledger().await;
    let ledger = store.ledger();
    let failed = |error| Ask { outcome: "upstream_error", error, ..ASK };
    let first = write(ledger, failed("the upstream answered 503: overloaded_error at 100%"));
    write(ledger, ASK);
    let second = write(ledger, failed("connection reset by peer"));
    let third = write(ledger, Ask { key: "other", ..failed("connection refused") });
    ledger.flush().await;
    let found = async |words: &str, key: Option<&str>| {
        let filter = RequestFilter {
            words: Some(words.to_owned()),
            key: key.map(str::to_owned),
            ..RequestFilter::default()
        };
        let page = ledger.page(&filter, None, 10).await.unwrap();
        page.rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found("connection", None).await, [third.clone(), second.clone()]);
    assert_eq!(found("CONNECT", None).await, [third.clone(), second.clone()], "its beginning");
    assert_eq!(found("connection", Some("other")).await, [third]);
    assert_eq!(found("peer reset", None).await, [second]);
    assert_eq!(found("overloaded_error", None).await, [first.as_str()]);
    assert_eq!(found("100%", None).await, [first.as_str()]);
    assert!(found("c%n", None).await.is_empty(), "no wildcard");
    assert!(found("c*n", None).await.is_empty(), "nor another");
    assert!(found("reset OR refused", None).await.is_empty(), "no operator");
    let none = RequestFilter { words: Some("%".to_owned()), ..RequestFilter::default() };
    assert!(matches!(ledger.page(&none, None, 10).await, Err(PageError::Words)));
    let failed = RequestFilter { outcome: Some("failed".to_owned()), ..RequestFilter::default() };
    assert_eq!(ledger.page(&failed, None, 10).await.unwrap().rows.len(), 3);

    let row = ledger.request(&first).await.unwrap().unwrap();
    assert!(row.error.contains("overloaded"));
    assert_eq!(ledger.attempts(&first).await.unwrap()[0].error, row.error);
}

/// The same request at other times, written when they were young.
async fn write_young(ledger: &Ledger, times: impl Iterator<Item = i64>) {
    let mut tx = ledger.database.writer.begin().await.unwrap();
    for opened_ms in times {
        let opened = Opened {
            request: RequestId::from_uuid(uuid::Uuid::now_v7()),
            client_id: None,
            key_name: "dev".to_owned(),
            surface: "openai_chat".to_owned(),
            model: "m".to_owned(),
            stream: false,
            opened_ms,
        };
        let ended = Ended { outcome: "ok".to_owned(), ..Ended::default() };
        let row = Finished { opened: opened.into(), attempts: Vec::new(), ended };
        rollup::add(&mut tx, &[row], opened_ms).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn old_minutes_become_hours_and_days() {
    let (_folder, store) = ledger().await;
    let ledger = store.ledger();
    let now = now_ms();
    let back = |days: i64| (0..60).map(move |at| now - days * DAY - at * 60_000);
    write_young(ledger, [50, 3, 1].into_iter().flat_map(back)).await;
    let all = query(By::Model, Step::Day);
    let of_key = ChartQuery { key: Some("dev".to_owned()), ..all.clone() };
    let before = (ledger.chart(&all).await.unwrap(), ledger.chart(&of_key).await.unwrap());
    assert_eq!(before.0.lines[0].sum.requests(), 180);
    let keep = Keep { age: None, rows: None };
    assert!(ledger.tidy(keep).await.unwrap().usage > 300);
    let after = (ledger.chart(&all).await.unwrap(), ledger.chart(&of_key).await.unwrap());
    assert_eq!(after, before, "the sums are the same");
    assert_eq!(ledger.tidy(keep).await.unwrap().usage, 0, "and a second time nothing goes");
    let minutes: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM usage WHERE step = 60000")
        .fetch_one(&ledger.database.reader)
        .await
        .unwrap();
    assert_eq!(minutes, 6 * 60, "those of yesterday are there, of each of six kinds");
}

#[tokio::test]
async fn what_is_old_goes_and_its_sums_stay() {
    let (_folder, store) = ledger().await;
    let ledger = store.ledger();
    let now = now_ms();
    for days in [100, 50, 3, 1, 0] {
        for at in 0..60 {
            let error = if at % 2 == 0 { "broken pipe" } else { "" };
            let outcome = if at % 2 == 0 { "upstream_error" } else { "ok" };
            let opened_ms = now - days * DAY - at * 60_000;
            write(ledger, Ask { opened_ms, outcome, error, ..ASK });
        }
    }
    ledger.flush().await;
    let day = query(By::Model, Step::Day);
    let of_key = ChartQuery { key: Some("dev".to_owned()), ..query(By::Model, Step::Day) };
    let before = ledger.chart(&day).await.unwrap();
    let keys_before = ledger.chart(&of_key).await.unwrap();
    assert_eq!(before.lines[0].sum.requests(), 300);

    let keep = Keep { age: Some(Duration::from_secs(90 * 86_400)), rows: None };
    let tidied = ledger.tidy(keep).await.unwrap();
    assert_eq!(tidied.requests, 60);
    assert_eq!(tidied.usage, 0, "what came old was written so");
    assert_eq!(ledger.chart(&day).await.unwrap(), before, "days stay");
    assert_eq!(ledger.chart(&of_key).await.unwrap(), keys_before, "and so does the finest");
    let count = |outcomes: Vec<Outcomes>| outcomes.iter().map(|one| one.count).sum::<i64>();
    assert_eq!(count(ledger.outcomes(0).await.unwrap()), 240);

    let tidied = ledger.tidy(Keep { rows: Some(100), ..keep }).await.unwrap();
    assert_eq!((tidied.requests, tidied.usage), (140, 0), "and a second time nothing else goes");
    let words = RequestFilter { words: Some("pipe".to_owned()), ..RequestFilter::default() };
    assert_eq!(ledger.page(&words, None, 1_000).await.unwrap().rows.len(), 50);
    write(ledger, Ask { opened_ms: now, ..ASK });
    ledger.flush().await;
    assert_eq!(ledger.chart(&day).await.unwrap().lines[0].sum.requests(), 301);
    assert!(ledger.is_sound().await.unwrap());
}
