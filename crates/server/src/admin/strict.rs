//! Bodies and queries that must be exactly what the call describes.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
};
use http::request::Parts;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::routes::{Argument, Operation, parameters_of};

/// A JSON body without unknown fields (the types say `deny_unknown_fields`); an empty one is `{}`.
#[derive(Debug)]
pub(super) struct Strict<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Strict<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::invalid(error.body_text()))?;
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        reader.end().map_err(|error| ApiError::invalid(error.to_string()))?;
        Ok(Self(value))
    }
}

/// Query parameters without unknown names.
#[derive(Debug)]
pub(super) struct StrictQuery<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::invalid(error.body_text()))?;
        Ok(Self(value))
    }
}

impl<T: JsonSchema> Argument for Strict<T> {
    fn tell(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.reads(T::json_schema(schemas));
    }
}

impl<T: JsonSchema> Argument for StrictQuery<T> {
    fn tell(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.asks(parameters_of::<T>(schemas));
    }
}
