//! Profiles by name: a folder each below `browsers/` of the data folder, for its owner alone.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::interval;

use super::{FleetError, Mode};

const SETTINGS_FILE: &str = "profile.json";
const STATUS_FILE: &str = "status.json";
/// Whose lock says that a supervisor runs it. Its content means nothing.
const LOCK_FILE: &str = "lock";
/// Its being there asks the supervisor to end it.
const STOP_FILE: &str = "stop";

const MAX_NAME: usize = 32;

/// Looks at a lock that is held.
const TRIES: u32 = 5;

/// What a profile was started with; a later start takes it up again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Sites whose tabs it keeps open.
    pub sites: Vec<String>,
    /// Tabs of each.
    pub lanes: u32,
    /// With a window or without, where that was said.
    pub mode: Option<Mode>,
    /// Its outbound proxy.
    pub proxy: Option<String>,
    /// Its id at the gateway, once paired.
    pub node: Option<String>,
}

/// How a browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its program runs, its extension has not come to the gateway yet.
    Starting,
    /// Its extension is connected; not all its tabs serve.
    Connected,
    /// Every tab that is asked for serves.
    Ready,
    /// Its program runs, and the gateway has lost it or is away.
    Away,
    /// It died and is started again soon.
    Waiting,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Connected => "connected",
            Self::Ready => "ready",
            Self::Away => "away",
            Self::Waiting => "waiting",
        })
    }
}

/// What a supervisor says of its browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How it is.
    pub state: State,
    /// Why, in words.
    pub detail: String,
    /// With a window or without.
    pub mode: Mode,
    /// Why so.
    pub why: String,
    /// The browser's process.
    pub browser: Option<u32>,
    /// The supervisor's process.
    pub supervisor: u32,
    /// How often it was started again.
    pub restarts: u32,
}

/// The profiles of a data folder.
#[derive(Debug, Clone)]
pub struct Profiles {
    folder: PathBuf,
}

/// One profile: its folder.
#[derive(Debug, Clone)]
pub struct Profile {
    name: String,
    folder: PathBuf,
}

/// A profile that this process supervises until this is dropped.
#[derive(Debug)]
pub struct Held {
    /// The profile.
    pub profile: Profile,
    _lock: File,
}

impl Profiles {
    /// Those of a data folder.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("browsers") }
    }

    /// Every one that is there, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(&self) -> Result<Vec<Profile>, FleetError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(FleetError::file(&self.folder, error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| FleetError::file(&self.folder, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_name(&name) && entry.path().join(SETTINGS_FILE).is_file() {
                found.push(Profile { name, folder: entry.path() });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// One that is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn find(&self, name: &str) -> Result<Profile, FleetError> {
        let profile = self.named(name)?;
        match profile.folder.join(SETTINGS_FILE).is_file() {
            true => Ok(profile),
            false => Err(FleetError::Unknown(name.to_owned())),
        }
    }

    /// One of that name, there or not.
    ///
    /// # Errors
    /// When it cannot be a name.
    pub fn named(&self, name: &str) -> Result<Profile, FleetError> {
        if !is_name(name) {
            return Err(FleetError::Name(name.to_owned()));
        }
        Ok(Profile { name: name.to_owned(), folder: self.folder.join(name) })
    }
}

impl Profile {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The browser's own folder: sign-ins, cookies, history. Only the browser reads it.
    #[must_use]
    pub fn browser_folder(&self) -> PathBuf {
        self.folder.join("profile")
    }

    /// Its copy of the extension.
    #[must_use]
    pub fn extension_folder(&self) -> PathBuf {
        self.folder.join("extension")
    }

    /// A file of it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where a supervisor in the background writes; its folder is made where it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn supervisor_log(&self) -> Result<PathBuf, FleetError> {
        make_private(&self.folder).map_err(|error| FleetError::file(&self.folder, error))?;
        Ok(self.folder.join("supervisor.log"))
    }

    /// What it was started with; the usual where it never was.
    ///
    /// # Errors
    /// When the file is damaged.
    pub fn settings(&self) -> Result<Settings, FleetError> {
        Ok(self.read(SETTINGS_FILE)?.unwrap_or_default())
    }

    /// Keeps settings for later starts.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn save(&self, settings: &Settings) -> Result<(), FleetError> {
        self.write(SETTINGS_FILE, settings)
    }

    /// What its supervisor says; nothing where none runs.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn status(&self) -> Result<Option<Status>, FleetError> {
        if !self.is_supervised()? {
            return Ok(None);
        }
        self.read(STATUS_FILE)
    }

    /// Says how it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tell(&self, status: &Status) -> Result<(), FleetError> {
        self.write(STATUS_FILE, status)
    }

    /// Whether a supervisor runs it.
    ///
    /// # Errors
    /// When its lock cannot be looked at.
    pub fn is_supervised(&self) -> Result<bool, FleetError> {
        let path = self.folder.join(LOCK_FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(FleetError::file(&path, error)),
        };
        // Shared: two who look at once must not take each other for a supervisor.
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(FleetError::file(&path, error)),
        }
    }

    /// Takes it for this process; makes its folder where it is not there.
    ///
    /// # Errors
    /// When another process has it.
    pub async fn hold(self) -> Result<Held, FleetError> {
        make_private(&self.folder).map_err(|error| FleetError::file(&self.folder, error))?;
        let path = self.folder.join(LOCK_FILE);
        let lock = File::create(&path).map_err(|error| FleetError::file(&path, error))?;
        let mut tries = interval(Duration::from_millis(20));
        for left in (0..TRIES).rev() {
            tries.tick().await;
            match lock.try_lock() {
                Ok(()) => break,
                // Whoever just looks holds it for a moment.
                Err(TryLockError::WouldBlock) if left > 0 => {}
                Err(TryLockError::WouldBlock) => return Err(FleetError::Busy(self.name)),
                Err(TryLockError::Error(error)) => return Err(FleetError::file(&path, error)),
            }
        }
        // Those of an earlier run say nothing of this one.
        for stale in [STATUS_FILE, STOP_FILE] {
            remove(&self.folder.join(stale))?;
        }
        Ok(Held { profile: self, _lock: lock })
    }

    /// Asks its supervisor to end it.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn ask_to_stop(&self) -> Result<(), FleetError> {
        let path = self.folder.join(STOP_FILE);
        fs::write(&path, "").map_err(|error| FleetError::file(&path, error))
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn is_asked_to_stop(&self) -> bool {
        self.folder.join(STOP_FILE).exists()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, FleetError> {
        let path = self.folder.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FleetError::file(&path, error)),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| FleetError::Content {
            path: path.display().to_string(),
            reason: error.to_string(),
        })
    }

    /// Whole or not at all: others read it at any moment.
    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), FleetError> {
        let (path, fresh) = (self.folder.join(name), self.folder.join(format!("{name}.new")));
        serde_json::to_vec_pretty(value)
            .map_err(std::io::Error::other)
            .and_then(|bytes| fs::write(&fresh, bytes))
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(|error| FleetError::file(&path, error))
    }
}

impl Held {
    /// Removes the profile with all that its browser has kept, sign-ins too.
    ///
    /// # Errors
    /// When a file resists.
    pub fn remove(self) -> Result<(), FleetError> {
        let folder = &self.profile.folder;
        fs::remove_dir_all(folder).map_err(|error| FleetError::file(folder, error))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A status that stays is not believed without the lock.
        let _ = remove(&self.profile.folder.join(STATUS_FILE));
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(fits) && !name.starts_with(['-', '_'])
}

fn remove(path: &Path) -> Result<(), FleetError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FleetError::file(path, error)),
        _ => Ok(()),
    }
}

/// Makes a folder that its owner alone may enter. On Windows a user's folders are their own already.
fn make_private(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let own = || fs::Permissions::from_mode(0o700);
        fs::set_permissions(path, own())?;
        if let Some(parent) = path.parent() {
            fs::set_permissions(parent, own())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles() -> (tempfile::TempDir, Profiles) {
        let folder = tempfile::tempdir().expect("folder");
        let profiles = Profiles::of(folder.path());
        (folder, profiles)
    }

    #[test]
    fn names_are_folders_everywhere() {
        let (_folder, profiles) = profiles();
        for good in ["work", "browser-1", "a_b", "7"] {
            assert!(profiles.named(good).is_ok(), "{good}");
        }
        for bad in ["", "..", "a/b", "a\\b", "Work", "-a", "_a", "ä", "a b", &"x".repeat(33)] {
            assert!(profiles.named(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn settings_outlive_the_run_and_the_profile_is_its_owners() {
        let (_folder, profiles) = profiles();
        assert!(profiles.find("work").is_err());
        assert!(profiles.all().expect("none").is_empty());
        let settings = Settings { sites: vec!["demo".into()], lanes: 2, ..Settings::default() };
        let held = profiles.named("work").expect("name").hold().await.expect("held");
        held.profile.save(&settings).expect("saved");
        drop(held);
        let found = profiles.find("work").expect("there");
        assert_eq!(found.settings().expect("read"), settings);
        assert_eq!(profiles.all().expect("one").len(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&found.folder).expect("meta").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[tokio::test]
    async fn one_supervisor_at_a_time_and_its_word_ends_with_it() {
        let (_folder, profiles) = profiles();
        let held = profiles.named("work").expect("name").hold().await.expect("held");
        held.profile.save(&Settings::default()).expect("saved");
        let status = Status {
            state: State::Ready,
            detail: String::new(),
            mode: Mode::Headless,
            why: "there is no display".to_owned(),
            browser: Some(7),
            supervisor: 6,
            restarts: 0,
        };
        held.profile.tell(&status).expect("told");
        let other = profiles.find("work").expect("there");
        assert_eq!(other.status().expect("read"), Some(status));
        assert!(matches!(other.clone().hold().await, Err(FleetError::Busy(_))));
        other.ask_to_stop().expect("asked");
        assert!(held.profile.is_asked_to_stop());
        drop(held);
        assert_eq!(other.status().expect("read"), None);
        let again = other.hold().await.expect("free");
        assert!(!again.profile.is_asked_to_stop(), "the wish was for the earlier run");
        again.remove().expect("removed");
        assert!(profiles.find("work").is_err());
    }

    #[tokio::test]
    async fn a_damaged_file_is_named() {
        let (_folder, profiles) = profiles();
        let held = profiles.named("work").expect("name").hold().await.expect("held");
        fs::write(held.profile.file(SETTINGS_FILE), "{").expect("written");
        let error = held.profile.settings().expect_err("damaged").to_string();
        assert!(error.contains("profile.json"), "{error}");
    }
}
