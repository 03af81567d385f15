//! A roster that lives as long as the process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use tabway_dialects::ids::NodeId;

use super::roster::{PairedNode, Redeemed, Roster, RosterError};

/// Wrong codes after which every open one is dead.
const MAX_TRIES: u32 = 5;

/// Keeps everything in memory: for tests, and for a gateway that is to forget.
#[derive(Debug, Default)]
pub struct MemoryRoster {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    nodes: Vec<PairedNode>,
    codes: HashMap<String, Code>,
}

#[derive(Debug)]
struct Code {
    /// The pairing; none for a fleet key.
    pairing: Option<String>,
    left: u32,
    tries: u32,
    expires_ms: i64,
}

impl MemoryRoster {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, RosterError>>;

fn answer<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    ready(Ok(value)).boxed()
}

impl Roster for MemoryRoster {
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Option<PairedNode>> {
        answer(self.state().nodes.iter().find(|node| node.key == key).cloned())
    }

    fn list(&self) -> Answer<'_, Vec<PairedNode>> {
        answer(self.state().nodes.clone())
    }

    fn add(&self, node: PairedNode) -> Answer<'_, NodeId> {
        let mut state = self.state();
        let id = match state.nodes.iter().find(|known| known.key == node.key) {
            Some(known) => known.id,
            None => {
                let id = node.id;
                state.nodes.push(node);
                id
            }
        };
        answer(id)
    }

    fn seen<'a>(&'a self, id: NodeId, label: &'a str, browser: &'a str) -> Answer<'a, ()> {
        if let Some(node) = self.state().nodes.iter_mut().find(|node| node.id == id) {
            label.clone_into(&mut node.label);
            browser.clone_into(&mut node.browser);
        }
        answer(())
    }

    fn remove(&self, id: NodeId) -> Answer<'_, bool> {
        let mut state = self.state();
        let before = state.nodes.len();
        state.nodes.retain(|node| node.id != id);
        answer(state.nodes.len() < before)
    }

    fn open_code<'a>(&'a self, pairing: &'a str, code: &'a str, expires_ms: i64) -> Answer<'a, ()> {
        let entry = Code { pairing: Some(pairing.to_owned()), left: 1, tries: 0, expires_ms };
        self.state().codes.insert(code.to_owned(), entry);
        answer(())
    }

    fn open_fleet<'a>(&'a self, key: &'a str, count: u32, expires_ms: i64) -> Answer<'a, ()> {
        let entry = Code { pairing: None, left: count, tries: 0, expires_ms };
        self.state().codes.insert(key.to_owned(), entry);
        answer(())
    }

    fn redeem<'a>(&'a self, code: &'a str, now_ms: i64) -> Answer<'a, Redeemed> {
        let mut state = self.state();
        state.codes.retain(|_, code| code.expires_ms > now_ms);
        let redeemed = match state.codes.get_mut(code).filter(|entry| entry.left > 0) {
            Some(entry) => {
                entry.left -= 1;
                entry.pairing.clone().map_or(Redeemed::Fleet, Redeemed::Code)
            }
            None => {
                for entry in state.codes.values_mut().filter(|code| code.pairing.is_some()) {
                    entry.tries += 1;
                    if entry.tries >= MAX_TRIES {
                        entry.left = 0;
                    }
                }
                Redeemed::Refused
            }
        };
        answer(redeemed)
    }
}
