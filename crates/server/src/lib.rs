//! The gateway: everything of the binary `tabway`, as a library so that tests and `tabway demo`
//! start the real thing in their own process.
#![deny(clippy::print_stdout)]

pub mod accounts;
pub mod adapters;
pub(crate) mod admin;
pub(crate) mod alerts;
pub mod app;
pub(crate) mod body;
mod bridges;
pub mod browser;
pub mod call;
pub mod cli;
pub mod config;
pub(crate) mod demo_site;
pub mod discover;
pub(crate) mod edge;
pub mod exit;
pub(crate) mod extension_files;
pub mod fleet;
pub(crate) mod health;
pub mod import;
pub mod keys;
pub mod limits;
pub(crate) mod listen;
pub(crate) mod logs;
pub(crate) mod media;
pub mod metrics;
pub mod nodes;
pub(crate) mod page;
pub mod prices;
pub(crate) mod redact;
pub mod reload;
pub mod router;
pub mod routes;
pub mod runtime;
pub mod serve;
pub mod shutdown;
pub mod sites;
pub(crate) mod surface;
pub(crate) mod teach;
pub mod upstream;
