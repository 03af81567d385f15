//! What the status page, the command line and the admin API read of the ledger.

use serde::Serialize;
use sqlx::{AssertSqlSafe, Row, sqlite::SqliteRow};
use tabway_dialects::ids::RequestId;

use super::{Ledger, rows::PROVIDER};
use crate::StoreError;

/// Columns of a request with its names in words, and the tables that they are of. Left joins: the
/// log decides the order, and a name is looked up for the rows of the answer only.
pub(super) const LOG: &str = "requests.*, key_names.name AS key_name, \
    surface_names.name AS surface_name, model_names.name AS model_name, outcome_names.name AS outcome_name, \
    target_names.name AS target_name, account_names.name AS account_name, route_names.name AS route_name \
    FROM requests LEFT JOIN names AS key_names ON key_names.id = requests.key \
    LEFT JOIN names AS surface_names ON surface_names.id = requests.surface \
    LEFT JOIN names AS model_names ON model_names.id = requests.model \
    LEFT JOIN names AS outcome_names ON outcome_names.id = requests.outcome \
    LEFT JOIN names AS target_names ON target_names.id = requests.target \
    LEFT JOIN names AS account_names ON account_names.id = requests.try_account \
    LEFT JOIN names AS route_names ON route_names.id = requests.try_route";

/// The most rows of one answer.
const MAX_ROWS: u32 = 1_000;

/// An ended request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Request")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Attempt")]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
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
        let text = format!("SELECT {LOG} ORDER BY opened_ms DESC, number DESC LIMIT $1");
        let rows = sqlx::query(AssertSqlSafe(text))
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
        Ok(self.row_of(id).await?.as_ref().map(request_of))
    }

    async fn row_of(&self, id: &str) -> Result<Option<SqliteRow>, StoreError> {
        let Ok(id) = id.parse::<RequestId>() else { return Ok(None) };
        let text = format!("SELECT {LOG} WHERE requests.id = $1");
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(id.uuid().as_bytes().to_vec())
            .fetch_optional(&self.database.reader)
            .await?;
        Ok(row)
    }

    /// What a key used since a time (Unix milliseconds).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn used_by(&self, key: &str, since_ms: i64) -> Result<KeyUse, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS requests, \
             COALESCE(SUM(outcome <> 1), 0) AS failed, \
             COALESCE(SUM(input_tokens + cache_read_tokens + cache_write_tokens), 0) AS input, \
             COALESCE(SUM(output_tokens), 0) AS output, \
             COALESCE(SUM(cost_micro_usd), 0) AS cost \
             FROM requests WHERE key = (SELECT id FROM names WHERE name = $1) AND opened_ms >= $2",
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
        let Some(request) = self.row_of(id).await? else { return Ok(Vec::new()) };
        if let Some(only) = only_try(&request) {
            return Ok(vec![only]);
        }
        let rows = sqlx::query("SELECT * FROM attempts WHERE request = $1 ORDER BY number")
            .bind(request.get::<i64, _>("number"))
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
            "SELECT names.name AS outcome, ended.count AS count FROM \
             (SELECT outcome, COUNT(*) AS count FROM requests WHERE opened_ms >= $1 \
             GROUP BY outcome) AS ended JOIN names ON names.id = ended.outcome \
             ORDER BY count DESC, names.name",
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

/// The try that the request's own row tells, where there was one and no more to say.
fn only_try(row: &SqliteRow) -> Option<AttemptRow> {
    let total_ms = row.get::<Option<i64>, _>("try_ms")?;
    let text = |name: &str| row.get::<Option<String>, _>(name).unwrap_or_default();
    Some(AttemptRow {
        number: 1,
        target: row.get("target_name"),
        kind: PROVIDER.to_owned(),
        node: None,
        lane: None,
        conversation: String::new(),
        outcome: row.get("outcome_name"),
        accepted: true,
        losses: String::new(),
        error: row.get("error"),
        total_ms,
        account: text("account_name"),
        route: text("route_name"),
    })
}

fn id_of(row: &SqliteRow) -> String {
    let uuid = uuid::Uuid::from_slice(row.get("id")).unwrap_or_default();
    RequestId::from_uuid(uuid).to_string()
}

pub(super) fn request_of(row: &SqliteRow) -> RequestRow {
    let number = |name: &str| row.get::<i64, _>(name);
    RequestRow {
        id: id_of(row),
        client_id: row.get("client_id"),
        key_name: row.get("key_name"),
        surface: row.get("surface_name"),
        model: row.get("model_name"),
        stream: number("stream") != 0,
        outcome: row.get("outcome_name"),
        error: row.get("error"),
        target: row.get("target_name"),
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
