//! Every route of the table: who may call it, and the document that tells of it.
//! `TABWAY_BLESS=1 cargo test -p tabway --test http routes` writes `docs/openapi.json` anew.

use std::{collections::BTreeSet, env, fs, path::Path};

use http::{Method, StatusCode};
use serde_json::Value;
use tabway::{
    router::table,
    routes::{Row, Verb, Who, document},
};

use crate::support::{Gateway, Reply};

const DOCUMENT: &str = "../../docs/openapi.json";

/// What a caller shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Key,
    RevokedKey,
    AdminToken,
    ForeignOrigin,
    ForeignHost,
}

const ALL: [Shown; 6] = [
    Shown::Nothing,
    Shown::Key,
    Shown::RevokedKey,
    Shown::AdminToken,
    Shown::ForeignOrigin,
    Shown::ForeignHost,
];

/// The status and code of a refusal by the table; nothing where the route answers.
fn refusal(row: &Row, shown: Shown) -> Option<(u16, &'static str)> {
    match (row.who, shown) {
        (_, Shown::ForeignHost) => Some((421, "misdirected")),
        (_, Shown::ForeignOrigin) if row.verb != Verb::Get => Some((403, "permission_denied")),
        (Who::Node, _) => Some((403, "")),
        (Who::Anyone | Who::Here, _) | (Who::Key, Shown::Key) | (Who::Admin, Shown::AdminToken) => {
            None
        }
        (Who::Key, _) => Some((401, "invalid_api_key")),
        (Who::Admin, _) => Some((401, "invalid_admin_token")),
    }
}

/// A gateway with a key, and the secrets of it, of a revoked one, and of the admin.
struct Secrets {
    gateway: Gateway,
    key: String,
    revoked: String,
    admin: String,
}

impl Secrets {
    async fn start() -> Self {
        let gateway = Gateway::start("").await;
        let token = fs::read_to_string(gateway.folder.path().join("data/admin-token"));
        let admin = format!("Bearer {}", token.expect("the admin token").trim());
        let mut secrets = Vec::new();
        for name in ["live", "revoked"] {
            let body = format!("{{\"name\":\"{name}\"}}");
            let made = send(&gateway, Method::POST, "/api/keys", &admin, &body).await.json();
            secrets.push(format!("Bearer {}", made["secret"].as_str().expect("a secret")));
        }
        let gone = send(&gateway, Method::DELETE, "/api/keys/revoked", &admin, "").await;
        assert_eq!(gone.status, StatusCode::OK);
        let [key, revoked] = secrets.try_into().expect("two");
        Self { gateway, key, revoked, admin }
    }

    /// The answer's status and error, of a caller that shows this.
    async fn ask(&self, row: &Row, shown: Shown) -> (u16, Value) {
        let authorization = match shown {
            Shown::Key => Some(&self.key),
            Shown::RevokedKey => Some(&self.revoked),
            Shown::AdminToken => Some(&self.admin),
            Shown::Nothing | Shown::ForeignOrigin | Shown::ForeignHost => None,
        };
        let mut headers: Vec<(&str, &str)> = Vec::new();
        headers.extend(authorization.map(|value| ("authorization", value.as_str())));
        match shown {
            Shown::ForeignOrigin => headers.push(("origin", "https://evil.test")),
            Shown::ForeignHost => headers.push(("host", "rebind.test")),
            _ => {}
        }
        let path = sample(row.path);
        let response = self.gateway.open(row.verb.method(), &path, &headers, "").await;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            // Some never end.
            return (status, Value::Null);
        }
        let body = http_body_util::BodyExt::collect(response.into_body()).await.expect("a body");
        let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        (status, body["error"].clone())
    }
}

async fn send(gateway: &Gateway, method: Method, path: &str, admin: &str, body: &str) -> Reply {
    gateway.send(method, path, &[("authorization", admin)], body).await
}

/// A path with something in the place of each name.
fn sample(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sample, part| {
        let rest = part.split_once('}').map_or("", |(_, rest)| rest);
        sample + "x" + rest
    })
}

#[tokio::test]
async fn every_route_asks_for_the_permission_of_the_table() {
    let secrets = Secrets::start().await;
    let table = table();
    assert!(table.len() > 80, "{} routes", table.len());
    for row in &table {
        for shown in ALL {
            let (status, error) = secrets.ask(row, shown).await;
            let what = format!("{:?} {} with {shown:?}: {status} {error}", row.verb, row.path);
            match refusal(row, shown) {
                Some((wanted, "")) => assert_eq!(status, wanted, "{what}"),
                Some((wanted, code)) => {
                    assert_eq!((status, error["code"].as_str()), (wanted, Some(code)), "{what}");
                }
                None => {
                    assert!(![401, 403, 405, 421].contains(&status), "{what}");
                    let words = error["message"].as_str().unwrap_or_default();
                    assert!(!words.starts_with("no route"), "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_path_answers_no_other_method_than_those_of_the_table() {
    let secrets = Secrets::start().await;
    let table = table();
    let paths: BTreeSet<&str> = table.iter().map(|row| row.path).collect();
    for path in paths {
        let of_path = || table.iter().filter(|row| row.path == path);
        if of_path().any(|row| row.verb == Verb::Any) {
            continue;
        }
        let known: Vec<Method> = of_path().map(|row| row.verb.method()).collect();
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if known.contains(&method) {
                continue;
            }
            let headers = [("authorization", secrets.admin.as_str())];
            let reply = secrets.gateway.send(method.clone(), &sample(path), &headers, "").await;
            assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
}

#[test]
fn the_document_is_the_committed_one_and_tells_of_every_route() {
    let table = table();
    let made = document(&table);
    let text = serde_json::to_string_pretty(&made).expect("JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if env::var_os("TABWAY_BLESS").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{DOCUMENT} is not what the program says; run with TABWAY_BLESS=1");
    let mut told = 0;
    for row in &table {
        let method = row.verb.method().as_str().to_ascii_lowercase();
        let operation = &made["paths"][row.path.replace("{*", "{")][method];
        let of_api = row.path.starts_with("/api/") || row.path.starts_with("/v1/");
        assert!(!of_api || operation.is_object(), "{:?} {} is not told", row.verb, row.path);
        told += usize::from(operation.is_object());
    }
    let operations = made["paths"].as_object().expect("paths").values();
    let operations = operations.map(|path| path.as_object().expect("operations").len());
    assert_eq!(operations.sum::<usize>(), told, "nothing is told that is no route");
}

#[test]
fn the_document_holds_together() {
    let made = document(&table());
    let (mut ids, mut open) = (BTreeSet::new(), vec![&made]);
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = target.strip_prefix('#').expect("within the document");
                    assert!(made.pointer(pointer).is_some(), "{target} is not there");
                }
                if let Some(id) = fields.get("operationId").and_then(Value::as_str) {
                    assert!(ids.insert(id.to_owned()), "{id} is there twice");
                }
                open.extend(fields.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    for (path, operations) in made["paths"].as_object().expect("paths") {
        let names: Vec<&str> =
            path.split('{').skip(1).map(|rest| rest.split('}').next().expect("an end")).collect();
        for operation in operations.as_object().expect("operations").values() {
            let in_path = operation["parameters"].as_array().into_iter().flatten();
            let in_path = in_path.filter(|parameter| parameter["in"] == "path");
            let told: Vec<&str> =
                in_path.map(|parameter| parameter["name"].as_str().expect("a name")).collect();
            assert_eq!(told, names, "{path}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served() {
    let secrets = Secrets::start().await;
    let path = "/api/openapi.json";
    let served = send(&secrets.gateway, Method::GET, path, &secrets.admin, "").await;
    assert_eq!(served.json(), document(&table()));
}
