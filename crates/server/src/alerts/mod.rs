//! Who is told that a page needs its human, or an account another credential: the log, and the webhook of `[alerts]`. Once for each
//! change, never for each request, and nothing of it is on the path of one.

mod accounts;
mod changes;
mod message;
mod webhook;

use std::{sync::Arc, time::Duration};

use tabway_store::ledger::now_ms;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use self::{
    accounts::Accounts,
    changes::Changes,
    message::{Event, Message},
};
use crate::{app::App, nodes::SeatNeed, upstream::Egress};

/// Messages that wait for the webhook; more are only in the log.
const WAITING: usize = 64;

/// The longest between two looks at what the seats need.
const TICK: Duration = Duration::from_secs(2);
const SHORTEST_TICK: Duration = Duration::from_millis(20);

/// Watches the seats and tells. Runs for ever.
pub(crate) async fn keep_telling(app: Arc<App>, egress: Egress) {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::join!(watch(&app, &sender), webhook::deliver(&app, &egress, receiver));
}

async fn watch(app: &App, sender: &mpsc::Sender<Message>) {
    let (mut changes, mut accounts) = (Changes::default(), Accounts::default());
    loop {
        let (after, notice) = (app.config().alerts.after, app.config().alerts.session_notice);
        let by_ms = i64::try_from(notice.as_millis()).unwrap_or(i64::MAX).saturating_add(now_ms());
        let mut events = changes.look(&app.nodes, after, Instant::now());
        events.extend(changes.ending(app.nodes.sessions(), by_ms));
        events.extend(accounts.look(app.places.refused(), after, Instant::now()));
        for event in events {
            if let Event::Needs(SeatNeed { node, site, .. }) = &event
                && app.nodes.may_picture(*node, site)
            {
                let (nodes, node, site) = (app.nodes.clone(), *node, site.clone());
                // One for a change of state, and over with the patience for an answer.
                tokio::spawn(async move { nodes.look(node, site).await });
            }
            tell(app, sender, event);
        }
        sleep((after / 2).clamp(SHORTEST_TICK, TICK)).await;
    }
}

fn tell(app: &App, sender: &mpsc::Sender<Message>, event: Event) {
    let message = Message::of(app, event);
    match message.is_urgent() {
        true => tracing::warn!(whose = %message.whose, "{}", message.text),
        false => tracing::info!(whose = %message.whose, "{}", message.text),
    }
    if app.config().alerts.webhook.is_some() && sender.try_send(message).is_err() {
        tracing::warn!("too many messages wait for the webhook; this one stays in the log");
    }
}
