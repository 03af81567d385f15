//! Who is told that something is wrong: the log, and the channels of `[alerts]`. Once for each
//! change, never for each request, and nothing of it is on the path of one.

mod accounts;
mod board;
mod changes;
mod hold;
mod message;
mod readings;
mod rules;
mod send;

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use tabway_store::ledger::now_ms;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep},
};

pub use self::board::Board;
pub(crate) use self::send::{Tried, try_all};
use self::{
    accounts::Accounts,
    changes::Changes,
    hold::Hold,
    message::{Event, Message},
    rules::Rules,
};
use crate::{app::App, nodes::SeatNeed, upstream::Egress};

/// Messages that wait for a channel; more are only in the log.
const WAITING: usize = 64;

/// The longest between two looks at what the seats need.
const TICK: Duration = Duration::from_secs(2);
const SHORTEST_TICK: Duration = Duration::from_millis(20);

/// Watches and tells. Runs for ever.
pub(crate) async fn keep_telling(app: Arc<App>, egress: Egress) {
    let mut teller = Teller {
        app,
        egress,
        couriers: HashMap::new(),
        tasks: JoinSet::new(),
        hold: Hold::default(),
    };
    let mut watch = Watch::default();
    loop {
        let (after, every) = (teller.app.config().alerts.after, teller.app.config().alerts.every);
        for event in watch.look(&teller.app) {
            teller.tell(event);
        }
        teller.release();
        sleep((after / 2).min(every).clamp(SHORTEST_TICK, TICK)).await;
    }
}

/// What is known of everything that is told of.
#[derive(Default)]
struct Watch {
    changes: Changes,
    accounts: Accounts,
    rules: Rules,
    /// When the rules were looked at last.
    looked: Option<Instant>,
}

impl Watch {
    fn look(&mut self, app: &App) -> Vec<Event> {
        let config = app.config_snapshot();
        let alerts = &config.alerts;
        let (after, now) = (alerts.after, Instant::now());
        let is_on = |rule: &str| !alerts.rules.off.iter().any(|off| off == rule);
        let mut events = Vec::new();
        if is_on("human_needed") {
            let notice = i64::try_from(alerts.session_notice.as_millis()).unwrap_or(i64::MAX);
            events.extend(self.changes.look(&app.nodes, after, now));
            let by_ms = notice.saturating_add(now_ms());
            events.extend(self.changes.ending(app.nodes.sessions(), by_ms));
        }
        let refused = if is_on("account_out") { app.places.refused() } else { Vec::new() };
        events.extend(self.accounts.look(refused, after, now));
        let is_due = |looked| now.saturating_duration_since(looked) >= alerts.every;
        if self.looked.is_none_or(is_due) {
            self.looked = Some(now);
            let changes = self.rules.look(readings::readings(app, after), now, now_ms());
            events.extend(changes.into_iter().map(Event::Rule));
        }
        events
    }
}

/// Hands messages to a task for each channel: one that is slow holds up no other.
struct Teller {
    app: Arc<App>,
    egress: Egress,
    couriers: HashMap<String, mpsc::Sender<Message>>,
    /// They end with this.
    tasks: JoinSet<()>,
    hold: Hold,
}

impl Teller {
    fn tell(&mut self, event: Event) {
        if let Event::Needs(SeatNeed { node, site, .. }) = &event
            && self.app.nodes.may_picture(*node, site)
        {
            let (nodes, node, site) = (self.app.nodes.clone(), *node, site.clone());
            // One for a change of state, and over with the patience for an answer.
            tokio::spawn(async move { nodes.look(node, site).await });
        }
        let message = Message::of(&self.app, event);
        match message.is_urgent() {
            true => tracing::warn!(whose = %message.whose, "{}", message.text),
            false => tracing::info!(whose = %message.whose, "{}", message.text),
        }
        self.app.alerts.note(&message);
        let is_quiet = self.is_quiet();
        if let Some(message) = self.hold.pass(message, is_quiet) {
            self.send(&message);
        }
    }

    fn is_quiet(&self) -> bool {
        self.app.config().alerts.quiet.hold(Timestamp::now())
    }

    /// Tells what was held, once the quiet hours are over.
    fn release(&mut self) {
        if let Some((held, dropped)) = self.hold.release(self.is_quiet()) {
            let message = Message::held(&self.app, &held, dropped);
            self.send(&message);
        }
    }

    fn send(&mut self, message: &Message) {
        let config = self.app.config_snapshot();
        let channels = &config.alerts.channels;
        self.couriers.retain(|name, _| channels.iter().any(|channel| channel.name == *name));
        while self.tasks.try_join_next().is_some() {}
        for channel in channels.iter().filter(|channel| message.severity >= channel.min) {
            let courier = self.couriers.entry(channel.name.clone()).or_insert_with(|| {
                let (sender, waiting) = mpsc::channel(WAITING);
                let (app, egress) = (self.app.clone(), self.egress.clone());
                self.tasks.spawn(send::deliver(app, egress, channel.name.clone(), waiting));
                sender
            });
            if courier.try_send(message.clone()).is_err() {
                let words = "too many messages wait; this one stays in the log";
                tracing::warn!(channel = channel.name, "{words}");
                self.app.alerts.lost(&channel.name, words);
            }
        }
    }
}
