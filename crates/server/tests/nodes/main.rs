//! Browsers, simulated at the socket: real keys, the real server in this process, no page.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it relied on")]

mod support;

mod adapters;
mod admin;
mod alerts;
mod bridges;
mod conversations;
mod crowd;
mod diagnosis;
mod dialogs;
mod epochs;
mod foreign;
mod harvest;
mod humans;
mod identity;
mod idle;
mod images;
mod import;
mod lanes;
mod limits;
mod media;
mod models;
mod offers;
mod origin;
mod pacing;
mod pages;
mod pairing;
mod pinned;
mod queue;
mod resume;
mod self_tests;
mod skew;
mod tools;
mod turns;
