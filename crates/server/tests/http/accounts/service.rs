//! Service accounts of Google, with a token server at the edge.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::ask;
use crate::support::{
    Gateway,
    edge::{Answer, Asked, Edge, provider},
};

/// A key file whose tokens come from the edge.
fn key_file(pair: &KeyPair, port: u16) -> String {
    let der = pair.as_der().expect("a key");
    let der: &[u8] = der.as_ref();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der));
    json!({
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "0123456789abcdef0123",
        "private_key": pem,
        "client_email": "robot@my-project.iam.gserviceaccount.com",
        "token_uri": format!("http://127.0.0.1:{port}/token"),
    })
    .to_string()
}

/// Gives tokens `token-1`, `token-2`, each good for `life` seconds, and serves a model.
async fn edge(life: u64) -> Edge {
    let given = AtomicUsize::new(0);
    Edge::start(move |asked: &Asked| -> Answer {
        if asked.path != "/token" {
            return provider(asked);
        }
        let number = given.fetch_add(1, Ordering::SeqCst) + 1;
        let body = json!({ "access_token": format!("token-{number}"), "expires_in": life });
        (200, "application/json", body.to_string())
    })
    .await
}

async fn before(edge: &Edge, pair: &KeyPair) -> Gateway {
    let config = format!(
        "[[providers]]\nname = \"vertex\"\n\
         base_url = \"http://127.0.0.1:{}/v1/projects/{{project}}/locations/{{location}}/openapi\"\n\
         [[models]]\nname = \"m\"\ntargets = [{{ provider = \"vertex\", model = \"m1\" }}]\n",
        edge.port
    );
    let gateway = Gateway::start(&config).await;
    let body = json!({
        "provider": "vertex", "name": "robot", "kind": "service_account",
        "secret": key_file(pair, edge.port), "location": "europe-west4",
    });
    let added = gateway.api(Method::POST, "/api/accounts", &body).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    assert_eq!(added.json()["secret"], "••••0123");
    gateway
}

#[tokio::test]
async fn a_signed_claim_gets_one_token_for_all_requests_at_once() {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let edge = edge(3_600).await;
    let gateway = before(&edge, &pair).await;
    let body = ask("m");
    let answers = join_all((0..20).map(|_| gateway.chat(&body))).await;
    for answer in answers {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    assert_eq!(edge.count("/token"), 1, "single flight");
    assert_eq!(edge.chats(), vec!["Bearer token-1"; 20]);
    let path = "/v1/projects/my-project/locations/europe-west4/openapi/chat/completions";
    assert_eq!(edge.count(path), 20, "the project is the key's");

    let asked = edge.asked().into_iter().find(|one| one.path == "/token").expect("asked");
    let claim = asked.body.split_once("&assertion=").expect("an assertion").1.to_owned();
    assert!(
        asked.body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&")
    );
    let (signed, signature) = claim.rsplit_once('.').expect("a signature");
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
        .verify(signed.as_bytes(), &signature)
        .expect("signed by the key");
    let part = |at: usize| -> Value {
        let text = signed.split('.').nth(at).expect("a part");
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64"))
            .expect("JSON")
    };
    assert_eq!(part(0)["alg"], "RS256");
    assert_eq!(part(0)["kid"], "0123456789abcdef0123");
    let claims = part(1);
    assert_eq!(claims["iss"], "robot@my-project.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], format!("http://127.0.0.1:{}/token", edge.port));
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    let life = claims["exp"].as_u64().expect("a time") - claims["iat"].as_u64().expect("a time");
    assert_eq!(life, 3_600);
}

#[tokio::test]
async fn a_key_that_gets_no_token_is_told_of_and_another_target_answers() {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let edge = Edge::start(|asked: &Asked| -> Answer {
        let refused =
            json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." });
        match asked.path.as_str() {
            "/token" => (400, "application/json", refused.to_string()),
            _ => provider(asked),
        }
    })
    .await;
    let gateway = before(&edge, &pair).await;
    let answer = gateway.chat(&ask("m")).await;
    assert_eq!(answer.code(), "upstream_auth", "{}", answer.text());
    assert!(edge.chats().is_empty(), "nothing is sent without a token");
    let path = "/api/accounts/vertex/robot/test";
    let found = gateway.api(Method::POST, path, &Value::Null).await.json();
    assert_eq!(found["code"], "no_token");
}

#[tokio::test]
async fn what_is_no_key_file_is_refused_without_a_word_of_it() {
    let gateway = Gateway::start("").await;
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let good = key_file(&pair, 1);
    let cases = [
        ("sk-canary-not-json".to_owned(), "not a JSON key file"),
        (good.replace("service_account", "authorized_user"), "its `type` is not"),
        (good.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE"), "not an RSA key in PEM"),
        (good.replace("http://127.0.0.1:1/", "http://canary.example/"), "not an https address"),
    ];
    for (secret, words) in cases {
        let body = json!({
            "provider": "vertex", "name": "robot", "kind": "service_account", "secret": secret,
        });
        let refused = gateway.api(Method::POST, "/api/accounts", &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let text = refused.text();
        assert!(text.contains(words) && !text.contains("canary"), "{text}");
    }
    let body = json!({
        "provider": "vertex", "name": "robot", "kind": "service_account", "secret": good,
        "location": "evil.example/",
    });
    let refused = gateway.api(Method::POST, "/api/accounts", &body).await;
    assert!(refused.text().contains("is no location"), "{}", refused.text());
}
