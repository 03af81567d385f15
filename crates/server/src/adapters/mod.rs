//! The adapters that are in force: one for each file of `adapters/`, built into the binary, and those
//! that were published on this gateway, which take the place of a built-in one of the same name.

pub(crate) mod revisions;

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use arc_swap::ArcSwap;
use rust_embed::RustEmbed;
use tabway_protocol::{
    adapter::{Adapter, AdapterError},
    message::Site,
};
use tabway_store::{AdapterRevision, Store, StoreError};

#[derive(RustEmbed)]
#[folder = "../../adapters"]
#[include = "*.toml"]
// A star of these globs stands for folders, too; the files beside a real site stay out.
#[exclude = "*.fixtures/*"]
struct Files;

/// An adapter that is not there.
#[derive(Debug, thiserror::Error)]
#[error("there is no adapter `{name}`; {hint}")]
pub struct UnknownAdapter {
    name: String,
    hint: String,
}

/// Why a name, an adapter and an origin make no site.
#[derive(Debug, thiserror::Error)]
pub enum NoSite {
    /// There is no such adapter.
    #[error(transparent)]
    UnknownAdapter(#[from] UnknownAdapter),
    /// Neither the site nor the adapter says where the page is.
    #[error(
        "adapter `{0}` is of pages that people host themselves: say the site's `origin`, such as \
         http://127.0.0.1:7860"
    )]
    NoOrigin(String),
}

/// An adapter in force.
#[derive(Debug, Clone)]
pub struct Known {
    /// How its pages are used.
    pub adapter: Arc<Adapter>,
    /// Where it was published; `None` for one of the program's own.
    pub published: Option<Arc<AdapterRevision>>,
}

/// Every adapter in force. Another set takes the place of this one as a whole.
#[derive(Debug)]
pub struct Adapters(ArcSwap<BTreeMap<String, Known>>);

impl Adapters {
    /// Those of the program and of the store.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(store: &Store) -> Result<Self, StoreError> {
        Ok(Self(ArcSwap::from_pointee(read_all(store).await?)))
    }

    /// Takes up what was published meanwhile.
    ///
    /// # Errors
    /// When the database refuses; the old ones stay in force.
    pub async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        self.0.store(Arc::new(read_all(store).await?));
        Ok(())
    }

    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> Arc<BTreeMap<String, Known>> {
        self.0.load_full()
    }

    /// The site of that name, adapter and origin; the first origin that the adapter knows where none
    /// is said.
    ///
    /// # Errors
    /// When there is no such adapter, with the name that was perhaps meant, or no origin.
    pub fn site(&self, name: &str, adapter: &str, origin: Option<&str>) -> Result<Site, NoSite> {
        let all = self.0.load();
        let found = all.get(adapter).ok_or_else(|| unknown(adapter, all.keys()))?;
        let known = found.adapter.page.origins.first().map(String::as_str);
        let origin = origin.or(known).ok_or_else(|| NoSite::NoOrigin(adapter.to_owned()))?;
        let (name, origin) = (name.to_owned(), origin.to_owned());
        Ok(Site { name, origin, adapter: Adapter::clone(&found.adapter) })
    }
}

impl Default for Adapters {
    /// Those of the program alone.
    fn default() -> Self {
        Self(ArcSwap::from_pointee(own()))
    }
}

/// Every built-in adapter by its name.
#[must_use]
pub fn built_in() -> &'static BTreeMap<String, Adapter> {
    static ADAPTERS: LazyLock<BTreeMap<String, Adapter>> = LazyLock::new(|| {
        let files = Files::iter().filter_map(|name| Files::get(&name));
        let adapters = files.filter_map(|file| read(&file.data));
        adapters.map(|adapter| (adapter.name.clone(), adapter)).collect()
    });
    &ADAPTERS
}

fn own() -> BTreeMap<String, Known> {
    let known = |adapter: &Adapter| Known { adapter: Arc::new(adapter.clone()), published: None };
    built_in().iter().map(|(name, adapter)| (name.clone(), known(adapter))).collect()
}

async fn read_all(store: &Store) -> Result<BTreeMap<String, Known>, StoreError> {
    let mut all = own();
    for published in store.adapters().in_force().await? {
        // An empty text puts the program's own back in force.
        if published.text.is_empty() {
            continue;
        }
        match of_revision(&published) {
            Ok(adapter) => {
                let (name, adapter) = (published.name.clone(), Arc::new(adapter));
                all.insert(name, Known { adapter, published: Some(Arc::new(published)) });
            }
            // Written for another version of the program; the rest still works.
            Err(error) => tracing::warn!(adapter = published.name, %error, "it is left out"),
        }
    }
    Ok(all)
}

/// The adapter of a stored revision. Its number is the store's, whatever its text says.
///
/// # Errors
/// What is wrong with its text.
fn of_revision(stored: &AdapterRevision) -> Result<Adapter, AdapterError> {
    let mut adapter = Adapter::parse(&stored.text)?;
    adapter.revision = stored.revision;
    Ok(adapter)
}

/// A file that is wrong is left out here; a test of this folder names it before it is ever built in.
fn read(bytes: &[u8]) -> Option<Adapter> {
    Adapter::parse(str::from_utf8(bytes).ok()?).ok()
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a String> + Clone) -> UnknownAdapter {
    let close = known
        .clone()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let hint = match close {
        Some((_, close)) => format!("did you mean `{close}`?"),
        None => {
            let known = known.cloned().collect::<Vec<_>>().join(", ");
            format!("there are: {known}; `tabway adapter publish FILE` adds one")
        }
    };
    UnknownAdapter { name: name.to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_an_adapter_of_its_name() {
        for name in Files::iter() {
            let file = Files::get(&name).expect("file");
            let text = str::from_utf8(&file.data).expect("text");
            let adapter = Adapter::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(format!("{}.toml", adapter.name), name);
        }
        assert!(built_in().contains_key("demo"));
    }

    #[test]
    fn an_unknown_adapter_is_answered_with_the_one_that_was_meant() {
        let adapters = Adapters::default();
        let error = adapters.site("chat", "dmeo", Some("http://127.0.0.1")).expect_err("a typo");
        assert_eq!(error.to_string(), "there is no adapter `dmeo`; did you mean `demo`?");
        let error = adapters.site("chat", "nothing-alike", None).expect_err("no");
        assert!(error.to_string().contains("there are:"), "{error}");
    }

    #[test]
    fn a_public_page_needs_no_origin_and_a_hosted_one_does() {
        let adapters = Adapters::default();
        let public = adapters.site("arena", "lmarena", None).expect("a site");
        assert_eq!(Some(&public.origin), public.adapter.page.origins.first());
        let error = adapters.site("chat", "gradio", None).expect_err("hosted anywhere");
        assert!(error.to_string().contains("say the site's `origin`"), "{error}");
    }
}
