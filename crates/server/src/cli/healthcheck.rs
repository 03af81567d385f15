//! `tabway healthcheck`: whether the gateway can serve, for containers and supervisors.

use http::Method;
use serde_json::json;

use super::{Global, client::Client, output::print};
use crate::exit::{CliError, Exit};

/// Asks `/readyz`.
///
/// # Errors
/// With exit code 4 when it does not answer, 1 when it is not ready.
pub async fn run(global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    let response = client.open(Method::GET, "/readyz", "", None).await?;
    if !response.status().is_success() {
        return Err(CliError::new(Exit::Failure, "the gateway is not ready"));
    }
    print(global, &json!({ "status": "ready" }), |_| vec!["ready".to_owned()]);
    Ok(())
}
