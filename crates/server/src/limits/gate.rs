//! How many at once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// A bound on how many are inside at once.
#[derive(Debug)]
pub struct Gate {
    most: AtomicU32,
    inside: AtomicU32,
}

impl Gate {
    /// A gate for so many.
    #[must_use]
    pub fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { most: AtomicU32::new(most), inside: AtomicU32::new(0) })
    }

    /// Another bound; who is inside stays.
    pub fn resize(&self, most: u32) {
        self.most.store(most, Ordering::Release);
    }

    /// Enters, where there is room.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Option<Permit> {
        let most = self.most.load(Ordering::Acquire);
        let more = |inside: u32| (inside < most).then_some(inside + 1);
        self.inside.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Permit(self.clone()))
    }

    /// How many are inside.
    #[must_use]
    pub fn inside(&self) -> u32 {
        self.inside.load(Ordering::Acquire)
    }
}

/// Someone inside; dropped is gone.
#[derive(Debug)]
pub struct Permit(Arc<Gate>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::AcqRel);
    }
}
