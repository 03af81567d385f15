//! `/api/*`: what the command line and the console ask of a running gateway. Every route takes a
//! [`Permit`], so none can be reached without the admin token.

mod accounts;
mod adapters;
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

use axum::routing::{delete, get, post};

pub(crate) use nodes::{Node, Seat, all as all_nodes};
pub(crate) use seats::as_image;
pub(crate) use status::{Need, needs_of};

use crate::app::App;

/// Everything under `/api`.
pub(crate) fn routes() -> axum::Router<Arc<App>> {
    axum::Router::new()
        .route("/api/status", get(status::show))
        .route("/api/config", get(config::show))
        .route("/api/config/reload", post(config::read_again))
        .route("/api/models", get(models::list))
        .route("/api/models/refresh", post(models::refresh))
        .route("/api/nodes", get(nodes::list))
        .route("/api/nodes/check", post(check::run))
        .route("/api/nodes/{id}", get(nodes::show).delete(nodes::remove))
        .route("/api/seats", get(seats::list))
        .route("/api/seats/{node}/{site}", get(seats::show))
        .route("/api/seats/{node}/{site}/picture", get(seats::picture))
        .route("/api/pairings", post(pairings::open))
        .route("/api/pairings/{id}", get(pairings::watch))
        .route("/api/pairings/{id}/accept", post(pairings::accept))
        .route("/api/pairings/{id}/reject", post(pairings::reject))
        .route("/api/fleets", post(pairings::open_fleet))
        .route("/api/sites", get(sites::list).post(sites::add))
        .route("/api/sites/{name}", delete(sites::remove))
        .route("/api/sites/{name}/settings", post(sites::set))
        .route("/api/conversations", get(conversations::list).post(conversations::capture))
        .route("/api/conversations/{id}", delete(conversations::remove))
        .route("/api/adapters", get(adapters::list).post(adapters::draft))
        .route("/api/adapters/{name}/revisions", get(adapters::revisions))
        .route("/api/adapters/{name}/publish", post(adapters::publish))
        .route("/api/adapters/{name}/rollback", post(adapters::roll_back))
        .route("/api/sites/{name}/diagnose", post(diagnose::ask))
        .route("/api/sites/{name}/record", post(record::record))
        .route("/api/sites/{name}/diagnoses", get(diagnose::list))
        .route("/api/keys", get(keys::list).post(keys::create))
        .route("/api/keys/{name}", get(keys::show).delete(keys::revoke))
        .route("/api/keys/{name}/rotate", post(keys::rotate))
        .route("/api/key-files", post(keys::import))
        .route("/api/prices", get(prices::list).post(prices::update))
        .route("/api/accounts", get(accounts::list).post(accounts::add))
        .route("/api/accounts/{provider}/{name}", post(accounts::change).delete(accounts::remove))
        .route("/api/accounts/{provider}/{name}/test", post(accounts::test))
        .route("/api/vault", get(vault::status))
        .route("/api/vault/rotate", post(vault::rotate))
        .route("/api/vault/keys/{id}", delete(vault::drop_key))
        .route("/api/requests", get(requests::list))
        .route("/api/requests/{id}", get(requests::one).delete(queue::cancel))
        .route("/api/requests/{id}/body", get(requests::body))
        .route("/api/logs", get(logs::follow))
        .route("/api/logs/days", get(logs::days))
        .route("/api/logs/download", get(logs::download))
        .route("/api/usage", get(usage::chart))
        .route("/api/route/explain", get(route::show))
        .route("/api/snapshot", post(snapshot::take))
        .route("/api/queue", get(queue::list))
        .route("/api/health", get(health::show))
        .route("/admin/status", get(bridges::status))
        .route("/admin/profile/{id}", get(nodes::show).delete(nodes::remove))
}
