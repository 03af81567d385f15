//! The thread that writes the files. It may be slow and may fail; nobody waits for it.

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tabway_store::ledger::{Feed, Finished, Heard};

use super::{
    Line,
    files::{self, Kind, Lines},
};
use crate::config::LogFiles;

/// Lines are gathered up to so many bytes while more are there.
const GATHER_BYTES: usize = 256 << 10;

/// How often old files are looked for, besides where a new one begins.
const TIDY: Duration = Duration::from_secs(3_600);

/// How long a disk that refused is left alone.
const REST: Duration = Duration::from_secs(5);

struct Writer {
    data_dir: PathBuf,
    config: LogFiles,
    requests: Lines,
    errors: Lines,
    tidied: Option<Instant>,
    /// When the disk refused.
    failed: Option<Instant>,
    /// Lines that are in no file.
    lost: u64,
}

/// Starts the thread; it ends when the ledger is closed.
///
/// # Errors
/// When there is no thread to have.
pub(crate) fn start(feed: Feed, data_dir: PathBuf, config: LogFiles) -> io::Result<()> {
    let lines = |kind| Lines::new(&data_dir, kind, config.file_bytes);
    let (requests, errors) = (lines(Kind::Requests), lines(Kind::Errors));
    let (tidied, failed, lost) = (None, None, 0);
    let writer = Writer { data_dir, config, requests, errors, tidied, failed, lost };
    std::thread::Builder::new().name("logs".to_owned()).spawn(move || writer.run(feed))?;
    Ok(())
}

impl Writer {
    fn run(mut self, mut feed: Feed) {
        let (mut requests, mut errors) = (Vec::new(), Vec::new());
        while let Some(first) = feed.wait() {
            let mut count = 0;
            let mut next = Some(first);
            while let Some(heard) = next {
                match heard {
                    Heard::Ended(row) => {
                        count += 1;
                        take(&row, &mut requests, &mut errors);
                    }
                    Heard::Lost(missed) => self.lost += missed,
                }
                let full = requests.len() >= GATHER_BYTES;
                next = if full { None } else { feed.at_once() };
            }
            self.write(count, &requests, &errors);
            requests.clear();
            errors.clear();
        }
    }

    fn write(&mut self, count: u64, requests: &[u8], errors: &[u8]) {
        if self.failed.is_some_and(|when| when.elapsed() < REST) {
            self.lost += count;
            return;
        }
        match self.try_write(requests, errors) {
            Ok(()) if self.failed.take().is_some() => {
                tracing::info!(lost = self.lost, "the log files take lines again");
            }
            Ok(()) => {}
            Err(error) => {
                if self.failed.is_none() {
                    tracing::warn!(%error, "the log files take no lines");
                }
                self.failed = Some(Instant::now());
                self.lost += count;
            }
        }
    }

    fn try_write(&mut self, requests: &[u8], errors: &[u8]) -> io::Result<()> {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let mut began = false;
        if self.lost > 0 {
            // The gap is in the file itself.
            let gap = format!("{{\"lost\":{}}}\n", self.lost);
            began |= self.requests.append(today, gap.as_bytes())?;
            tracing::warn!(lost = self.lost, "requests are missing in the log files");
            self.lost = 0;
        }
        began |= self.requests.append(today, requests)?;
        began |= self.errors.append(today, errors)?;
        if began || self.tidied.is_none_or(|when| when.elapsed() >= TIDY) {
            self.tidied = Some(Instant::now());
            let current: Vec<_> =
                [&self.requests, &self.errors].into_iter().filter_map(Lines::current).collect();
            files::tidy(&self.data_dir, &self.config, today, &current)?;
        }
        Ok(())
    }
}

fn take(row: &Arc<Finished>, requests: &mut Vec<u8>, errors: &mut Vec<u8>) {
    let line = Line::of(row);
    line.write(requests);
    if row.ended.outcome != "ok" {
        line.write(errors);
    }
}
