//! Media of a page's answer: kept, given by address, and harmless there.

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tabway_dialects::site_chat::{MediaHead, PageRecord};
use tabway_protocol::{
    adapter::{FileWay, Files, Locator, Media, MediaKind},
    message::Site,
};

use crate::support::{Gateway, Identity, Node, PATIENCE, site};

/// A page whose answers may hold pictures.
pub(crate) fn gallery() -> Site {
    let mut site = site(0, 0);
    site.adapter.files = Some(Files {
        by: vec![FileWay::Input],
        accept: vec![],
        max_count: 4,
        max_bytes: 300_000,
        wait_ms: 1_000,
    });
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
    answer_job(node, &job, text, media).await;
}

/// Answers a turn that has been taken.
pub(crate) async fn answer_job(
    node: &mut Node,
    job: &str,
    text: &str,
    media: &[(&str, &str, &'static [u8])],
) {
    node.accept(job).await;
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
        node.record(job, seq, record).await;
        last = seq;
    }
    node.done(job, last, false).await;
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

pub(crate) async fn fetch(
    gateway: &Gateway,
    address: &str,
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    let path = address.strip_prefix(&format!("http://{}", gateway.address())).expect("ours");
    gateway.send(Method::GET, path, headers, "").await
}

pub(crate) fn header<'r>(response: &'r Response<Bytes>, name: &str) -> &'r str {
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

/// Uploads a file with this key; its id.
async fn upload(gateway: &Gateway, key: &str, name: &str, bytes: &str) -> String {
    let body = format!(
        "--X\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n\
         --X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{bytes}\r\n--X--\r\n"
    );
    let headers = [("authorization", key), ("content-type", "multipart/form-data; boundary=X")];
    let made = gateway.send(Method::POST, "/v1/files", &headers, body).await;
    let made: Value = serde_json::from_slice(made.body()).expect("JSON");
    made["id"].as_str().expect("an id").to_owned()
}

fn asking(content: &Value) -> String {
    json!({"model": "page/default", "messages": [{"role": "user", "content": content}]}).to_string()
}

#[tokio::test]
async fn uploads_and_our_own_media_reach_the_page_by_name() {
    let (gateway, mut node) = start().await;
    let said = content(&gateway, &mut node, &[("image/png", "A dot", b"abc")]).await;
    let id = upload(&gateway, "Bearer tw-a", "notes.txt", "hello").await;
    let body = asking(&json!([
        {"type": "text", "text": "Look"},
        {"type": "file", "file": {"file_id": id}},
        {"type": "image_url", "image_url": {"url": address(&said)}},
        {"type": "file", "file": {"filename": "b.csv", "file_data": "data:text/csv;base64,YQ=="}},
    ]));
    let (frames, job) = tokio::select! {
        answer = gateway.http(Method::POST, "/v1/chat/completions", None, &body) => panic!("{answer:?}"),
        given = node.job_with_files() => given,
    };
    let seen: Vec<_> =
        job.files.iter().map(|file| (file.name.as_str(), file.mime.as_str(), file.size)).collect();
    assert_eq!(
        seen,
        [("notes.txt", "text/plain", 5), ("A dot.png", "image/png", 3), ("b.csv", "text/csv", 1),]
    );
    assert_eq!(frames.len(), 3);
    node.done(&job.job, 0, true).await;
}

#[tokio::test]
async fn files_in_the_shapes_of_other_bridges_reach_the_page() {
    let (gateway, mut node) = start().await;
    let said = content(&gateway, &mut node, &[("image/png", "A dot", b"abc")]).await;
    let id = upload(&gateway, "Bearer tw-a", "notes.txt", "hello").await;
    let parts = json!([
        {"type": "text", "text": "Look"},
        {"type": "media_url", "media_url": {"url": address(&said)}},
        {"type": "input_video", "input_video": {"data": "AAEC", "format": "mp4"}},
    ]);
    let csv = "data:text/csv;base64,YQ==";
    let message = json!({"role": "user", "content": parts, "files": [id],
        "attachments": [{"url": csv, "filename": "b.csv"}]});
    let body = json!({"model": "page/default", "messages": [message]}).to_string();
    let (frames, job) = tokio::select! {
        answer = gateway.http(Method::POST, "/v1/chat/completions", None, &body) => panic!("{answer:?}"),
        given = node.job_with_files() => given,
    };
    let seen: Vec<_> =
        job.files.iter().map(|file| (file.name.as_str(), file.mime.as_str(), file.size)).collect();
    let wanted = [
        ("A dot.png", "image/png", 3),
        ("file-2.mp4", "video/mp4", 3),
        ("b.csv", "text/csv", 1),
        ("notes.txt", "text/plain", 5),
    ];
    assert_eq!((seen.as_slice(), frames.len()), (wanted.as_slice(), 4));
    assert_eq!(job.prompt, "Look");
    node.done(&job.job, 0, true).await;
    let path = "/v1/chat/completions";
    for part in [
        json!({"type": "file_url", "file_url": {"url": "http://169.254.169.254/media/x"}}),
        json!({"type": "media_url", "media_url": {"url": "file:///etc/passwd"}}),
    ] {
        let (status, body) = gateway.http(Method::POST, path, None, &asking(&json!([part]))).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(status, StatusCode::BAD_REQUEST, "nothing is fetched: {body}");
        assert_eq!(body["error"]["param"], "messages.0.content.0");
    }
}

#[tokio::test]
async fn a_file_of_another_key_is_not_found_and_nothing_is_typed() {
    let (gateway, _node) = start().await;
    let keys =
        "[[keys]]\nname = \"a\"\nsecret = \"tw-a\"\n[[keys]]\nname = \"b\"\nsecret = \"tw-b\"\n";
    gateway.reload_with(keys).expect("read");
    gateway.app().nodes.set_sites(vec![gallery()]);
    let id = upload(&gateway, "Bearer tw-a", "notes.txt", "hello").await;
    let part = json!([{"type": "text", "text": "Look"}, {"type": "file", "file": {"file_id": id}}]);
    let path = "/v1/chat/completions";
    let (status, body) = gateway.http(Method::POST, path, Some("tw-b"), &asking(&part)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["error"]["param"], "messages.0.content.1");
    let remote =
        json!([{"type": "image_url", "image_url": {"url": "http://169.254.169.254/media/x"}}]);
    let (status, body) = gateway.http(Method::POST, path, Some("tw-b"), &asking(&remote)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "nothing is fetched: {body:?}");
}
