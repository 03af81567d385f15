use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tabway::serve::ADMIN_TOKEN_FILE;
use tokio::time::Instant;

use crate::support::{Gateway, PATIENCE, Reply};

const ONE: &str = "[[providers]]\nname = \"p\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
    [[models]]\nname = \"one\"\ntargets = [{ provider = \"p\", model = \"m\" }]";

impl Gateway {
    fn write(&self, text: &str) {
        std::fs::write(self.folder.path().join("tabway.toml"), text).expect("written");
    }

    async fn models(&self) -> Vec<String> {
        let json = self.get("/v1/models").await.json();
        json["data"].as_array().expect("a list").iter().map(|m| m["id"].to_string()).collect()
    }

    async fn admin(&self, method: Method, path: &str) -> Reply {
        let folder = self.running.app.config_snapshot().data_dir.clone();
        let token = std::fs::read_to_string(folder.join(ADMIN_TOKEN_FILE)).expect("the token");
        let bearer = format!("Bearer {}", token.trim());
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, "{}").await
    }

    /// What the admin API says of the configuration, once it says what is waited for.
    async fn config_until(&self, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let config = self.admin(Method::GET, "/api/config").await.json();
            if holds(&config) {
                return config;
            }
            assert!(Instant::now() < deadline, "waited in vain: {config}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_reload_takes_all_of_the_file_or_nothing() {
    let gateway = Gateway::start(ONE).await;
    gateway.write(&ONE.replace("\"one\"", "\"two\""));
    let changes: Vec<String> =
        gateway.running.reload().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["- models.one", "+ models.two"]);
    assert_eq!(gateway.models().await, ["\"two\""]);

    for bad in ["listen = ", "lisen = 1", "[[keys]]\nname = \"a\"\nsecret = \"env:NOPE\""] {
        gateway.write(bad);
        assert!(gateway.running.reload().is_err(), "{bad}");
        assert_eq!(gateway.models().await, ["\"two\""], "{bad}");
    }

    gateway.write("[[keys]]\nname = \"a\"\nsecret = \"tw-new\"");
    gateway.running.reload().unwrap();
    assert_eq!(gateway.get("/v1/models").await.status, 401);
}

#[tokio::test]
async fn a_file_that_changes_is_read_by_itself_and_a_bad_one_is_said() {
    let gateway = Gateway::start(ONE).await;
    let config = gateway.config_until(|_| true).await;
    let sources = config["settings"].as_array().unwrap();
    let model = sources.iter().find(|one| one["setting"] == "models.one").unwrap();
    assert!(model["source"].as_str().unwrap().ends_with("tabway.toml:4"), "{model}");

    gateway.write(&ONE.replace("\"one\"", "\"another\""));
    gateway.config_until(|config| config.to_string().contains("models.another")).await;
    assert_eq!(gateway.models().await, ["\"another\""]);

    gateway.write("lisen = 1");
    let config = gateway.config_until(|config| config["last_reading"]["error"].is_string()).await;
    let error = config["last_reading"]["error"].as_str().unwrap();
    assert!(error.contains("did you mean `listen`?"), "{error}");
    assert_eq!(gateway.models().await, ["\"another\""]);
    let status = gateway.admin(Method::GET, "/api/status").await.json();
    assert_eq!(status["config_error"], error);
    let refused = gateway.admin(Method::POST, "/api/config/reload").await;
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].clone()),
        (StatusCode::CONFLICT, json!("invalid_config"))
    );

    gateway.write(ONE);
    let told = gateway.admin(Method::POST, "/api/config/reload").await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    gateway.config_until(|config| config["last_reading"]["error"].is_null()).await;
    assert_eq!(gateway.models().await, ["\"one\""]);
}
