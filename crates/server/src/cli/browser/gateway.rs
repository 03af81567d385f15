//! What the supervisor knows of the gateway: its nodes, asked for again and again.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, time::interval};

use super::super::{
    client::Client,
    output::{list, text},
};
use crate::{
    exit::CliError,
    fleet::{Settings, State},
};

/// How often it is asked.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long a fleet key for one browser is good.
const KEY_SECONDS: u64 = 300;

/// The gateway, as the supervisors of several browsers see it.
#[derive(Debug, Clone)]
pub(super) struct Gateway {
    client: Arc<Client>,
    nodes: watch::Receiver<Option<Arc<Value>>>,
}

/// How the gateway sees a browser.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The gateway does not answer.
    GatewayAway,
    /// It is not paired with it.
    Unpaired,
    /// It is paired and not connected.
    Absent,
    /// It is connected; how it serves.
    Here(State, String),
}

impl Gateway {
    /// Begins to ask; ends with the last clone.
    pub(super) fn watch(client: Client) -> Self {
        let client = Arc::new(client);
        let (told, nodes) = watch::channel(None);
        let asked = Arc::clone(&client);
        tokio::spawn(async move {
            let mut times = interval(ASK_EVERY);
            loop {
                tokio::select! {
                    _ = times.tick() => {}
                    () = told.closed() => return,
                }
                let answer = asked.get("/api/nodes").await.ok().map(Arc::new);
                told.send_replace(answer);
            }
        });
        Self { client, nodes }
    }

    pub(super) fn url(&self) -> &str {
        &self.client.url
    }

    /// The ids of every paired browser.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub(super) async fn ids(&self) -> Result<Vec<String>, CliError> {
        let nodes = self.client.get("/api/nodes").await?;
        Ok(list(&nodes, "nodes").iter().map(|node| text(node, "id")).collect())
    }

    /// A fleet key that pairs one browser.
    ///
    /// # Errors
    /// When the gateway gives none.
    pub(super) async fn key(&self) -> Result<String, CliError> {
        let body = json!({ "count": 1, "expires_seconds": KEY_SECONDS });
        Ok(text(&self.client.post("/api/fleets", &body).await?, "key"))
    }

    /// The id of a browser with this label that is not among the known.
    pub(super) fn newcomer(&self, label: &str, known: &[String]) -> Option<String> {
        let nodes = self.nodes.borrow().clone()?;
        let found = list(&nodes, "nodes")
            .iter()
            .find(|node| node["label"] == label && !known.contains(&text(node, "id")));
        found.map(|node| text(node, "id"))
    }

    /// How the gateway sees the browser of these settings.
    pub(super) fn sees(&self, settings: &Settings, sites: &[(String, String)]) -> Seen {
        match self.nodes.borrow().as_deref() {
            None => Seen::GatewayAway,
            Some(nodes) => seen(nodes, settings, sites),
        }
    }
}

fn seen(nodes: &Value, settings: &Settings, sites: &[(String, String)]) -> Seen {
    let id = settings.node.as_deref().unwrap_or_default();
    let Some(node) = list(nodes, "nodes").iter().find(|node| node["id"] == id) else {
        return Seen::Unpaired;
    };
    if node["connected"] != true {
        return Seen::Absent;
    }
    if node["paused"] == true {
        return Seen::Here(State::Connected, "paused in its popup".to_owned());
    }
    let (mut state, mut words) = (State::Ready, Vec::new());
    for (site, _) in sites {
        let seat = list(node, "seats").iter().find(|seat| seat["site"] == *site);
        let lanes = seat.map_or(&[][..], |seat| list(seat, "lanes"));
        let serve = lanes.iter().filter(|lane| lane["state"] == "idle" || lane["state"] == "busy");
        let serve = serve.count();
        let mut said = format!("{site}: {serve} of {} tabs", settings.lanes);
        if serve < settings.lanes as usize {
            state = State::Connected;
            let why = seat.map_or_else(|| "not offered".to_owned(), |seat| text(seat, "state"));
            said = format!("{said}, {why}");
        }
        words.push(said);
    }
    Seen::Here(state, words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_every_tab_of_every_site() {
        let settings = Settings { lanes: 2, node: Some("nod_1".into()), ..Settings::default() };
        let sites = [("demo".to_owned(), String::new())];
        let node = |connected: bool, paused: bool, lanes: &[&str]| {
            let lanes: Vec<Value> = lanes.iter().map(|state| json!({ "state": state })).collect();
            let seat = json!({ "site": "demo", "state": "ready", "lanes": lanes });
            let node =
                json!({ "id": "nod_1", "connected": connected, "paused": paused, "seats": [seat] });
            json!({ "nodes": [node] })
        };
        let here = |state, words: &str| Seen::Here(state, words.to_owned());
        for (nodes, expected) in [
            (node(true, false, &["idle", "busy"]), here(State::Ready, "demo: 2 of 2 tabs")),
            (
                node(true, false, &["idle", "unready"]),
                here(State::Connected, "demo: 1 of 2 tabs, ready"),
            ),
            (node(true, true, &["idle", "idle"]), here(State::Connected, "paused in its popup")),
            (node(false, false, &[]), Seen::Absent),
            (json!({ "nodes": [] }), Seen::Unpaired),
        ] {
            assert_eq!(seen(&nodes, &settings, &sites), expected);
        }
    }
}
