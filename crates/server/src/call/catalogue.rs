//! Every model that can be asked for now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tabway_dialects::chat::{Failure, FailureClass};
use tabway_protocol::adapter::Capability;

use super::{choice::Choice, route::At};
use crate::{
    app::App,
    config::{Model, Place, Target},
    nodes::SiteModel,
};

/// A model as `/v1/models` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What clients ask for.
    pub name: String,
    /// Where it is: the place of its first target, or `tabway` for a configured name.
    pub owner: String,
    /// Whether tools and answers of a given form are emulated: there is no place but pages.
    pub emulated: bool,
    /// What it can take and give, as far as pages and their adapters tell; empty for a provider's.
    pub capabilities: BTreeSet<Capability>,
}

impl Listed {
    /// What it is for, in the word of the bridge that had one.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let has = |capability| self.capabilities.contains(&capability);
        match () {
            () if has(Capability::Text) => "chat",
            () if has(Capability::VideoOut) => "video",
            () if has(Capability::ImageOut) => "image",
            () => "chat",
        }
    }
}

/// All models, in order of their names: what the file declares, then what providers list,
/// then each model of a site as `site/model` and by its bare name where that is unique.
#[must_use]
pub fn all(app: &App) -> Vec<Listed> {
    let of_sites = of_sites(app);
    let mut bare: BTreeMap<&str, Option<&SiteModel>> = BTreeMap::new();
    let mut listed = BTreeMap::new();
    let mut add = |name: &str, owner: &str, emulated, capabilities| {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        let entry = Listed { name: name.clone(), owner, emulated, capabilities };
        listed.insert(name, entry);
    };
    for found in &of_sites {
        let SiteModel { site, model, capabilities, .. } = found;
        add(&format!("{site}/{model}"), site, true, capabilities.clone());
        bare.entry(model).and_modify(|only| *only = None).or_insert(Some(found));
    }
    for (model, only) in bare {
        if let Some(SiteModel { site, capabilities, .. }) = only {
            add(model, site, true, capabilities.clone());
        }
    }
    for site in app.nodes.sites() {
        for (alias, model) in &app.manners(&site.name).aliases {
            let can = app.nodes.capabilities(&site.name, Choice::of(&site.adapter, model).model);
            add(&format!("{}/{alias}", site.name), &site.name, true, can.clone());
            add(alias, &site.name, true, can);
        }
    }
    for (name, model) in app.discovered.all().iter() {
        let owner = model.targets.first().map(|target| target.place.name());
        add(name, owner.unwrap_or_default(), emulates(model), capabilities(app, model));
    }
    for model in &app.config().models {
        add(&model.name, "tabway", emulates(model), capabilities(app, model));
    }
    listed.into_values().collect()
}

/// Models of every site: those that pages tell, and those that pinned conversations stand for.
fn of_sites(app: &App) -> Vec<SiteModel> {
    let mut all = app.nodes.site_models();
    let sites = app.nodes.sites();
    for (site, model) in app.pins.models() {
        let told = all.iter().any(|known| known.site == site && known.model == model);
        if !told && sites.iter().any(|known| known.name == site) {
            let capabilities = app.nodes.capabilities(&site, &model);
            all.push(SiteModel { site, model, ready: true, capabilities });
        }
    }
    all
}

/// The site and its model that another name stands for: `site/alias`, or the alias alone.
fn aliased(app: &App, name: &str) -> Option<(String, String)> {
    let sites = app.nodes.sites();
    sites.iter().find_map(|site| {
        let rest = name.strip_prefix(&*site.name).and_then(|rest| rest.strip_prefix('/'));
        let manners = app.manners(&site.name);
        let model = manners.aliases.get(rest.unwrap_or(name))?;
        Some((site.name.clone(), model.clone()))
    })
}

/// What any of its pages can take and give. Of what a provider's models can, nobody tells.
fn capabilities(app: &App, model: &Model) -> BTreeSet<Capability> {
    let of_target = |target: &Target| match &target.place {
        Place::Site(name) => {
            let sites = app.nodes.sites();
            let site = sites.iter().find(|site| site.name == *name);
            let model = site.map(|site| Choice::of(&site.adapter, &target.model).model);
            model.map(|model| app.nodes.capabilities(name, model)).unwrap_or_default()
        }
        Place::Provider(_) => BTreeSet::new(),
    };
    model.targets.iter().flat_map(of_target).collect()
}

/// Whether what pages lack is emulated for this model, whichever of its targets answers.
fn emulates(model: &Model) -> bool {
    model.emulate && model.targets.iter().all(|target| matches!(target.place, Place::Site(_)))
}

/// The model of that name. Exact: no folding of case, no trimming.
#[must_use]
pub fn find(app: &App, name: &str) -> Option<Arc<Model>> {
    if let Some(model) = app.config().model(name) {
        return Some(model.clone());
    }
    if let Some(model) = app.discovered.find(name) {
        return Some(model);
    }
    if let Some((site, model)) = aliased(app, name) {
        return Some(of_site(name, &site, &model));
    }
    if let Some(model) = named_by_adapter(app, name) {
        return Some(model);
    }
    let of_sites = of_sites(app);
    let qualified = |found: &&SiteModel| {
        name.strip_prefix(&*found.site).and_then(|rest| rest.strip_prefix('/'))
            == Some(&found.model)
    };
    if let Some(found) = of_sites.iter().find(qualified) {
        return Some(of_site(name, &found.site, &found.model));
    }
    let mut bare = of_sites.iter().filter(|found| found.model == name);
    match (bare.next(), bare.next()) {
        (Some(found), None) => Some(of_site(name, &found.site, &found.model)),
        _ => None,
    }
}

/// `site/model` as the site's adapter has it: found without a look at any browser, so that it costs
/// the same with one of them and with a thousand.
fn named_by_adapter(app: &App, name: &str) -> Option<Arc<Model>> {
    let (site, model) = name.split_once('/')?;
    let found = app.nodes.sites().into_iter().find(|found| found.name == site)?;
    let choice = Choice::of(&found.adapter, model);
    let known = match choice.mode {
        // A model within a mode is the page's own list to know: it refuses what it has not.
        Some(_) => true,
        None => found.adapter.offered().iter().any(|offered| offered == model),
    };
    known.then(|| of_site(name, site, model))
}

/// Whether a model that was found has its name from a list of ours or of a page, and not from the
/// client: that of a model within a mode is the client's own words.
pub(super) fn is_listed(app: &App, model: &Model) -> bool {
    let is_named = app.config().model(&model.name).is_some()
        || app.discovered.find(&model.name).is_some()
        || aliased(app, &model.name).is_some();
    is_named
        || model.targets.iter().all(|target| match &target.place {
            Place::Provider(_) => true,
            Place::Site(site) => is_listed_at_site(app, site, &target.model),
        })
}

/// The same of a target's.
pub(super) fn is_listed_at(app: &App, at: &At, model: &str) -> bool {
    match at {
        At::Provider(..) => true,
        At::Site(site) => is_listed_at_site(app, site, model),
    }
}

fn is_listed_at_site(app: &App, site: &str, model: &str) -> bool {
    let sites = app.nodes.sites();
    let found = sites.iter().find(|found| found.name == site);
    found.is_some_and(|found| Choice::of(&found.adapter, model).mode.is_none())
}

/// A model that a site offers, with the usual settings.
fn of_site(name: &str, site: &str, model: &str) -> Arc<Model> {
    Arc::new(Model::plain(name, Place::Site(site.to_owned()), model))
}

/// The failure for a name that stands for nothing, or for nothing that the caller may use.
#[must_use]
pub fn unknown(name: &str) -> Failure {
    let name: String = name.chars().take(200).filter(|c| !c.is_control()).collect();
    Failure::new(FailureClass::ModelNotFound, format!("no model `{name}`; see GET /v1/models"))
        .with_param("model")
}
