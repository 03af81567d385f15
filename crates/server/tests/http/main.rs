//! The real server in this process, on a free port, with a data folder of its own; one module for
//! each branch of the URL tree.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it relied on")]

mod support;

mod accounts;
mod alerts;
mod allowed;
mod connections;
mod drain;
mod edge;
mod faults;
mod health;
mod logs;
mod metrics;
mod reload;
mod routes;
mod start;
mod usage;
mod v1;
