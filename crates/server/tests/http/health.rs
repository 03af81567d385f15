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
async fn metrics_are_in_the_text_format() {
    let gateway = Gateway::start("").await;
    let reply = gateway.get("/metrics").await;
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    assert!(reply.text().contains("tabway_connections 1\n"), "{}", reply.text());
    assert!(reply.text().ends_with("# EOF\n"));
}
