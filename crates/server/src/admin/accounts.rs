//! Accounts: those of the file are only shown, those of the database come and go by command.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tabway_store::{NewAccount, Plain};

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::{
    accounts::{self, Probe},
    app::App,
    config::{self, Account, AccountKind, AccountSettings, AddedAccount, Owner, Provider, Secret},
    upstream::Egress,
};

/// The longest credential: a key file of Google has 2.4 KB.
const MAX_SECRET: usize = 32 * 1024;

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let config = app.config_snapshot();
    let left_out = app.accounts.left_out();
    let declared = config.providers.iter().flat_map(|provider| {
        let own = provider.accounts.iter();
        let own = own.filter(|one| !matches!(one.owner, Owner::Command | Owner::Nobody));
        own.map(|account| shown(provider, account))
    });
    let mut all: Vec<Value> = declared.collect();
    for account in app.store.accounts().list().await? {
        let problem = left_out
            .iter()
            .find(|one| one.provider == account.provider && one.name == account.name)
            .map(|one| one.words.clone());
        all.push(json!({
            "id": account.id,
            "provider": account.provider,
            "name": account.name,
            "kind": account.kind,
            "from": "command",
            "secret": masked(&account.hint),
            "settings": serde_json::from_str::<Value>(&account.settings).unwrap_or_default(),
            "enabled": account.enabled,
            "created_ms": account.created_ms,
            "problem": problem,
        }));
    }
    Ok(Json(json!({ "accounts": all })))
}

fn shown(provider: &Provider, account: &Account) -> Value {
    let kind = account.kind();
    let hint = account.secret.as_ref().map(|secret| config::hint(kind, secret.expose()));
    json!({
        "provider": provider.name,
        "name": account.name,
        "kind": kind.name(),
        "from": account.owner,
        "secret": masked(&hint.unwrap_or_default()),
        "enabled": true,
    })
}

/// A secret as it may be shown.
fn masked(hint: &str) -> String {
    format!("••••{hint}")
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    provider: String,
    name: String,
    #[serde(default)]
    kind: AccountKind,
    secret: String,
    #[serde(default)]
    base_url: Option<String>,
    #[serde(default)]
    project: Option<String>,
    #[serde(default)]
    location: Option<String>,
}

pub(super) async fn add(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(new): Strict<Add>,
) -> Result<Json<Value>, ApiError> {
    let settings =
        AccountSettings { base_url: new.base_url, project: new.project, location: new.location };
    let secret = match new.kind {
        AccountKind::Bearer => new.secret.trim(),
        AccountKind::ServiceAccount => new.secret.as_str(),
    };
    if secret.is_empty() || secret.len() > MAX_SECRET {
        return Err(ApiError::invalid("secret: 1 to 32768 characters"));
    }
    let account = AddedAccount {
        provider: new.provider,
        name: new.name,
        kind: new.kind,
        secret: Secret::new(secret),
        settings,
    };
    let hint = checked(&app, &account)?;
    let stored = app
        .store
        .accounts()
        .add(&NewAccount {
            provider: account.provider.clone(),
            name: account.name.clone(),
            kind: account.kind.name().to_owned(),
            secret: Plain::new(secret),
            hint: hint.clone(),
            settings: json!(account.settings).to_string(),
        })
        .await?;
    accounts::publish(&app).await?;
    Ok(Json(json!({
        "id": stored.id,
        "provider": stored.provider,
        "name": stored.name,
        "kind": stored.kind,
        "from": "command",
        "secret": masked(&hint),
    })))
}

/// Whether it would be of use beside what is in force. Gives the end of its secret.
fn checked(app: &App, account: &AddedAccount) -> Result<String, ApiError> {
    let name = &account.name;
    let plain = name.chars().all(|c| c.is_ascii_graphic() && c != '/');
    if name.is_empty() || name.len() > 200 || !plain {
        return Err(ApiError::invalid(
            "name: 1 to 200 plain characters without blanks and slashes",
        ));
    }
    let in_force = app.nodes.sites();
    if in_force.iter().any(|site| site.name == account.provider) {
        return Err(ApiError::conflict(format!("a site is named `{}`", account.provider)));
    }
    if is_declared(app, &account.provider, name) {
        return Err(owned_by_file(&account.provider, name));
    }
    let refused = app.config_snapshot().check_account(account);
    refused.map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(config::hint(account.kind, account.secret.expose()))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    enabled: bool,
}

/// How it is now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Changed {
    provider: String,
    name: String,
    enabled: bool,
}

pub(super) async fn change(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path((provider, name)): Path<(String, String)>,
    Strict(change): Strict<Change>,
) -> Result<Json<Changed>, ApiError> {
    if !app.store.accounts().set_enabled(&provider, &name, change.enabled).await? {
        return Err(unknown(&app, &provider, &name));
    }
    accounts::publish(&app).await?;
    Ok(Json(Changed { provider, name, enabled: change.enabled }))
}

/// The account that is gone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RemovedAccount")]
pub(super) struct Removed {
    removed: String,
    provider: String,
}

pub(super) async fn remove(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path((provider, name)): Path<(String, String)>,
) -> Result<Json<Removed>, ApiError> {
    if !app.store.accounts().remove(&provider, &name).await? {
        return Err(unknown(&app, &provider, &name));
    }
    accounts::publish(&app).await?;
    Ok(Json(Removed { removed: name, provider }))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Test {
    /// Ask this model for a token, in place of the list of models.
    model: Option<String>,
}

pub(super) async fn test(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path((provider, name)): Path<(String, String)>,
    Strict(test): Strict<Test>,
) -> Result<Json<Probe>, ApiError> {
    let config = app.config_snapshot();
    let found = config.provider(&provider).and_then(|provider| {
        Some((provider, provider.accounts.iter().find(|account| account.name == name)?))
    });
    let Some((provider, account)) = found else {
        let left_out = app.accounts.left_out();
        let known = left_out.iter().find(|one| one.provider == provider && one.name == name);
        return Err(match known {
            Some(known) => ApiError::conflict(known.words.clone()),
            None => unknown(&app, &provider, &name),
        });
    };
    let Some(options) = app.egress() else {
        return Err(ApiError::saturated("the gateway is still starting"));
    };
    // Connections of its own: a kept one would say nothing about the way.
    let egress = Egress::new(options);
    Ok(Json(accounts::probe(&egress, provider, account, test.model.as_deref()).await))
}

fn unknown(app: &App, provider: &str, name: &str) -> ApiError {
    match is_declared(app, provider, name) {
        true => owned_by_file(provider, name),
        false => {
            ApiError::not_found("no such account; `tabway account list` shows those there are")
        }
    }
}

fn is_declared(app: &App, provider: &str, name: &str) -> bool {
    app.config().provider(provider).is_some_and(|provider| {
        let mut own = provider.accounts.iter();
        own.any(|one| one.name == name && !matches!(one.owner, Owner::Command | Owner::Nobody))
    })
}

fn owned_by_file(provider: &str, name: &str) -> ApiError {
    ApiError::conflict(format!(
        "account `{name}` of `{provider}` is from the file or the environment; change it there"
    ))
}
