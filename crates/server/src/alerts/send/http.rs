//! Webhooks, ntfy and Telegram: a request each. Answers' bodies are not read, and nothing is
//! followed elsewhere.

use bytes::Bytes;
use http::{Request, StatusCode, header, request::Builder};
use http_body_util::Full;
use serde_json::json;

use super::{
    super::message::{Message, Phase},
    Failed,
};
use crate::{
    app::App,
    config::{Hook, Severity},
    upstream::Egress,
};

/// The longest text that ntfy and Telegram take whole.
const MAX_TEXT: usize = 3_500;

/// The message as JSON.
pub(super) async fn webhook(
    app: &App,
    egress: &Egress,
    hook: &Hook,
    message: &Message,
) -> Result<(), Failed> {
    let body = serde_json::to_vec(message).map_err(|error| Failed::for_good(error.to_string()))?;
    let request = post(hook).header(header::CONTENT_TYPE, "application/json");
    send(app, egress, hook, request, body).await
}

/// <https://docs.ntfy.sh/publish/>
pub(super) async fn ntfy(
    app: &App,
    egress: &Egress,
    hook: &Hook,
    message: &Message,
) -> Result<(), Failed> {
    let (priority, tag) = match (message.phase, message.severity) {
        (Phase::Cleared, _) => ("2", "white_check_mark"),
        (_, Severity::Info) => ("2", "information_source"),
        (_, Severity::Warning) => ("4", "warning"),
        (_, Severity::Critical) => ("5", "rotating_light"),
    };
    let mut request = post(hook)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header("title", format!("Tabway: {}", message.event))
        .header("priority", priority)
        .header("tags", tag);
    if let Some(page) = &message.page {
        request = request.header("click", page.as_str());
    }
    send(app, egress, hook, request, bounded(&message.text).to_owned().into()).await
}

/// <https://core.telegram.org/bots/api#sendmessage>
pub(super) async fn telegram(
    app: &App,
    egress: &Egress,
    bot: &Hook,
    chat: &str,
    message: &Message,
) -> Result<(), Failed> {
    let body = json!({
        "chat_id": chat,
        "text": format!("Tabway: {}", bounded(&message.text)),
        "disable_notification": message.severity == Severity::Info,
        "link_preview_options": { "is_disabled": true },
    });
    let request = post(bot).header(header::CONTENT_TYPE, "application/json");
    send(app, egress, bot, request, body.to_string().into_bytes()).await
}

fn post(hook: &Hook) -> Builder {
    let agent = concat!("tabway/", env!("CARGO_PKG_VERSION"));
    let request = Request::post(&hook.url).header(header::USER_AGENT, agent);
    match &hook.secret {
        Some(secret) => {
            request.header(header::AUTHORIZATION, format!("Bearer {}", secret.expose()))
        }
        None => request,
    }
}

async fn send(
    app: &App,
    egress: &Egress,
    hook: &Hook,
    request: Builder,
    body: Vec<u8>,
) -> Result<(), Failed> {
    let request = request.body(Full::new(Bytes::from(body)));
    let request = request.map_err(|error| Failed::for_good(error.to_string()))?;
    let proxy = app.config().proxies.of(&hook.url);
    let response = egress.send_by(request, proxy.as_ref()).await;
    let status = response.map_err(|error| Failed::again(error.reason))?.status();
    let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
    match status {
        status if status.is_success() => Ok(()),
        status if status.is_server_error() || busy.contains(&status) => {
            Err(Failed::again(format!("it answered {status}")))
        }
        status => Err(Failed::for_good(format!("it answered {status}"))),
    }
}

/// So much of a text as is taken whole.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
