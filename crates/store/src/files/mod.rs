//! Files on the disk with their index in the database: media of answers, and what clients
//! uploaded. Each kind has a folder of its own, and a bound.

mod draft;
mod room;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lc_rs::rand;
use data_encoding::BASE32_NOPAD;
use sqlx::{Row, sqlite::SqliteRow};
use tokio::fs;

pub use self::{draft::Draft, room::Room};
use crate::{StoreError, clock, database::Database, folder};

/// Random bytes of an id: 192 bits, for an id of a medium is all that is asked of who fetches it.
const ID_BYTES: usize = 24;

/// What is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Pictures, videos and files of answers.
    Media,
    /// Files that clients uploaded.
    Upload,
    /// What requests said and were answered, where a key's owner asks for it.
    Body,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Upload => "upload",
            Self::Body => "body",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Upload => "files",
            Self::Body => "bodies",
        }
    }

    /// What ids begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Media | Self::Body => "",
            Self::Upload => "file-",
        }
    }
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id, random.
    pub id: String,
    /// Whose it is.
    pub owner: String,
    /// Its name, as its maker gave it.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// What it is for.
    pub purpose: String,
    /// Its size.
    pub bytes: u64,
    /// When it was kept, Unix milliseconds.
    pub created_ms: i64,
    /// When it goes, Unix milliseconds.
    pub expires_ms: i64,
}

/// What is to be kept, beside its bytes.
#[derive(Debug, Clone, Default)]
pub struct NewFile {
    /// Whose it is.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// What it is for.
    pub purpose: String,
    /// How long it is kept.
    pub life: Duration,
}

/// A page of a list.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Only files for this.
    pub purpose: Option<String>,
    /// Those that follow this id.
    pub after: Option<String>,
    /// The oldest first.
    pub oldest_first: bool,
    /// The most of them.
    pub limit: u32,
}

/// The files of one kind.
pub struct Files {
    database: Database,
    folder: PathBuf,
    kind: Kind,
}

impl Files {
    /// Opens the folder, and clears it of what an earlier process did not finish.
    pub(crate) async fn open(
        data_dir: &Path,
        database: Database,
        kind: Kind,
    ) -> Result<Self, StoreError> {
        let files = Self { database, folder: data_dir.join(kind.folder()), kind };
        folder::make_private(&files.folder)?;
        files.reconcile().await?;
        Ok(files)
    }

    /// Begins a file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn draft(&self) -> Result<Draft, StoreError> {
        let mut bytes = [0; ID_BYTES];
        rand::fill(&mut bytes).map_err(|_| StoreError::Random)?;
        let random = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        Draft::begin(&self.folder, format!("{}{random}", self.kind.prefix())).await
    }

    /// Keeps what was written.
    ///
    /// # Errors
    /// `Full` where there is no room.
    pub async fn keep(
        &self,
        mut draft: Draft,
        new: NewFile,
        room: Room,
    ) -> Result<StoredFile, StoreError> {
        let now = clock::now_ms();
        let life = i64::try_from(new.life.as_millis()).unwrap_or(i64::MAX);
        let file = StoredFile {
            id: draft.id.clone(),
            owner: new.owner,
            name: new.name,
            mime: new.mime,
            purpose: new.purpose,
            bytes: draft.len(),
            created_ms: now,
            expires_ms: now.saturating_add(life),
        };
        let mut transaction = self.database.writer.begin().await?;
        let gone = room::make(&mut transaction, self.kind, &file.owner, file.bytes, room).await?;
        sqlx::query(
            "INSERT INTO files (id, kind, owner, name, mime, purpose, bytes, created_ms, \
             expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&file.id)
        .bind(self.kind.word())
        .bind(&file.owner)
        .bind(&file.name)
        .bind(&file.mime)
        .bind(&file.purpose)
        .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
        .bind(file.created_ms)
        .bind(file.expires_ms)
        .execute(&mut *transaction)
        .await?;
        draft.settle(&self.path(&file.id)).await?;
        transaction.commit().await?;
        self.erase(&gone).await;
        Ok(file)
    }

    /// The file of that id, unless its time is over.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find(&self, id: &str) -> Result<Option<StoredFile>, StoreError> {
        let row =
            sqlx::query("SELECT * FROM files WHERE id = $1 AND kind = $2 AND expires_ms > $3")
                .bind(id)
                .bind(self.kind.word())
                .bind(clock::now_ms())
                .fetch_optional(&self.database.reader)
                .await?;
        Ok(row.as_ref().map(stored))
    }

    /// An owner's files.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self, owner: &str, page: &Page) -> Result<Vec<StoredFile>, StoreError> {
        let sql = if page.oldest_first { OLDEST_FIRST } else { NEWEST_FIRST };
        let rows = sqlx::query(sql)
            .bind(self.kind.word())
            .bind(owner)
            .bind(clock::now_ms())
            .bind(page.purpose.as_deref())
            .bind(page.after.as_deref())
            .bind(page.limit)
            .fetch_all(&self.database.reader)
            .await?;
        Ok(rows.iter().map(stored).collect())
    }

    /// Removes an owner's file; whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, owner: &str, id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM files WHERE id = $1 AND kind = $2 AND owner = $3")
            .bind(id)
            .bind(self.kind.word())
            .bind(owner)
            .execute(&self.database.writer)
            .await?;
        let removed = done.rows_affected() > 0;
        if removed {
            self.erase(&[id.to_owned()]).await;
        }
        Ok(removed)
    }

    /// Removes what has outlived its time; how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_expired(&self) -> Result<usize, StoreError> {
        let rows =
            sqlx::query("DELETE FROM files WHERE kind = $1 AND expires_ms <= $2 RETURNING id")
                .bind(self.kind.word())
                .bind(clock::now_ms())
                .fetch_all(&self.database.writer)
                .await?;
        let ids: Vec<String> = rows.iter().map(|row| row.get("id")).collect();
        self.erase(&ids).await;
        Ok(ids.len())
    }

    /// Where the bytes of a file of the index are.
    #[must_use]
    pub fn path(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// The bytes of a file of the index.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn read(&self, file: &StoredFile) -> Result<Vec<u8>, StoreError> {
        let path = self.path(&file.id);
        fs::read(&path).await.map_err(|error| StoreError::folder(path, error))
    }

    async fn erase(&self, ids: &[String]) {
        for id in ids {
            // What cannot be removed now is removed at the next start.
            let _ = fs::remove_file(self.path(id)).await;
        }
    }

    /// Index and folder are one: what only one of them has goes.
    async fn reconcile(&self) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT id, bytes FROM files WHERE kind = $1")
            .bind(self.kind.word())
            .fetch_all(&self.database.writer)
            .await?;
        let mut known: HashMap<String, i64> =
            rows.iter().map(|row| (row.get("id"), row.get("bytes"))).collect();
        let refused = |error| StoreError::folder(&self.folder, error);
        let mut entries = fs::read_dir(&self.folder).await.map_err(refused)?;
        while let Some(entry) = entries.next_entry().await.map_err(refused)? {
            let size = entry.metadata().await.map(|found| found.len()).unwrap_or_default();
            let name = entry.file_name().into_string().unwrap_or_default();
            match known.get(&name) {
                Some(bytes) if u64::try_from(*bytes) == Ok(size) => drop(known.remove(&name)),
                _ => drop(fs::remove_file(entry.path()).await),
            }
        }
        for id in known.keys() {
            sqlx::query("DELETE FROM files WHERE id = $1")
                .bind(id)
                .execute(&self.database.writer)
                .await?;
        }
        Ok(())
    }
}

const NEWEST_FIRST: &str = "SELECT * FROM files WHERE kind = $1 AND owner = $2 AND expires_ms > $3 \
    AND ($4 IS NULL OR purpose = $4) AND ($5 IS NULL OR (created_ms, id) < \
    (SELECT created_ms, id FROM files WHERE id = $5 AND owner = $2)) \
    ORDER BY created_ms DESC, id DESC LIMIT $6";

const OLDEST_FIRST: &str = "SELECT * FROM files WHERE kind = $1 AND owner = $2 AND expires_ms > $3 \
    AND ($4 IS NULL OR purpose = $4) AND ($5 IS NULL OR (created_ms, id) > \
    (SELECT created_ms, id FROM files WHERE id = $5 AND owner = $2)) \
    ORDER BY created_ms, id LIMIT $6";

fn stored(row: &SqliteRow) -> StoredFile {
    StoredFile {
        id: row.get("id"),
        owner: row.get("owner"),
        name: row.get("name"),
        mime: row.get("mime"),
        purpose: row.get("purpose"),
        bytes: u64::try_from(row.get::<i64, _>("bytes")).unwrap_or_default(),
        created_ms: row.get("created_ms"),
        expires_ms: row.get("expires_ms"),
    }
}

#[cfg(test)]
mod tests;
