//! The permission to administer: a value that a handler must have obtained.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use axum::extract::FromRequestParts;
use http::{header, request::Parts};

use super::error::ApiError;
use crate::{
    app::App,
    edge::{Context, may_administer},
    routes::Argument,
};

/// Whoever holds one has shown the admin token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit(());

impl FromRequestParts<Arc<App>> for Permit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Some(context) = parts.extensions.get::<Context>() else {
            return Err(ApiError::not_permitted());
        };
        may_administer(&app.config(), context, &parts.headers)?;
        let mut shown = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else {
            return Err(ApiError::not_permitted());
        };
        let token = shown.as_bytes();
        let bearer = token.len() > 7 && token[..7].eq_ignore_ascii_case(b"bearer ");
        let token = if bearer { token[7..].trim_ascii() } else { &[] };
        // In constant time: how long a refusal takes says nothing about the token.
        constant_time::verify_slices_are_equal(token, app.admin_token.expose().as_bytes())
            .map(|()| Self(()))
            .map_err(|_| ApiError::not_permitted())
    }
}

impl Argument for Permit {}
