//! The writer's statements. Rows go in by several a statement: most of a row's cost is the
//! statement around it.

use sqlx::{AssertSqlSafe, Sqlite, Transaction, query::Query, sqlite::SqliteArguments};
use tabway_dialects::ids::RequestId;

use super::{Attempt, Finished, Opened, spool::Position};

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

/// What is there stays as it is.
const STAYS: &str = "ON CONFLICT DO NOTHING";

const REQUESTS: Table<'static> = Table {
    name: "requests (id, client_id, key_name, surface, model, stream, outcome, target, attempts, \
           input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, \
           usage_estimated, cost_micro_usd, priced, error, opened_ms, first_byte_ms, total_ms)",
    columns: 21,
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

/// Writes ends. One that is there already stays as it is.
pub(super) async fn insert_requests(tx: &mut Tx<'_>, rows: &[Finished]) -> sqlx::Result<()> {
    insert(tx, REQUESTS, rows, |statement, row| {
        let Finished { opened, attempts, ended } = row;
        statement
            .bind(opened.request.to_string())
            .bind(opened.client_id.clone())
            .bind(opened.key_name.clone())
            .bind(opened.surface.clone())
            .bind(opened.model.clone())
            .bind(i64::from(opened.stream))
            .bind(ended.outcome.clone())
            .bind(ended.target.clone())
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
    })
    .await
}

/// Writes the tries of ended requests.
pub(super) async fn insert_attempts(tx: &mut Tx<'_>, rows: &[Finished]) -> sqlx::Result<()> {
    let tries: Vec<(RequestId, i64, &Attempt)> = rows
        .iter()
        .flat_map(|row| {
            let id = row.opened.request;
            (1..).zip(&row.attempts).map(move |(number, attempt)| (id, number, attempt))
        })
        .collect();
    insert(tx, ATTEMPTS, &tries, |statement, (request, number, attempt)| {
        statement
            .bind(request.to_string())
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
pub(super) async fn index_errors(tx: &mut Tx<'_>, rows: &[Finished]) -> sqlx::Result<()> {
    for row in rows {
        let words = words_of(row);
        if words.is_empty() {
            continue;
        }
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO errors (request) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(row.opened.request.to_string())
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(id) = id {
            sqlx::query("INSERT INTO error_index (rowid, words) VALUES ($1, $2)")
                .bind(id)
                .bind(words)
                .execute(&mut **tx)
                .await?;
        }
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
pub(super) async fn note_open(tx: &mut Tx<'_>, opened: &[Opened]) -> sqlx::Result<()> {
    insert(tx, OPEN, opened, |statement, opened| {
        let record = serde_json::to_string(opened).unwrap_or_default();
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
