//! `/v1/files`: shapes, owners, bounds, and forms that are none.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::support::{Gateway, Reply};

const KEYS: &str =
    "[[keys]]\nname = \"a\"\nsecret = \"tw-a\"\n[[keys]]\nname = \"b\"\nsecret = \"tw-b\"\n";
const FORM: &str = "multipart/form-data; boundary=X";

/// A form of fields: its name, what else stands in its head, and its value.
fn form(fields: &[(&str, &str, &str)]) -> String {
    let fields = fields.iter().map(|(name, more, value)| {
        format!("--X\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    });
    fields.collect::<String>() + "--X--\r\n"
}

fn upload(name: &str, bytes: &str) -> String {
    let file = format!("; filename=\"{name}\"\r\ncontent-type: text/plain");
    form(&[("file", &file, bytes), ("purpose", "", "user_data")])
}

async fn ask(gateway: &Gateway, key: &str, method: Method, path: &str, body: &str) -> Reply {
    let key = format!("Bearer {key}");
    let headers = [("authorization", key.as_str()), ("content-type", FORM)];
    gateway.send(method, path, &headers, body).await
}

async fn post(gateway: &Gateway, key: &str, body: &str) -> Reply {
    ask(gateway, key, Method::POST, "/v1/files", body).await
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
async fn a_file_is_kept_listed_read_and_deleted() {
    let gateway = Gateway::start(KEYS).await;
    let made = post(&gateway, "tw-a", &upload("a.txt", "hello")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let file = made.json();
    let id = file["id"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("file-"), "{id}");
    for (field, value) in [
        ("object", "file"),
        ("filename", "a.txt"),
        ("purpose", "user_data"),
        ("status", "processed"),
    ] {
        assert_eq!(file[field], value);
    }
    assert_eq!(file["bytes"], 5);
    assert!(file["expires_at"].as_u64() > file["created_at"].as_u64());

    let path = format!("/v1/files/{id}");
    assert_eq!(ask(&gateway, "tw-a", Method::GET, &path, "").await.json(), file);
    let content = ask(&gateway, "tw-a", Method::GET, &format!("{path}/content"), "").await;
    assert_eq!((content.text().as_str(), content.header("content-type")), ("hello", "text/plain"));
    assert!(content.header("content-disposition").starts_with("attachment; filename=\"a.txt\""));
    let second = post(&gateway, "tw-a", &upload("b.txt", "x")).await.json();
    let list = ask(&gateway, "tw-a", Method::GET, "/v1/files?limit=1&order=asc", "").await.json();
    assert_eq!((ids(&list), &list["has_more"]), (vec![id.as_str()], &Value::Bool(true)));
    let rest = format!("/v1/files?order=asc&after={id}");
    let rest = ask(&gateway, "tw-a", Method::GET, &rest, "").await.json();
    assert_eq!(
        (ids(&rest), &rest["has_more"]),
        (vec![second["id"].as_str().expect("an id")], &Value::Bool(false))
    );

    let gone = ask(&gateway, "tw-a", Method::DELETE, &path, "").await;
    assert_eq!(gone.json()["deleted"], true);
    assert_eq!(ask(&gateway, "tw-a", Method::GET, &path, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_key_s_file_is_none() {
    let gateway = Gateway::start(KEYS).await;
    let made = post(&gateway, "tw-a", &upload("a.txt", "hello")).await.json();
    let path = format!("/v1/files/{}", made["id"].as_str().expect("an id"));
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::GET, format!("{path}/content")),
        (Method::DELETE, path.clone()),
    ] {
        let refused = ask(&gateway, "tw-b", method, &path, "").await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::NOT_FOUND, "not_found"));
    }
    let list = ask(&gateway, "tw-b", Method::GET, "/v1/files", "").await.json();
    assert!(ids(&list).is_empty());
    assert_eq!(gateway.get("/v1/files").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&gateway, "tw-a", Method::GET, &path, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_too_large_is_refused_early_and_leaves_nothing() {
    let gateway = Gateway::start(&format!(
        "{KEYS}[files]\nmax_item_bytes = 100\nmax_key_bytes = 150\nmax_bytes = 200"
    ))
    .await;
    let large = post(&gateway, "tw-a", &upload("a.txt", &"x".repeat(101))).await;
    assert_eq!(
        (large.status, large.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
    );
    // A declared size alone is refused: nothing of the body is waited for.
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer tw-a\r\n\
         content-type: {FORM}\r\ncontent-length: 99999999999\r\n\r\n--X\r\n"
    );
    let answer = gateway.raw(&head).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    assert_eq!(
        post(&gateway, "tw-a", &upload("a.txt", &"x".repeat(100))).await.status,
        StatusCode::OK
    );
    let full = post(&gateway, "tw-a", &upload("b.txt", &"x".repeat(100))).await;
    assert_eq!(
        (full.status, full.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "storage_full")
    );
    assert!(full.text().contains("this key may have 150 bytes"), "{}", full.text());
    assert_eq!(
        post(&gateway, "tw-b", &upload("c.txt", &"x".repeat(100))).await.status,
        StatusCode::OK
    );
    let full = post(&gateway, "tw-b", &upload("d.txt", "x")).await;
    assert!(full.text().contains("the gateway may have 200 bytes"), "{}", full.text());
    let kept =
        std::fs::read_dir(gateway.folder.path().join("data/files")).expect("a folder").count();
    assert_eq!(kept, 2);
}

#[tokio::test]
async fn a_form_that_is_none_is_refused_by_its_field() {
    let gateway = Gateway::start("").await;
    let file = "; filename=\"a.txt\"";
    let many: Vec<_> = (0..20).map(|_| ("x", "", "y")).collect();
    for (body, param) in [
        (form(&[("file", file, "x")]), "purpose"),
        (form(&[("purpose", "", "user_data")]), "file"),
        (form(&[("file", file, ""), ("purpose", "", "user_data")]), "file"),
        (form(&[("file", file, "x"), ("file", file, "x")]), "file"),
        (form(&[("purpose", "", "batch")]), "purpose"),
        (form(&[("purpose", "", &"x".repeat(5_000))]), "purpose"),
        (form(&[("expires_after[seconds]", "", "5")]), "expires_after[seconds]"),
        (form(&many), ""),
        ("--X\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\ncut".to_owned(), ""),
        ("no form".to_owned(), ""),
    ] {
        let refused = post(&gateway, "tw", &body).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::BAD_REQUEST, "invalid_request"),
            "{body}"
        );
        assert_eq!(refused.json()["error"]["param"].as_str().unwrap_or_default(), param, "{body}");
    }
    let json = gateway
        .send(Method::POST, "/v1/files", &[("content-type", "application/json")], "{}")
        .await;
    assert!(json.text().contains("multipart/form-data"), "{}", json.text());
    let kept =
        std::fs::read_dir(gateway.folder.path().join("data/files")).expect("a folder").count();
    assert_eq!(kept, 0, "what was begun is gone");
}

#[tokio::test]
async fn a_hostile_name_is_only_a_name() {
    let gateway = Gateway::start("").await;
    for (name, plain) in
        [("../../../etc/passwd", "passwd"), ("..", "file"), ("a\u{202e}gpj.exe", "agpj.exe")]
    {
        let made = post(&gateway, "tw", &upload(name, "x")).await.json();
        assert_eq!(made["filename"], plain);
    }
    let unnamed = form(&[("file", "; filename=\"p.png\"", "x"), ("purpose", "", "vision")]);
    let id = post(&gateway, "tw", &unnamed).await.json()["id"].as_str().expect("an id").to_owned();
    let content = gateway.get(&format!("/v1/files/{id}/content")).await;
    assert_eq!(content.header("content-type"), "image/png", "by its ending");
}
