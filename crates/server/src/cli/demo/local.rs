//! The demo as a client of its own gateway, over its public HTTP.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::failed;
use crate::exit::{CliError, Exit};

/// Where the gateway is and what it asks for.
#[derive(Debug)]
pub(super) struct Local {
    authority: String,
    key: String,
}

impl Local {
    pub(super) fn new(url: &str, key: &str) -> Self {
        let authority = url.trim_start_matches("http://").to_owned();
        Self { authority, key: key.to_owned() }
    }

    /// Posts a JSON body; the answer's body is still to be read.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Response<Incoming>, CliError> {
        let stream = TcpStream::connect(&self.authority).await.map_err(failed)?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        // It ends with its one exchange.
        tokio::spawn(connection);
        let request = Request::post(path)
            .header(header::HOST, &self.authority)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(failed)?;
        sender.send_request(request).await.map_err(failed)
    }
}

/// The words of an answer that is an error.
pub(super) async fn refusal(response: Response<Incoming>) -> CliError {
    let status = response.status();
    let bytes = match response.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return failed(error),
    };
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let words = value["error"]["message"].as_str().unwrap_or("no reason given");
    let code = value["error"]["code"].as_str().unwrap_or("no code");
    CliError::new(Exit::Failure, format!("the gateway answered {status}, {code}: {words}"))
}
