//! The real server in this process, on a free port, with a data folder of its own; one module for
//! each branch of the URL tree.

// Helpers of tests fail by panicking, as tests do.
#[expect(clippy::expect_used, clippy::panic)]
mod support;

mod connections;
mod edge;
mod health;
mod start;
mod v1;
