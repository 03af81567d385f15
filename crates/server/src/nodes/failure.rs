//! What a node or a seat says is wrong, in the words of the gateway.

use std::time::Duration;

use tabway_dialects::chat::{Failure, FailureClass};
use tabway_protocol::message::{NodeFailure, NodeFailureClass, SeatState};

use super::order::QueuePlace;

/// When to ask again while a human is needed.
const HUMAN_RETRY_MS: u64 = 30_000;

/// The longest text of a node that is passed on.
const MAX_WORDS: usize = 500;

/// A node's failure as a client is told of it. `limit`: how long a limit of the site lasts.
pub(super) fn of_node(
    site: &str,
    failure: &NodeFailure,
    accepted: bool,
    limit: Duration,
) -> Failure {
    use NodeFailureClass as N;
    let class = match failure.class {
        N::SignedOut => FailureClass::SignedOut,
        N::Challenge => FailureClass::Challenge,
        N::Consent => FailureClass::Consent,
        N::RateLimited => FailureClass::SiteRateLimited,
        N::Quota => FailureClass::SiteQuota,
        N::Maintenance => FailureClass::SiteMaintenance,
        N::FileRefused => FailureClass::FileRefused,
        N::ChoiceRefused | N::ToolsRefused => FailureClass::PageChanged,
        N::Moderated => FailureClass::Moderated,
        N::PageChanged => FailureClass::PageChanged,
        N::NotStarted | N::ConversationLost => FailureClass::PageNotStarted,
        N::PageError | N::AnswerLost => FailureClass::PageError,
        N::HumanBusy => FailureClass::HumanBusy,
        N::LaneLost if accepted => FailureClass::OutcomeUnknown,
        N::LaneLost | N::BadJob => FailureClass::NodeLost,
        N::TooLarge => FailureClass::AnswerTooLarge,
    };
    let locator = failure.locator.as_deref().map(plain).filter(|locator| !locator.is_empty());
    let words = match (&failure.site_words, &locator) {
        // A refusal or a limit is passed on in the site's own words.
        (Some(words), _) if !words.trim().is_empty() => format!("{site}: {}", plain(words)),
        (_, Some(locator)) => {
            format!("{site}: {} (locator `{locator}`)", plain(&failure.message))
        }
        _ => format!("{site}: {}", plain(&failure.message)),
    };
    let told = Failure::new(class, words);
    if failure.class == N::ToolsRefused {
        return told.with_param("tools");
    }
    match class {
        FailureClass::SiteRateLimited | FailureClass::SiteQuota | FailureClass::SiteMaintenance => {
            told.with_retry_after_ms(millis(limit))
        }
        FailureClass::SignedOut | FailureClass::Challenge | FailureClass::Consent => {
            told.with_retry_after_ms(HUMAN_RETRY_MS)
        }
        _ => told,
    }
}

/// Why a seat in this state takes no turn. `None` where it may do so soon.
pub(super) fn of_seat(site: &str, state: SeatState, detail: &str) -> Option<Failure> {
    let (class, words) = match state {
        SeatState::Ready | SeatState::Loading => return None,
        SeatState::NoTab => {
            (FailureClass::NoNode, "no tab of the site is open in a paired browser")
        }
        SeatState::NotPermitted => {
            (FailureClass::NoNode, "no paired browser has the permission for the site's address")
        }
        SeatState::SignedOut => (FailureClass::SignedOut, "the page's session has ended; sign in"),
        SeatState::Challenge => {
            (FailureClass::Challenge, "the page shows a challenge that its human must look at")
        }
        SeatState::Consent => {
            (FailureClass::Consent, "the page asks for a consent that its human must look at")
        }
        SeatState::Maintenance => (FailureClass::SiteMaintenance, "the site is closed for a while"),
        SeatState::Error => (FailureClass::PageError, "the page shows an error"),
        SeatState::PageChanged => {
            (FailureClass::PageChanged, "the page has changed: an element was not found")
        }
    };
    let detail = plain(detail);
    let words = match detail.is_empty() {
        true => format!("{site}: {words}"),
        false => format!("{site}: {words} ({detail})"),
    };
    Some(Failure::new(class, words).with_retry_after_ms(HUMAN_RETRY_MS))
}

/// No browser at all.
pub(super) fn no_node(site: &str) -> Failure {
    let words = format!("no paired browser is connected for {site}; see `tabway node pair`");
    Failure::new(FailureClass::NoNode, words).with_retry_after_ms(HUMAN_RETRY_MS)
}

/// The extension of these browsers is too old for what was asked.
pub(super) fn outdated(site: &str, labels: &[String]) -> Failure {
    let words = format!("{site}: update the extension of {}", labels.join(", "));
    Failure::new(FailureClass::NodeOutdated, words)
}

/// Every lane is at work and nothing came free in time.
pub(super) fn busy(site: &str) -> Failure {
    let words = format!("{site}: every tab is at work");
    Failure::new(FailureClass::Busy, words).with_retry_after_ms(5_000)
}

/// The seat reads the answer of a turn that was lost, before it takes another.
pub(super) fn reading(site: &str) -> Failure {
    let words = format!("{site}: an answer that was lost is read there first");
    Failure::new(FailureClass::Busy, words).with_retry_after_ms(5_000)
}

/// The wait for a lane was long enough.
pub(super) fn waited(reason: Failure, wait: Duration, place: QueuePlace) -> Failure {
    let QueuePlace { position, of } = place;
    let seconds = wait.as_secs_f32();
    let words = format!("{}; waited {seconds} s, at place {position} of {of}", reason.message);
    let retry = reason.retry_after_ms.unwrap_or(1_000);
    Failure { message: words, ..reason }.with_retry_after_ms(retry)
}

/// The seat's own pacing does not allow a turn yet.
pub(super) fn paced(site: &str, wait: Duration) -> Failure {
    let words = format!("{site}: its pacing allows no turn yet");
    Failure::new(FailureClass::SiteRateLimited, words).with_retry_after_ms(millis(wait).max(1))
}

/// How little a failure says; the most telling one is shown when seats differ.
pub(super) fn vagueness(class: FailureClass) -> u8 {
    match class {
        FailureClass::SiteRateLimited => 0,
        FailureClass::Challenge => 1,
        FailureClass::SignedOut => 2,
        FailureClass::Consent => 3,
        FailureClass::PageChanged => 4,
        FailureClass::PageError | FailureClass::PageNotStarted => 5,
        FailureClass::HumanBusy => 6,
        _ => 7,
    }
}

/// The site is left alone at this hour.
pub(super) fn quiet(site: &str, left: Duration) -> Failure {
    let words = format!("{site}: these are its quiet hours (`limits.quiet`)");
    Failure::new(FailureClass::SiteRateLimited, words).with_retry_after_ms(millis(left).max(1))
}

/// A node's words without control characters, and not too many.
pub(super) fn plain(words: &str) -> String {
    words.trim().chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(300);

    fn failure(class: NodeFailureClass) -> NodeFailure {
        NodeFailure { class, message: "words".to_owned(), locator: None, site_words: None }
    }

    #[test]
    fn a_lost_lane_is_an_unknown_outcome_once_the_page_has_accepted() {
        let lost = failure(NodeFailureClass::LaneLost);
        assert_eq!(of_node("s", &lost, false, LIMIT).class, FailureClass::NodeLost);
        assert_eq!(of_node("s", &lost, true, LIMIT).class, FailureClass::OutcomeUnknown);
    }

    #[test]
    fn the_locator_and_the_site_s_words_are_named() {
        let changed = NodeFailure {
            locator: Some("send".to_owned()),
            ..failure(NodeFailureClass::PageChanged)
        };
        assert_eq!(of_node("s", &changed, false, LIMIT).message, "s: words (locator `send`)");
        let moderated = NodeFailure {
            site_words: Some("We cannot\u{7} help".to_owned()),
            ..failure(NodeFailureClass::Moderated)
        };
        assert_eq!(of_node("s", &moderated, true, LIMIT).message, "s: We cannot help");
    }
}
