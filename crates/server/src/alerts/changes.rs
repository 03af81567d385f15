//! What has changed since it was last told. A state must have lasted a little: pages that check
//! their visitor for a moment by themselves need nobody.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tabway_dialects::ids::NodeId;
use tokio::time::Instant;

use super::message::Event;
use crate::nodes::{NeedKind, Nodes, SeatNeed, SessionEnd};

type Key = (NodeId, String);

/// What the seats were last told to need.
#[derive(Debug, Default)]
pub(super) struct Changes {
    told: HashMap<Key, SeatNeed>,
    /// What differs from that, and since when.
    differs: HashMap<Key, (Option<NeedKind>, Instant)>,
    /// Ends of sessions that were warned of.
    warned: HashMap<Key, i64>,
}

/// A page that rounds when its session ends has not renewed it.
const RENEWED_MS: i64 = 2 * 3_600 * 1_000;

impl Changes {
    pub(super) fn look(&mut self, nodes: &Nodes, after: Duration, now: Instant) -> Vec<Event> {
        self.told.retain(|(node, site), _| nodes.knows(*node, site));
        let is_mended = |(node, site): &Key| nodes.is_mended(*node, site);
        self.compare(nodes.needs(), is_mended, after, now)
    }

    /// Sessions that end before `by_ms`, each once; a renewed one is another.
    pub(super) fn ending(&mut self, sessions: Vec<SessionEnd>, by_ms: i64) -> Vec<Event> {
        let soon: Vec<_> = sessions.into_iter().filter(|end| end.ends_ms <= by_ms).collect();
        let here: HashSet<Key> = soon.iter().map(|end| (end.node, end.site.clone())).collect();
        self.warned.retain(|key, _| here.contains(key));
        let mut events = Vec::new();
        for end in soon {
            let key = (end.node, end.site.clone());
            let known = self.warned.insert(key, end.ends_ms);
            if known.is_none_or(|known| end.ends_ms > known.saturating_add(RENEWED_MS)) {
                events.push(Event::Ends(end));
            }
        }
        events
    }

    fn compare(
        &mut self,
        needs: Vec<SeatNeed>,
        is_mended: impl Fn(&Key) -> Option<bool>,
        after: Duration,
        now: Instant,
    ) -> Vec<Event> {
        let mended: Vec<Key> =
            self.told.keys().filter(|key| is_mended(key) == Some(true)).cloned().collect();
        let news = |need: &SeatNeed| {
            let told = self.told.get(&(need.node, need.site.clone()));
            told.is_none_or(|told| told.need.reason != need.need.reason)
        };
        let needs: Vec<SeatNeed> = needs.into_iter().filter(news).collect();
        let wanted = needs.iter().map(|need| (key(need), Some(need.need.reason)));
        let wanted: HashMap<Key, Option<NeedKind>> =
            wanted.chain(mended.into_iter().map(|key| (key, None))).collect();
        self.differs.retain(|key, (kind, _)| wanted.get(key) == Some(kind));
        for (key, kind) in &wanted {
            self.differs.entry(key.clone()).or_insert((*kind, now));
        }
        let lasted = |since: Instant| now.saturating_duration_since(since) >= after;
        let mut events = Vec::new();
        for need in needs {
            let key = key(&need);
            if self.differs.get(&key).is_some_and(|(_, since)| lasted(*since)) {
                self.differs.remove(&key);
                self.told.insert(key, need.clone());
                events.push(Event::Needs(need));
            }
        }
        let back: Vec<Key> = self
            .differs
            .iter()
            .filter(|(_, (kind, since))| kind.is_none() && lasted(*since))
            .map(|(key, _)| key.clone())
            .collect();
        for key in back {
            self.differs.remove(&key);
            events.extend(self.told.remove(&key).map(Event::Back));
        }
        events
    }
}

fn key(need: &SeatNeed) -> Key {
    (need.node, need.site.clone())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::nodes::NeedView;

    const AFTER: Duration = Duration::from_secs(5);

    fn need(reason: NeedKind) -> SeatNeed {
        let (problem, advice) = reason.mend();
        let need = NeedView { reason, problem, advice, since_ms: 1, words: String::new() };
        let node = NodeId::from_uuid(Uuid::nil());
        SeatNeed { node, label: "laptop".to_owned(), site: "s".to_owned(), need }
    }

    /// What is told at so many seconds.
    struct Play(Changes, Instant);

    impl Play {
        fn at(&mut self, seconds: u64, kind: Option<NeedKind>, mended: Option<bool>) -> String {
            let now = self.1 + Duration::from_secs(seconds);
            let needs = kind.map(need).into_iter().collect();
            let events = self.0.compare(needs, |_| mended, AFTER, now);
            let word = |event: &Event| match event {
                Event::Needs(need) => need.need.reason.word().to_owned(),
                Event::Back(_) => "back".to_owned(),
                _ => "something else".to_owned(),
            };
            events.iter().map(word).collect::<Vec<_>>().join(" ")
        }
    }

    #[test]
    fn a_state_is_told_once_when_it_has_lasted_and_its_end_too() {
        let mut play = Play(Changes::default(), Instant::now());
        let (signed_out, challenge) = (Some(NeedKind::SignedOut), Some(NeedKind::Challenge));
        assert_eq!(play.at(0, signed_out, Some(false)), "");
        assert_eq!(play.at(4, signed_out, Some(false)), "");
        assert_eq!(play.at(5, signed_out, Some(false)), "signed_out");
        assert_eq!(play.at(500, signed_out, Some(false)), "");
        // Another thing is news, also without a good moment in between.
        assert_eq!(play.at(501, challenge, Some(false)), "");
        assert_eq!(play.at(506, challenge, Some(false)), "challenge");
        // The browser goes away: nobody knows.
        assert_eq!(play.at(600, None, None), "");
        assert_eq!(play.at(700, None, Some(true)), "");
        assert_eq!(play.at(706, None, Some(true)), "back");
        assert_eq!(play.at(800, None, Some(true)), "");
    }

    #[test]
    fn the_end_of_a_session_is_warned_of_once_and_again_when_it_was_renewed() {
        const HOUR: i64 = 3_600_000;
        let mut changes = Changes::default();
        let mut warned = |ends_ms, by_ms| {
            let node = NodeId::from_uuid(Uuid::nil());
            let (label, site) = ("laptop".to_owned(), "s".to_owned());
            changes.ending(vec![SessionEnd { node, label, site, ends_ms }], by_ms).len()
        };
        assert_eq!(warned(30 * HOUR, 24 * HOUR), 0);
        assert_eq!(warned(30 * HOUR, 31 * HOUR), 1);
        assert_eq!(warned(29 * HOUR, 32 * HOUR), 0, "rounded");
        assert_eq!(warned(30 * HOUR, 33 * HOUR), 0);
        assert_eq!(warned(200 * HOUR, 34 * HOUR), 0, "renewed");
        assert_eq!(warned(200 * HOUR, 190 * HOUR), 0);
        assert_eq!(warned(200 * HOUR, 201 * HOUR), 1);
    }

    #[test]
    fn what_flickers_is_not_told() {
        let mut play = Play(Changes::default(), Instant::now());
        for second in 0..50 {
            let (kind, mended) = match second % 4 {
                3 => (None, Some(true)),
                _ => (Some(NeedKind::Challenge), Some(false)),
            };
            assert_eq!(play.at(second, kind, mended), "", "{second}");
        }
    }
}
