//! Numbers of names. Keys, models, targets and outcomes are few and come with every row.

use std::collections::HashMap;

use super::rows::Tx;

/// The number of the empty name.
pub(super) const EMPTY: i64 = 0;

/// The number of `ok`.
pub(super) const OK: i64 = 1;

/// Names that are remembered; then all are looked up again.
const MOST: usize = 20_000;

/// The names that the writer has met.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, i64>);

impl Names {
    /// The number of a name, which gets one where it has none.
    ///
    /// # Errors
    /// Those of the database; then [`Names::forget`] has to follow, as after a transaction that
    /// came to nothing.
    pub(super) async fn number(&mut self, tx: &mut Tx<'_>, name: &str) -> sqlx::Result<i64> {
        match name {
            "" => return Ok(EMPTY),
            "ok" => return Ok(OK),
            _ => {}
        }
        if let Some(number) = self.0.get(name) {
            return Ok(*number);
        }
        sqlx::query("INSERT INTO names (name) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(name)
            .execute(&mut **tx)
            .await?;
        let number = sqlx::query_scalar("SELECT id FROM names WHERE name = $1")
            .bind(name)
            .fetch_one(&mut **tx)
            .await?;
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(name.to_owned(), number);
        Ok(number)
    }

    /// Forgets all: what a transaction that came to nothing numbered has no number.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
