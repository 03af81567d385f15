//! An amount and the window it belongs to in one word, so that they change together.

use std::sync::atomic::{AtomicU64, Ordering};

use super::MOST;

const AMOUNT_BITS: u32 = 48;

/// 16 bits of the window's number above 48 bits of amount. A number comes back after 65,536
/// windows, long after everything that was reserved in the first one is over.
#[derive(Debug, Default)]
pub(super) struct Packed(AtomicU64);

impl Packed {
    /// Begins the window of that number with nothing; what the one before held.
    pub(super) fn begin(&self, number: u16) -> u64 {
        self.0.swap(pack(number, 0), Ordering::AcqRel) & MOST
    }

    /// What it holds.
    pub(super) fn amount(&self) -> u64 {
        self.0.load(Ordering::Acquire) & MOST
    }

    /// Adds to the window that there is: its number, and how much fitted.
    pub(super) fn add(&self, amount: u64) -> (u16, u64) {
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            let fits = amount.min(MOST - (word & MOST));
            match self.0.compare_exchange_weak(
                word,
                word + fits,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return (number(word), fits),
                Err(newer) => word = newer,
            }
        }
    }

    /// Adds to the window of that number; how much was added, nothing where it is gone.
    pub(super) fn add_to(&self, wanted: u16, amount: u64) -> u64 {
        self.change(wanted, |held| amount.min(MOST - held), |held, by| held + by)
    }

    /// Takes from the window of that number; how much was taken, nothing where it is gone.
    pub(super) fn take_from(&self, wanted: u16, amount: u64) -> u64 {
        self.change(wanted, |held| amount.min(held), |held, by| held - by)
    }

    fn change(
        &self,
        wanted: u16,
        by: impl Fn(u64) -> u64,
        change: impl Fn(u64, u64) -> u64,
    ) -> u64 {
        let mut word = self.0.load(Ordering::Acquire);
        while number(word) == wanted {
            let held = word & MOST;
            let by = by(held);
            let new = pack(wanted, change(held, by));
            match self.0.compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return by,
                Err(newer) => word = newer,
            }
        }
        0
    }
}

fn pack(number: u16, amount: u64) -> u64 {
    u64::from(number) << AMOUNT_BITS | amount
}

fn number(word: u64) -> u16 {
    // Sixteen bits are left.
    (word >> AMOUNT_BITS) as u16
}
