//! The writer's statements. Rows go in by several a statement: most of a row's cost is the
//! statement around it.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Sqlite, Transaction, query::Query, sqlite::SqliteArguments};
use tabway_dialects::ids::RequestId;

use super::{Attempt, Finished, Opened, names::Names, spool::Position};

pub(super) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;
pub(super) type Tx<'t> = Transaction<'t, Sqlite>;

/// Rows of one statement: SQLite takes 32,766 values; few texts keep the statement cache warm.
const STEPS: [usize; 3] = [64, 8, 1];

/// Where rows go, and what happens to one that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'t> {
    /// Its name and columns, as a statement has them.
    pub(super) name: &'t str,
    /// How many columns.
    pub(super) columns: usize,
    /// `ON CONFLICT ...`
    pub(super) on_conflict: &'t str,
}

/// The kind of a try at a provider.
pub(super) const PROVIDER: &str = "provider";

/// What is there stays as it is.
const STAYS: &str = "ON CONFLICT DO NOTHING";

const REQUESTS: Table<'static> = Table {
    name: "requests (number, id, client_id, key, surface, model, stream, outcome, target, attempts, \
           input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, \
           usage_estimated, cost_micro_usd, priced, error, opened_ms, first_byte_ms, total_ms, \
           try_account, try_route, try_ms)",
    columns: 25,
    on_conflict: STAYS,
};

const ATTEMPTS: Table<'static> = Table {
    name: "attempts (request, number, target, kind, node, lane, conversation, outcome, accepted, \
           losses, error, total_ms, account, route)",
    columns: 14,
    on_conflict: STAYS,
};

const OPEN: Table<'static> =
    Table { name: "open_requests (id, record)", columns: 2, on_conflict: STAYS };

/// An ended request with its number, and the numbers of its names.
pub(super) struct Numbered<'r> {
    number: i64,
    row: &'r Finished,
    key: i64,
    surface: i64,
    model: i64,
    outcome: i64,
    target: i64,
    /// Account, reason and milliseconds of its one try, where the row says the rest of it.
    only_try: Option<(i64, i64, i64)>,
}

/// Numbers ended requests from `first` on.
pub(super) async fn numbered<'r>(
    tx: &mut Tx<'_>,
    names: &mut Names,
    first: i64,
    rows: &'r [Finished],
) -> sqlx::Result<Vec<Numbered<'r>>> {
    let mut all = Vec::with_capacity(rows.len());
    for (number, row) in (first..).zip(rows) {
        let Finished { opened, ended, .. } = row;
        let only_try = match only_try(row) {
            None => None,
            Some(one) => Some((
                names.number(tx, &one.account).await?,
                names.number(tx, &one.route).await?,
                whole(one.total_ms),
            )),
        };
        all.push(Numbered {
            number,
            row,
            key: names.number(tx, &opened.key_name).await?,
            surface: names.number(tx, &opened.surface).await?,
            model: names.number(tx, &opened.model).await?,
            outcome: names.number(tx, &ended.outcome).await?,
            target: names.number(tx, &ended.target).await?,
            only_try,
        });
    }
    Ok(all)
}

/// The one try of a request, where nothing is to be said of it that the request's row does not
/// say. [`AttemptRow`](super::AttemptRow) is read back from there.
fn only_try(row: &Finished) -> Option<&Attempt> {
    let [one] = row.attempts.as_slice() else { return None };
    let ended = &row.ended;
    let is_plain = one.kind == PROVIDER
        && one.accepted
        && one.target == ended.target
        && one.outcome == ended.outcome
        && one.error == ended.error
        && one.node.is_none()
        && one.lane.is_none()
        && one.conversation.is_empty()
        && one.losses.is_empty()
        // What was passed over stands behind a semicolon, in ever new words.
        && !one.route.contains(';');
    is_plain.then_some(one)
}

/// Writes ends. One that is there already stays as it is.
pub(super) async fn insert_requests(tx: &mut Tx<'_>, rows: &[Numbered<'_>]) -> sqlx::Result<()> {
    insert(tx, REQUESTS, rows, |statement, numbered| {
        let Finished { opened, attempts, ended } = numbered.row;
        let only_try = numbered.only_try;
        statement
            .bind(numbered.number)
            .bind(opened.request.uuid().as_bytes().to_vec())
            .bind(opened.client_id.clone())
            .bind(numbered.key)
            .bind(numbered.surface)
            .bind(numbered.model)
            .bind(i64::from(opened.stream))
            .bind(numbered.outcome)
            .bind(numbered.target)
            .bind(i64::try_from(attempts.len()).unwrap_or(i64::MAX))
            .bind(whole(ended.usage.input))
            .bind(whole(ended.usage.cache_read))
            .bind(whole(ended.usage.cache_write))
            .bind(whole(ended.usage.output))
            .bind(whole(ended.usage.reasoning))
            .bind(i64::from(ended.usage.estimated))
            .bind(whole(ended.cost_micro_usd))
            .bind(i64::from(ended.priced))
            .bind(ended.error.clone())
            .bind(opened.opened_ms)
            .bind(ended.first_byte_ms.map(whole))
            .bind(whole(ended.total_ms))
            .bind(only_try.map(|(account, ..)| account))
            .bind(only_try.map(|(_, route, _)| route))
            .bind(only_try.map(|(.., ms)| ms))
    })
    .await
}

/// Writes the tries that say more than their requests' rows.
pub(super) async fn insert_attempts(tx: &mut Tx<'_>, rows: &[Numbered<'_>]) -> sqlx::Result<()> {
    let tries: Vec<(i64, i64, &Attempt)> = rows
        .iter()
        .filter(|numbered| numbered.only_try.is_none())
        .flat_map(|numbered| {
            let request = numbered.number;
            let attempts = (1..).zip(&numbered.row.attempts);
            attempts.map(move |(number, attempt)| (request, number, attempt))
        })
        .collect();
    insert(tx, ATTEMPTS, &tries, |statement, (request, number, attempt)| {
        statement
            .bind(*request)
            .bind(*number)
            .bind(attempt.target.clone())
            .bind(attempt.kind.clone())
            .bind(attempt.node.map(|node| node.to_string()))
            .bind(attempt.lane.map(whole))
            .bind(attempt.conversation.clone())
            .bind(attempt.outcome.clone())
            .bind(i64::from(attempt.accepted))
            .bind(attempt.losses.clone())
            .bind(attempt.error.clone())
            .bind(whole(attempt.total_ms))
            .bind(attempt.account.clone())
            .bind(attempt.route.clone())
    })
    .await
}

/// Makes the words of failures findable. A request is found by those of all its tries.
pub(super) async fn index_errors(tx: &mut Tx<'_>, rows: &[Numbered<'_>]) -> sqlx::Result<()> {
    for numbered in rows {
        let words = words_of(numbered.row);
        if words.is_empty() {
            continue;
        }
        // The same number again is the same request again.
        sqlx::query("INSERT OR REPLACE INTO failure_words (rowid, words) VALUES ($1, $2)")
            .bind(numbered.number)
            .bind(words)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

fn words_of(row: &Finished) -> String {
    let mut words: Vec<&str> = Vec::new();
    let of_tries = row.attempts.iter().map(|attempt| attempt.error.as_str());
    for error in of_tries.chain([row.ended.error.as_str()]) {
        if !error.is_empty() && !words.contains(&error) {
            words.push(error);
        }
    }
    words.join("\n")
}

/// Notes requests that have not ended with their batch.
pub(super) async fn note_open(tx: &mut Tx<'_>, opened: &[Arc<Opened>]) -> sqlx::Result<()> {
    insert(tx, OPEN, opened, |statement, opened| {
        let record = serde_json::to_string(&**opened).unwrap_or_default();
        statement.bind(opened.request.to_string()).bind(record)
    })
    .await
}

/// Forgets noted requests that have ended.
pub(super) async fn forget_open(tx: &mut Tx<'_>, ids: &[RequestId]) -> sqlx::Result<()> {
    for id in ids {
        sqlx::query("DELETE FROM open_requests WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Moves the position in the spool.
pub(super) async fn move_position(tx: &mut Tx<'_>, end: Position) -> sqlx::Result<()> {
    sqlx::query("UPDATE spool_position SET segment = $1, offset_bytes = $2")
        .bind(whole(end.segment))
        .bind(whole(end.offset))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes rows in order, several a statement.
pub(super) async fn insert<T>(
    tx: &mut Tx<'_>,
    table: Table<'_>,
    mut rows: &[T],
    bind: impl for<'q> Fn(Statement<'q>, &T) -> Statement<'q>,
) -> sqlx::Result<()> {
    for step in STEPS {
        if rows.len() < step {
            continue;
        }
        let text = statement(table, step);
        while rows.len() >= step {
            let (now, later) = rows.split_at(step);
            // The text is made of constants and numbers.
            let start = sqlx::query(AssertSqlSafe(text.as_str().to_owned()));
            now.iter().fold(start, &bind).execute(&mut **tx).await?;
            rows = later;
        }
    }
    Ok(())
}

/// `INSERT INTO table (...) VALUES (?, ?), (?, ?) ON CONFLICT ...`
///
/// Marks without numbers: to SQLite `$7` is a name, which is looked for from the first one on each
/// time that a value is bound. With a thousand of them that was most of the writer's work.
fn statement(Table { name, columns, on_conflict }: Table<'_>, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("INSERT INTO {name} VALUES {} {on_conflict}", vec![row; rows].join(", "))
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
