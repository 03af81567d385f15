//! How long, and how much, is kept: media of answers, what clients upload, the log of requests.

use std::{sync::Arc, time::Duration};

use tabway_store::ledger::Keep;

use super::{
    ConfigError, LogFiles, ModelFilter,
    duration::Span,
    file::{FileFiles, FileLedger, FileLog, FileMedia},
};

/// `[media]`: pictures, videos and files of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaConfig {
    /// How a chat answer gives them.
    pub form: MediaForm,
    /// How long they are kept.
    pub ttl: Duration,
    /// The most bytes together; the oldest go.
    pub max_bytes: u64,
    /// The most bytes of one; a larger one is given as data.
    pub max_item_bytes: u64,
}

/// How a chat answer gives media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaForm {
    /// By an address of ours.
    Url,
    /// As `data:` in the text.
    Base64,
}

/// `[files]`: what clients upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesConfig {
    /// How long they are kept, at most.
    pub ttl: Duration,
    /// The most bytes together.
    pub max_bytes: u64,
    /// The most bytes of one key.
    pub max_key_bytes: u64,
    /// The most bytes of one.
    pub max_item_bytes: u64,
}

/// `[ledger]`: the log of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// How long, and how much of it, is kept.
    pub keep: Keep,
    /// Whose texts are kept; nobody's where absent.
    pub bodies: Option<Arc<BodiesConfig>>,
}

/// Texts of requests and their answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodiesConfig {
    /// Of these keys; patterns as for models.
    pub keys: ModelFilter,
    /// How long they are kept.
    pub keep: Duration,
    /// The most bytes together; the oldest go.
    pub max_bytes: u64,
    /// The most bytes of a request, and of an answer; the rest is cut.
    pub max_item_bytes: usize,
}

pub(super) fn ledger(file: &FileLedger) -> Result<LedgerConfig, ConfigError> {
    let age = match file.keep.as_deref() {
        None => Some(Duration::from_secs(90 * 24 * 3_600)),
        Some("forever") => None,
        Some(text) => match Span::parse(text) {
            Ok(Span(span)) if span >= Duration::from_secs(3_600) => Some(span),
            _ => {
                return Err(ConfigError::new(format!(
                    "ledger.keep `{text}` is not `forever` or a time from 1h to 365d, such as 90d"
                )));
            }
        },
    };
    let rows = match file.max_rows {
        Some(0) => None,
        asked => Some(bytes(asked, 10_000_000)),
    };
    let bodies = (!file.store_bodies.is_empty()).then(|| {
        Arc::new(BodiesConfig {
            keys: ModelFilter::new(Some(file.store_bodies.clone())),
            keep: file.bodies_keep.map_or(Duration::from_secs(7 * 24 * 3_600), |span| span.0),
            max_bytes: bytes(file.bodies_max_bytes, 1 << 30),
            max_item_bytes: file.body_max_bytes.unwrap_or(256 << 10).min(16 << 20),
        })
    });
    Ok(LedgerConfig { keep: Keep { age, rows }, bodies })
}

pub(super) fn media(file: &FileMedia) -> Result<MediaConfig, ConfigError> {
    let form = match file.form.as_deref() {
        None | Some("url") => MediaForm::Url,
        Some("base64") => MediaForm::Base64,
        Some(other) => {
            return Err(ConfigError::new(format!("media.form `{other}` is not url or base64")));
        }
    };
    Ok(MediaConfig {
        form,
        ttl: file.ttl.map_or(Duration::from_secs(24 * 3_600), |span| span.0),
        max_bytes: bytes(file.max_bytes, 1 << 30),
        max_item_bytes: bytes(file.max_item_bytes, 64 << 20),
    })
}

/// How often pages are asked again which models they offer.
pub(super) fn refresh(written: Option<&str>) -> Result<Option<Duration>, ConfigError> {
    let least = Duration::from_secs(60);
    match written {
        None => Ok(Some(Duration::from_secs(30 * 60))),
        Some("never") => Ok(None),
        Some(text) => match Span::parse(text) {
            Ok(Span(span)) if span >= least => Ok(Some(span)),
            _ => Err(ConfigError::new(format!(
                "refresh_models `{text}` is not `never` or a time of at least 1m, such as 30m"
            ))),
        },
    }
}

pub(super) fn files(file: &FileFiles) -> FilesConfig {
    FilesConfig {
        ttl: file.ttl.map_or(Duration::from_secs(30 * 24 * 3_600), |span| span.0),
        max_bytes: bytes(file.max_bytes, 4 << 30),
        max_key_bytes: bytes(file.max_key_bytes, 1 << 30),
        max_item_bytes: bytes(file.max_item_bytes, 64 << 20),
    }
}

/// The files of requests in the data folder.
pub(super) fn log_files(file: &FileLog) -> Result<Option<LogFiles>, ConfigError> {
    const DAY: Duration = Duration::from_secs(86_400);
    let keep = file.keep.map_or(14 * DAY, |span| span.0);
    if keep < DAY {
        return Err(ConfigError::new("log.keep: a day at least, such as 14d"));
    }
    let file_bytes = bytes(file.file_bytes, 64 << 20).max(1);
    let files = LogFiles { keep, max_bytes: bytes(file.max_bytes, 1 << 30), file_bytes };
    Ok(file.files.unwrap_or(true).then_some(files))
}

fn bytes(asked: Option<usize>, standard: u64) -> u64 {
    asked.map_or(standard, |bytes| u64::try_from(bytes).unwrap_or(u64::MAX))
}
