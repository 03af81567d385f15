//! The sites, and the drafts that one node alone has.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tabway_dialects::ids::NodeId;
use tabway_protocol::{adapter::Capability, message::Site};
use tokio::time::Instant;

use super::{Drafts, Registry, Sites};

impl Registry {
    /// Replaces all sites. Says whether anything changed.
    pub(in crate::nodes) fn set_sites(&mut self, sites: Vec<Site>) -> bool {
        let sites: BTreeMap<String, Arc<Site>> =
            sites.into_iter().map(|site| (site.name.clone(), Arc::new(site))).collect();
        let changed = sites != self.sites;
        self.sites = sites;
        self.told.retain(|site, _| self.sites.contains_key(site));
        if changed {
            let now = Instant::now();
            for id in self.nodes.keys().copied().collect::<Vec<_>>() {
                self.refresh(id, now);
            }
        }
        changed
    }

    pub(in crate::nodes) fn sites(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.sites.values()
    }

    pub(in crate::nodes) fn site(&self, name: &str) -> Option<Arc<Site>> {
        self.sites.get(name).cloned()
    }

    /// Sets or takes away the site that a node alone has. Says whether there was one.
    pub(in crate::nodes) fn set_draft(&mut self, node: NodeId, site: Option<Arc<Site>>) -> bool {
        let old = match site {
            Some(site) => self.drafts.insert(node, site),
            None => self.drafts.remove(&node),
        };
        if let (Some(old), Some(state)) = (&old, self.nodes.get_mut(&node)) {
            state.seats.remove(&old.name);
            self.leave_pool(&old.name, node);
        }
        old.is_some()
    }

    /// The sites that a node has, its own draft among them.
    pub(in crate::nodes) fn sites_for(&self, node: NodeId) -> Vec<Site> {
        let sites = self.sites.values().chain(self.drafts.get(&node));
        sites.map(|site| Site::clone(site)).collect()
    }

    /// Whether a node has a site that no other has.
    pub(in crate::nodes) fn has_draft(&self, node: NodeId) -> bool {
        self.drafts.contains_key(&node)
    }

    /// What a model of a site can take and give.
    pub(in crate::nodes) fn capabilities(&self, site: &str, model: &str) -> BTreeSet<Capability> {
        let told = self.told.get(site).and_then(|models| models.get(model));
        let site = self.sites.get(site);
        site.map(|site| site.adapter.capabilities(model, told)).unwrap_or_default()
    }

    /// Whether a site is everybody's.
    pub(in crate::nodes) fn has_site(&self, site: &str) -> bool {
        self.sites.contains_key(site)
    }

    /// The site or draft of that name.
    pub(super) fn known(&self, site: &str) -> Option<Arc<Site>> {
        known(&self.sites, &self.drafts, site).cloned()
    }
}

/// The same, where only these are borrowed.
pub(super) fn known<'a>(sites: &'a Sites, drafts: &'a Drafts, name: &str) -> Option<&'a Arc<Site>> {
    sites.get(name).or_else(|| drafts.values().find(|draft| draft.name == name))
}
