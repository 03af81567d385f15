use http::Method;

use crate::support::Gateway;

const TWO_MODELS: &str = r#"
[[keys]]
name = "all"
secret = "tw-all"
[[keys]]
name = "some"
secret = "tw-some"
models = ["fast*"]
[[providers]]
name = "mock"
base_url = "http://127.0.0.1:9/v1"
[[models]]
name = "fast/1"
targets = [{ provider = "mock", model = "m" }]
[[models]]
name = "slow"
targets = [{ provider = "mock", model = "m" }]
"#;

#[tokio::test]
async fn lists_what_the_key_may_use() {
    let gateway = Gateway::start(TWO_MODELS).await;
    for (key, names) in [("tw-all", vec!["fast/1", "slow"]), ("tw-some", vec!["fast/1"])] {
        for (carrier, value) in [
            ("authorization", format!("Bearer {key}")),
            ("x-api-key", key.to_owned()),
            ("api-key", key.to_owned()),
            ("x-goog-api-key", key.to_owned()),
        ] {
            let reply = gateway.send(Method::GET, "/v1/models", &[(carrier, &value)], "").await;
            let json = reply.json();
            let listed: Vec<_> = json["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m["id"].as_str().unwrap())
                .collect();
            assert_eq!(listed, names, "{carrier}");
            assert_eq!(json["object"], "list");
        }
    }
}

#[tokio::test]
async fn shows_one_model_whose_name_may_hold_a_slash() {
    let gateway = Gateway::start(TWO_MODELS).await;
    let with = |key| [("x-api-key", key)];
    for path in ["/v1/models/fast/1", "/v1/models/fast%2F1", "/v1/models/fast%2f1"] {
        let reply = gateway.send(Method::GET, path, &with("tw-some"), "").await;
        assert_eq!(reply.json()["id"], "fast/1", "{path}");
    }
    for path in ["/v1/models/slow", "/v1/models/Fast/1", "/v1/models/none"] {
        let reply = gateway.send(Method::GET, path, &with("tw-some"), "").await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (404, "model_not_found"), "{path}");
    }
}

#[tokio::test]
async fn a_bad_credential_is_401_and_two_are_400() {
    let gateway = Gateway::start(TWO_MODELS).await;
    let long = "x".repeat(10_000);
    for headers in [
        vec![],
        vec![("authorization", "Bearer ")],
        vec![("authorization", "Bearer tw-al")],
        vec![("authorization", "Bearer TW-ALL")],
        vec![("authorization", &*long)],
        vec![("x-api-key", "' OR pg_sleep(8)--")],
        vec![("cookie", "api_key=tw-all")],
    ] {
        let reply = gateway.send(Method::GET, "/v1/models?key=tw-all", &headers, "").await;
        assert_eq!(
            (reply.status.as_u16(), &*reply.code()),
            (401, "invalid_api_key"),
            "{headers:?}"
        );
        assert!(!reply.text().contains("tw-al"), "{}", reply.text());
    }
    let two = [("authorization", "Bearer tw-all"), ("x-api-key", "tw-some")];
    let reply = gateway.send(Method::GET, "/v1/models", &two, "").await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (400, "invalid_request"));
}

#[tokio::test]
async fn without_keys_any_is_accepted_on_loopback() {
    let gateway = Gateway::start("").await;
    let reply = gateway.send(Method::GET, "/v1/models", &[("authorization", "Bearer x")], "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(gateway.get("/v1/models").await.status, 200);
}

#[tokio::test]
async fn a_providers_own_list_is_served_where_asked_for() {
    let models = vec!["small".to_owned(), "large".to_owned()];
    let mock = mock_upstream::MockUpstream::start(mock_upstream::MockConfig {
        models,
        ..Default::default()
    });
    let mock = mock.await.unwrap();
    let config = format!(
        "[[providers]]\nname = \"engine\"\nbase_url = \"{}\"\ndiscover = true\n",
        mock.base_url()
    );
    let gateway = Gateway::start(&config).await;
    let listed = tokio::time::timeout(crate::support::PATIENCE, async {
        loop {
            let json = gateway.get("/v1/models").await.json();
            let names = json["data"].as_array().unwrap().iter().map(|m| m["id"].to_string());
            let names: Vec<_> = names.collect();
            if !names.is_empty() {
                return names;
            }
        }
    });
    let listed = listed.await.expect("the provider is asked");
    assert_eq!(listed, ["\"engine/large\"", "\"engine/small\"", "\"large\"", "\"small\""]);
    let body = serde_json::json!({ "model": "small", "messages": [] });
    let reply = gateway.chat(&body).await;
    assert_eq!(reply.header("x-tabway-target"), "engine/small");
    assert_eq!(mock.journal().last().unwrap().json()["model"], "small");
}
