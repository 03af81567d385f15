//! `POST /v1/chat/completions` through real sockets to a scripted upstream.

mod deadlines;
mod failures;
mod fallback;
mod keys;
mod keys_crowd;
mod leaving;
mod ledger;
mod passing;
mod pools;
mod prices;
mod refusals;
mod resting;
mod site;

use mock_upstream::{MockConfig, MockUpstream};
use serde_json::{Value, json};

use crate::support::Gateway;

/// The credential that the mock wants, and that must show up nowhere else.
pub const CANARY: &str = "sk-canary-4b1d";

/// A mock that wants our credential.
pub async fn mock() -> MockUpstream {
    let config = MockConfig { api_key: Some(CANARY.to_owned()), ..MockConfig::default() };
    MockUpstream::start(config).await.expect("a mock")
}

/// A gateway whose model `mock-model` stands before the mocks, in order. `extra` is added to the
/// model.
pub async fn before(mocks: &[&MockUpstream], extra: &str) -> Gateway {
    let mut config = String::new();
    let mut targets = Vec::new();
    for (at, mock) in mocks.iter().enumerate() {
        config += &format!(
            "[[providers]]\nname = \"mock{at}\"\nbase_url = \"{}\"\n\
             [[providers.accounts]]\nname = \"main\"\nsecret = \"{CANARY}\"\n",
            mock.base_url()
        );
        targets.push(format!("{{ provider = \"mock{at}\", model = \"mock-model\" }}"));
    }
    config += &format!(
        "[[models]]\nname = \"mock-model\"\ntargets = [{}]\n{extra}\n",
        targets.join(", ")
    );
    Gateway::start(&config).await
}

pub fn ask(prompt: &str) -> Value {
    json!({ "model": "mock-model", "messages": [{ "role": "user", "content": prompt }] })
}

pub fn ask_stream(prompt: &str) -> Value {
    let mut body = ask(prompt);
    body["stream"] = json!(true);
    body
}

/// The text of a stream's chunks.
pub fn text_of(stream: &str) -> String {
    stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect()
}
