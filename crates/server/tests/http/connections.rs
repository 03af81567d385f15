use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Gateway, PATIENCE};

/// Reads until the other side closes, and says how long that took.
async fn closed_after(mut stream: TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    // A reset is an end like any other.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("closed");
    started.elapsed()
}

#[tokio::test]
async fn a_head_that_does_not_come_in_time_ends_the_connection() {
    let gateway = Gateway::start("limits = { header_timeout = \"200ms\" }").await;
    for start in ["", "GET /healthz HTTP/1.1\r\nhost: local"] {
        let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let took = closed_after(stream).await;
        assert!(took < Duration::from_secs(5), "{start:?}: {took:?}");
    }
}

#[tokio::test]
async fn over_the_limit_a_connection_waits_for_another_to_end() {
    let gateway = Gateway::start("limits = { max_connections = 1 }\nworkers = 1").await;
    let first = TcpStream::connect(gateway.address()).await.unwrap();
    let mut second = TcpStream::connect(gateway.address()).await.unwrap();
    second.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut byte = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(200), second.read(&mut byte)).await;
    assert!(early.is_err(), "the second must wait");
    drop(first);
    let read = tokio::time::timeout(PATIENCE, second.read(&mut byte)).await.unwrap().unwrap();
    assert_eq!(read, 1);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let gateway = Gateway::start("").await;
    let long =
        format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "a".repeat(100_000));
    assert!(gateway.raw(&long).await.starts_with("HTTP/1.1 431"));
    let many = "x: y\r\n".repeat(10_000);
    let many = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{many}\r\n");
    assert!(gateway.raw(&many).await.starts_with("HTTP/1.1 431"));
}
