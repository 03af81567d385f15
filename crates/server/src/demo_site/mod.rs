//! The demo page at `/demo/`: a small chat of its own, so that the whole way can be shown and tested
//! without anybody's account. To the extension it is a page like any other.

mod answer;
mod chats;

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use self::{answer::Reply, chats::Chat};
use crate::routes::{Routes, Verb, Who};

/// What the page may do: its own files and its own requests, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's routes. They need nothing of the gateway.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Routes<S> {
    let folder = get(|| async { Redirect::permanent("/demo/") });
    let index = get(|| async { asset("index.html") });
    let file = get(|Path(file): Path<String>| async move { asset(&file) });
    Routes::of(Who::Anyone)
        .page(Verb::Get, "/demo", folder)
        .page(Verb::Get, "/demo/", index)
        .page(Verb::Get, "/demo/{file}", file)
        .page(Verb::Post, "/demo/api/turn", post(turn))
        .page(Verb::Get, "/demo/api/chats/{id}", get(chat))
        .page(Verb::Post, "/demo/api/chats/{id}/stop", post(stop))
}

fn asset(name: &str) -> Response {
    let (kind, bytes): (_, &'static [u8]) = match name {
        "index.html" => ("text/html", include_bytes!("../../assets/demo/index.html")),
        "style.css" => ("text/css", include_bytes!("../../assets/demo/style.css")),
        "app.js" => ("text/javascript", include_bytes!("../../assets/demo/app.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// The longest name of a conversation.
const MAX_NAME: usize = 64;

/// One turn, as the page asks it.
#[derive(Debug, Deserialize)]
struct Turn {
    prompt: String,
    /// The conversation, by the name that the page gave it; one that nobody will ask for where absent.
    #[serde(default)]
    chat: String,
}

async fn turn(Json(turn): Json<Turn>) -> Response {
    let steps = match answer::to(&turn.prompt) {
        Reply::Steps(steps) => steps,
        Reply::Limited { seconds } => {
            let body = Json(json!({ "message": "You have asked a lot. Rest a little." }));
            let after = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
            return (StatusCode::TOO_MANY_REQUESTS, after, body).into_response();
        }
    };
    let chat = chats::open(&turn.chat.chars().take(MAX_NAME).collect::<String>());
    let from = chat.ask(&turn.prompt, steps);
    events_of(chat, from)
}

/// A conversation as it stands, and as it goes on.
async fn chat(Path(id): Path<String>) -> Response {
    match chats::find(&id) {
        Some(chat) => events_of(chat, 0),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn stop(Path(id): Path<String>) -> StatusCode {
    match chats::find(&id) {
        Some(chat) => {
            chat.stop();
            StatusCode::NO_CONTENT
        }
        None => StatusCode::NOT_FOUND,
    }
}

fn events_of(chat: Arc<Chat>, from: usize) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(chat.follow(from))).into_response()
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt;
    use tower_service::Service;

    use super::*;

    async fn get(path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).expect("request");
        routes().router().with_state(()).call(request).await.expect("answered")
    }

    async fn ask(prompt: &str) -> Response {
        let request = Request::post("/demo/api/turn")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "prompt": prompt }).to_string()))
            .expect("request");
        routes().router().with_state(()).call(request).await.expect("answered")
    }

    #[tokio::test]
    async fn the_page_and_its_files_are_served_under_a_strict_policy() {
        for (path, kind) in [
            ("/demo/", "text/html"),
            ("/demo/app.js", "text/javascript"),
            ("/demo/style.css", "text/css"),
        ] {
            let response = get(path).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let found = response.headers()[header::CONTENT_TYPE].to_str().expect("text");
            assert!(found.starts_with(kind), "{path}: {found}");
            assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        }
        assert_eq!(get("/demo/secret").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_word_by_word_and_says_its_end() {
        let mut body = ask("/words 3").await.into_body();
        let mut events = Vec::new();
        while let Some(frame) = body.frame().await {
            let bytes = frame.expect("frame").into_data().expect("data");
            events.push(String::from_utf8(bytes.to_vec()).expect("UTF-8"));
        }
        assert_eq!(events.len(), 4, "{events:?}");
        assert_eq!(events[0], "data: {\"kind\":\"text\",\"text\":\"word1\"}\n\n");
        assert_eq!(events[3], "data: {\"kind\":\"done\"}\n\n");
    }

    #[tokio::test]
    async fn a_limit_is_a_status() {
        let response = ask("/ratelimit").await;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(response.headers().contains_key(header::RETRY_AFTER));
    }
}
