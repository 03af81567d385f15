//! What the admin API refuses, and how it says so.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

use tabway_dialects::chat::{Failure, FailureClass};
use tabway_store::{StoreError, VaultError, ledger::PageError};

use crate::{accounts::AccountsError, nodes::DecideError, sites::SitesError};

/// A refused call: a stable code and words for a person.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// No admin token, or another one.
    pub(super) fn not_permitted() -> Self {
        let words = "this needs the admin token of the data folder as a bearer credential";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_admin_token", words)
    }

    /// The call's own fault.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// There is no such thing.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// What is there already stands against it.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// What was asked for could not be kept.
    pub(super) fn unkept(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
    }

    /// The configuration file is wrong.
    pub(super) fn invalid_config(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "invalid_config", message)
    }

    /// Not now.
    pub(super) fn saturated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "saturated", message)
    }
}

/// What the bridge and the edge refuse.
impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let status = match failure.class {
            FailureClass::NodeOutdated => StatusCode::CONFLICT,
            FailureClass::PermissionDenied => StatusCode::FORBIDDEN,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, failure.class.code(), failure.message)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let stands_against = matches!(
            error,
            StoreError::Exists { .. }
                | StoreError::Vault(
                    VaultError::NotOurs(_) | VaultError::InUse { .. } | VaultError::NotOld(_)
                )
        );
        if stands_against {
            return Self::conflict(error.to_string());
        }
        tracing::error!(%error, "an admin call failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", error.to_string())
    }
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Store(error) => error.into(),
            other => Self::invalid(other.to_string()),
        }
    }
}

impl From<SitesError> for ApiError {
    fn from(error: SitesError) -> Self {
        match error {
            SitesError::Config(error) => Self::conflict(error.to_string()),
            SitesError::Store(error) => error.into(),
        }
    }
}

impl From<AccountsError> for ApiError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Config(error) => Self::conflict(error.to_string()),
            AccountsError::Store(error) => error.into(),
        }
    }
}

impl From<DecideError> for ApiError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Unknown => Self::not_found(error.to_string()),
            DecideError::TooEarly | DecideError::OtherFingerprint => {
                Self::conflict(error.to_string())
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}
