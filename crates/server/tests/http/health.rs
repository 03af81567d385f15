use crate::support::Gateway;

#[tokio::test]
async fn says_that_it_lives_and_is_ready() {
    let gateway = Gateway::start("").await;
    assert_eq!(gateway.get("/healthz").await.text(), "ok\n");
    assert_eq!(gateway.get("/readyz").await.json()["status"], "ready");
    let figures = gateway.get("/health").await.json();
    assert_eq!(figures["status"], "ok");
    assert_eq!(figures["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_whole_has_a_score_with_reasons_and_advice() {
    let gateway = Gateway::start("discover = false").await;
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    let headers = [("authorization", token.as_str())];
    assert_eq!(gateway.get("/api/health").await.status, 401);
    let reply = gateway.send(http::Method::GET, "/api/health", &headers, "").await;
    let health = reply.json();
    assert_eq!((&health["score"], &health["status"]), (&60.into(), &"degraded".into()));
    assert_eq!(health["reasons"][0]["what"], "no_models");
    assert_eq!(health["reasons"][0]["minus"], 40);
    assert!(health["reasons"][0]["advice"].as_str().is_some_and(|words| words.contains("tabway")));
    assert_eq!(health["figures"]["requests_ok"], 0);
    let status = gateway.send(http::Method::GET, "/api/status", &headers, "").await.json();
    assert_eq!(status["health"]["score"], 60);
    let page = gateway.get("/").await.text();
    assert!(page.contains("<b>60</b><span>of 100: degraded</span>"), "{page}");
    assert!(page.contains("there is no model to ask for"), "{page}");
}

#[tokio::test]
async fn metrics_are_in_the_text_format() {
    let gateway = Gateway::start("").await;
    let reply = gateway.get("/metrics").await;
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    assert!(reply.text().contains("tabway_connections 1\n"), "{}", reply.text());
    assert!(reply.text().ends_with("# EOF\n"));
}
