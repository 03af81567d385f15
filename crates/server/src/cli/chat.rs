//! `tabway chat`: ask a model and print the answer as it comes.

use std::io::Write as _;

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{
    Global,
    client::{Client, refusal},
    output::{failed, line},
};
use crate::exit::CliError;

/// The longest line of a stream that is waited for.
const MAX_LINE: usize = 16 << 20;

/// Arguments of `tabway chat`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The model; `tabway status` and /v1/models say which there are
    #[arg(short, long, value_name = "MODEL")]
    model: String,
    /// What to ask
    text: String,
    /// The API key, where the gateway has keys
    #[arg(long, env = "TABWAY_KEY", value_name = "KEY", hide_env_values = true)]
    key: Option<String>,
}

/// Asks.
///
/// # Errors
/// When there is no answer, or it does not come to its end.
pub async fn run(args: Args, global: &Global) -> Result<(), CliError> {
    let client = Client::find(global)?;
    let body = json!({
        "model": args.model,
        "stream": !global.json,
        "messages": [{ "role": "user", "content": args.text }],
    });
    // Where there are no keys any will do.
    let key = args.key.as_deref().unwrap_or("none");
    let response = client.open(Method::POST, "/v1/chat/completions", key, Some(&body)).await?;
    let status = response.status();
    let mut body = response.into_body();
    if global.json || !status.is_success() {
        let bytes = body.collect().await.map_err(failed)?.to_bytes();
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if !status.is_success() {
            return Err(refused(status, &value, args.key.is_some()));
        }
        line(format_args!("{value:#}"));
        return Ok(());
    }
    let mut printer = Printer::default();
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame.map_err(failed)?.into_data() {
            printer.take(&bytes)?;
        }
        if printer.unheard {
            return Ok(());
        }
    }
    line("");
    if printer.done { Ok(()) } else { Err(failed("the answer ended before its end")) }
}

/// Why there is no answer; where it is for want of a key, where to get one.
fn refused(status: StatusCode, value: &Value, given: bool) -> CliError {
    let mut error = refusal(status, value);
    if status == StatusCode::UNAUTHORIZED {
        error.message.push_str(match given {
            true => "; the gateway does not know the key of --key or TABWAY_KEY",
            false => "; this gateway has keys: give one with --key or in TABWAY_KEY",
        });
        error.message.push_str(" (`tabway key create NAME` makes a new one)");
    }
    error
}

/// Prints the text of an event stream.
#[derive(Debug, Default)]
struct Printer {
    rest: Vec<u8>,
    done: bool,
    /// Whoever read it has seen enough.
    unheard: bool,
}

impl Printer {
    fn take(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = memchr::memchr(b'\n', &self.rest) {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            if let Some(data) = line.strip_prefix(b"data:") {
                self.data(data.trim_ascii())?;
            }
        }
        if self.rest.len() > MAX_LINE {
            return Err(failed("a line of the answer is too long"));
        }
        Ok(())
    }

    fn data(&mut self, data: &[u8]) -> Result<(), CliError> {
        if data == b"[DONE]" {
            self.done = true;
            return Ok(());
        }
        let value: Value = serde_json::from_slice(data).map_err(failed)?;
        if let Some(message) = value["error"]["message"].as_str() {
            line("");
            return Err(failed(message));
        }
        if let Some(text) = value["choices"][0]["delta"]["content"].as_str() {
            let mut out = std::io::stdout();
            self.unheard |= out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err();
        }
        Ok(())
    }
}
