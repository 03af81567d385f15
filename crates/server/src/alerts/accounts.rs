//! Accounts whose credential an upstream refuses: told once, and once more when that is over.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::message::Event;
use crate::call::places::RefusedAccount;

/// What is known of the accounts that are out.
#[derive(Debug, Default)]
pub(super) struct Accounts(HashMap<(String, String), Known>);

#[derive(Debug)]
struct Known {
    account: RefusedAccount,
    since: Instant,
    told: bool,
}

impl Accounts {
    /// What has changed; what is over sooner than `after` is not told.
    pub(super) fn look(
        &mut self,
        refused: Vec<RefusedAccount>,
        after: Duration,
        now: Instant,
    ) -> Vec<Event> {
        let mut was = std::mem::take(&mut self.0);
        let mut events = Vec::new();
        for account in refused {
            let key = (account.provider.clone(), account.account.clone());
            let fresh = || Known { account: account.clone(), since: now, told: false };
            let mut known = was.remove(&key).unwrap_or_else(fresh);
            if !known.told && now.saturating_duration_since(known.since) >= after {
                known.told = true;
                events.push(Event::Refused(account));
            }
            self.0.insert(key, known);
        }
        let over = was.into_values().filter(|known| known.told);
        events.extend(over.map(|known| Event::Accepted(known.account)));
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_is_out_is_told_once_and_once_more_when_it_is_back() {
        let account =
            RefusedAccount { provider: "p".to_owned(), account: "a".to_owned(), since_ms: 1 };
        let (mut accounts, start) = (Accounts::default(), Instant::now());
        let mut look = |seconds, refused: &[RefusedAccount]| {
            let now = start + Duration::from_secs(seconds);
            accounts.look(refused.to_vec(), Duration::from_secs(5), now)
        };
        let out = [account.clone()];
        assert_eq!(look(0, &out), []);
        assert_eq!(look(5, &out), [Event::Refused(account.clone())]);
        assert_eq!(look(500, &out), []);
        assert_eq!(look(501, &[]), [Event::Accepted(account.clone())]);
        assert_eq!(look(502, &[]), []);
        // What is over at once is not told.
        assert_eq!(look(600, &out), []);
        assert_eq!(look(602, &[]), []);
    }
}
