//! The admin API, the status page and the extension's packages.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use http::{Method, StatusCode};
use tabway::nodes::JobOrder;

use crate::support::{Gateway, Identity, Node, order};

const ROUTES: &[(Method, &str)] = &[
    (Method::GET, "/api/status"),
    (Method::GET, "/api/models"),
    (Method::GET, "/api/nodes"),
    (Method::DELETE, "/api/nodes/node_x"),
    (Method::POST, "/api/pairings"),
    (Method::GET, "/api/pairings/x"),
    (Method::POST, "/api/pairings/x/accept"),
    (Method::POST, "/api/pairings/x/reject"),
    (Method::POST, "/api/fleets"),
    (Method::GET, "/api/sites"),
    (Method::POST, "/api/sites"),
    (Method::DELETE, "/api/sites/x"),
    (Method::GET, "/api/adapters"),
    (Method::POST, "/api/adapters"),
    (Method::GET, "/api/adapters/x/revisions"),
    (Method::POST, "/api/adapters/x/publish"),
    (Method::POST, "/api/adapters/x/rollback"),
    (Method::GET, "/api/keys"),
    (Method::POST, "/api/keys"),
    (Method::GET, "/api/keys/x"),
    (Method::DELETE, "/api/keys/x"),
    (Method::POST, "/api/keys/x/rotate"),
    (Method::POST, "/api/key-files"),
    (Method::GET, "/api/prices"),
    (Method::POST, "/api/prices"),
    (Method::GET, "/api/requests"),
    (Method::GET, "/api/requests/x"),
    (Method::GET, "/api/requests/x/body"),
    (Method::GET, "/api/usage"),
    (Method::GET, "/api/logs?errors=maybe"),
    (Method::GET, "/api/logs/days"),
    (Method::GET, "/api/logs/download"),
];

#[tokio::test]
async fn nothing_is_done_without_the_admin_token() {
    let gateway = Gateway::start().await;
    let token = gateway.app().admin_token.expose().to_owned();
    let (key, _) = gateway
        .app()
        .store
        .keys()
        .create(tabway_store::NewKey {
            name: "dev".to_owned(),
            value: Some("tw-an-api-key-of-a-client".to_owned()),
            ..Default::default()
        })
        .await
        .unwrap();
    assert!(key.is_live());
    for (method, path) in ROUTES {
        for wrong in [None, Some(""), Some("tw-an-api-key-of-a-client"), Some(&token[1..])] {
            let (status, _) = gateway.http(method.clone(), path, wrong, "{}").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} {wrong:?}");
        }
        let (status, _) = gateway.api(method.clone(), path, "{}").await;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn a_pairing_over_the_api() {
    let gateway = Gateway::start().await;
    let (_, opened) = gateway.api(Method::POST, "/api/pairings", "").await;
    let path = format!("/api/pairings/{}", opened["id"].as_str().unwrap());
    let (_, now) = gateway.api(Method::GET, &path, "").await;
    assert_eq!(now["state"], "waiting");
    let identity = Identity::new();
    let owner = async {
        let news = format!("{path}?seen=waiting&wait_ms=20000");
        let (_, now) = gateway.api(Method::GET, &news, "").await;
        assert_eq!((&now["state"], &now["label"]), (&"compare".into(), &"test".into()));
        let wrong = r#"{"fingerprint":"AAAA-AAAA"}"#;
        let accept = format!("{path}/accept");
        assert_eq!(gateway.api(Method::POST, &accept, wrong).await.0, StatusCode::CONFLICT);
        let right = serde_json::json!({ "fingerprint": now["fingerprint"] }).to_string();
        assert_eq!(gateway.api(Method::POST, &accept, &right).await.0, StatusCode::OK);
        gateway.api(Method::GET, &format!("{path}?seen=compare&wait_ms=20000"), "").await.1
    };
    let code = opened["code"].as_str().unwrap();
    let (node, end) = tokio::join!(Node::join(&gateway, &identity, Some(code)), owner);
    let node = node.expect("in");
    assert_eq!((&end["state"], &end["node"]), (&"paired".into(), &node.id.as_str().into()));
    let (_, nodes) = gateway.api(Method::GET, "/api/nodes", "").await;
    assert_eq!(nodes["nodes"][0]["connected"], true);
    let removed = format!("/api/nodes/{}", node.id);
    assert_eq!(gateway.api(Method::DELETE, &removed, "").await.0, StatusCode::OK);
    assert_eq!(gateway.api(Method::DELETE, &removed, "").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn unknown_fields_and_names_are_refused() {
    let gateway = Gateway::start().await;
    for (method, path, body) in [
        (Method::POST, "/api/keys", r#"{"name":"a","is_admin":true}"#),
        (Method::POST, "/api/keys", r#"{"name":""}"#),
        (Method::POST, "/api/keys", r#"{"name":"a","value":"short"}"#),
        (Method::POST, "/api/keys", r#"{"name":"a"} x"#),
        (Method::POST, "/api/keys", "["),
        (Method::POST, "/api/pairings", r#"{"approve":true}"#),
        (Method::POST, "/api/fleets", r#"{"count":0,"expires_seconds":60}"#),
        (Method::POST, "/api/fleets", r#"{"count":1}"#),
        (Method::POST, "/api/sites", r#"{"name":"a","adapter":"dmeo","origin":"http://a"}"#),
        (Method::POST, "/api/sites", r#"{"name":"a/b","adapter":"demo","origin":"http://a"}"#),
        (Method::POST, "/api/sites", r#"{"name":"a","adapter":"demo","origin":"http://a/path"}"#),
        (Method::GET, "/api/requests?limit=1&all=1", ""),
    ] {
        let (status, answer) = gateway.api(method, path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}: {answer}");
        assert_eq!(answer["error"]["code"], "invalid_request");
    }
}

#[tokio::test]
async fn a_key_lives_from_create_to_revoke() {
    let gateway = Gateway::start().await;
    let (status, made) = gateway.api(Method::POST, "/api/keys", r#"{"name":"dev"}"#).await;
    assert_eq!(status, StatusCode::OK);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("tw-"));
    let twice = gateway.api(Method::POST, "/api/keys", r#"{"name":"dev"}"#).await;
    assert_eq!(twice.0, StatusCode::CONFLICT);
    assert_eq!(gateway.http(Method::GET, "/v1/models", Some(secret), "").await.0, StatusCode::OK);
    let other = gateway.http(Method::GET, "/v1/models", Some("tw-other"), "").await;
    assert_eq!(other.0, StatusCode::UNAUTHORIZED);
    let (_, listed) = gateway.api(Method::GET, "/api/keys", "").await;
    assert_eq!(listed["keys"][0]["name"], "dev");
    assert!(!listed.to_string().contains(secret), "a secret is shown once");
    assert_eq!(gateway.api(Method::DELETE, "/api/keys/dev", "").await.0, StatusCode::OK);
    assert_eq!(gateway.api(Method::DELETE, "/api/keys/dev", "").await.0, StatusCode::NOT_FOUND);
    // Without a live key the gateway is closed, not open.
    for key in [secret, "anything"] {
        let (status, _) = gateway.http(Method::GET, "/v1/models", Some(key), "").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_name_has_one_owner() {
    let gateway = Gateway::start().await;
    gateway.api(Method::POST, "/api/keys", r#"{"name":"dev"}"#).await;
    let site = r#"{"name":"chat","adapter":"demo","origin":"http://127.0.0.1:1"}"#;
    gateway.api(Method::POST, "/api/sites", site).await;
    for (file, named) in [
        ("[[keys]]\nname = \"dev\"\nsecret = \"a-secret-of-the-file\"", "key `dev`"),
        ("[[sites]]\nname = \"chat\"\nadapter = \"demo\"\norigin = \"http://a\"", "site `chat`"),
    ] {
        let error = gateway.reload_with(file).expect_err("twice").to_string();
        assert!(error.contains(named) && error.contains("both in the file"), "{error}");
    }
    gateway.reload_with("").expect("as before");
}

#[tokio::test]
async fn a_site_is_pushed_to_browsers_and_kept() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let body = r#"{"name":"chat","adapter":"demo","origin":"HTTP://Chat.lan:80/"}"#;
    let (status, added) = gateway.api(Method::POST, "/api/sites", body).await;
    assert_eq!((status, &added["origin"]), (StatusCode::OK, &"http://chat.lan:80".into()));
    let tabway_protocol::message::GatewayMessage::Sites { sites } = node.next_word().await else {
        panic!("sites")
    };
    assert!(sites.iter().any(|site| site.name == "chat"));
    assert_eq!(gateway.api(Method::POST, "/api/sites", body).await.0, StatusCode::CONFLICT);
    let (_, models) = gateway.api(Method::GET, "/api/models", "").await;
    assert!(models.to_string().contains("chat/default"), "{models}");
    drop(node);
    let gateway = gateway.restart().await;
    let (_, listed) = gateway.api(Method::GET, "/api/sites", "").await;
    assert_eq!(listed["sites"][0]["name"], "chat");
    assert_eq!(gateway.api(Method::DELETE, "/api/sites/chat", "").await.0, StatusCode::OK);
    assert_eq!(gateway.api(Method::DELETE, "/api/sites/chat", "").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_shows_the_state_and_no_secret() {
    let gateway = Gateway::start().await;
    let (_, page) = gateway.http(Method::GET, "/", None, "").await;
    let page = String::from_utf8_lossy(&page).into_owned();
    assert!(page.contains("No browser is paired yet"), "{page}");
    let mut node = gateway.browser(1).await;
    node.seats(tabway_protocol::message::SeatState::Challenge, 1, false).await;
    let challenge = tabway_protocol::message::SeatState::Challenge;
    gateway.until(|views| views[0].seats[0].state == challenge).await;
    let (_, page) = gateway.http(Method::GET, "/", None, "").await;
    let page = String::from_utf8_lossy(&page).into_owned();
    assert!(page.contains("Needs you") && page.contains("a challenge"), "{page}");
    assert!(!page.contains(gateway.app().admin_token.expose()));
}

#[tokio::test]
async fn the_page_shows_who_waits_and_how_well_seats_do() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let turn = gateway.turn("slow").await.expect("a lane");
    node.job().await;
    turn.too_slow();
    let nodes = gateway.app().nodes.clone();
    let _waiting = tokio::spawn(async move {
        nodes.start(JobOrder { key: "<mine>".to_owned(), ..order("waits") }).await
    });
    gateway.until(|_| !gateway.app().nodes.queue().is_empty()).await;
    let (_, page) = gateway.http(Method::GET, "/", None, "").await;
    let page = String::from_utf8_lossy(&page).into_owned();
    for shown in ["<b>1</b><span>waiting for a page", "1 of 1", "page/default", "&lt;mine&gt;"] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    let health = &gateway.app().nodes.seats()[0].health;
    assert!(health.score < 100);
    let score = format!("\">{}</span>", health.score);
    let reason = &health.reasons[0];
    assert!(
        page.contains(&score) && page.contains(&format!("<b>-{}</b>", reason.points)),
        "{page}"
    );
    assert!(page.contains(&reason.problem), "{page}");
    assert!(!page.contains("waits\""), "no text of a request");
}

#[tokio::test]
async fn the_extension_is_there_to_take() {
    let gateway = Gateway::start().await;
    let (status, page) = gateway.http(Method::GET, "/extension/", None, "").await;
    assert_eq!(status, StatusCode::OK);
    let page = String::from_utf8_lossy(&page).into_owned();
    assert!(page.contains("Load unpacked"));
    for path in ["/extension/chromium.zip", "/extension/firefox.xpi"] {
        let (status, bytes) = gateway.http(Method::GET, path, None, "").await;
        assert_eq!(status, StatusCode::OK);
        assert!(bytes.starts_with(b"PK"), "{path}");
        let (_, again) = gateway.http(Method::GET, path, None, "").await;
        assert_eq!(bytes, again);
        let sum = HEXLOWER.encode(digest(&SHA256, &bytes).as_ref());
        assert!(page.contains(&sum), "{path} {sum}");
    }
}

#[tokio::test]
async fn an_extension_of_another_age_is_said() {
    let ours = env!("CARGO_PKG_VERSION");
    for (extension, age, says) in [
        (ours, "current", None),
        ("0.0.9", "older", Some("download it from /extension/ and reload it")),
        ("0.0.10.1", "older", Some("this gateway carries")),
        ("1000.0.0", "newer", Some("update the gateway")),
        ("sometime", "unknown", Some("no known version")),
    ] {
        let gateway = Gateway::start().await;
        let code = gateway.fleet(1).await;
        let identity = Identity::of_extension(extension);
        let node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
        let (_, nodes) = gateway.api(Method::GET, "/api/nodes", "").await;
        let told = &nodes["nodes"][0];
        assert_eq!(told["extension"], extension);
        assert_eq!(told["extension_age"], age, "{extension}");
        let (_, status) = gateway.api(Method::GET, "/api/status", "").await;
        let (_, page) = gateway.http(Method::GET, "/", None, "").await;
        let page = String::from_utf8_lossy(&page).into_owned();
        match says {
            None => {
                assert!(told["extension_advice"].is_null(), "{told}");
                assert_eq!(status["extensions"], serde_json::json!([]));
                assert!(!page.contains("class=\"advice\""), "{page}");
            }
            Some(words) => {
                let advice = told["extension_advice"].as_str().expect("advice");
                assert!(advice.contains(words), "{advice}");
                assert_eq!(status["extensions"][0]["advice"], advice);
                assert!(page.contains("class=\"advice\""), "{page}");
            }
        }
        drop(node);
    }
}
