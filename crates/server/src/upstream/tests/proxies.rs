//! Small proxies at the edge, and what becomes of a request through them.

use std::{net::Ipv4Addr, sync::Arc};

use tokio::{io::copy_bidirectional, net::TcpStream};

use super::*;
use crate::config::{Proxy, ProxyScheme, Secret};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn proxy(scheme: ProxyScheme, port: u16, word: Option<&str>) -> Arc<Proxy> {
    let credentials = word.map(|word| ("robot".to_owned(), Secret::new(word)));
    Arc::new(Proxy { scheme, host: "127.0.0.1".to_owned(), port, credentials })
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// A proxy that speaks `CONNECT`, wants `robot:word`, and leads every name to this machine.
async fn connect_proxy() -> u16 {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                client.read_buf(&mut head).await.expect("a head");
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let authority = head.split(' ').nth(1).expect("a target").to_owned();
            // robot:word
            let answer = if !head.contains("Proxy-Authorization: Basic cm9ib3Q6d29yZA==") {
                "HTTP/1.1 407 No\r\n\r\n"
            } else if authority.starts_with("closed.test") {
                "HTTP/1.1 403 No\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\n\r\n"
            };
            client.write_all(answer.as_bytes()).await.expect("written");
            if answer.contains("200") {
                lead(client, authority.rsplit(':').next().expect("a port").parse().expect("one"))
                    .await;
            }
        }
    });
    port
}

/// The same for SOCKS5, which gets the name and not an address.
async fn socks_proxy() -> u16 {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut hello = [0; 3];
            client.read_exact(&mut hello).await.expect("a greeting");
            if hello != [5, 1, 2] {
                client.write_all(&[5, 0xff]).await.expect("written");
                continue;
            }
            client.write_all(&[5, 2]).await.expect("written");
            let mut word = [0; 12];
            client.read_exact(&mut word).await.expect("credentials");
            let is_right = word == *b"\x01\x05robot\x04word";
            client.write_all(&[1, u8::from(!is_right)]).await.expect("written");
            if !is_right {
                continue;
            }
            let mut head = [0; 5];
            client.read_exact(&mut head).await.expect("a request");
            assert_eq!(head[..4], [5, 1, 0, 3], "by name");
            let mut name = vec![0; usize::from(head[4])];
            client.read_exact(&mut name).await.expect("a name");
            let target = client.read_u16().await.expect("a port");
            let refused = u8::from(name == b"closed.test") * 2;
            client.write_all(&[5, refused, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("written");
            if refused == 0 {
                lead(client, target).await;
            }
        }
    });
    port
}

async fn lead(mut client: TcpStream, port: u16) {
    let mut there = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("a way");
    tokio::spawn(async move { copy_bidirectional(&mut client, &mut there).await });
}

#[tokio::test]
async fn a_request_goes_through_either_kind_of_proxy() {
    for scheme in [ProxyScheme::Http, ProxyScheme::Socks5] {
        let at = match scheme {
            ProxyScheme::Socks5 => socks_proxy().await,
            _ => connect_proxy().await,
        };
        let (port, asked) = answer_once(OK).await;
        let through = proxy(scheme, at, Some("word"));
        let egress = egress(&["127.0.0.1", "upstream.test"]);
        let request = get(&format!("http://upstream.test:{port}/v1"));
        let response = egress.send_by(request, Some(&through)).await.expect("a response");
        assert_eq!(response.status(), 200, "{scheme:?}");
        let asked = asked.await.expect("asked");
        assert!(asked.starts_with("GET /v1 HTTP/1.1\r\nhost: upstream.test"), "{asked}");
        assert!(!asked.to_ascii_lowercase().contains("proxy"), "{asked}");
    }
}

#[tokio::test]
async fn what_a_proxy_refuses_is_told_apart() {
    let closed = listener().await.1;
    for (scheme, at) in
        [(ProxyScheme::Http, connect_proxy().await), (ProxyScheme::Socks5, socks_proxy().await)]
    {
        let egress = egress(&["127.0.0.1", "upstream.test", "closed.test"]);
        let cases = [
            ("http://upstream.test/", proxy(scheme, at, Some("wrng")), Fault::ProxyCredentials),
            ("http://upstream.test/", proxy(scheme, at, None), Fault::ProxyCredentials),
            ("http://closed.test/", proxy(scheme, at, Some("word")), Fault::ProxyRefused),
            ("http://upstream.test/", proxy(scheme, closed, None), Fault::ProxyAway),
        ];
        for (url, through, fault) in cases {
            let error = egress.send_by(get(url), Some(&through)).await.expect_err("refused");
            assert_eq!(error.fault, fault, "{scheme:?} {}", error.reason);
            assert!(!error.reached && !error.reason.contains("wrng"), "{}", error.reason);
        }
    }
}

#[tokio::test]
async fn the_checks_of_a_dial_hold_through_a_proxy() {
    let through = proxy(ProxyScheme::Http, connect_proxy().await, Some("word"));
    let egress = egress(&["127.0.0.1", "upstream.test", "metadata.google.internal"]);
    for url in [
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://10.0.0.1/",
        "http://metadata.google.internal/",
        "http://other.test/",
    ] {
        let error = egress.send_by(get(url), Some(&through)).await.expect_err("refused");
        assert_eq!(error.fault, Fault::Forbidden, "{url}: {}", error.reason);
    }
}

/// TLS is with the upstream: what a proxy has certificates for does not matter.
#[tokio::test]
async fn tls_is_spoken_inside_the_tunnel() {
    let (listener, port) = listener().await;
    let first = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut first = [0; 3];
        socket.read_exact(&mut first).await.expect("bytes");
        first
    });
    let through = proxy(ProxyScheme::Http, connect_proxy().await, Some("word"));
    let egress = egress(&["127.0.0.1", "upstream.test"]);
    let request = get(&format!("https://upstream.test:{port}/"));
    let error = egress.send_by(request, Some(&through)).await.expect_err("no TLS there");
    assert_eq!(error.fault, Fault::Tls, "{}", error.reason);
    assert_eq!(first.await.expect("bytes")[..2], [22, 3], "a handshake of TLS");
}
