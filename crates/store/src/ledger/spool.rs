//! The spool: append-only files that take a record by one `write(2)`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Notify;

use super::frame;
use crate::{StoreError, folder};

/// The spool's folder in the data folder.
pub(crate) const FOLDER: &str = "spool";

/// A segment is closed when it has grown over this.
const SEGMENT_BYTES: u64 = 64 << 20;

/// What may wait for the database, all segments together. Above it, requests are refused.
const MAX_WAITING_BYTES: u64 = 1 << 30;

/// The most that is read at once: always more than one frame, never a whole backlog.
const READ_BYTES: u64 = 2 << 20;

/// What must fit on the disk before it counts as well again: one block.
const PROBE_BYTES: usize = 4096;

/// A place in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

/// The end that is written to, and word that there is something to read.
pub(super) struct Spool {
    folder: PathBuf,
    head: Mutex<Head>,
    /// Whether the last write failed; the next one that succeeds clears it.
    failed: AtomicBool,
    pub(super) grown: Notify,
}

struct Head {
    position: Position,
    file: File,
    /// Bytes of closed segments that have not been read.
    behind: u64,
    /// Whether something was written since the last sync.
    dirty: bool,
}

impl Spool {
    /// Goes on behind the last whole frame; a torn tail is cut.
    pub(super) fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let folder = data_dir.join(FOLDER);
        folder::make_private(&folder)?;
        let wrap = |error| StoreError::folder(&folder, error);
        let segments = segments(&folder).map_err(wrap)?;
        let segment = segments.last().copied().unwrap_or(1);
        let path = path_of(&folder, segment);
        let file = folder::private_file(&path).map_err(wrap)?;
        let offset = whole_bytes(&fs::read(&path).map_err(wrap)?);
        file.set_len(offset).map_err(wrap)?;
        let behind = segments
            .iter()
            .filter(|one| **one < segment)
            .filter_map(|one| fs::metadata(path_of(&folder, *one)).ok())
            .map(|found| found.len())
            .sum();
        let position = Position { segment, offset };
        let head = Head { position, file, behind, dirty: false };
        let failed = AtomicBool::new(false);
        Ok(Self { folder, head: Mutex::new(head), failed, grown: Notify::new() })
    }

    /// Appends one frame by one `write(2)`, whole or not at all.
    pub(super) fn append(&self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(1024);
        frame::append(&mut bytes, write);
        self.append_frames(&bytes)
    }

    /// Appends whole frames by one `write(2)`, all or none of them.
    pub(super) fn append_frames(&self, frames: &[u8]) -> io::Result<()> {
        let mut head = self.head();
        let written = head.append(frames, &self.folder);
        self.failed.store(written.is_err(), Ordering::Release);
        drop(head);
        self.grown.notify_one();
        written
    }

    /// Whether the last write failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Tries the disk again after a write that failed: while the gateway says that it is not ready,
    /// no request may come that would.
    pub(super) fn try_again(&self) {
        let mut head = self.head();
        if self.has_failed() {
            self.failed.store(head.probe().is_err(), Ordering::Release);
        }
    }

    /// Up to where there is something to read.
    pub(super) fn end(&self) -> Position {
        self.head().position
    }

    /// How many bytes have not been read by who has read so far.
    pub(super) fn unread(&self, read_to: Position) -> u64 {
        let head = self.head();
        match head.position.segment == read_to.segment {
            true => head.position.offset.saturating_sub(read_to.offset),
            false => (head.behind + head.position.offset).saturating_sub(read_to.offset),
        }
    }

    /// Makes what was written so far survive a loss of power.
    pub(super) fn sync(&self) -> io::Result<()> {
        let file = {
            let mut head = self.head();
            if !std::mem::take(&mut head.dirty) {
                return Ok(());
            }
            head.file.try_clone()?
        };
        file.sync_data()
    }

    /// Bytes from a position on, within its segment, and whether they go up to the segment's end
    /// as it is now.
    pub(super) fn read(&self, from: Position) -> io::Result<(Vec<u8>, bool)> {
        use std::io::{Read, Seek, SeekFrom};
        let end = self.end();
        let mut file = File::open(path_of(&self.folder, from.segment))?;
        let length = match end.segment == from.segment {
            true => end.offset,
            false => file.metadata()?.len(),
        };
        let left = length.saturating_sub(from.offset);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from.offset))?;
        file.take(left.min(READ_BYTES)).read_to_end(&mut bytes)?;
        Ok((bytes, left <= READ_BYTES))
    }

    /// The place to read on from: the given one, or where it is not there, the nearest that is. The
    /// two can part when a loss of power takes the spool's tail, or a backup of one is put back.
    pub(super) fn nearest(&self, position: Position) -> io::Result<Position> {
        let end = self.end();
        if position >= end {
            return Ok(end);
        }
        let found = segments(&self.folder)?;
        Ok(match found.into_iter().find(|segment| *segment >= position.segment) {
            Some(segment) if segment > position.segment => Position { segment, offset: 0 },
            _ => position,
        })
    }

    /// Deletes the segments before a position that the database has.
    pub(super) fn forget_before(&self, position: Position) {
        let found = segments(&self.folder).unwrap_or_default();
        for segment in found.into_iter().filter(|segment| *segment < position.segment) {
            let path = path_of(&self.folder, segment);
            let bytes = fs::metadata(&path).map_or(0, |found| found.len());
            match fs::remove_file(&path) {
                Ok(()) => {
                    let mut head = self.head();
                    head.behind = head.behind.saturating_sub(bytes);
                }
                Err(error) => tracing::warn!(%error, "a read segment of the spool stays"),
            }
        }
    }

    fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Head {
    fn append(&mut self, bytes: &[u8], folder: &Path) -> io::Result<()> {
        self.check_bound()?;
        if self.position.offset >= SEGMENT_BYTES {
            self.roll(folder)?;
        }
        let written = self.file.write(bytes).and_then(|count| match count == bytes.len() {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::StorageFull, "a short write")),
        });
        match written {
            Ok(()) => {
                self.position.offset += u64::try_from(bytes.len()).unwrap_or(0);
                self.dirty = true;
                Ok(())
            }
            Err(error) => {
                // What was written of the frame goes, so that the next one begins where it should.
                self.file.set_len(self.position.offset)?;
                Err(error)
            }
        }
    }

    fn check_bound(&self) -> io::Result<()> {
        match self.behind + self.position.offset > MAX_WAITING_BYTES {
            true => Err(io::Error::new(io::ErrorKind::StorageFull, "the spool is full")),
            false => Ok(()),
        }
    }

    /// Writes zeros, which are no frame, and takes them back.
    fn probe(&mut self) -> io::Result<()> {
        self.check_bound()?;
        let written = self.file.write_all(&[0; PROBE_BYTES]);
        self.file.set_len(self.position.offset).and(written)
    }

    fn roll(&mut self, folder: &Path) -> io::Result<()> {
        let segment = self.position.segment + 1;
        let file = folder::private_file(&path_of(folder, segment))?;
        self.file.sync_data()?;
        self.file = file;
        self.behind += self.position.offset;
        self.position = Position { segment, offset: 0 };
        Ok(())
    }
}

fn path_of(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:08}.log"))
}

/// The numbers of the segments, in order.
fn segments(folder: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
        found.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// The length of the whole frames at the beginning.
fn whole_bytes(bytes: &[u8]) -> u64 {
    let mut at = 0;
    while let Some((_, taken)) = frame::first(&bytes[at..]) {
        at += taken;
    }
    u64::try_from(at).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_full_disk_is_said_until_there_is_room() {
        let folder = TempDir::new().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        spool.append(|buffer| buffer.push(1)).unwrap();
        let end = spool.end();
        let full = File::options().append(true).open("/dev/full").unwrap();
        let real = std::mem::replace(&mut spool.head().file, full);
        assert!(spool.append(|buffer| buffer.push(2)).is_err());
        spool.try_again();
        assert!(spool.has_failed());
        spool.head().file = real;
        spool.try_again();
        assert!(!spool.has_failed(), "no request was needed");
        assert_eq!(spool.end(), end);
        spool.append(|buffer| buffer.push(3)).unwrap();
        let (bytes, _) = spool.read(end).unwrap();
        assert_eq!(frame::first(&bytes).map(|(payload, _)| payload), Some(&[3][..]));
    }

    #[test]
    fn a_backlog_is_read_piece_by_piece() {
        let folder = TempDir::new().unwrap();
        let spool = Spool::open(folder.path()).unwrap();
        let payload = vec![7; 64 << 10];
        for _ in 0..80 {
            spool.append(|buffer| buffer.extend_from_slice(&payload)).unwrap();
        }
        let (mut from, mut frames) = (Position { segment: 1, offset: 0 }, 0);
        loop {
            let (bytes, to_end) = spool.read(from).unwrap();
            assert!(bytes.len() as u64 <= READ_BYTES);
            let mut at = 0;
            while let Some((_, taken)) = frame::first(&bytes[at..]) {
                (at, frames) = (at + taken, frames + 1);
            }
            from.offset += at as u64;
            if to_end && at == bytes.len() {
                break;
            }
        }
        assert_eq!((frames, from), (80, spool.end()));
    }
}
