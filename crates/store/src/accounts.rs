//! Credentials of providers that were added by command; those of the configuration file are not
//! here. Secrets are sealed by the vault and never listed.

use std::sync::Arc;

use sqlx::{Row, sqlite::SqliteRow};
use tabway_dialects::ids::AccountId;

use crate::{
    Plain, StoreError, Vault, VaultError, clock,
    database::Database,
    vault::{Place, Purpose},
};

/// A credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The provider's name.
    pub provider: String,
    /// Its name, unique for the provider.
    pub name: String,
    /// How the secret is used: `bearer`, `service_account`.
    pub kind: String,
    /// The last four characters of the secret, to tell accounts apart.
    pub hint: String,
    /// What else its owner says: JSON.
    pub settings: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Unix milliseconds.
    pub created_ms: i64,
}

/// What a new account is to be.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The provider's name.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// How the secret is used.
    pub kind: String,
    /// The credential.
    pub secret: Plain,
    /// The end of it that may be shown.
    pub hint: String,
    /// JSON.
    pub settings: String,
}

/// The accounts of the database.
pub struct Accounts {
    database: Database,
    vault: Arc<Vault>,
}

const COLUMNS: &str = "id, provider, name, kind, hint, settings, enabled, created_ms";

/// What a sealed secret is bound to: a row that is turned to another provider must not take its
/// secret along.
pub(crate) fn sealed_row(id: &str, provider: &str) -> String {
    format!("{id} {provider}")
}

impl Accounts {
    pub(crate) fn new(database: Database, vault: Arc<Vault>) -> Self {
        Self { database, vault }
    }

    /// Adds an account.
    ///
    /// # Errors
    /// `Exists` where the provider has one of that name.
    pub async fn add(&self, new: &NewAccount) -> Result<Account, StoreError> {
        let id = AccountId::from_uuid(clock::new_uuid());
        let row = sealed_row(&id.to_string(), &new.provider);
        let secret = self.vault.seal(&place(&row), new.secret.expose()).await?;
        let account = Account {
            id,
            provider: new.provider.clone(),
            name: new.name.clone(),
            kind: new.kind.clone(),
            hint: new.hint.clone(),
            settings: new.settings.clone(),
            enabled: true,
            created_ms: clock::now_ms(),
        };
        sqlx::query(
            "INSERT INTO accounts \
             (id, provider, name, kind, hint, settings, secret, enabled, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
        )
        .bind(id.to_string())
        .bind(&account.provider)
        .bind(&account.name)
        .bind(&account.kind)
        .bind(&account.hint)
        .bind(&account.settings)
        .bind(secret)
        .bind(account.created_ms)
        .execute(&self.database.writer)
        .await
        .map_err(|error| StoreError::or_exists(error, "account", &account.name))?;
        Ok(account)
    }

    /// Every account, by provider and name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Account>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM accounts ORDER BY provider, name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&self.database.reader).await?;
        Ok(rows.iter().filter_map(account_of).collect())
    }

    /// Every account with its secret. One that does not open says so; the others are of use.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open(&self) -> Result<Vec<(Account, Result<Plain, VaultError>)>, StoreError> {
        let query = format!("SELECT {COLUMNS}, secret FROM accounts ORDER BY provider, name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&self.database.writer).await?;
        let opened = rows.iter().filter_map(|row| {
            let account = account_of(row)?;
            let bound = sealed_row(&account.id.to_string(), &account.provider);
            let secret = self.vault.open(&place(&bound), &row.get::<Vec<u8>, _>("secret"));
            Some((account, secret))
        });
        Ok(opened.collect())
    }

    /// Takes an account out of use or back; whether there is one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_enabled(
        &self,
        provider: &str,
        name: &str,
        enabled: bool,
    ) -> Result<bool, StoreError> {
        let done =
            sqlx::query("UPDATE accounts SET enabled = $3 WHERE provider = $1 AND name = $2")
                .bind(provider)
                .bind(name)
                .bind(i64::from(enabled))
                .execute(&self.database.writer)
                .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes an account with its secret; whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, provider: &str, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM accounts WHERE provider = $1 AND name = $2")
            .bind(provider)
            .bind(name)
            .execute(&self.database.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

fn place(row: &str) -> Place<'_> {
    Place { purpose: Purpose::Account, table: "accounts", row, column: "secret" }
}

/// A row that cannot be read is no account.
fn account_of(row: &SqliteRow) -> Option<Account> {
    Some(Account {
        id: row.get::<String, _>("id").parse().ok()?,
        provider: row.get("provider"),
        name: row.get("name"),
        kind: row.get("kind"),
        hint: row.get("hint"),
        settings: row.get("settings"),
        enabled: row.get::<i64, _>("enabled") != 0,
        created_ms: row.get("created_ms"),
    })
}
