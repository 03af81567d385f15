//! The adapter that a demo uses: one of the program's own, or a file, which the demo's gateway gets as
//! a published one.

use std::{ffi::OsStr, fs, path::Path};

use tabway_protocol::adapter::Adapter;
use tabway_store::Store;

use super::failed;
use crate::{
    adapters::revisions,
    exit::{CliError, Exit},
};

/// What `--site` names.
#[derive(Debug)]
pub(super) struct Named {
    /// The adapter's name, and the site's.
    pub(super) site: String,
    /// The text of the file, where it is one.
    text: Option<String>,
}

impl Named {
    /// Reads it, where it ends as the name of a file.
    pub(super) fn read(named: &str) -> Result<Self, CliError> {
        let path = Path::new(named);
        if path.extension() != Some(OsStr::new("toml")) {
            return Ok(Self { site: named.to_owned(), text: None });
        }
        let wrong = |words: String| CliError::new(Exit::Failure, format!("{named}: {words}"));
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let adapter = Adapter::parse(&text).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { site: adapter.name, text: Some(text) })
    }

    /// Gives a file to the gateway that is about to run on the data folder.
    pub(super) async fn put_in_force(&self, data_dir: &Path) -> Result<(), CliError> {
        let Some(text) = &self.text else { return Ok(()) };
        let store = Store::open(data_dir).await.map_err(failed)?;
        revisions::put_text_in_force(&store, &self.site, text).await.map_err(failed)?;
        store.close().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_as_it_is_and_a_file_is_read() {
        let named = Named::read("gradio").expect("a name");
        assert_eq!((named.site.as_str(), named.text), ("gradio", None));

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mine.toml");
        fs::write(&file, "schema = 1\nname = ").expect("written");
        let file = file.display().to_string();
        let error = Named::read(&file).expect_err("it is no adapter");
        assert!(error.to_string().contains("mine.toml: line 2"), "{error}");
        assert!(Named::read("nowhere.toml").is_err());
    }
}
