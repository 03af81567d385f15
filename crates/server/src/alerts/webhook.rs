//! Messages go out one after the other, each tried a few times.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::message::Message;
use crate::{app::App, config::Webhook, upstream::Egress};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pauses between tries.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];

/// Sends what comes. Ends when nobody can send any more.
pub(super) async fn deliver(app: &App, egress: &Egress, mut waiting: mpsc::Receiver<Message>) {
    while let Some(message) = waiting.recv().await {
        // The address in force when the message's turn has come.
        let Some(webhook) = app.config().alerts.webhook.clone() else { continue };
        let Ok(body) = serde_json::to_vec(&message) else { continue };
        send(egress, &webhook, &Bytes::from(body)).await;
    }
}

async fn send(egress: &Egress, webhook: &Webhook, body: &Bytes) {
    let mut pauses = PAUSES.into_iter();
    loop {
        let (words, again) = match attempt(egress, webhook, body.clone()).await {
            Ok(status) if status.is_success() => return,
            Ok(status) => {
                let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
                let again = status.is_server_error() || busy.contains(&status);
                (format!("it answered {status}"), again)
            }
            Err(words) => (words, true),
        };
        let host = webhook.host().unwrap_or_default();
        match pauses.next().filter(|_| again) {
            Some(pause) => {
                tracing::info!("the webhook at {host} did not take a message: {words}; again soon");
                sleep(pause).await;
            }
            None => {
                tracing::warn!("the webhook at {host} did not take a message: {words}");
                return;
            }
        }
    }
}

/// One try. The answer's body is not read, and nothing is followed elsewhere.
async fn attempt(egress: &Egress, webhook: &Webhook, body: Bytes) -> Result<StatusCode, String> {
    let mut request = Request::post(&webhook.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("tabway/", env!("CARGO_PKG_VERSION")));
    if let Some(secret) = &webhook.secret {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", secret.expose()));
    }
    let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
    match timeout(PATIENCE, egress.send(request)).await {
        Ok(Ok(response)) => Ok(response.status()),
        Ok(Err(error)) => Err(error.reason),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
