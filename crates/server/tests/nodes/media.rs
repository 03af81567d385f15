//! Media of a page's answer: kept, given by address, and harmless there.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tabway_dialects::site_chat::{MediaHead, PageRecord};
use tabway_protocol::{
    adapter::{Locator, Media, MediaKind},
    message::Site,
};

use crate::support::{Gateway, Identity, Node, PATIENCE, site};

/// A page whose answers may hold pictures.
fn gallery() -> Site {
    let mut site = site(0, 0);
    let at = Locator { css: Some("img".to_owned()), ..Locator::default() };
    site.adapter.media = vec![Media { kind: MediaKind::Image, at, attribute: "src".to_owned() }];
    site
}

async fn start() -> (Gateway, Node) {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![gallery()]);
    let code = gateway.fleet(1).await;
    let mut node = Node::join(&gateway, &Identity::new(), Some(&code)).await.expect("in");
    gateway.offer(&mut node, 1).await;
    (gateway, node)
}

/// Answers a turn with text and files: media type, name and bytes.
async fn answer(node: &mut Node, text: &str, media: &[(&str, &str, &'static [u8])]) {
    let job = node.job().await.job;
    node.accept(&job).await;
    let said = format!(
        "data: {}\n\ndata: {{\"kind\":\"done\"}}\n\n",
        json!({"kind": "text", "text": text})
    );
    let mut records = vec![
        PageRecord::Opened { stream: 1, tap: 0, status: 200 },
        PageRecord::Bytes { stream: 1, bytes: said.into() },
    ];
    for (number, (mime, name, bytes)) in (1..).zip(media) {
        let (mime, name) = ((*mime).to_owned(), (*name).to_owned());
        let head = MediaHead { mime, name, size: bytes.len() as u64, choice: 0, unread: None };
        records.push(PageRecord::Media { media: number, head });
        records.push(PageRecord::MediaBytes { media: number, bytes: Bytes::from_static(bytes) });
    }
    let mut last = 0;
    for (seq, record) in (1..).zip(records) {
        node.record(&job, seq, record).await;
        last = seq;
    }
    node.done(&job, last, false).await;
}

/// The text of an answer with these files.
async fn content(
    gateway: &Gateway,
    node: &mut Node,
    media: &[(&str, &str, &'static [u8])],
) -> String {
    let body = json!({"model": "page/default", "messages": [{"role": "user", "content": "draw"}]});
    let path = "/v1/chat/completions";
    let body = body.to_string();
    let (answered, ()) =
        tokio::join!(gateway.http(Method::POST, path, None, &body), answer(node, "See:", media));
    let (status, body) = answered;
    assert_eq!(status, StatusCode::OK, "{body:?}");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    body["choices"][0]["message"]["content"].as_str().expect("a text").to_owned()
}

/// The address of the only medium in an answer's text.
fn address(content: &str) -> String {
    let (_, rest) = content.rsplit_once("](").expect("a link");
    rest.trim_end_matches(')').to_owned()
}

async fn fetch(gateway: &Gateway, address: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let path = address.strip_prefix(&format!("http://{}", gateway.address())).expect("ours");
    gateway.send(Method::GET, path, headers, "").await
}

fn header<'r>(response: &'r Response<Bytes>, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("plain"))
}

#[tokio::test]
async fn a_picture_is_given_by_address_whole_or_in_part() {
    let (gateway, mut node) = start().await;
    let content = content(&gateway, &mut node, &[("image/png", "A dot", b"0123456789")]).await;
    assert!(content.starts_with("See:\n\n![A dot](http://127.0.0.1:"), "{content}");
    let address = address(&content);
    let whole = fetch(&gateway, &address, &[]).await;
    assert_eq!((whole.status(), whole.body().as_ref()), (StatusCode::OK, b"0123456789".as_slice()));
    assert_eq!(header(&whole, "content-type"), "image/png");
    assert_eq!(
        header(&whole, "content-disposition"),
        "inline; filename=\"A dot.png\"; filename*=UTF-8''A%20dot.png"
    );
    assert_eq!(header(&whole, "x-content-type-options"), "nosniff");
    assert_eq!(header(&whole, "content-security-policy"), "default-src 'none'; sandbox");
    let part = fetch(&gateway, &address, &[("range", "bytes=2-4")]).await;
    assert_eq!(
        (part.status(), part.body().as_ref()),
        (StatusCode::PARTIAL_CONTENT, b"234".as_slice())
    );
    assert_eq!(header(&part, "content-range"), "bytes 2-4/10");
    let beyond = fetch(&gateway, &address, &[("range", "bytes=20-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    for other in ["x", "..%2Fadmin-token", "..%2f..%2fmain.db", "%00"] {
        let path = format!("http://{}/media/{other}", gateway.address());
        let none = fetch(&gateway, &path, &[]).await;
        assert_eq!(none.status(), StatusCode::NOT_FOUND, "{other}");
        assert!(std::str::from_utf8(none.body()).expect("JSON").contains("not_found"));
    }
}

#[tokio::test]
async fn what_could_act_is_saved_and_never_shown() {
    let (gateway, mut node) = start().await;
    for (mime, name) in [
        ("image/svg+xml", "x.svg"),
        ("text/html", "../../x\"\r\nset-cookie: a=b.html"),
        ("text/html\r\nx-evil: 1", "x"),
    ] {
        let content = content(&gateway, &mut node, &[(mime, name, b"<script>")]).await;
        let kept = fetch(&gateway, &address(&content), &[]).await;
        assert!(header(&kept, "content-disposition").starts_with("attachment; "), "{mime}");
        assert_eq!(header(&kept, "content-security-policy"), "default-src 'none'; sandbox");
        assert!(
            kept.headers().get("set-cookie").is_none() && kept.headers().get("x-evil").is_none()
        );
    }
}

#[tokio::test]
async fn settings_say_form_address_and_size() {
    let (gateway, mut node) = start().await;
    gateway.reload_with("[media]\nform = \"base64\"").expect("read");
    gateway.app().nodes.set_sites(vec![gallery()]);
    let picture: &[(&str, &str, &[u8])] = &[("image/png", "A dot", b"abc")];
    let inline = "See:\n\n![A dot](data:image/png;base64,YWJj)";
    assert_eq!(content(&gateway, &mut node, picture).await, inline);

    gateway.reload_with("public_url = \"https://ai.example/tabway/\"").expect("read");
    gateway.app().nodes.set_sites(vec![gallery()]);
    let said = content(&gateway, &mut node, picture).await;
    assert!(said.contains("](https://ai.example/tabway/media/"), "{said}");

    gateway.reload_with("[media]\nmax_item_bytes = 2").expect("read");
    gateway.app().nodes.set_sites(vec![gallery()]);
    assert_eq!(content(&gateway, &mut node, picture).await, inline, "too large to be kept");

    assert!(gateway.reload_with("[media]\nform = \"file\"").is_err());
}

#[tokio::test]
async fn media_go_when_their_time_is_over_or_others_need_the_room() {
    let (gateway, mut node) = start().await;
    gateway.reload_with("[media]\nmax_bytes = 10").expect("read");
    gateway.app().nodes.set_sites(vec![gallery()]);
    let mut addresses = Vec::new();
    for _ in 0..3 {
        let said = content(&gateway, &mut node, &[("image/png", "A dot", b"abcd")]).await;
        addresses.push(address(&said));
    }
    let mut found = Vec::new();
    for address in &addresses {
        found.push(fetch(&gateway, address, &[]).await.status());
    }
    assert_eq!(found, [StatusCode::NOT_FOUND, StatusCode::OK, StatusCode::OK]);

    gateway.reload_with("[media]\nttl = \"1ms\"").expect("read");
    gateway.app().nodes.set_sites(vec![gallery()]);
    let said = content(&gateway, &mut node, &[("image/png", "A dot", b"abcd")]).await;
    let over = async {
        while fetch(&gateway, &address(&said), &[]).await.status() != StatusCode::NOT_FOUND {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("its time is over");
}
