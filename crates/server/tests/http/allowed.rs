//! `admin.allow_from`: from where the gateway is administered.

use std::fs;

use http::Method;
use tabway::{
    router::table,
    routes::{Verb, Who},
};

use crate::support::{Gateway, Reply};

async fn asked(gateway: &Gateway, verb: Verb, path: &str, forwarded: &[&str]) -> Reply {
    let token = fs::read_to_string(gateway.folder.path().join("data/admin-token"));
    let admin = format!("Bearer {}", token.expect("the admin token").trim());
    let mut headers = vec![("authorization", admin.as_str())];
    headers.extend(forwarded.iter().map(|value| ("x-forwarded-for", *value)));
    gateway.send(verb.method(), path, &headers, "").await
}

fn refused(reply: &Reply, setting: &str) {
    assert_eq!((reply.status.as_u16(), &*reply.code()), (403, "permission_denied"));
    assert!(reply.text().contains(setting), "{}", reply.text());
}

#[tokio::test]
async fn another_network_reaches_no_route_of_the_admin_even_with_the_token() {
    let gateway = Gateway::start("[admin]\nallow_from = [\"10.0.0.0/8\", \"2001:db8::/32\"]").await;
    for row in table().into_iter().filter(|row| row.who == Who::Admin) {
        let path = row.path.replace(['{', '}'], "");
        refused(&asked(&gateway, row.verb, &path, &[]).await, "`admin.allow_from`");
    }
    for path in ["/", "/page/pictures/x/y"] {
        let page = gateway.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text().contains("admin.allow_from"), "{}", page.text());
    }
    for path in ["/v1/models", "/healthz", "/metrics", "/extension/"] {
        assert_eq!(gateway.get(path).await.status, 200, "{path} is for others");
    }
}

#[tokio::test]
async fn it_is_in_force_from_the_next_reading_of_the_file_on() {
    let gateway = Gateway::start("[admin]\nallow_from = [\"127.0.0.1\"]").await;
    assert_eq!(asked(&gateway, Verb::Get, "/api/status", &[]).await.status, 200);
    assert_eq!(gateway.get("/").await.status, 200);
    let file = gateway.folder.path().join("tabway.toml");
    fs::write(&file, "[admin]\nallow_from = []").expect("written");
    let empty = asked(&gateway, Verb::Post, "/api/config/reload", &[]).await;
    assert_eq!(empty.status, 409);
    assert!(empty.text().contains("admin.allow_from: lets nobody in"), "{}", empty.text());
    fs::write(&file, "[admin]\nallow_from = [\"10.0.0.0/8\"]").expect("written");
    assert_eq!(asked(&gateway, Verb::Post, "/api/config/reload", &[]).await.status, 200);
    refused(&asked(&gateway, Verb::Get, "/api/status", &[]).await, "`admin.allow_from`");
}

#[tokio::test]
async fn behind_a_trusted_proxy_it_is_the_clients_address_that_counts() {
    let behind = "trusted_proxies = [\"127.0.0.1\"]\n[admin]\nallow_from = [\"192.0.2.0/24\"]";
    let gateway = Gateway::start(behind).await;
    let told = |value: &'static str| {
        let gateway = &gateway;
        async move { asked(gateway, Verb::Get, "/api/status", &[value]).await }
    };
    assert_eq!(told("192.0.2.7").await.status, 200);
    assert_eq!(told("198.51.100.1, 192.0.2.7").await.status, 200);
    refused(&told("198.51.100.1").await, "from 198.51.100.1;");
    refused(&told("192.0.2.7, 198.51.100.1").await, "from 198.51.100.1;");
    refused(&told("somebody").await, "`trusted_proxies`");
    refused(&asked(&gateway, Verb::Get, "/api/status", &[]).await, "from 127.0.0.1;");
}

#[tokio::test]
async fn a_proxy_that_nobody_trusts_does_not_make_strangers_local() {
    let gateway = Gateway::start("[admin]\nallow_from = [\"127.0.0.1\"]").await;
    let reply = asked(&gateway, Verb::Get, "/api/status", &["127.0.0.1"]).await;
    refused(&reply, "`trusted_proxies`");
    let page = gateway.send(Method::GET, "/", &[("x-real-ip", "127.0.0.1")], "").await;
    assert_eq!(page.status, 403);
}
