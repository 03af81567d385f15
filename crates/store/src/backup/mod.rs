//! Backups: what a data folder holds as one file under a passphrase, and back.
//!
//! Browser profiles are never part of one: sessions stay in the browser that they are of.

mod sealed;

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Seek as _, SeekFrom, Write},
    path::{Component, Path, PathBuf},
};

use serde::Serialize;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use self::sealed::SealedWriter;
use crate::{
    StoreError,
    database::FILE,
    folder::{self, Folder},
    snapshot,
    vault::{KEY_FILE, Plain},
};

/// The name of the database's copy while a backup is written.
const SNAPSHOT: &str = "main.db.snapshot";

/// Files and folders that a backup always holds, beside the database's copy.
const ALWAYS: &[&str] = &["pepper", "spool"];

/// Those that it holds where that is asked for.
const MEDIA: &[&str] = &["media", "files"];

/// What goes into a backup.
#[derive(Debug, Clone, Copy, Default)]
pub struct Contents {
    /// Media of answers and uploads.
    pub media: bool,
    /// The vault's own key: without it the stored credentials stay closed after a restore.
    pub vault_key: bool,
}

/// What was written or read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether the vault's key is among them.
    pub vault_key: bool,
}

/// A copy of a database that nobody has open, in its folder.
///
/// # Errors
/// When a gateway holds the folder, or the copy cannot be written.
pub async fn snapshot_of(data_dir: &Path) -> Result<PathBuf, StoreError> {
    let path = data_dir.join(FILE);
    if !path.is_file() {
        return Err(StoreError::Missing(path));
    }
    let _held = Folder::open(data_dir)?;
    let options = SqliteConnectOptions::new().filename(path);
    let database = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let taken = snapshot_from(&database, data_dir).await;
    database.close().await;
    taken
}

pub(crate) async fn snapshot_from(
    database: &SqlitePool,
    data_dir: &Path,
) -> Result<PathBuf, StoreError> {
    let path = data_dir.join(SNAPSHOT);
    snapshot::take(database, &path).await?;
    Ok(path)
}

/// Writes a backup of a folder whose database was copied to `snapshot`; the copy is removed.
///
/// # Errors
/// When a file cannot be read, or the backup not be written; then there is none.
pub fn write(
    data_dir: &Path,
    snapshot: &Path,
    to: &Path,
    passphrase: &Plain,
    contents: Contents,
) -> Result<Report, StoreError> {
    let written = write_part(data_dir, snapshot, to, passphrase, contents);
    // It holds all that the database does: it must not stay.
    let removed = fs::remove_file(snapshot).map_err(|error| StoreError::folder(snapshot, error));
    written.and_then(|report| removed.map(|()| report))
}

fn write_part(
    data_dir: &Path,
    snapshot: &Path,
    to: &Path,
    passphrase: &Plain,
    contents: Contents,
) -> Result<Report, StoreError> {
    let wrong = |error| StoreError::folder(to, error);
    let part = to.with_extension("part");
    if part.exists() {
        fs::remove_file(&part).map_err(wrong)?;
    }
    let file = folder::private_file(&part).map_err(wrong)?;
    let mut packing = Packing {
        zip: ZipWriter::new_stream(SealedWriter::begin(BufWriter::new(file), passphrase)?),
        report: Report::default(),
    };
    packing.add(snapshot, Path::new(FILE))?;
    let media = if contents.media { MEDIA } else { &[] };
    let key: &[&str] = if contents.vault_key { &[KEY_FILE] } else { &[] };
    for name in ALWAYS.iter().chain(media).chain(key) {
        packing.add_all(&data_dir.join(name), Path::new(name))?;
    }
    packing.report.vault_key = contents.vault_key && data_dir.join(KEY_FILE).is_file();
    let Packing { zip, report } = packing;
    let sealed = zip.finish().map_err(packed)?.into_inner();
    let file = sealed.finish().and_then(|buffer| Ok(buffer.into_inner()?)).map_err(wrong)?;
    file.sync_all().and_then(|()| fs::rename(&part, to)).map_err(wrong)?;
    Ok(report)
}

struct Packing<W: Write> {
    zip: ZipWriter<zip::write::StreamWriter<W>>,
    report: Report,
}

impl<W: Write> Packing<W> {
    fn add_all(&mut self, path: &Path, name: &Path) -> Result<(), StoreError> {
        if !path.is_dir() {
            return if path.is_file() { self.add(path, name) } else { Ok(()) };
        }
        let entries = fs::read_dir(path).map_err(|error| StoreError::folder(path, error))?;
        let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        entries.sort();
        for entry in entries {
            let Some(file_name) = entry.file_name() else { continue };
            self.add_all(&entry, &name.join(file_name))?;
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, name: &Path) -> Result<(), StoreError> {
        let wrong = |error| StoreError::folder(path, error);
        let mut file = match File::open(path) {
            Ok(file) => file,
            // A running gateway lets read segments and old media go.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(wrong(error)),
        };
        let options = SimpleFileOptions::default().large_file(true);
        self.zip.start_file(name.to_string_lossy(), options).map_err(packed)?;
        self.report.bytes += io::copy(&mut file, &mut self.zip).map_err(wrong)?;
        self.report.files += 1;
        Ok(())
    }
}

fn packed(error: zip::result::ZipError) -> StoreError {
    StoreError::Backup(io::Error::other(error))
}

/// Makes a data folder from a backup: all of it, or nothing.
///
/// # Errors
/// When there is a folder already, the passphrase is another, or the file is damaged.
pub async fn restore(
    from: &Path,
    data_dir: &Path,
    passphrase: &Plain,
) -> Result<Report, StoreError> {
    if fs::read_dir(data_dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(StoreError::Occupied(data_dir.to_owned()));
    }
    let mut unfinished = data_dir.as_os_str().to_owned();
    unfinished.push(".restoring");
    let unfinished = PathBuf::from(unfinished);
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(|e| StoreError::folder(&unfinished, e))?;
    }
    folder::make_private(&unfinished)?;
    let restored = unpack(from, &unfinished, passphrase);
    let restored = match restored {
        Ok(report) => check(&unfinished.join(FILE)).await.map(|()| report),
        Err(error) => Err(error),
    };
    if restored.is_err() {
        // What is there is of no use; the words of the first error are.
        let _ = fs::remove_dir_all(&unfinished);
        return restored;
    }
    if data_dir.exists() {
        fs::remove_dir(data_dir).map_err(|error| StoreError::folder(data_dir, error))?;
    }
    fs::rename(&unfinished, data_dir).map_err(|error| StoreError::folder(data_dir, error))?;
    restored
}

fn unpack(from: &Path, to: &Path, passphrase: &Plain) -> Result<Report, StoreError> {
    let sealed = File::open(from).map_err(|error| StoreError::folder(from, error))?;
    let archive_path = to.join("backup.zip");
    let wrong = |error| StoreError::folder(&archive_path, error);
    let mut archive = BufWriter::new(folder::private_file(&archive_path).map_err(wrong)?);
    sealed::open(BufReader::new(sealed), passphrase, &mut archive)?;
    let mut archive = archive.into_inner().map_err(|error| wrong(error.into_error()))?;
    archive.seek(SeekFrom::Start(0)).map_err(wrong)?;
    let mut archive = ZipArchive::new(BufReader::new(archive)).map_err(packed)?;
    let mut report = Report::default();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(packed)?;
        let name =
            entry.enclosed_name().filter(|name| is_ours(name)).ok_or(StoreError::NoBackup)?;
        let path = to.join(&name);
        if let Some(parent) = path.parent() {
            folder::make_private(parent)?;
        }
        let mut file = folder::private_file(&path).map_err(|e| StoreError::folder(&path, e))?;
        report.bytes += io::copy(&mut entry, &mut file).map_err(StoreError::Backup)?;
        file.sync_all().map_err(|error| StoreError::folder(&path, error))?;
        report.files += 1;
        report.vault_key |= name == Path::new(KEY_FILE);
    }
    fs::remove_file(&archive_path).map_err(wrong)?;
    Ok(report)
}

/// Whether a name is one that a backup holds.
fn is_ours(name: &Path) -> bool {
    let first = name.components().next();
    let known = |part: &str| {
        part == FILE || part == KEY_FILE || ALWAYS.contains(&part) || MEDIA.contains(&part)
    };
    matches!(first, Some(Component::Normal(part)) if part.to_str().is_some_and(known))
}

/// Whether the database is whole.
async fn check(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let database = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let row = sqlx::query("PRAGMA integrity_check").fetch_one(&database).await;
    database.close().await;
    match row?.get::<String, _>(0).as_str() {
        "ok" => Ok(()),
        words => {
            Err(StoreError::Backup(io::Error::new(io::ErrorKind::InvalidData, words.to_owned())))
        }
    }
}
