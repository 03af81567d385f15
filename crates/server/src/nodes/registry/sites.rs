//! The sites, and the drafts that one node alone has.

use std::{collections::BTreeMap, sync::Arc};

use tabway_dialects::ids::NodeId;
use tabway_protocol::{adapter::Limits, message::Site};

use super::Registry;

impl Registry {
    /// Replaces all sites. Says whether anything changed.
    pub(in crate::nodes) fn set_sites(&mut self, sites: Vec<Site>) -> bool {
        let sites: BTreeMap<String, Arc<Site>> =
            sites.into_iter().map(|site| (site.name.clone(), Arc::new(site))).collect();
        let changed = sites != self.sites;
        self.sites = sites;
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
            self.offering.remove(&old.name);
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

    /// Whether a site is everybody's.
    pub(in crate::nodes) fn has_site(&self, site: &str) -> bool {
        self.sites.contains_key(site)
    }

    pub(super) fn limits(&self, site: &str) -> Option<Limits> {
        let draft = || self.drafts.values().find(|draft| draft.name == site);
        self.sites.get(site).or_else(draft).map(|site| site.adapter.limits.clone())
    }
}
