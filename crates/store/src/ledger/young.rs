//! Requests that were opened so lately that the spool does not know of them. Most end before it has
//! to, and are then written once and not twice.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tabway_dialects::ids::RequestId;

use super::{Opened, frame, record, spool::Spool};

/// The young requests of a gateway.
#[derive(Debug, Default)]
pub(super) struct Young(Mutex<HashMap<RequestId, Arc<Opened>>>);

impl Young {
    /// A request is opened.
    pub(super) fn add(&self, opened: Arc<Opened>) {
        self.all().insert(opened.request, opened);
    }

    /// A request ends: it is written with its end, if it was not before.
    pub(super) fn forget(&self, request: RequestId) {
        self.all().remove(&request);
    }

    /// Writes one that has to be known from now on.
    ///
    /// # Errors
    /// When the spool cannot be written; it stays young.
    pub(super) fn write(&self, request: RequestId, spool: &Spool) -> io::Result<()> {
        let mut all = self.all();
        if let Some(opened) = all.get(&request) {
            spool.append(|buffer| record::write_opened(opened, buffer))?;
            all.remove(&request);
        }
        Ok(())
    }

    /// Writes all of them at once. The lock is held meanwhile, so that no end comes before its
    /// beginning.
    ///
    /// # Errors
    /// When the spool cannot be written; they stay young.
    pub(super) fn write_all(&self, spool: &Spool) -> io::Result<()> {
        let mut all = self.all();
        if all.is_empty() {
            return Ok(());
        }
        let mut frames = Vec::with_capacity(all.len() * 256);
        for opened in all.values() {
            frame::append(&mut frames, |buffer| record::write_opened(opened, buffer));
        }
        spool.append_frames(&frames)?;
        all.clear();
        Ok(())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<RequestId, Arc<Opened>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::{super::spool::Position, *};

    fn opened() -> Arc<Opened> {
        Arc::new(Opened {
            request: RequestId::from_uuid(Uuid::now_v7()),
            client_id: None,
            key_name: "dev".to_owned(),
            surface: "openai_chat".to_owned(),
            model: "m".to_owned(),
            stream: false,
            opened_ms: 1,
        })
    }

    fn written(spool: &Spool) -> Vec<RequestId> {
        let (bytes, _) = spool.read(Position { segment: 1, offset: 0 }).expect("read");
        let (mut at, mut found) = (0, Vec::new());
        while let Some((payload, taken)) = frame::first(&bytes[at..]) {
            at += taken;
            match record::read(payload) {
                Some(record::Record::Opened(one)) => found.push(one.request),
                _ => panic!("only beginnings are written here"),
            }
        }
        found
    }

    #[test]
    fn what_ends_soon_is_not_written_and_what_stays_is_once() {
        let folder = TempDir::new().expect("a folder");
        let spool = Spool::open(folder.path()).expect("a spool");
        let young = Young::default();
        let (short, streams, long) = (opened(), opened(), opened());
        for one in [&short, &streams, &long] {
            young.add(one.clone());
        }
        young.forget(short.request);
        assert!(written(&spool).is_empty());
        young.write(streams.request, &spool).expect("written");
        young.write(short.request, &spool).expect("nothing to write");
        assert_eq!(written(&spool), [streams.request]);
        young.write_all(&spool).expect("written");
        young.write_all(&spool).expect("nothing is left");
        young.write(long.request, &spool).expect("nor of this one");
        assert_eq!(written(&spool), [streams.request, long.request]);
    }
}
