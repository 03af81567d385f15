//! A file while it is written: gone when it is dropped.

use std::path::{Path, PathBuf};

use tokio::{
    fs::{self, File, OpenOptions},
    io::AsyncWriteExt as _,
};

use crate::StoreError;

/// What a file's name ends in while it is written.
const UNFINISHED: &str = "part";

/// Bytes that are not a stored file yet.
pub struct Draft {
    pub(super) id: String,
    file: File,
    /// Gone when it has become a stored file.
    path: Option<PathBuf>,
    bytes: u64,
}

impl Draft {
    pub(super) async fn begin(folder: &Path, id: String) -> Result<Self, StoreError> {
        let path = folder.join(&id).with_extension(UNFINISHED);
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(&path).await;
        let file = opened.map_err(|error| StoreError::folder(&path, error))?;
        Ok(Self { id, file, path: Some(path), bytes: 0 })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| self.refused(error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Gives the file its place.
    pub(super) async fn settle(&mut self, place: &Path) -> Result<(), StoreError> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| self.refused(error))?;
        let Some(path) = self.path.take() else { return Ok(()) };
        let renamed = fs::rename(&path, place).await;
        renamed.map_err(|error| StoreError::folder(path, error))
    }

    fn refused(&self, error: std::io::Error) -> StoreError {
        StoreError::folder(self.path.clone().unwrap_or_default(), error)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be removed now is removed at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}
