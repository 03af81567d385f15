//! Roll-ups, written with the rows that they sum up, in the same transaction.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{
    Finished,
    rows::{self, Table, Tx},
    sums::{COLUMNS, Sums},
    usage::{HOURS_KEPT, MINUTES_KEPT},
};

/// A minute, an hour and a day, in milliseconds.
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// What a roll-up is of, as the column `kind` has it.
pub(super) mod kind {
    pub(in crate::ledger) const ALL: i64 = 0;
    pub(in crate::ledger) const MODEL: i64 = 1;
    pub(in crate::ledger) const KEY: i64 = 2;
    pub(in crate::ledger) const TARGET: i64 = 3;
    pub(in crate::ledger) const OUTCOME: i64 = 4;
    pub(in crate::ledger) const CUBE: i64 = 5;
}

/// The names of a roll-up's row.
pub(super) const NAMES: [&str; 7] =
    ["kind", "step", "start_ms", "model", "key_name", "target", "outcome"];

/// A stretch of time, and whose; ordered as the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket<'r> {
    kind: i64,
    step: i64,
    start_ms: i64,
    model: &'r str,
    key_name: &'r str,
    target: &'r str,
    outcome: &'r str,
}

/// Adds ended requests to the roll-ups. What is so old that it would be made coarser at once is
/// written so.
pub(super) async fn add(tx: &mut Tx<'_>, rows: &[Finished], now: i64) -> sqlx::Result<()> {
    put(tx, gather(rows, now)).await
}

/// Adds sums to what is there.
async fn put(tx: &mut Tx<'_>, buckets: BTreeMap<Bucket<'_>, Sums>) -> sqlx::Result<()> {
    let buckets: Vec<(Bucket<'_>, Sums)> = buckets.into_iter().collect();
    let names = format!("usage ({}, {})", NAMES.join(", "), COLUMNS.join(", "));
    let conflict = add_up();
    let table =
        Table { name: &names, columns: NAMES.len() + COLUMNS.len(), on_conflict: &conflict };
    rows::insert(tx, table, &buckets, |statement, (bucket, sums)| {
        let statement = statement
            .bind(bucket.kind)
            .bind(bucket.step)
            .bind(bucket.start_ms)
            .bind(bucket.model.to_owned())
            .bind(bucket.key_name.to_owned())
            .bind(bucket.target.to_owned())
            .bind(bucket.outcome.to_owned());
        sums.0.iter().fold(statement, |statement, number| statement.bind(*number))
    })
    .await
}

/// What happens to a row that is there: the numbers add up.
fn add_up() -> String {
    let sums: Vec<String> =
        COLUMNS.iter().map(|name| format!("{name} = usage.{name} + excluded.{name}")).collect();
    format!("ON CONFLICT ({}) DO UPDATE SET {}", NAMES.join(", "), sums.join(", "))
}

fn gather(rows: &[Finished], now: i64) -> BTreeMap<Bucket<'_>, Sums> {
    let mut buckets: BTreeMap<Bucket<'_>, Sums> = BTreeMap::new();
    for row in rows {
        let sums = Sums::of(row);
        let (model, key_name) = (row.opened.model.as_str(), row.opened.key_name.as_str());
        let (target, outcome) = (row.ended.target.as_str(), row.ended.outcome.as_str());
        let none = Bucket {
            kind: kind::ALL,
            step: MINUTE,
            start_ms: 0,
            model: "",
            key_name: "",
            target: "",
            outcome: "",
        };
        let start = |step| row.opened.opened_ms.div_euclid(step) * step;
        let margins = [
            none,
            Bucket { kind: kind::MODEL, model, ..none },
            Bucket { kind: kind::KEY, key_name, ..none },
            Bucket { kind: kind::TARGET, target, ..none },
            Bucket { kind: kind::OUTCOME, outcome, ..none },
        ];
        let age = now.saturating_sub(row.opened.opened_ms);
        let steps = match age {
            age if age < MINUTES_KEPT => &[MINUTE, HOUR, DAY][..],
            age if age < HOURS_KEPT => &[HOUR, DAY],
            _ => &[DAY],
        };
        for step in steps.iter().copied() {
            for margin in margins {
                let bucket = Bucket { step, start_ms: start(step), ..margin };
                buckets.entry(bucket).or_default().add(&sums);
            }
        }
        // The finest one is kept by minutes, and made coarser when it is old.
        let step = steps.first().copied().unwrap_or(DAY);
        let start_ms = start(step);
        let cube = Bucket { kind: kind::CUBE, step, start_ms, model, key_name, target, ..none };
        buckets.entry(cube).or_default().add(&sums);
    }
    buckets
}

/// Makes the oldest rows of model x key x target coarser: up to `limit` of those of `step` that
/// began before a time go into the next longer `into`. Gives how many went.
pub(super) async fn coarsen(
    tx: &mut Tx<'_>,
    (step, into): (i64, i64),
    before_ms: i64,
    limit: i64,
) -> sqlx::Result<u64> {
    let text = format!(
        "SELECT start_ms, model, key_name, target, {} FROM usage \
         WHERE kind = $1 AND step = $2 AND start_ms < $3 \
         ORDER BY kind, step, start_ms, model, key_name, target, outcome LIMIT $4",
        COLUMNS.join(", ")
    );
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(kind::CUBE)
        .bind(step)
        .bind(before_ms)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await?;
    let Some(last) = rows.last() else { return Ok(0) };
    let gone = sqlx::query(
        "DELETE FROM usage WHERE kind = $1 AND step = $2 \
         AND (start_ms, model, key_name, target) <= ($3, $4, $5, $6)",
    )
    .bind(kind::CUBE)
    .bind(step)
    .bind(last.get::<i64, _>(0))
    .bind(last.get::<String, _>(1))
    .bind(last.get::<String, _>(2))
    .bind(last.get::<String, _>(3))
    .execute(&mut **tx)
    .await?;
    let named: Vec<(i64, [String; 3], Sums)> = rows
        .iter()
        .map(|row| (row.get(0), [row.get(1), row.get(2), row.get(3)], sums_of(row, 4)))
        .collect();
    let mut longer: BTreeMap<Bucket<'_>, Sums> = BTreeMap::new();
    for (start_ms, [model, key_name, target], sums) in &named {
        let start_ms = start_ms.div_euclid(into) * into;
        let bucket =
            Bucket { kind: kind::CUBE, step: into, start_ms, model, key_name, target, outcome: "" };
        longer.entry(bucket).or_default().add(sums);
    }
    put(tx, longer).await?;
    Ok(gone.rows_affected())
}

/// Deletes up to `limit` of the oldest rows of a kind and step that began before a time.
pub(super) async fn forget(
    tx: &mut Tx<'_>,
    (kind, step): (i64, i64),
    before_ms: i64,
    limit: i64,
) -> sqlx::Result<u64> {
    let names = "start_ms, model, key_name, target, outcome";
    let text = format!(
        "DELETE FROM usage WHERE kind = $1 AND step = $2 AND ({names}) IN (SELECT {names} \
         FROM usage WHERE kind = $1 AND step = $2 AND start_ms < $3 \
         ORDER BY kind, step, {names} LIMIT $4)"
    );
    let gone = sqlx::query(AssertSqlSafe(text))
        .bind(kind)
        .bind(step)
        .bind(before_ms)
        .bind(limit)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}

/// The sums of a row, from that column on.
pub(super) fn sums_of(row: &SqliteRow, from: usize) -> Sums {
    let mut sums = Sums::default();
    for (at, number) in sums.0.iter_mut().enumerate() {
        *number = row.get(from + at);
    }
    sums
}
