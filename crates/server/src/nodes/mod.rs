//! The browsers: sockets, pairing, seats and lanes, and the turns that they are given.
//!
//! [`Nodes`] is what the rest of the gateway sees. Inside, [`registry`] knows who can serve what,
//! [`turn`] is one turn's state machine, and [`socket`] is the task that owns a node's socket.

mod cancel;
mod captures;
mod diagnosis;
pub(crate) mod door;
mod failure;
mod handle;
mod handshake;
mod harvest;
mod health;
mod held;
mod idle;
mod kept;
mod left;
mod lessons;
mod link;
mod looks;
mod need;
mod node;
mod order;
mod origin;
mod pace;
mod pairing;
mod proof;
mod quiet;
mod registry;
mod reread;
mod reset;
mod rest;
mod seat;
mod self_test;
mod shared;
mod socket;
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::histogram::Histogram;
use tabway_dialects::{
    chat::Failure,
    ids::{NodeId, RequestId},
};
use tabway_protocol::{
    adapter::Capability,
    message::{GatewayMessage, Site},
};
use tabway_store::{Code, Node as PairedNode, Store, StoreError};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until},
};

pub use cancel::Cancelled;
pub use captures::Capture;
pub use diagnosis::Seen;
pub use handle::JobHandle;
pub use health::{HealthReport, Reason, mend};
pub use held::HeldTalk;
pub use left::LeftTurn;
pub(crate) use left::forget as forget_run;
pub use lessons::{HeardLesson, LessonWord};
pub use looks::Looked;
pub use need::{NeedKind, NeedView, SeatNeed, SessionEnd};
pub use order::{
    JobEvent, JobOrder, LaneView, LostTurn, MAX_TURN, NodeView, PAGES_OWN, Pinned, QueuePlace,
    QueuedView, RestView, SeatView, SiteModel,
};
pub use origin::chromium_origin;
pub use pairing::{DecideError, OpenPairing, PairingState};
pub use reread::Reread;
pub use self_test::SelfTest;

use self::{
    captures::Captures,
    lessons::Lessons,
    link::Outgoing,
    pace::Pace,
    pairing::Pairings,
    registry::QueueRules,
    shared::{Begun, Shared},
};
use crate::metrics::Timing;

/// Sockets whose node is not known yet, pairings that wait for their owner among them.
const MAX_HANDSHAKES: usize = 512;

/// All paired browsers. A clone is another handle to the same ones.
#[derive(Clone)]
pub struct Nodes {
    shared: Arc<Shared>,
    entrance: Arc<Entrance>,
}

/// What a node meets before it is in.
struct Entrance {
    /// Id of the data folder, which a node's proof names.
    gateway: String,
    store: Arc<Store>,
    pairings: Pairings,
    handshakes: Arc<Semaphore>,
    pace: Pace,
    lessons: Lessons,
    captures: Captures,
    /// Number of the last socket.
    epoch: AtomicU64,
}

impl Nodes {
    /// Nobody connected yet.
    #[must_use]
    pub fn new(store: Arc<Store>) -> Self {
        // Sockets of a later life of the gateway count on from here.
        let epoch = u64::try_from(tabway_store::ledger::now_ms()).unwrap_or_default();
        let entrance = Entrance {
            gateway: store.gateway_id().to_string(),
            store,
            pairings: Pairings::default(),
            handshakes: Arc::new(Semaphore::new(MAX_HANDSHAKES)),
            pace: Pace::default(),
            lessons: Lessons::default(),
            captures: Captures::default(),
            epoch: AtomicU64::new(epoch),
        };
        Self { shared: Arc::default(), entrance: Arc::new(entrance) }
    }

    fn gateway(&self) -> &str {
        &self.entrance.gateway
    }

    fn store(&self) -> &Store {
        &self.entrance.store
    }

    fn pairings(&self) -> &Pairings {
        &self.entrance.pairings
    }

    fn handshakes(&self) -> &Arc<Semaphore> {
        &self.entrance.handshakes
    }

    fn next_epoch(&self) -> u64 {
        self.entrance.epoch.fetch_add(1, Ordering::Relaxed) + 1
    }

    // The request path.

    /// Gives a turn to a lane of the site, waiting for one if need be.
    ///
    /// # Errors
    /// `no_node`, `signed_out`, `challenge`, `consent`, `page_changed`, `page_error`,
    /// `human_busy`, `busy`, `site_rate_limited` or `model_not_found`, as the seats of the site
    /// have it, with the time to wait where known. `outcome_unknown` where a lost turn cannot be read.
    pub async fn start(&self, order: JobOrder) -> Result<JobHandle, Failure> {
        if let Some(lost) = order.harvest {
            return self.shared.harvest(order, lost).await;
        }
        let (wait, site) = (order.wait, order.site.clone());
        let give_up = Instant::now() + wait;
        let queued_at = Instant::now();
        let mut queued = match self.shared.begin_or_queue(order, give_up) {
            Begun::Job(job) => return Ok(job),
            Begun::Queued(queued) => queued,
            Begun::Refused(failure) => return Err(failure),
        };
        tokio::select! {
            biased;
            // The sender is in the queue or has answered; it is not just dropped.
            answer = &mut queued.answer => {
                self.shared.waits.observe(queued_at.elapsed());
                answer.unwrap_or_else(|_| Err(failure::busy(&site)))
            }
            () = sleep_until(give_up) => Err(match queued.give_up() {
                Some((reason, place)) => failure::waited(reason, wait, place),
                None => failure::busy(&site),
            }),
        }
    }

    /// Serves requests that wait for a moment and not for an event. Runs for ever.
    pub(crate) fn keep_time(&self) -> impl Future<Output = ()> + Send + use<> {
        self.shared.clone().keep_time()
    }

    /// Takes up what was written of the seats in an earlier life.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn restore(&self) -> Result<(), StoreError> {
        let seats = self.store().seats().list().await?;
        let runs = self.store().runs().list().await?;
        let mut registry = self.shared.registry();
        registry.restore(seats);
        registry.restore_runs(runs);
        Ok(())
    }

    /// Lets go of turns of an earlier life that no client asks for again. Ends by itself.
    pub(crate) fn stop_left(&self) -> impl Future<Output = ()> + Send + use<> {
        self.shared.clone().stop_left(self.entrance.store.clone())
    }

    /// Whether a page of another site has a turn for the same request from an earlier life.
    pub(crate) fn is_left_elsewhere(&self, print: &[u8; 32], site: &str) -> bool {
        self.shared.registry().is_left_elsewhere(print, site)
    }

    /// The turn that an earlier life of the gateway gave a page for the same request; nobody else
    /// gets it any more.
    pub(crate) fn take_left(&self, print: &[u8; 32], site: &str) -> Option<LeftTurn> {
        self.shared.registry().take_left(print, site)
    }

    /// Writes down what of the seats outlives the gateway. Runs for ever.
    pub(crate) fn keep_seats(&self) -> impl Future<Output = ()> + Send + use<> {
        self.shared.clone().keep_seats(self.entrance.store.clone())
    }

    /// Writes all of it: the gateway ends, perhaps in the middle of a writing.
    pub(crate) async fn write_seats(&self) {
        self.shared.registry().mark_all();
        self.shared.write_seats(self.store()).await;
    }

    /// How many requests may wait: for one site, and of one key for one site.
    pub(crate) fn set_queue(&self, size: usize, per_key: usize) {
        self.shared.registry().set_rules(QueueRules { size, per_key });
    }

    /// How old the last look at a page may be.
    pub(crate) fn set_check_every(&self, every: Duration) {
        self.shared.registry().check_every = Some(every);
    }

    /// Where a request stands in the queue of its site, if it waits for a lane.
    #[must_use]
    pub fn place_of(&self, request: RequestId) -> Option<QueuePlace> {
        self.shared.registry().place_of(request)
    }

    /// Every request that waits for a lane, site by site in the order of service.
    #[must_use]
    pub fn queue(&self) -> Vec<QueuedView> {
        self.shared.registry().queued(Instant::now())
    }

    /// Seconds that decisions took: which lane a turn gets, or that it waits.
    pub(crate) fn decisions(&self) -> Histogram {
        self.shared.decisions.clone()
    }

    /// How long turns waited for a lane before they had one.
    pub(crate) fn waits(&self) -> Arc<Timing> {
        self.shared.waits.clone()
    }

    /// Replaces the sites and tells every node.
    pub fn set_sites(&self, sites: Vec<Site>) {
        let mut registry = self.shared.registry();
        if !registry.set_sites(sites) {
            return;
        }
        let sites = registry.sites().map(|site| Site::clone(site)).collect();
        let text = link::text(&GatewayMessage::Sites { sites });
        for (node, link) in registry.links() {
            let own = registry.has_draft(node).then(|| registry.sites_for(node));
            let own = own.map(|sites| link::text(&GatewayMessage::Sites { sites }));
            link.tell(Outgoing::Say(own.unwrap_or_else(|| text.clone())));
        }
    }

    /// The sites.
    #[must_use]
    pub fn sites(&self) -> Vec<Arc<Site>> {
        self.shared.registry().sites().cloned().collect()
    }

    /// Every node that was connected since the start.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeView> {
        let now = Instant::now();
        let mut views: Vec<_> = self.shared.registry().nodes().map(|node| node.view(now)).collect();
        views.sort_by(|a, b| (&a.label, a.id).cmp(&(&b.label, b.id)));
        views
    }

    /// The seats of connected nodes.
    #[must_use]
    pub fn seats(&self) -> Vec<SeatView> {
        let connected = self.nodes().into_iter().filter(|node| node.connected);
        connected.flat_map(|node| node.seats).collect()
    }

    /// Models of every site: those that its adapter names and those that its seats report.
    #[must_use]
    pub fn site_models(&self) -> Vec<SiteModel> {
        let now = Instant::now();
        let mut models: BTreeMap<(String, String), bool> = BTreeMap::new();
        let registry = self.shared.registry();
        for site in registry.sites() {
            for model in site.adapter.offered() {
                models.insert((site.name.clone(), model), false);
            }
        }
        for node in registry.nodes() {
            // What one browser alone has is not offered to clients.
            for (site, seat) in node.seats.iter().filter(|(site, _)| registry.has_site(site)) {
                let ready = node.could_serve(seat, now);
                for model in or_default(&seat.report.models) {
                    *models.entry((site.clone(), model)).or_default() |= ready;
                }
            }
        }
        let model = |((site, model), ready): ((String, String), bool)| {
            let capabilities = registry.capabilities(&site, &model);
            SiteModel { site, model, ready, capabilities }
        };
        models.into_iter().map(model).collect()
    }

    /// What a model of a site can take and give.
    #[must_use]
    pub fn capabilities(&self, site: &str, model: &str) -> BTreeSet<Capability> {
        self.shared.registry().capabilities(site, model)
    }

    // Pairing.

    /// Opens a pairing that its owner will watch. `None` where too many are open.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open_pairing(&self) -> Result<Option<OpenPairing>, StoreError> {
        if self.pairings().are_full() {
            return Ok(None);
        }
        let code = self.store().pairing().create().await?;
        Ok(Some(self.pairings().open(code)?))
    }

    /// How far a pairing has come, once that differs from `seen` or the patience is over. `None`
    /// where there is no such pairing.
    pub async fn watch_pairing(
        &self,
        id: &str,
        seen: Option<&PairingState>,
        patience: Duration,
    ) -> Option<PairingState> {
        self.pairings().watch(id, seen, patience).await
    }

    /// The owner's answer: yes to a fingerprint, or no.
    ///
    /// # Errors
    /// See [`DecideError`].
    pub fn decide_pairing(&self, id: &str, yes: Option<&str>) -> Result<(), DecideError> {
        self.pairings().decide(id, yes)
    }

    /// A key by which so many browsers may pair without being asked about.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open_fleet(&self, count: u32, life: Duration) -> Result<Code, StoreError> {
        self.store().pairing().create_fleet(count, life).await
    }

    /// Every paired browser, connected or not.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn paired(&self) -> Result<Vec<PairedNode>, StoreError> {
        self.store().nodes().list().await
    }

    /// Ends a node's pairing: its socket is closed, its turns fail, it cannot come back. Says
    /// whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, node: NodeId) -> Result<bool, StoreError> {
        let known = self.store().nodes().remove(node).await?;
        let connected = self.shared.registry().remove(node);
        self.shared.serve_all();
        Ok(known || connected)
    }
}

/// A page without named models has one.
fn or_default(models: &[String]) -> Vec<String> {
    match models {
        [] => vec!["default".to_owned()],
        models => models.to_vec(),
    }
}
