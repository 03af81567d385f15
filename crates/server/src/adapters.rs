//! The adapters in the binary: one for each file of `adapters/`.

use std::{collections::BTreeMap, sync::LazyLock};

use rust_embed::RustEmbed;
use tabway_protocol::{adapter::Adapter, message::Site};

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

/// Every adapter by its name.
#[must_use]
pub fn built_in() -> &'static BTreeMap<String, Adapter> {
    static ADAPTERS: LazyLock<BTreeMap<String, Adapter>> = LazyLock::new(|| {
        let files = Files::iter().filter_map(|name| Files::get(&name));
        let adapters = files.filter_map(|file| read(&file.data));
        adapters.map(|adapter| (adapter.name.clone(), adapter)).collect()
    });
    &ADAPTERS
}

/// A file that is wrong is left out here; a test of this folder names it before it is ever built in.
fn read(bytes: &[u8]) -> Option<Adapter> {
    Adapter::parse(str::from_utf8(bytes).ok()?).ok()
}

/// The site of that name, adapter and origin.
///
/// # Errors
/// When there is no such adapter, with the name that was perhaps meant.
pub fn site(name: &str, adapter: &str, origin: &str) -> Result<Site, UnknownAdapter> {
    let found = built_in().get(adapter).cloned().ok_or_else(|| unknown(adapter))?;
    Ok(Site { name: name.to_owned(), origin: origin.to_owned(), adapter: found })
}

fn unknown(name: &str) -> UnknownAdapter {
    let known = || built_in().keys();
    let close = known()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let hint = match close {
        Some((_, close)) => format!("did you mean `{close}`?"),
        None => format!("there are: {}", known().cloned().collect::<Vec<_>>().join(", ")),
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
        let error = site("chat", "dmeo", "http://127.0.0.1").expect_err("a typo");
        assert_eq!(error.to_string(), "there is no adapter `dmeo`; did you mean `demo`?");
        let error = site("chat", "nothing-alike", "http://127.0.0.1").expect_err("unknown");
        assert!(error.to_string().contains("there are:"), "{error}");
    }
}
