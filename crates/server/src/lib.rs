//! The gateway: everything of the binary `tabway`, as a library so that tests and `tabway demo`
//! start the real thing in their own process.

pub mod app;
pub mod cli;
pub mod config;
pub mod exit;
pub mod serve;
pub mod shutdown;
pub mod upstream;
