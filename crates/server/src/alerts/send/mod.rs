//! Messages of a channel go out one after the other, each tried a few times.

mod http;
mod mail;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::message::{Event, Message};
use crate::{
    app::App,
    config::{Channel, Receiver},
    upstream::Egress,
};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pauses between tries.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];

/// A try that failed. The words hold no secret: of an address no more than the host.
#[derive(Debug)]
struct Failed {
    words: String,
    /// Whether another try may do better.
    again: bool,
}

impl Failed {
    fn again(words: impl Into<String>) -> Self {
        Self { words: words.into(), again: true }
    }

    fn for_good(words: impl Into<String>) -> Self {
        Self { words: words.into(), again: false }
    }
}

/// Sends what comes. Ends when nobody can send any more.
pub(super) async fn deliver(
    app: Arc<App>,
    egress: Egress,
    name: String,
    mut waiting: mpsc::Receiver<Message>,
) {
    while let Some(message) = waiting.recv().await {
        let mut pauses = PAUSES.into_iter();
        loop {
            // The channel as it is now: its owner may have mended it meanwhile.
            let Some(channel) = channel(&app, &name) else { break };
            let Err(failed) = attempt(&app, &egress, &channel, &message).await else {
                app.alerts.arrived(&name);
                break;
            };
            let (words, host) = (&failed.words, channel.to.host());
            match pauses.next().filter(|_| failed.again) {
                Some(pause) => {
                    tracing::info!(
                        channel = name,
                        host,
                        "a message was not taken: {words}; again soon"
                    );
                    sleep(pause).await;
                }
                None => {
                    tracing::warn!(channel = name, host, "a message was not taken: {words}");
                    app.alerts.lost(&name, words);
                    break;
                }
            }
        }
    }
}

fn channel(app: &App, name: &str) -> Option<Arc<Channel>> {
    app.config().alerts.channels.iter().find(|channel| channel.name == name).cloned()
}

async fn attempt(
    app: &App,
    egress: &Egress,
    channel: &Channel,
    message: &Message,
) -> Result<(), Failed> {
    let sent = async {
        match &channel.to {
            Receiver::Webhook(hook) => http::webhook(app, egress, hook, message).await,
            Receiver::Ntfy(hook) => http::ntfy(app, egress, hook, message).await,
            Receiver::Telegram { bot, chat } => {
                http::telegram(app, egress, bot, chat, message).await
            }
            Receiver::Email(mail) => mail::send(app, egress, mail, message).await,
        }
    };
    let late = || Failed::again(format!("no answer within {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, sent).await.unwrap_or_else(|_| Err(late()))
}

/// How a channel took a test.
#[derive(Debug, Serialize)]
pub(crate) struct Tried {
    channel: String,
    kind: &'static str,
    host: String,
    ok: bool,
    /// What is wrong, where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Sends a test to one channel or to all, once and at once, also in quiet hours.
pub(crate) async fn try_all(app: &App, egress: &Egress, only: Option<&str>) -> Vec<Tried> {
    let config = app.config_snapshot();
    let message = Message::of(app, Event::Test);
    let wanted = config.alerts.channels.iter();
    let wanted = wanted.filter(|channel| only.is_none_or(|name| channel.name == name));
    let tries = wanted.map(async |channel| {
        let tried = attempt(app, egress, channel, &message).await;
        match &tried {
            Ok(()) => app.alerts.arrived(&channel.name),
            Err(failed) => app.alerts.lost(&channel.name, &failed.words),
        }
        Tried {
            channel: channel.name.clone(),
            kind: channel.to.kind(),
            host: channel.to.host(),
            ok: tried.is_ok(),
            problem: tried.err().map(|failed| failed.words),
        }
    });
    futures_util::future::join_all(tries).await
}
