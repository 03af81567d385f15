//! The configuration file as it is written. Unknown keys are errors.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use tabway_dialects::chat::Dialect;

use super::{
    alerts::FileAlerts, duration::Span, manners::WrittenPinRules, routing::FileRouting,
    terms::FileAllowance,
};
use crate::prices::WrittenEntry;

/// A value or a list of values.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileConfig {
    pub(super) listen: Option<OneOrMany>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) hosts: Vec<String>,
    pub(super) public_url: Option<String>,
    pub(super) tls: Option<FileTls>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) admin: FileAdmin,
    pub(super) insecure_lan: Option<bool>,
    pub(super) cors_origins: Vec<String>,
    pub(super) workers: Option<usize>,
    pub(super) discover: Option<bool>,
    pub(super) proxy: Option<String>,
    pub(super) no_proxy: Vec<String>,
    pub(super) refresh_models: Option<String>,
    pub(super) limits: FileLimits,
    pub(super) media: FileMedia,
    pub(super) files: FileFiles,
    pub(super) ledger: FileLedger,
    pub(super) queue: FileQueue,
    pub(super) alerts: FileAlerts,
    pub(super) routing: FileRouting,
    pub(super) log: FileLog,
    pub(super) vault: FileVault,
    pub(super) keys: Vec<FileKey>,
    pub(super) keys_file: Option<PathBuf>,
    pub(super) providers: Vec<FileProvider>,
    pub(super) sites: Vec<FileSite>,
    pub(super) models: Vec<FileModel>,
    pub(super) prices: Vec<WrittenEntry>,
    /// From the environment only: stands in for the token that is made at the first start.
    #[serde(skip)]
    pub(super) admin_token: Option<String>,
}

/// `[tls]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileTls {
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

/// `[limits]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileLimits {
    pub(super) max_body_bytes: Option<usize>,
    pub(super) max_answer_bytes: Option<usize>,
    pub(super) max_connections: Option<usize>,
    pub(super) header_timeout: Option<Span>,
    pub(super) body_timeout: Option<Span>,
    pub(super) write_timeout: Option<Span>,
    pub(super) connect_timeout: Option<Span>,
    pub(super) drain_timeout: Option<Span>,
}

/// `[media]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileMedia {
    pub(super) form: Option<String>,
    pub(super) ttl: Option<Span>,
    pub(super) max_bytes: Option<usize>,
    pub(super) max_item_bytes: Option<usize>,
}

/// `[files]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileFiles {
    pub(super) ttl: Option<Span>,
    pub(super) max_bytes: Option<usize>,
    pub(super) max_key_bytes: Option<usize>,
    pub(super) max_item_bytes: Option<usize>,
}

/// `[ledger]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileLedger {
    pub(super) keep: Option<String>,
    pub(super) max_rows: Option<usize>,
    pub(super) store_bodies: Vec<String>,
    pub(super) bodies_keep: Option<Span>,
    pub(super) bodies_max_bytes: Option<usize>,
    pub(super) body_max_bytes: Option<usize>,
}

/// `[queue]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileQueue {
    pub(super) size: Option<usize>,
    pub(super) per_key: Option<usize>,
    pub(super) wait: Option<Span>,
}

/// `[admin]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileAdmin {
    pub(super) allow_from: Option<Vec<String>>,
}

/// `[log]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileLog {
    pub(super) level: Option<String>,
    pub(super) format: Option<String>,
    pub(super) files: Option<bool>,
    pub(super) keep: Option<Span>,
    pub(super) max_bytes: Option<usize>,
    pub(super) file_bytes: Option<usize>,
}

/// `[vault]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileVault {
    pub(super) key_file: Option<PathBuf>,
    /// From the environment only: beside the data it would protect nothing.
    #[serde(skip)]
    pub(super) passphrase: Option<String>,
}

/// `[[keys]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileKey {
    pub(super) name: String,
    pub(super) secret: String,
    #[serde(default)]
    pub(super) models: Option<Vec<String>>,
    #[serde(default)]
    pub(super) rpm: Option<u64>,
    #[serde(default)]
    pub(super) tpm: Option<u64>,
    #[serde(default)]
    pub(super) concurrency: Option<u32>,
    #[serde(default)]
    pub(super) budget_usd: Option<f64>,
    #[serde(default)]
    pub(super) period: Option<String>,
    #[serde(default)]
    pub(super) time_zone: Option<String>,
    #[serde(default)]
    pub(super) expires: Option<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
}

/// `[[providers]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileProvider {
    pub(super) name: String,
    #[serde(default)]
    pub(super) preset: Option<String>,
    #[serde(default)]
    pub(super) base_url: Option<String>,
    #[serde(default)]
    pub(super) dialects: Option<Vec<Dialect>>,
    #[serde(default)]
    pub(super) auth: Option<String>,
    #[serde(default)]
    pub(super) project: Option<String>,
    #[serde(default)]
    pub(super) location: Option<String>,
    #[serde(default)]
    pub(super) proxy: Option<String>,
    #[serde(default)]
    pub(super) discover: bool,
    #[serde(default)]
    pub(super) accounts: Vec<FileAccount>,
}

/// `[[providers.accounts]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAccount {
    pub(super) name: String,
    pub(super) secret: String,
    #[serde(default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) project: Option<String>,
    #[serde(default)]
    pub(super) location: Option<String>,
    #[serde(default)]
    pub(super) limits: Vec<FileAllowance>,
    #[serde(default)]
    pub(super) weight: Option<u32>,
}

/// `[[sites]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSite {
    pub(super) name: String,
    pub(super) adapter: String,
    pub(super) origin: Option<String>,
    #[serde(default)]
    pub(super) limits: FilePacing,
    #[serde(default)]
    pub(super) conversations: Option<String>,
    #[serde(default)]
    pub(super) packing: Option<String>,
    #[serde(default)]
    pub(super) merge_system: Option<bool>,
    #[serde(default)]
    pub(super) aliases: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) pinned: WrittenPinRules,
    #[serde(default)]
    pub(super) reload_idle: Option<String>,
    #[serde(default)]
    pub(super) tools: Option<String>,
}

/// `limits` of a site.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FilePacing {
    pub(super) min_gap: Option<Span>,
    pub(super) per_hour: Option<u32>,
    pub(super) quiet: Vec<String>,
}

/// `[[models]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileModel {
    pub(super) name: String,
    #[serde(default)]
    pub(super) strategy: Option<String>,
    pub(super) targets: Vec<FileTarget>,
    #[serde(default)]
    pub(super) first_byte_timeout: Option<Span>,
    #[serde(default)]
    pub(super) idle_timeout: Option<Span>,
    #[serde(default)]
    pub(super) total_timeout: Option<Span>,
    #[serde(default)]
    pub(super) commit_after: Option<Span>,
    #[serde(default)]
    pub(super) after_accept: Option<String>,
    #[serde(default)]
    pub(super) emulate: Option<bool>,
    #[serde(default)]
    pub(super) fallbacks: Vec<String>,
    #[serde(default)]
    pub(super) affinity: Option<bool>,
}

/// One of a model's targets: `{ provider, model }` or `{ site, model }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTarget {
    #[serde(default)]
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) site: Option<String>,
    pub(super) model: String,
    #[serde(default)]
    pub(super) weight: Option<u32>,
    #[serde(default)]
    pub(super) context_window: Option<u64>,
}
