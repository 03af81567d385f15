//! A Chromium of our own for `tabway demo`: found, started headless with the extension, driven over
//! its DevTools socket. An ordinary browser: no flag here hides what it is or that it is driven.

mod devtools;
mod find;
mod launch;
mod package;
mod page;

pub use devtools::{DevTools, DevToolsError};
pub use find::{Chromium, find};
pub use launch::{Browser, Launch};
pub(crate) use launch::{is_root, last_line};
pub use package::{extension_id, write_extension};
pub use page::Page;

/// Why there is no browser, or why it did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// None is installed.
    #[error(
        "no Chromium was found. Install it (Debian, Ubuntu: apt-get install chromium) or name one with TABWAY_CHROMIUM"
    )]
    NotFound,
    /// One is there that cannot do it.
    #[error("{path} cannot be used: {reason}")]
    Unusable {
        /// The program.
        path: String,
        /// Why not.
        reason: String,
    },
    /// It did not start.
    #[error("Chromium did not start: {0}")]
    NotStarted(String),
    /// Files for it could not be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Its DevTools socket failed.
    #[error(transparent)]
    DevTools(#[from] DevToolsError),
    /// A page did not come to show what was waited for.
    #[error("the page {url} did not show {what} within {seconds} s")]
    Waited {
        /// The page.
        url: String,
        /// What was waited for.
        what: String,
        /// For how long.
        seconds: u64,
    },
}
