use serde_json::json;

use super::{CANARY, ask, ask_stream, mock};
use crate::support::Gateway;

const SITE: &str =
    "[[sites]]\nname = \"page\"\nadapter = \"demo\"\norigin = \"http://127.0.0.1:9\"\n";

#[tokio::test]
async fn a_site_is_listed_and_without_a_browser_says_no_node() {
    let gateway = Gateway::start(SITE).await;
    let listed = gateway.get("/v1/models").await.json();
    let names: Vec<_> = listed["data"].as_array().unwrap().iter().map(|m| &m["id"]).collect();
    assert!(names.contains(&&json!("page/default")), "{names:?}");
    for mut body in [ask("hello"), ask_stream("hello")] {
        body["model"] = json!("page/default");
        let reply = gateway.chat(&body).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (503, "no_node"), "{}", reply.text());
        assert!(!reply.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn a_provider_takes_over_from_a_page_that_cannot() {
    let mock = mock().await;
    let config = format!(
        "{SITE}[[providers]]\nname = \"p\"\nbase_url = \"{}\"\n\
         [[providers.accounts]]\nname = \"a\"\nsecret = \"{CANARY}\"\n\
         [[models]]\nname = \"mock-model\"\n\
         targets = [{{ site = \"page\", model = \"default\" }}, {{ provider = \"p\", model = \"m\" }}]",
        mock.base_url()
    );
    let gateway = Gateway::start(&config).await;
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-tabway-target")), (200, "p/m"));
    assert_eq!(reply.header("x-tabway-attempts"), "2");
}

#[tokio::test]
async fn a_constraint_that_no_page_can_honour_is_a_400_that_names_it() {
    let plain = format!(
        "{SITE}[[models]]\nname = \"plain\"\nemulate = false\n\
         targets = [{{ site = \"page\", model = \"default\" }}]"
    );
    let gateway = Gateway::start(&plain).await;
    let tool = json!({ "type": "function", "function": { "name": "f", "parameters": {} } });
    let json_object = json!({ "type": "json_object" });
    let foreign = json!([{ "type": "web_search" }]);
    for (model, field, value, param) in [
        ("plain", "tools", json!([tool]), "tools"),
        ("plain", "response_format", json_object, "response_format"),
        ("page/default", "tools", foreign, "tools.0"),
    ] {
        let mut body = ask("hello");
        body["model"] = json!(model);
        body[field] = value;
        let reply = gateway.chat(&body).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (400, "unsupported_by_target"));
        assert_eq!(reply.json()["error"]["param"], param);
    }
    let listed = gateway.get("/v1/models").await.json();
    let of = |id: &str| listed["data"].as_array().unwrap().iter().find(|m| m["id"] == id).unwrap();
    assert!(of("plain").get("emulated").is_none());
    assert!(of("page/default").get("emulated").is_some());
}

#[tokio::test]
async fn a_tool_server_that_a_request_names_is_not_called() {
    let trap = mock().await;
    let gateway = Gateway::start(SITE).await;
    for mut body in [ask("hello"), ask_stream("hello")] {
        body["model"] = json!("page/default");
        body["mcp_endpoint"] = json!(trap.base_url());
        let reply = gateway.chat(&body).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (400, "unsupported_by_target"));
        assert_eq!(reply.json()["error"]["param"], "mcp_endpoint");
        assert!(reply.text().contains("send its tools in `tools`"), "{}", reply.text());
    }
    assert!(trap.journal().is_empty());
}

#[tokio::test]
async fn an_adapter_that_is_not_there_is_a_configuration_error() {
    let config = SITE.replace("\"demo\"", "\"dmo\"");
    let error = Gateway::try_start(&config, &[]).await.err().expect("refused").to_string();
    assert!(error.contains("site `page`") && error.contains("did you mean `demo`?"), "{error}");
}
