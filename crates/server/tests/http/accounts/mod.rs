//! Accounts that come and go by command, tested against providers at the edge.

mod probes;
mod service;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    Gateway, PATIENCE, Reply,
    edge::{Edge, provider},
};

impl Gateway {
    /// A call of the admin API.
    pub async fn api(&self, method: Method, path: &str, body: &Value) -> Reply {
        let token = format!("Bearer {}", self.running.app.admin_token.expose());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, &[("authorization", &*token)], &body).await
    }

    async fn add(&self, provider: &str, name: &str, secret: &str) -> Reply {
        let body = json!({ "provider": provider, "name": name, "secret": secret });
        self.api(Method::POST, "/api/accounts", &body).await
    }

    /// Waits until a model is served.
    async fn wait_for_model(&self, model: &str) {
        let wait = async {
            while !self.get("/v1/models").await.text().contains(&format!("\"{model}\"")) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the model is served");
    }
}

pub fn ask(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] })
}

/// A gateway with one provider and one model.
async fn before(edge: &Edge, accounts: &str) -> Gateway {
    Gateway::start(&format!(
        "[[providers]]\nname = \"edge\"\nbase_url = \"http://127.0.0.1:{}/v1\"\n{accounts}\n\
         [[models]]\nname = \"m\"\ntargets = [{{ provider = \"edge\", model = \"m1\" }}]\n",
        edge.port
    ))
    .await
}

const OF_FILE: &str =
    "[[providers.accounts]]\nname = \"main\"\nsecret = \"sk-of-the-file-0123456789\"";

#[tokio::test]
async fn an_account_takes_effect_at_once_and_its_secret_is_never_shown() {
    let edge = Edge::start(provider).await;
    let gateway = before(&edge, "").await;
    gateway.chat(&ask("m")).await;
    let added = gateway.add("edge", "one", "sk-canary-one-0123456789\n").await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    assert_eq!(added.json()["secret"], "••••6789");
    assert_eq!(gateway.chat(&ask("m")).await.status, StatusCode::OK);
    assert_eq!(edge.chats(), ["", "Bearer sk-canary-one-0123456789"]);

    let listed = gateway.api(Method::GET, "/api/accounts", &Value::Null).await;
    assert_eq!(listed.json()["accounts"][0]["secret"], "••••6789");
    let again = gateway.add("edge", "one", "sk-canary-two-0123456789").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    for reply in [added, listed, again] {
        assert!(!reply.text().contains("canary"), "{}", reply.text());
    }

    let path = "/api/accounts/edge/one";
    gateway.api(Method::POST, path, &json!({ "enabled": false })).await;
    gateway.chat(&ask("m")).await;
    gateway.api(Method::POST, path, &json!({ "enabled": true })).await;
    gateway.chat(&ask("m")).await;
    gateway.running.reload().expect("a reload keeps accounts of the database");
    gateway.chat(&ask("m")).await;
    gateway.api(Method::DELETE, path, &Value::Null).await;
    gateway.chat(&ask("m")).await;
    let one = "Bearer sk-canary-one-0123456789";
    assert_eq!(edge.chats(), ["", one, "", one, one, ""]);
    assert_eq!(gateway.api(Method::DELETE, path, &Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn accounts_of_file_and_database_serve_together_and_have_one_owner() {
    let edge = Edge::start(provider).await;
    let gateway = before(&edge, OF_FILE).await;
    gateway.add("edge", "two", "sk-of-the-database-0123456789").await;
    for _ in 0..8 {
        assert_eq!(gateway.chat(&ask("m")).await.status, StatusCode::OK);
    }
    let config = gateway.running.app.config_snapshot();
    let names: Vec<_> = config.providers[0].accounts.iter().map(|one| one.name.clone()).collect();
    assert_eq!(names, ["main", "two"]);
    let taken = gateway.add("edge", "main", "sk-another-0123456789").await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.text());
    let path = "/api/accounts/edge/main";
    let refused = gateway.api(Method::DELETE, path, &Value::Null).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());

    // The file takes a name that the database has: the reload is refused as a whole.
    let file = gateway.folder.path().join("tabway.toml");
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, text.replace("\"main\"", "\"two\"")).expect("written");
    let error = gateway.running.reload().expect_err("two owners");
    assert!(error.to_string().contains("tabway account remove edge two"), "{error}");
    assert_eq!(gateway.chat(&ask("m")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_account_makes_a_provider_and_its_removal_ends_it() {
    let edge = Edge::start(provider).await;
    let gateway = Gateway::start("discover = false").await;
    let unknown = gateway.add("nowhere", "main", "sk-0123456789abcdef").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.text().contains("there is no preset") || unknown.text().contains("no preset"));
    let body = json!({
        "provider": "mine", "name": "main", "secret": "sk-0123456789abcdef",
        "base_url": format!("http://127.0.0.1:{}/v1/", edge.port),
    });
    let added = gateway.api(Method::POST, "/api/accounts", &body).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    gateway.wait_for_model("mine/m1").await;
    assert_eq!(gateway.chat(&ask("mine/m1")).await.status, StatusCode::OK);
    // Of a preset by its name alone; nothing is asked of it here.
    assert_eq!(gateway.add("mistral", "main", "sk-0123456789abcdef").await.status, StatusCode::OK);
    assert!(gateway.running.app.config().provider("mistral").is_some());

    gateway.api(Method::DELETE, "/api/accounts/mine/main", &Value::Null).await;
    assert_eq!(gateway.chat(&ask("mine/m1")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(edge.chats().len(), 1, "nothing uses an account that is gone");
}

#[tokio::test]
async fn k14_a_request_in_flight_ends_with_the_account_that_it_began_with() {
    // The answer is held until the account is gone.
    let edge = Edge::start_with(0, provider).await;
    let gateway = before(&edge, "").await;
    gateway.add("edge", "one", "sk-canary-one-0123456789").await;
    let body = ask("m");
    let chat = gateway.chat(&body);
    let remove = async {
        let asked = async {
            while edge.chats().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("it is asked");
        let gone = gateway.api(Method::DELETE, "/api/accounts/edge/one", &Value::Null).await;
        assert_eq!(gone.status, StatusCode::OK);
        edge.gate.add_permits(1);
    };
    let (answer, ()) = tokio::join!(chat, remove);
    assert_eq!(answer.status, StatusCode::OK);
    edge.gate.add_permits(1);
    gateway.chat(&body).await;
    assert_eq!(edge.chats(), ["Bearer sk-canary-one-0123456789", ""]);
}

#[tokio::test]
async fn the_command_line_adds_lists_tests_and_removes() {
    let edge = Edge::start(provider).await;
    let gateway = before(&edge, "").await;
    let folder = gateway.folder.path().join("data");
    // On a thread of its own: the edge answers on this one.
    let run = async |arguments: &[&str], input: &'static str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tabway"));
        command.arg("account").args(arguments).arg("--data-dir").arg(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().expect("the program runs");
            child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("written");
            child.wait_with_output().expect("it ends")
        });
        let ended = ended.await.expect("it ends");
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        (ended.status.code(), said + &String::from_utf8_lossy(&ended.stderr))
    };
    let add = ["add", "--provider", "edge", "--name", "main", "--secret-stdin"];
    let (code, said) = run(&add, "sk-canary-0123456789\n").await;
    assert_eq!((code, said.contains("added edge/main ••••6789")), (Some(0), true), "{said}");
    let (_, said) = run(&["list"], "").await;
    assert!(said.contains("edge") && said.contains("in use") && !said.contains("canary"), "{said}");
    let (code, said) = run(&["test", "edge", "main"], "").await;
    assert_eq!((code, said.trim()), (Some(0), "works: it lists 1 model(s)"));
    let (_, said) = run(&["disable", "edge", "main"], "").await;
    assert_eq!(said.trim(), "disabled edge/main");
    let (_, said) = run(&["remove", "edge", "main"], "").await;
    assert_eq!(said.trim(), "removed edge/main");
    let (code, said) = run(&["test", "edge", "main"], "").await;
    assert_eq!((code, said.contains("no such account")), (Some(1), true), "{said}");
}
