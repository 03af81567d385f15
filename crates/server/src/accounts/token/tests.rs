use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
};
use data_encoding::BASE64;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::upstream::{DialRules, EgressOptions};

/// A token server that answers with this, and counts.
async fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            while !bytes.windows(10).any(|ten| ten == b"assertion=") {
                socket.read_buf(&mut bytes).await.unwrap();
            }
            count.fetch_add(1, Ordering::SeqCst);
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, asked)
}

fn service(port: u16) -> Arc<ServiceAccount> {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    let der: &[u8] = der.as_ref();
    let key = format!("-----BEGIN PRIVATE KEY-----{}-----END PRIVATE KEY-----", BASE64.encode(der));
    let file = json!({
        "type": "service_account",
        "client_email": "robot@example.com",
        "private_key": key,
        "token_uri": format!("http://127.0.0.1:{port}/token"),
    });
    Arc::new(ServiceAccount::parse(&file.to_string()).unwrap())
}

fn egress() -> Egress {
    let rules = DialRules::new(["127.0.0.1".to_owned()]);
    Egress::new(&EgressOptions::new(rules, Duration::from_secs(5)).unwrap())
}

fn known(text: &str, ends: Instant, refresh: Instant) -> Option<Arc<Token>> {
    let secret = Secret::new(text);
    let header = Auth::Bearer.header(Some(&secret)).unwrap();
    Some(Arc::new(Token { sent: Arc::new(Sent { header, secret: Some(secret) }), ends, refresh }))
}

fn text(sent: &Sent) -> String {
    sent.secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default()
}

async fn now(service: &Arc<ServiceAccount>, egress: &Egress) -> Result<String, Failure> {
    let credential = Credential::Service(service.clone());
    of(&credential, (Auth::Bearer, None), egress).await.map(|sent| text(&sent))
}

#[tokio::test]
async fn a_failing_refresh_keeps_the_old_token_while_it_is_good() {
    let (port, asked) =
        server("HTTP/1.1 500 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let (service, egress, at) = (service(port), egress(), Instant::now());
    service.token.store(known("old", at + Duration::from_secs(100), at));
    assert_eq!(now(&service, &egress).await.unwrap(), "old");
    while service.fetching.lock().await.not_before.is_none() {
        tokio::task::yield_now().await;
    }
    for _ in 0..5 {
        assert_eq!(now(&service, &egress).await.unwrap(), "old");
        tokio::task::yield_now().await;
    }
    drop(service.fetching.lock().await);
    assert_eq!(asked.load(Ordering::SeqCst), 1, "after a failure nobody asks at once");
    service.token.store(known("old", at, at));
    let failure = now(&service, &egress).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::UpstreamUnreachable, "the account may be well");
}

#[tokio::test]
async fn a_token_is_fetched_anew_ahead_of_its_end() {
    const GIVES: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 44\r\n\r\n\
                         {\"access_token\":\"fresh\",\"expires_in\":3600  }";
    let (port, asked) = server(GIVES).await;
    let (service, egress, at) = (service(port), egress(), Instant::now());
    service.token.store(known("old", at + Duration::from_secs(100), at));
    assert_eq!(now(&service, &egress).await.unwrap(), "old", "nobody waits");
    while now(&service, &egress).await.unwrap() == "old" {
        tokio::task::yield_now().await;
    }
    assert_eq!(now(&service, &egress).await.unwrap(), "fresh");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let token = service.token.load_full().unwrap();
    assert_eq!(token.ends - token.refresh, AHEAD);
}
