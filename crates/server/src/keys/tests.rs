use std::{sync::Arc, time::Duration};

use tabway_store::{KeyLimits, NewKey, Store};
use tempfile::TempDir;

use super::{Credential, Estimate, Keys};
use crate::config::{Config, Environment, Flags};

struct Home {
    folder: TempDir,
    store: Arc<Store>,
}

impl Home {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Arc::new(Store::open(&folder.path().join("data")).await.unwrap());
        Self { folder, store }
    }

    /// The configuration of a text.
    fn config(&self, text: &str) -> Config {
        let file = self.folder.path().join("tabway.toml");
        std::fs::write(&file, text).unwrap();
        let flags = Flags { config: Some(file), ..Flags::default() };
        Config::load(&flags, &Environment::from_pairs([("HOME", "/nowhere")])).unwrap()
    }

    fn keys(&self, text: &str) -> Keys {
        Keys::new(&self.config(text), self.store.clone())
    }
}

fn file_key(limits: &str) -> String {
    format!("[[keys]]\nname = \"dev\"\nsecret = \"tw-dev\"\n{limits}\n")
}

fn tokens(tokens: u64) -> impl FnOnce() -> Estimate {
    move || Estimate { tokens, micro_usd: tokens }
}

fn code(keys: &Keys, estimate: u64) -> Option<&'static str> {
    let caller = keys.identify(&Credential::Key("tw-dev")).unwrap();
    let admitted = caller.admit(tokens(estimate));
    admitted.err().map(|failure| failure.class.code())
}

#[tokio::test]
async fn each_limit_refuses_in_its_own_word() {
    let home = Home::new().await;
    for (limits, code_) in [
        ("rpm = 1", "key_rate_limited"),
        ("tpm = 100", "key_rate_limited"),
        ("concurrency = 1", "key_busy"),
    ] {
        let keys = home.keys(&file_key(limits));
        let caller = keys.identify(&Credential::Key("tw-dev")).unwrap();
        let held = caller.admit(tokens(100)).unwrap().unwrap();
        assert_eq!(code(&keys, 1), Some(code_), "{limits}");
        drop(held);
        assert_eq!(code(&keys, 1), None, "{limits}: given back");
    }
    let keys = home.keys(&file_key("budget_usd = 0.0001"));
    let caller = keys.identify(&Credential::Key("tw-dev")).unwrap();
    let held = caller.admit(tokens(60)).unwrap().unwrap();
    assert_eq!(code(&keys, 60), Some("key_busy"), "what is held may come back");
    assert_eq!(code(&keys, 101), Some("key_budget_used"), "more than there ever is");
    held.settle(true, 60, 60);
    assert_eq!(code(&keys, 60), Some("key_budget_used"));
    assert_eq!(code(&keys, 40), None);
}

#[tokio::test]
async fn a_refusal_keeps_nothing_of_the_other_limits() {
    let home = Home::new().await;
    let keys = home.keys(&file_key("rpm = 5\nconcurrency = 3\ntpm = 100\nbudget_usd = 0.00005"));
    for _ in 0..20 {
        assert_eq!(code(&keys, 60), Some("key_budget_used"), "60 of 50 micro-USD");
    }
    let caller = keys.identify(&Credential::Key("tw-dev")).unwrap();
    let standings = caller.key().unwrap().standings();
    let left = |one: Option<super::Standing>| one.unwrap().left;
    assert_eq!((left(standings.requests), left(standings.tokens)), (5, 100));
    assert_eq!(standings.in_flight, Some(0));
}

#[tokio::test]
async fn what_may_need_more_tokens_than_there_ever_are_goes_alone() {
    let home = Home::new().await;
    let keys = home.keys(&file_key("tpm = 100"));
    let caller = keys.identify(&Credential::Key("tw-dev")).unwrap();
    let held = caller.admit(tokens(5_000)).unwrap().unwrap();
    assert_eq!(code(&keys, 1), Some("key_rate_limited"));
    held.settle(true, 30, 0);
    assert_eq!(code(&keys, 70), None);
    assert_eq!(code(&keys, 5_000), Some("key_rate_limited"));
}

#[tokio::test]
async fn a_reload_keeps_what_is_used_and_moves_the_limit() {
    let home = Home::new().await;
    let keys = home.keys(&file_key("rpm = 2"));
    let caller = keys.identify(&Credential::Key("tw-dev")).unwrap();
    caller.admit(tokens(0)).unwrap().unwrap().settle(true, 0, 0);
    keys.declare(&home.config(&file_key("rpm = 2\nlabels = { team = \"blue\" }")).keys);
    assert_eq!(code(&keys, 0), None);
    keys.declare(&home.config(&file_key("rpm = 1")).keys);
    assert_eq!(code(&keys, 0), Some("key_rate_limited"));
    keys.declare(&home.config(&file_key("")).keys);
    assert_eq!(code(&keys, 0), None);
}

#[tokio::test]
async fn a_key_that_is_gone_ends_and_the_others_go_on() {
    let home = Home::new().await;
    let keys = home.keys(&file_key(""));
    let new = NewKey { name: "made".to_owned(), ..NewKey::default() };
    let (_, secret) = home.store.keys().create(new).await.unwrap();
    let made = keys.identify(&Credential::Key(&secret)).unwrap();
    let declared = keys.identify(&Credential::Key("tw-dev")).unwrap();
    let (mut made, mut declared) = (made.watch(), declared.watch());
    home.store.keys().revoke("made").await.unwrap();
    assert!(keys.identify(&Credential::Key(&secret)).is_err(), "at once");
    tokio::time::timeout(Duration::from_secs(5), made.over()).await.expect("told");
    assert!(!declared.is_over());
    keys.declare(&[]);
    tokio::time::timeout(Duration::from_secs(5), declared.over()).await.expect("told");
    assert!(keys.identify(&Credential::Key("tw-dev")).is_err(), "not open to everybody");
}

#[tokio::test]
async fn a_key_that_expires_ends() {
    let home = Home::new().await;
    let soon = crate::limits::Now::read().wall_ms + 300;
    let keys = home.keys("");
    let new = NewKey { name: "brief".to_owned(), expires_ms: Some(soon), ..NewKey::default() };
    let (_, secret) = home.store.keys().create(new).await.unwrap();
    let caller = keys.identify(&Credential::Key(&secret)).unwrap();
    let mut watch = caller.watch();
    let looking = async {
        loop {
            keys.end_expired();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = watch.over() => {}
        () = looking => {}
        () = tokio::time::sleep(Duration::from_secs(5)) => panic!("it did not end"),
    }
    assert!(keys.identify(&Credential::Key(&secret)).is_err());
}

#[tokio::test]
async fn a_rotated_secret_opens_the_same_key_while_it_may() {
    let home = Home::new().await;
    let keys = home.keys("");
    let limits = KeyLimits { rpm: Some(2), ..KeyLimits::default() };
    let new = NewKey { name: "dev".to_owned(), limits, ..NewKey::default() };
    let (_, first) = home.store.keys().create(new).await.unwrap();
    let later = crate::limits::Now::read().wall_ms + 3_600_000;
    let rotated = home.store.keys().rotate("dev", None, Some(later)).await.unwrap();
    let (_, second) = rotated.unwrap();
    for secret in [&first, &second] {
        let caller = keys.identify(&Credential::Key(secret)).unwrap();
        caller.admit(tokens(0)).unwrap().unwrap().settle(true, 0, 0);
    }
    let caller = keys.identify(&Credential::Key(&second)).unwrap();
    assert!(caller.admit(tokens(0)).is_err(), "both drew on the same limit");
    let index = keys.index.load();
    let digest = home.store.keys().digest(&first);
    assert!(index.find(&digest, later - 1).is_some() && index.find(&digest, later).is_none());
}

#[tokio::test]
async fn limits_that_make_no_sense_let_nobody_in() {
    let home = Home::new().await;
    let keys = home.keys("");
    let limits = KeyLimits {
        budget_micro_usd: Some(1),
        time_zone: Some("Mars/Olympus".to_owned()),
        ..KeyLimits::default()
    };
    let new = NewKey { name: "dev".to_owned(), limits, ..NewKey::default() };
    let (_, secret) = home.store.keys().create(new).await.unwrap();
    assert!(keys.identify(&Credential::Key(&secret)).is_err());
}
