//! Turns that pages were given and whose clients still wait, so that a client that asks again after
//! the gateway was killed is not answered by typing the same again.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use sqlx::Row;
use tabway_dialects::ids::{JobId, NodeId, RequestId};

use crate::{StoreError, clock, database::Database, secrets::Secrets};

/// No turn takes longer.
const LONGEST_MS: i64 = 2 * 60 * 60 * 1_000;

/// A turn that a page was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The turn.
    pub job: JobId,
    /// Whose it is.
    pub request: RequestId,
    /// The browser that has it.
    pub node: NodeId,
    /// The site's name.
    pub site: String,
    /// The tab.
    pub lane: u64,
    /// See [`Runs::print`].
    pub print: [u8; 32],
}

/// The running turns of the database.
pub struct Runs {
    database: Database,
    secrets: Arc<Secrets>,
}

impl Runs {
    pub(crate) fn new(database: Database, secrets: Arc<Secrets>) -> Self {
        Self { database, secrets }
    }

    /// By which a request is known again: a keyed hash of who asks, and of what is asked.
    #[must_use]
    pub fn print(&self, owner: &str, body: &[u8]) -> [u8; 32] {
        self.secrets.hash_request(owner, body)
    }

    /// Writes down that a page is given a turn.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin(&self, run: &Run) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO runs (job, request, node, site, lane, print, given_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (job) DO NOTHING",
        )
        .bind(run.job.to_string())
        .bind(run.request.to_string())
        .bind(run.node.to_string())
        .bind(&run.site)
        .bind(i64::try_from(run.lane).unwrap_or(i64::MAX))
        .bind(HEXLOWER.encode(&run.print))
        .bind(clock::now_ms())
        .execute(&self.database.writer)
        .await?;
        Ok(())
    }

    /// Forgets the turns of a request: its client has what there is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end(&self, request: RequestId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM runs WHERE request = $1")
            .bind(request.to_string())
            .execute(&self.database.writer)
            .await?;
        Ok(())
    }

    /// What an earlier life left: the last turn of each request.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Run>, StoreError> {
        sqlx::query("DELETE FROM runs WHERE given_ms < $1")
            .bind(clock::now_ms() - LONGEST_MS)
            .execute(&self.database.writer)
            .await?;
        let rows = sqlx::query(
            "SELECT job, request, node, site, lane, print FROM runs ORDER BY given_ms DESC, job DESC",
        )
        .fetch_all(&self.database.reader)
        .await?;
        let mut runs: Vec<Run> = Vec::new();
        for run in rows.iter().filter_map(run_of) {
            if runs.iter().all(|later| later.request != run.request) {
                runs.push(run);
            }
        }
        Ok(runs)
    }
}

/// None for a row that this version does not read.
fn run_of(row: &sqlx::sqlite::SqliteRow) -> Option<Run> {
    Some(Run {
        job: row.get::<String, _>("job").parse().ok()?,
        request: row.get::<String, _>("request").parse().ok()?,
        node: row.get::<String, _>("node").parse().ok()?,
        site: row.get("site"),
        lane: u64::try_from(row.get::<i64, _>("lane")).ok()?,
        print: HEXLOWER.decode(row.get::<String, _>("print").as_bytes()).ok()?.try_into().ok()?,
    })
}
