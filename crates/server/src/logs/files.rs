//! Files of lines, one row of them a kind: a new one each day (UTC) and wherever one is full; the
//! oldest go.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use jiff::{ToSpan as _, civil::Date};

use crate::config::LogFiles;

/// The folder in the data folder.
pub(crate) const FOLDER: &str = "logs";

/// What a file's lines are.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LogKind")]
pub(crate) enum Kind {
    /// Every request.
    Requests,
    /// Those that did not end well.
    Errors,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Requests, Self::Errors];

    /// How its files' names begin.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Errors => "errors",
        }
    }
}

/// A file of lines that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) day: Date,
    pub(crate) kind: Kind,
    pub(crate) part: u32,
    pub(crate) bytes: u64,
    pub(crate) path: PathBuf,
}

/// All files of a data folder, the oldest first.
pub(crate) fn list(data_dir: &Path) -> io::Result<Vec<Found>> {
    let folder = match fs::read_dir(data_dir.join(FOLDER)) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in folder {
        let entry = entry?;
        let name = entry.file_name();
        let Some((kind, day, part)) = name.to_str().and_then(parse) else { continue };
        let bytes = entry.metadata().map_or(0, |of| of.len());
        found.push(Found { day, kind, part, bytes, path: entry.path() });
    }
    found.sort();
    Ok(found)
}

/// `requests-2026-11-21.3.jsonl`
fn parse(name: &str) -> Option<(Kind, Date, u32)> {
    let stem = name.strip_suffix(".jsonl")?;
    let (stem, part) = stem.rsplit_once('.')?;
    let (kind, day) = stem.split_once('-')?;
    let kind = Kind::ALL.into_iter().find(|one| one.name() == kind)?;
    Some((kind, day.parse().ok()?, part.parse().ok()?))
}

/// The file that lines of a kind go to.
pub(super) struct Lines {
    folder: PathBuf,
    kind: Kind,
    most: u64,
    open: Option<Open>,
}

struct Open {
    day: Date,
    part: u32,
    bytes: u64,
    file: File,
}

impl Lines {
    pub(super) fn new(data_dir: &Path, kind: Kind, most: u64) -> Self {
        Self { folder: data_dir.join(FOLDER), kind, most, open: None }
    }

    /// Appends whole lines; they stay in one file. Whether another file was begun.
    pub(super) fn append(&mut self, day: Date, lines: &[u8]) -> io::Result<bool> {
        if lines.is_empty() {
            return Ok(false);
        }
        let full = self.open.as_ref().is_some_and(|open| open.bytes >= self.most);
        let fits = self.open.as_ref().is_some_and(|open| open.day == day) && !full;
        let (mut open, began) = match self.open.take().filter(|_| fits) {
            Some(open) => (open, false),
            None => (self.begin(day)?, true),
        };
        // After a write that failed the file is opened anew, and a cut line ended there.
        open.file.write_all(lines)?;
        open.bytes += u64::try_from(lines.len()).unwrap_or(0);
        self.open = Some(open);
        Ok(began)
    }

    /// Goes on with the last file of the day, or begins the next one.
    fn begin(&self, day: Date) -> io::Result<Open> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let parent = self.folder.parent().unwrap_or(&self.folder);
        let of_day = list(parent)?;
        let last = of_day.iter().rfind(|file| file.kind == self.kind && file.day == day);
        let part = match last {
            Some(last) if last.bytes >= self.most => last.part + 1,
            Some(last) => last.part,
            None => 0,
        };
        let name = format!("{}-{day}.{part}.jsonl", self.kind.name());
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(self.folder.join(name))?;
        let mut bytes = file.seek(SeekFrom::End(0))?;
        if bytes > 0 {
            // What was killed in the middle of a line leaves one that is none.
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                bytes += 1;
            }
        }
        Ok(Open { day, part, bytes, file })
    }

    /// The file that is written to.
    pub(super) fn current(&self) -> Option<(Kind, Date, u32)> {
        self.open.as_ref().map(|open| (self.kind, open.day, open.part))
    }
}

/// Deletes files that are too old or, all together, too large; those that are written to stay.
pub(super) fn tidy(
    data_dir: &Path,
    config: &LogFiles,
    today: Date,
    current: &[(Kind, Date, u32)],
) -> io::Result<()> {
    let days = i64::try_from(config.keep.as_secs() / 86_400).unwrap_or(i64::MAX).min(3_650);
    let oldest = today.checked_sub(days.days()).unwrap_or(Date::MIN);
    let files = list(data_dir)?;
    let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
    for file in files {
        let in_use = current.contains(&(file.kind, file.day, file.part));
        if !in_use && (file.day < oldest || bytes > config.max_bytes) {
            fs::remove_file(&file.path)?;
            bytes = bytes.saturating_sub(file.bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::date;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |file: &Found| file.path.file_name().unwrap().to_string_lossy().into_owned();
        list(folder).unwrap().iter().map(name).collect()
    }

    #[test]
    fn a_file_ends_with_its_day_and_when_it_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let (monday, tuesday) = (date(2026, 11, 23), date(2026, 11, 24));
        let mut lines = Lines::new(folder.path(), Kind::Requests, 10);
        for (day, text) in
            [(monday, "12345\n"), (monday, "67890\n"), (monday, "a\n"), (tuesday, "b\n")]
        {
            lines.append(day, text.as_bytes()).unwrap();
        }
        // A new process goes on with the last file, behind a line that was cut.
        fs::write(folder.path().join("logs/requests-2026-11-24.0.jsonl"), "b\n{\"cut").unwrap();
        let mut again = Lines::new(folder.path(), Kind::Requests, 10);
        again.append(tuesday, b"c\n").unwrap();
        assert_eq!(
            names(folder.path()),
            [
                "requests-2026-11-23.0.jsonl",
                "requests-2026-11-23.1.jsonl",
                "requests-2026-11-24.0.jsonl"
            ]
        );
        let text = fs::read_to_string(folder.path().join("logs/requests-2026-11-24.0.jsonl"));
        assert_eq!(text.unwrap(), "b\n{\"cut\nc\n");
    }

    #[test]
    fn old_files_and_too_many_go() {
        let folder = tempfile::tempdir().unwrap();
        let today = date(2026, 11, 24);
        let mut lines = Lines::new(folder.path(), Kind::Errors, 4);
        for back in [20, 3, 2, 1, 0] {
            lines.append(today - back.days(), b"line\n").unwrap();
        }
        fs::write(folder.path().join("logs/notes.txt"), "mine").unwrap();
        let keep = Duration::from_secs(14 * 86_400);
        let config = LogFiles { keep, max_bytes: 15, file_bytes: 4 };
        tidy(folder.path(), &config, today, &[lines.current().unwrap()]).unwrap();
        assert_eq!(
            names(folder.path()),
            ["errors-2026-11-22.0.jsonl", "errors-2026-11-23.0.jsonl", "errors-2026-11-24.0.jsonl"]
        );
        let config = LogFiles { max_bytes: 0, ..config };
        tidy(folder.path(), &config, today, &[lines.current().unwrap()]).unwrap();
        assert_eq!(names(folder.path()), ["errors-2026-11-24.0.jsonl"], "in use");
        assert!(folder.path().join("logs/notes.txt").exists(), "somebody else's");
    }
}
