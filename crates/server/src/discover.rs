//! Models of providers that nobody had to write down: keys found in the environment, engines that
//! answer on this machine, and providers that say `discover = true`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::{
    accounts,
    app::App,
    config::{Config, Model, Place, Provider, Target},
    upstream::Egress,
};

/// How often the lists are asked for again.
const EVERY: Duration = Duration::from_secs(60);

/// How long an upstream may take to list its models; one on this machine answers at once or is not
/// there.
const PATIENCE: Duration = Duration::from_secs(10);
const LOCAL_PATIENCE: Duration = Duration::from_millis(500);

/// The longest list that is read, in bytes and in models.
const MAX_BYTES: usize = 4 << 20;
const MAX_MODELS: usize = 2_000;

/// What was found, by the name that clients ask for.
#[derive(Debug, Default)]
pub struct Discovered {
    models: ArcSwap<BTreeMap<String, Arc<Model>>>,
    /// There are other providers or accounts: time to look again.
    changed: Notify,
}

impl Discovered {
    /// The model of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<Model>> {
        self.models.load().get(name).cloned()
    }

    /// Turns what was found to the providers in force, drops what is of none of them, and has them
    /// asked again.
    pub(crate) fn repoint(&self, app: &App) {
        self.turn(app);
        self.changed.notify_one();
    }

    /// The configuration is read within: of two that turn at once, the later one wins.
    fn turn(&self, app: &App) {
        let of = |config: &Config, model: &Model| {
            let [Target { place: Place::Provider(old), model: name, .. }] = &*model.targets else {
                return None;
            };
            let provider = config.provider(&old.name).filter(|provider| provider.discover)?;
            Some(Arc::new(only(&model.name, provider, name)))
        };
        self.models.rcu(|models| {
            let config = app.config();
            let kept = models.iter();
            let kept = kept.filter_map(|(name, model)| Some((name.clone(), of(&config, model)?)));
            kept.collect::<BTreeMap<_, _>>()
        });
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Arc<BTreeMap<String, Arc<Model>>> {
        self.models.load_full()
    }
}

/// Asks the providers for their models, now and again, until the gateway drains.
pub(crate) async fn keep_looking(app: Arc<App>, egress: Egress) {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let config = app.config_snapshot();
        let mut lists = Vec::new();
        for provider in config.providers.iter().filter(|provider| provider.discover) {
            if let Some(models) = list(&egress, provider).await {
                if known.insert(provider.name.clone(), models.len()) != Some(models.len()) {
                    tracing::info!("{} serves {} model(s)", provider.name, models.len());
                }
                lists.push((provider.clone(), models));
            }
        }
        app.discovered.models.store(Arc::new(named(&lists)));
        app.discovered.turn(&app);
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.discovered.changed.notified() => {}
            () = app.shutdown.draining() => return,
        }
    }
}

/// `provider/model` for each, and the bare name where only one provider has it.
fn named(lists: &[(Arc<Provider>, Vec<String>)]) -> BTreeMap<String, Arc<Model>> {
    let mut bare: BTreeMap<&str, Option<&Arc<Provider>>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (provider, models) in lists {
        for model in models {
            let name = format!("{}/{model}", provider.name);
            let only = Arc::new(only(&name, provider, model));
            found.insert(name, only);
            bare.entry(model).and_modify(|only| *only = None).or_insert(Some(provider));
        }
    }
    for (model, provider) in bare {
        if let Some(provider) = provider {
            found.insert(model.to_owned(), Arc::new(only(model, provider, model)));
        }
    }
    found
}

fn only(name: &str, provider: &Arc<Provider>, model: &str) -> Model {
    Model::plain(name, Place::Provider(provider.clone()), model)
}

/// What a provider lists; nothing when it does not answer, which is no fault.
async fn list(egress: &Egress, provider: &Provider) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct List {
        data: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        id: String,
    }
    let account = provider.accounts.first()?;
    let sent = accounts::sent(provider, account, egress).await.ok()?;
    let headers: HeaderMap = sent.header.clone().into_iter().collect();
    let mut request = Request::get(format!("{}/models", provider.base_url_of(account)));
    request.headers_mut()?.extend(headers);
    let request = request.body(Full::<Bytes>::default()).ok()?;
    let patience = if provider.local { LOCAL_PATIENCE } else { PATIENCE };
    let answer = async {
        let response = egress.send_by(request, provider.proxy.as_ref()).await.ok()?;
        let (head, body) = response.into_parts();
        if head.status != StatusCode::OK {
            tracing::debug!(provider = provider.name, status = %head.status, "lists no models");
            return None;
        }
        Some(Limited::new(body, MAX_BYTES).collect().await.ok()?.to_bytes())
    };
    let body = tokio::time::timeout(patience, answer).await.ok()??;
    let list: List = serde_json::from_slice(&body).ok()?;
    let fits =
        |id: &String| !id.is_empty() && id.len() <= 200 && id.chars().all(|c| c.is_ascii_graphic());
    Some(list.data.into_iter().map(|entry| entry.id).filter(fits).take(MAX_MODELS).collect())
}
