//! The state of the gateway as HTML. Nothing secret is in it: no keys, no codes, no texts.

use std::fmt::Write as _;

use serde::Serialize;
use tabway_store::ledger::RequestRow;

use super::{browsers, layout::escaped, queue};
use crate::{
    admin::{Need, Node, all_nodes, needs_of},
    app::App,
    call::catalogue::{self, Listed},
    health::{Health, Vitals, score},
    nodes::QueuedView,
};

/// Requests that are shown.
const LAST: u32 = 20;

/// Models that are shown; the rest is counted.
const MODELS: usize = 60;

/// Everything that the page shows.
pub(super) struct Snapshot {
    draining: bool,
    uptime_seconds: u64,
    health: Health,
    api: String,
    keys_required: bool,
    sites: usize,
    nodes: Vec<Node>,
    /// With whether there is a picture of it.
    needs: Vec<(Need, bool)>,
    waiting: Vec<QueuedView>,
    queue_size: usize,
    models: Vec<Listed>,
    requests: Vec<RequestRow>,
}

impl Snapshot {
    pub(super) async fn take(app: &App) -> Self {
        let address = app.addresses().first().map(ToString::to_string).unwrap_or_default();
        let scheme = if app.config().tls.is_some() { "https" } else { "http" };
        // A page about the state must come even when the database does not answer.
        let nodes = all_nodes(app).await.unwrap_or_default();
        let pictured = |need: Need| {
            let pictured = app.nodes.picture(need.node, &need.site).is_some();
            (need, pictured)
        };
        Self {
            needs: needs_of(&nodes).into_iter().map(pictured).collect(),
            draining: app.shutdown.is_draining(),
            uptime_seconds: app.started.elapsed().as_secs(),
            health: score(&Vitals::of(app)),
            api: format!("{scheme}://{address}/v1"),
            keys_required: app.keys.any(),
            sites: app.nodes.sites().len(),
            nodes,
            waiting: app.nodes.queue(),
            queue_size: app.config().queue.size,
            models: catalogue::all(app),
            requests: app.store.ledger().recent(LAST).await.unwrap_or_default(),
        }
    }

    pub(super) fn html(&self) -> String {
        let mut html = String::new();
        self.head(&mut html);
        troubles(&mut html, &self.health);
        needs(&mut html, &self.needs);
        queue::section(&mut html, &self.waiting, self.queue_size);
        browsers::section(&mut html, &self.nodes, self.sites);
        self.models(&mut html);
        self.requests(&mut html);
        html.push_str("<script src=\"/page/refresh.js\" type=\"module\"></script>\n");
        html
    }

    fn head(&self, html: &mut String) {
        let connected = self.nodes.iter().filter(|node| node.connected).count();
        let (dot, word) = if self.draining { ("warn", "stopping") } else { ("good", "running") };
        let keys = match self.keys_required {
            true => "with one of your keys",
            false => "with any key: none is defined, and only this machine can connect",
        };
        put(
            html,
            format_args!(
                "<h1><span class=\"dot {dot}\"></span>{word}</h1>\n\
             <p class=\"lead\">API <code>{api}</code> {keys}. Up for {up}.</p>\n\
             <section class=\"figures\"><div><b>{score}</b><span>of 100: {health}</span></div>\
             <div><b>{connected}</b><span>of {paired} {browsers} connected</span></div>\
             <div><b>{sites}</b><span>{site_word}</span></div>\
             <div><b>{models}</b><span>{model_word}</span></div>\
             <div><b>{waiting}</b><span>waiting for a page</span></div></section>\n",
                score = self.health.score,
                health = self.health.status,
                api = escaped(&self.api),
                up = span(self.uptime_seconds),
                paired = self.nodes.len(),
                sites = self.sites,
                models = self.models.len(),
                waiting = self.waiting.len(),
                browsers = counted(self.nodes.len(), "browser", "browsers"),
                site_word = counted(self.sites, "site", "sites"),
                model_word = counted(self.models.len(), "model", "models"),
            ),
        );
    }

    fn models(&self, html: &mut String) {
        html.push_str("<section><h2>Models</h2>\n");
        if self.models.is_empty() {
            html.push_str(
                "<p>No model can be asked for yet. Pair a browser and add a site, set a provider's \
                 key in the environment, or declare a provider in the configuration file.</p>",
            );
        } else {
            html.push_str("<table><tr><th>Model</th><th>From</th></tr>\n");
            for model in self.models.iter().take(MODELS) {
                let (name, owner) = (escaped(&model.name), escaped(&model.owner));
                put(html, format_args!("<tr><td><code>{name}</code></td><td>{owner}</td></tr>\n"));
            }
            html.push_str("</table>");
            if let Some(more) = self.models.len().checked_sub(MODELS).filter(|more| *more > 0) {
                put(html, format_args!("<p class=\"soft\">and {more} more</p>"));
            }
        }
        html.push_str("</section>\n");
    }

    fn requests(&self, html: &mut String) {
        html.push_str("<section><h2>Last requests</h2>\n");
        if self.requests.is_empty() {
            html.push_str(
                "<p>None yet. Try <code>tabway chat -m MODEL \"Hello\"</code>.</p></section>\n",
            );
            return;
        }
        html.push_str(
            "<table><tr><th>Model</th><th>Outcome</th><th>Answered by</th><th>First byte</th>\
             <th>Total</th><th>Tokens</th><th>Key</th></tr>\n",
        );
        for row in &self.requests {
            request(html, row);
        }
        html.push_str("</table></section>\n");
    }
}

fn counted(count: usize, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}

/// What takes from the score, with what to do about it.
fn troubles(html: &mut String, health: &Health) {
    if health.reasons.is_empty() {
        return;
    }
    html.push_str("<section><h2>Health</h2>\n<ul>\n");
    for reason in &health.reasons {
        let (words, advice) = (escaped(&reason.words), escaped(reason.advice));
        put(html, format_args!("<li>-{} {words}. {advice}</li>\n", reason.minus));
    }
    html.push_str("</ul></section>\n");
}

fn needs(html: &mut String, needs: &[(Need, bool)]) {
    if needs.is_empty() {
        return;
    }
    html.push_str("<section class=\"need\"><h2>Needs you</h2>\n<table>\n");
    for (need, pictured) in needs {
        put(
            html,
            format_args!(
                "<tr><td>{site}</td><td>{browser}</td><td><span class=\"dot warn\"></span>{problem}\
             {since}</td><td class=\"wide\">{advice} <span class=\"soft\">{words}</span>{picture}</td></tr>\n",
                site = escaped(&need.site),
                browser = escaped(&need.browser),
                problem = need.problem,
                since = need.since_ms.map_or_else(String::new, since),
                advice = escaped(&need.advice),
                words = escaped(&need.words),
                picture = if *pictured { picture(need) } else { String::new() },
            ),
        );
    }
    html.push_str("</table></section>\n");
}

/// The page as boxes.
fn picture(need: &Need) -> String {
    let (node, site) = (need.node, escaped(&need.site));
    format!(
        "<img class=\"picture\" src=\"/page/pictures/{node}/{site}\" alt=\"the page as boxes\">"
    )
}

/// For how long something has been so.
fn since(since_ms: i64) -> String {
    let ms = tabway_store::ledger::now_ms().saturating_sub(since_ms);
    format!(" for {}", span(u64::try_from(ms).unwrap_or_default() / 1_000))
}

fn request(html: &mut String, row: &RequestRow) {
    let dot = match row.outcome.as_str() {
        "ok" => "good",
        "client_gone" => "",
        _ => "bad",
    };
    let first = row.first_byte_ms.map_or_else(String::new, |ms| format!("{ms} ms"));
    put(
        html,
        format_args!(
            "<tr><td><code>{model}</code></td><td><span class=\"dot {dot}\"></span>{outcome}</td>\
         <td>{target}</td><td>{first}</td><td>{total} ms</td><td>{input} / {output}{about}</td>\
         <td>{key}</td></tr>\n",
            model = escaped(&row.model),
            outcome = escaped(&row.outcome),
            target = escaped(&row.target),
            total = row.total_ms,
            input = row.input_tokens,
            output = row.output_tokens,
            about = if row.usage_estimated { " (about)" } else { "" },
            key = escaped(&row.key_name),
        ),
    );
}

/// A state's word as the protocol writes it, with blanks.
pub(super) fn word<T: Serialize>(state: &T) -> String {
    let word = serde_json::to_value(state).ok();
    let word = word.and_then(|word| word.as_str().map(|word| word.replace('_', " ")));
    word.unwrap_or_default()
}

pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

pub(super) fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String does not fail.
    let _ = html.write_fmt(text);
}
