//! `/api/*`: what the command line and the console ask of a running gateway. Every route takes a
//! [`Permit`], so none can be reached without the admin token.

mod accounts;
mod adapters;
mod alerts;
mod bridges;
mod check;
mod config;
mod conversations;
mod diagnose;
mod error;
mod health;
mod keys;
mod logs;
mod models;
mod moment;
mod nodes;
mod pairings;
mod permit;
mod prices;
mod queue;
mod record;
mod requests;
mod route;
mod seats;
mod sites;
mod snapshot;
mod status;
mod strict;
mod usage;
mod vault;

use std::sync::Arc;

pub(crate) use nodes::{Node, Seat, all as all_nodes};
pub(crate) use permit::Permit;
pub(crate) use seats::as_image;
pub(crate) use status::{Need, needs_of};

use crate::{
    app::App,
    routes::{Routes, Who},
};

/// Everything under `/api`.
pub(crate) fn routes() -> Routes<Arc<App>> {
    let all = [gateway(), browsers(), pages(), callers(), ledger(), bridges()];
    all.into_iter().fold(Routes::of(Who::Admin), Routes::merge)
}

fn gateway() -> Routes<Arc<App>> {
    Routes::of(Who::Admin)
        .get("/api/status", "How the gateway is, and what needs a person", status::show)
        .get("/api/health", "The score of the whole, and what it lacks", health::show)
        .get("/api/alerts", "What is wrong now, what was told, and the channels", alerts::list)
        .post("/api/alerts/test", "Send a test to one channel or all", alerts::test)
        .get("/api/config", "The settings in force, and where each came from", config::show)
        .post("/api/config/reload", "Read the file again, all of it or nothing", config::read_again)
        .get("/api/models", "Models that can be asked for now", models::list)
        .post("/api/models/refresh", "Read the models of pages again", models::refresh)
        .get("/api/route/explain", "Where a request for a model would go, and why", route::show)
        .get("/api/prices", "What models cost", prices::list)
        .post("/api/prices", "Replace the owner's file of prices", prices::update)
        .post("/api/snapshot", "Copy the database within the data folder", snapshot::take)
        .get("/api/vault", "The keys of the vault", vault::status)
        .post("/api/vault/rotate", "Seal every credential with a new key", vault::rotate)
        .delete("/api/vault/keys/{id}", "Forget a key that seals nothing", vault::drop_key)
}

fn browsers() -> Routes<Arc<App>> {
    Routes::of(Who::Admin)
        .get("/api/nodes", "Paired browsers, and what each can serve", nodes::list)
        .post("/api/nodes/check", "Look at the pages of browsers now", check::run)
        .get("/api/nodes/{id}", "One browser", nodes::show)
        .delete("/api/nodes/{id}", "Remove a browser for good", nodes::remove)
        .get("/api/seats", "What browsers can serve, seat by seat", seats::list)
        .get("/api/seats/{node}/{site}", "One seat in detail", seats::show)
        .get("/api/seats/{node}/{site}/picture", "A page that needs its human", seats::picture)
        .gives("image/svg+xml")
        .post("/api/pairings", "Open a pairing: a one-time code", pairings::open)
        .get("/api/pairings/{id}", "How a pairing goes; waits for news", pairings::watch)
        .post("/api/pairings/{id}/accept", "Let the compared browser in", pairings::accept)
        .post("/api/pairings/{id}/reject", "Turn the browser away", pairings::reject)
        .post("/api/fleets", "A fleet key, for many browsers", pairings::open_fleet)
}

fn pages() -> Routes<Arc<App>> {
    Routes::of(Who::Admin)
        .get("/api/sites", "Sites, and how their self-tests went", sites::list)
        .post("/api/sites", "Add a site", sites::add)
        .delete("/api/sites/{name}", "Remove a site that was added by command", sites::remove)
        .post("/api/sites/{name}/settings", "Change how a site is spoken to", sites::set)
        .post("/api/sites/{name}/diagnose", "Ask a browser what a page shows", diagnose::ask)
        .post("/api/sites/{name}/record", "Run a turn and record it", record::record)
        .gives("application/x-ndjson")
        .get("/api/sites/{name}/diagnoses", "The last looks at failing turns", diagnose::list)
        .get("/api/conversations", "Conversations that stand for a model", conversations::list)
        .post("/api/conversations", "Make one stand for a model", conversations::capture)
        .delete("/api/conversations/{id}", "It stands for nothing any more", conversations::remove)
        .get("/api/adapters", "Kinds of page, and drafts", adapters::list)
        .post("/api/adapters", "Keep a draft", adapters::draft)
        .get("/api/adapters/{name}/revisions", "Every revision with its text", adapters::revisions)
        .post("/api/adapters/{name}/publish", "Put a draft in force", adapters::publish)
        .post("/api/adapters/{name}/rollback", "Go back to a revision", adapters::roll_back)
        .get("/api/queue", "Requests that wait for a page", queue::list)
}

fn callers() -> Routes<Arc<App>> {
    Routes::of(Who::Admin)
        .get("/api/keys", "Keys, and how their limits stand", keys::list)
        .post("/api/keys", "Make a key; its secret is shown this once", keys::create)
        .get("/api/keys/{name}", "A key, what it used, its last requests", keys::show)
        .delete("/api/keys/{name}", "Revoke a key", keys::revoke)
        .post("/api/keys/{name}/rotate", "Give a key another secret", keys::rotate)
        .post("/api/key-files", "Take several keys, all or none", keys::import)
        .get("/api/accounts", "Accounts of providers", accounts::list)
        .post("/api/accounts", "Add an account", accounts::add)
        .post("/api/accounts/{provider}/{name}", "Switch an account on or off", accounts::change)
        .delete("/api/accounts/{provider}/{name}", "Remove an account", accounts::remove)
        .post("/api/accounts/{provider}/{name}/test", "What is wrong with it", accounts::test)
}

fn ledger() -> Routes<Arc<App>> {
    Routes::of(Who::Admin)
        .get("/api/requests", "The log of requests, page by page", requests::list)
        .get("/api/requests/{id}", "A request and its attempts", requests::one)
        .delete("/api/requests/{id}", "End what waits or runs at a page", queue::cancel)
        .get("/api/requests/{id}/body", "Its texts, where a key keeps them", requests::body)
        .get("/api/logs", "Requests as they end", logs::follow)
        .gives("text/event-stream")
        .get("/api/logs/days", "Days of which there are files", logs::days)
        .get("/api/logs/download", "The lines of a day", logs::download)
        .gives("application/x-ndjson")
        .get("/api/usage", "Figures for charts", usage::chart)
}

/// Addresses of another bridge.
fn bridges() -> Routes<Arc<App>> {
    Routes::of(Who::Admin)
        .get("/admin/status", "The state in Arena2API's shape", bridges::status)
        .get("/admin/profile/{id}", "One browser", nodes::show)
        .delete("/admin/profile/{id}", "Remove a browser for good", nodes::remove)
}
