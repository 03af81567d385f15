//! The folder for downloads, outside the tree, and the marks of what is complete in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::report::{Failure, Outcome};

/// `$XDG_CACHE_HOME/tabway`, else `~/.cache/tabway`.
pub fn folder() -> Outcome<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or_else(|| Failure::new("neither XDG_CACHE_HOME nor HOME is set"))?;
    let folder = base.join("tabway");
    fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
    Ok(folder)
}

/// Whether `folder` was completed for exactly this `content`.
pub fn is_complete(folder: &Path, content: &str) -> bool {
    fs::read_to_string(folder.join(MARK)).is_ok_and(|found| found == content)
}

/// Marks `folder` as complete for `content`.
pub fn complete(folder: &Path, content: &str) -> Outcome<()> {
    fs::write(folder.join(MARK), content)
        .map_err(|error| Failure::new(format!("cannot write to {}: {error}", folder.display())))
}

const MARK: &str = ".tabway-complete";
