//! The command line as a client of the running gateway: found by the files in its data folder.

use std::{fs, path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

use super::Global;
use crate::{
    config::{Config, Environment, Flags},
    exit::{CliError, Exit},
    serve::{ADMIN_TOKEN_FILE, ENDPOINT_FILE},
};

/// How long the gateway may take to answer the connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The running gateway.
#[derive(Debug)]
pub(super) struct Client {
    /// `http://host:port`
    pub(super) url: String,
    authority: String,
    token: String,
}

impl Client {
    /// Finds the gateway that runs on the data folder.
    pub(super) fn find(global: &Global) -> Result<Self, CliError> {
        let folder = data_dir(global)?;
        let read =
            |name: &str| fs::read_to_string(folder.join(name)).map(|text| text.trim().to_owned());
        let (Ok(url), Ok(token)) = (read(ENDPOINT_FILE), read(ADMIN_TOKEN_FILE)) else {
            let words = format!(
                "no gateway has run on {} yet; start one with `tabway serve`",
                folder.display()
            );
            return Err(CliError::new(Exit::Unreachable, words));
        };
        let Some(authority) = url.strip_prefix("http://").map(str::to_owned) else {
            let words =
                format!("the gateway at {url} speaks TLS, which the command line does not yet");
            return Err(CliError::new(Exit::Unreachable, words));
        };
        Ok(Self { url, authority, token })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, CliError> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Value, CliError> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, CliError> {
        let response = self.open(method, path, &self.token, body).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(|error| self.away(error))?;
        let value: Value = serde_json::from_slice(&bytes.to_bytes()).unwrap_or_default();
        if status.is_success() { Ok(value) } else { Err(refusal(status, &value)) }
    }

    /// Sends an admin call whose answer is still to be read.
    pub(super) async fn open_admin(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Response<Incoming>, CliError> {
        self.open(method, path, &self.token, Some(body)).await
    }

    /// Sends a request with a credential; the answer's body is still to be read.
    pub(super) async fn open(
        &self,
        method: Method,
        path: &str,
        credential: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, CliError> {
        let stream = timeout(CONNECT, TcpStream::connect(&self.authority))
            .await
            .map_err(|error| self.away(error))?
            .map_err(|error| self.away(error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.away(error))?;
        // It ends with its one exchange.
        tokio::spawn(connection);
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::AUTHORIZATION, format!("Bearer {credential}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| CliError::new(Exit::Usage, error.to_string()))?;
        sender.send_request(request).await.map_err(|error| self.away(error))
    }

    fn away(&self, error: impl std::fmt::Display) -> CliError {
        let words = format!("the gateway at {} does not answer: {error}", self.url);
        CliError::new(Exit::Unreachable, words)
    }
}

/// The data folder of this command line.
pub(super) fn data_dir(global: &Global) -> Result<PathBuf, CliError> {
    match &global.data_dir {
        Some(folder) => Ok(folder.clone()),
        None => Ok(config(global)?.data_dir),
    }
}

/// The configuration as the gateway of this command line would have it.
pub(super) fn config(global: &Global) -> Result<Config, CliError> {
    let flags = Flags {
        config: global.config.clone(),
        data_dir: global.data_dir.clone(),
        ..Flags::default()
    };
    Ok(Config::load(&flags, &Environment::of_process())?)
}

/// The words of an answer that is an error.
pub(super) fn refusal(status: StatusCode, value: &Value) -> CliError {
    let error = &value["error"];
    let words = match (error["message"].as_str(), error["code"].as_str()) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (Some(message), None) => message.to_owned(),
        _ => format!("the gateway answered {status}"),
    };
    CliError::new(Exit::Failure, words)
}

/// A name as a step of a path.
pub(super) fn step(name: &str) -> String {
    let mut step = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            step.push(char::from(byte));
        } else {
            step.push_str(&format!("%{byte:02X}"));
        }
    }
    step
}
