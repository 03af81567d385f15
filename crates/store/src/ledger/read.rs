//! What the status page, the command line and the admin API read of the ledger.

use serde::Serialize;
use sqlx::{Row, sqlite::SqliteRow};

use super::Ledger;
use crate::StoreError;

/// The most rows of one answer.
const MAX_ROWS: u32 = 1_000;

/// An ended request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// Our id of it.
    pub id: String,
    /// The client's own id of it.
    pub client_id: Option<String>,
    /// Name of the key.
    pub key_name: String,
    /// The surface that it came in by.
    pub surface: String,
    /// The model that was asked for.
    pub model: String,
    /// Whether it was streamed.
    pub stream: bool,
    /// `ok`, or a code.
    pub outcome: String,
    /// Why it failed, in words.
    pub error: String,
    /// Who answered.
    pub target: String,
    /// How many tries.
    pub attempts: i64,
    /// All input tokens.
    pub input_tokens: i64,
    /// All output tokens.
    pub output_tokens: i64,
    /// Whether the tokens are our estimate, and with them the cost.
    pub usage_estimated: bool,
    /// Micro-USD; 0 where no price is known.
    pub cost_micro_usd: i64,
    /// Whether one is.
    pub priced: bool,
    /// Unix milliseconds.
    pub opened_ms: i64,
    /// Milliseconds.
    pub first_byte_ms: Option<i64>,
    /// Milliseconds.
    pub total_ms: i64,
}

/// One try of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptRow {
    /// From 1.
    pub number: i64,
    /// `place/model`.
    pub target: String,
    /// `provider` or `site`.
    pub kind: String,
    /// The browser, where it was a page.
    pub node: Option<String>,
    /// Its tab.
    pub lane: Option<i64>,
    /// What it did with the page's conversation.
    pub conversation: String,
    /// `ok`, or a code.
    pub outcome: String,
    /// Whether the page had taken the prompt.
    pub accepted: bool,
    /// Fields that were lost.
    pub losses: String,
    /// Why it failed, in words.
    pub error: String,
    /// Milliseconds.
    pub total_ms: i64,
    /// The provider's account.
    pub account: String,
    /// Why it was tried, and what was passed over before it.
    pub route: String,
}

/// What a key used in a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyUse {
    /// Requests that ended.
    pub requests: i64,
    /// Those of them that did not end well.
    pub failed: i64,
    /// All input tokens.
    pub input_tokens: i64,
    /// All output tokens.
    pub output_tokens: i64,
    /// Micro-USD.
    pub cost_micro_usd: i64,
}

/// How many requests ended how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// `ok`, or a code.
    pub outcome: String,
    /// How many.
    pub count: i64,
}

impl Ledger {
    /// The last requests that ended, newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn recent(&self, count: u32) -> Result<Vec<RequestRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM requests ORDER BY opened_ms DESC, rowid DESC LIMIT $1")
                .bind(i64::from(count.min(MAX_ROWS)))
                .fetch_all(&self.database.reader)
                .await?;
        Ok(rows.iter().map(request_of).collect())
    }

    /// The request of that id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn request(&self, id: &str) -> Result<Option<RequestRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM requests WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.database.reader)
            .await?;
        Ok(row.as_ref().map(request_of))
    }

    /// What a key used since a time (Unix milliseconds).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn used_by(&self, key: &str, since_ms: i64) -> Result<KeyUse, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS requests, \
             COALESCE(SUM(CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END), 0) AS failed, \
             COALESCE(SUM(input_tokens + cache_read_tokens + cache_write_tokens), 0) AS input, \
             COALESCE(SUM(output_tokens), 0) AS output, \
             COALESCE(SUM(cost_micro_usd), 0) AS cost \
             FROM requests WHERE key_name = $1 AND opened_ms >= $2",
        )
        .bind(key)
        .bind(since_ms)
        .fetch_one(&self.database.reader)
        .await?;
        Ok(KeyUse {
            requests: row.get("requests"),
            failed: row.get("failed"),
            input_tokens: row.get("input"),
            output_tokens: row.get("output"),
            cost_micro_usd: row.get("cost"),
        })
    }

    /// The tries of a request, in order.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn attempts(&self, id: &str) -> Result<Vec<AttemptRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM attempts WHERE request = $1 ORDER BY number")
            .bind(id)
            .fetch_all(&self.database.reader)
            .await?;
        let tries = rows.iter().map(|row| AttemptRow {
            number: row.get("number"),
            target: row.get("target"),
            kind: row.get("kind"),
            node: row.get("node"),
            lane: row.get("lane"),
            conversation: row.get("conversation"),
            outcome: row.get("outcome"),
            accepted: row.get::<i64, _>("accepted") != 0,
            losses: row.get("losses"),
            error: row.get("error"),
            total_ms: row.get("total_ms"),
            account: row.get("account"),
            route: row.get("route"),
        });
        Ok(tries.collect())
    }

    /// Whether the database's file is whole. Reads all of it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn is_sound(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("PRAGMA integrity_check").fetch_one(&self.database.reader).await?;
        Ok(row.get::<String, _>(0) == "ok")
    }

    /// How the requests since a time (Unix milliseconds) ended.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn outcomes(&self, since_ms: i64) -> Result<Vec<Outcomes>, StoreError> {
        let rows = sqlx::query(
            "SELECT outcome, COUNT(*) AS count FROM requests WHERE opened_ms >= $1 \
             GROUP BY outcome ORDER BY count DESC, outcome",
        )
        .bind(since_ms)
        .fetch_all(&self.database.reader)
        .await?;
        let counts = rows
            .iter()
            .map(|row| Outcomes { outcome: row.get("outcome"), count: row.get("count") });
        Ok(counts.collect())
    }
}

pub(super) fn request_of(row: &SqliteRow) -> RequestRow {
    let number = |name: &str| row.get::<i64, _>(name);
    RequestRow {
        id: row.get("id"),
        client_id: row.get("client_id"),
        key_name: row.get("key_name"),
        surface: row.get("surface"),
        model: row.get("model"),
        stream: number("stream") != 0,
        outcome: row.get("outcome"),
        error: row.get("error"),
        target: row.get("target"),
        attempts: number("attempts"),
        input_tokens: number("input_tokens")
            + number("cache_read_tokens")
            + number("cache_write_tokens"),
        output_tokens: number("output_tokens"),
        usage_estimated: number("usage_estimated") != 0,
        cost_micro_usd: number("cost_micro_usd"),
        priced: number("priced") != 0,
        opened_ms: number("opened_ms"),
        first_byte_ms: row.get("first_byte_ms"),
        total_ms: number("total_ms"),
    }
}
