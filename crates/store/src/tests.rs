use std::{io::Write, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use tabway_dialects::{chat::Usage, ids::RequestId};
use tempfile::TempDir;

use crate::{
    AdapterState, NewAdapterRevision, Node, Redeemed, Site, Store, StoreError,
    database::Database,
    folder::private_file,
    keys::{Key, KeyLimits, NewKey},
    ledger::{Attempt, Ended, LedgerState, Opened},
    nodes::NewNode,
    secrets::Secrets,
};

async fn store(folder: &Path) -> Store {
    Store::open(folder).await.expect("a store")
}

fn opened(model: &str) -> Opened {
    Opened {
        request: RequestId::from_uuid(uuid::Uuid::now_v7()),
        client_id: Some("mine".to_owned()),
        key_name: "dev".to_owned(),
        surface: "openai_chat".to_owned(),
        model: model.to_owned(),
        stream: true,
        opened_ms: crate::clock::now_ms(),
    }
}

fn attempt(outcome: &str) -> Attempt {
    Attempt {
        target: "mock/m".to_owned(),
        kind: "provider".to_owned(),
        node: None,
        lane: None,
        conversation: String::new(),
        outcome: outcome.to_owned(),
        accepted: true,
        losses: String::new(),
        error: String::new(),
        total_ms: 3,
        account: "main".to_owned(),
        route: "the only target".to_owned(),
    }
}

fn ok() -> Ended {
    Ended {
        outcome: "ok".to_owned(),
        target: "mock/m".to_owned(),
        usage: Usage { input: 2, cache_read: 1, output: 4, ..Usage::default() },
        first_byte_ms: Some(1),
        total_ms: 5,
        ..Ended::default()
    }
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("deep/data");
    let store = store(&data).await;
    store.close().await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("spool")), 0o700);
    for file in ["lock", "pepper", "main.db", "spool/00000001.log"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_folder_has_one_holder() {
    let folder = TempDir::new().unwrap();
    let first = store(folder.path()).await;
    let second = Store::open(folder.path()).await.err().expect("refused");
    assert!(matches!(second, StoreError::Held(_)));
    assert!(!second.to_string().contains('\n'), "one line: {second}");
    let gateway = first.gateway_id();
    first.close().await;
    drop(first);
    assert_eq!(store(folder.path()).await.gateway_id(), gateway);
}

#[tokio::test]
async fn a_damaged_or_open_pepper_is_refused_and_stays() {
    let folder = TempDir::new().unwrap();
    drop(store(folder.path()).await);
    let path = folder.path().join("pepper");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = Store::open(folder.path()).await.err().expect("refused").to_string();
    assert!(open.contains("chmod 600"), "{open}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&path, "gw_1 half").unwrap();
    let damaged = Store::open(folder.path()).await.err().expect("refused").to_string();
    assert!(damaged.contains("damaged"), "{damaged}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "gw_1 half");
}

#[tokio::test]
async fn a_missing_pepper_or_database_is_said_and_not_made_anew() {
    for file in ["pepper", "main.db"] {
        let folder = TempDir::new().unwrap();
        store(folder.path()).await.close().await;
        let path = folder.path().join(file);
        std::fs::remove_file(&path).unwrap();
        let refused = Store::open(folder.path()).await.err().expect("refused").to_string();
        assert!(refused.contains(file) && refused.contains("backup"), "{refused}");
        assert!(!path.exists(), "{file} was made anew");
    }
}

/// A first start that was killed leaves a folder that the next start can use.
#[tokio::test]
async fn a_first_start_may_be_cut_short() {
    let folder = TempDir::new().unwrap();
    let mut cut = private_file(&folder.path().join("pepper.new")).unwrap();
    cut.write_all(b"gw_1 ha").unwrap();
    let made = Secrets::open(folder.path()).unwrap().gateway();
    std::fs::write(folder.path().join("main.db"), "").unwrap();
    let store = store(folder.path()).await;
    assert_eq!(store.gateway_id(), made);
    let database = std::fs::metadata(folder.path().join("main.db")).unwrap();
    assert!(database.len() > 0, "from here on an empty file is a lost one");
}

#[tokio::test]
async fn an_emptied_database_is_a_missing_one() {
    let folder = TempDir::new().unwrap();
    store(folder.path()).await.close().await;
    std::fs::write(folder.path().join("main.db"), "").unwrap();
    let refused = Store::open(folder.path()).await.err().expect("refused");
    assert!(matches!(refused, StoreError::Missing(_)), "{refused}");
}

/// The key that a secret opens.
fn found(store: &Store, secret: &str) -> Option<Arc<Key>> {
    let digest = store.keys().digest(secret);
    store.keys().open_secrets().into_iter().find(|one| one.digest == digest).map(|one| one.key)
}

#[tokio::test]
async fn a_key_is_found_by_its_secret_until_it_is_revoked() {
    let folder = TempDir::new().unwrap();
    let store_ = store(folder.path()).await;
    let new = NewKey { name: "dev".to_owned(), ..NewKey::default() };
    let (key, secret) = store_.keys().create(new.clone()).await.unwrap();
    assert!(secret.starts_with("tw-") && secret.len() >= 3 + 38, "192 bits: {secret}");
    assert_eq!(key.hint, secret[secret.len() - 4..]);
    assert_eq!(found(&store_, &secret).map(|key| key.name.clone()).as_deref(), Some("dev"));
    for wrong in ["", "tw-", &secret[..secret.len() - 1], &secret.to_uppercase()] {
        assert!(found(&store_, wrong).is_none());
    }
    let taken = store_.keys().create(new).await.unwrap_err();
    assert!(matches!(taken, StoreError::Exists { kind: "key", .. }));
    let kept = NewKey {
        name: "old".to_owned(),
        value: Some("sk-kept".to_owned()),
        models: Some(vec!["a".to_owned(), "b/*".to_owned()]),
        limits: KeyLimits { rpm: Some(60), period: Some("week".into()), ..KeyLimits::default() },
        labels: [("team".to_owned(), "blue".to_owned())].into(),
        expires_ms: None,
    };
    let (kept, _) = store_.keys().create(kept).await.unwrap();
    let ended = NewKey { name: "ended".into(), expires_ms: Some(1), ..NewKey::default() };
    assert!(store_.keys().create(ended).await.is_err(), "a key that has ended is of no use");
    let empty = NewKey { name: "ended".into(), value: Some(" ".into()), ..NewKey::default() };
    assert!(store_.keys().create(empty).await.is_err(), "an empty key lets everybody in");
    assert!(store_.keys().list().iter().all(|key| key.name != "ended"), "nothing half done");
    drop(store_);

    let store_ = store(folder.path()).await;
    assert_eq!(found(&store_, "sk-kept"), Some(kept), "everything of it is kept");
    assert!(store_.keys().revoke("dev").await.unwrap());
    assert!(!store_.keys().revoke("dev").await.unwrap());
    assert!(found(&store_, &secret).is_none());
    let everything = std::fs::read(folder.path().join("main.db")).unwrap();
    let found = everything.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
    assert!(!found, "the secret is nowhere in the database");
}

#[tokio::test]
async fn a_rotated_key_has_two_secrets_for_a_while() {
    let folder = TempDir::new().unwrap();
    let store_ = store(folder.path()).await;
    let new = NewKey { name: "dev".to_owned(), ..NewKey::default() };
    let (key, first) = store_.keys().create(new.clone()).await.unwrap();
    let later = crate::clock::now_ms() + 3_600_000;
    let keys = store_.keys();
    let rotate = |value: Option<&str>, until| {
        let value = value.map(str::to_owned);
        async move { keys.rotate("dev", value, until).await }
    };
    let (_, second) = rotate(None, Some(later)).await.unwrap().unwrap();
    let until = |store: &Store, secret: &str| {
        let digest = store.keys().digest(secret);
        let mut all = store.keys().open_secrets().into_iter();
        all.find(|one| one.digest == digest).map(|one| (one.key.id, one.until_ms))
    };
    assert_eq!(until(&store_, &first), Some((key.id, Some(later))));
    assert_eq!(until(&store_, &second), Some((key.id, None)));
    assert!(rotate(Some(&first), None).await.is_err(), "a former secret does not come back");
    assert!(rotate(Some(&second), None).await.is_err(), "nor does the present one");
    let taken = NewKey { name: "other".into(), value: Some(first.clone()), ..NewKey::default() };
    assert!(store_.keys().create(taken).await.is_err(), "nor does it open another key");
    let (_, third) = rotate(Some("sk-third-of-them"), None).await.unwrap().unwrap();
    assert_eq!(until(&store_, &second), None, "without an overlap it is over at once");
    drop(store_);

    let store_ = store(folder.path()).await;
    assert_eq!(until(&store_, &first), Some((key.id, Some(later))));
    assert_eq!(until(&store_, &second), None);
    assert_eq!(until(&store_, &third), Some((key.id, None)));
    assert!(store_.keys().rotate("nobody", None, None).await.unwrap().is_none());
    assert!(store_.keys().revoke("dev").await.unwrap());
    assert!(store_.keys().open_secrets().is_empty(), "a revoked key has none");
}

#[tokio::test]
async fn one_code_pairs_one_browser_however_many_try() {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(store(folder.path()).await);
    let code = store.pairing().create().await.unwrap();
    assert_eq!(code.text.len(), 12);
    let tries: Vec<_> = (0..200)
        .map(|_| {
            let (store, text) = (store.clone(), code.text.to_lowercase().replace('-', " "));
            tokio::spawn(async move { store.pairing().redeem(&text).await.unwrap() })
        })
        .collect();
    let mut redeemed = 0;
    for one in tries {
        redeemed += usize::from(one.await.unwrap() == Redeemed::Once);
    }
    assert_eq!(redeemed, 1);
}

#[tokio::test]
async fn five_wrong_codes_end_the_right_one() {
    let folder = TempDir::new().unwrap();
    let store = store(folder.path()).await;
    let code = store.pairing().create().await.unwrap();
    for _ in 0..5 {
        let wrong = store.pairing().redeem("AAAA-AAAA-AA").await.unwrap();
        assert_eq!(wrong, Redeemed::Refused);
    }
    assert_eq!(store.pairing().redeem(&code.text).await.unwrap(), Redeemed::Refused);
}

#[tokio::test]
async fn a_fleet_key_pairs_so_many_and_not_for_ever() {
    let folder = TempDir::new().unwrap();
    let store = store(folder.path()).await;
    let pairing = store.pairing();
    let fleet = pairing.create_fleet(2, Duration::from_secs(60)).await.unwrap();
    for expected in [Redeemed::Fleet, Redeemed::Fleet, Redeemed::Refused] {
        assert_eq!(pairing.redeem(&fleet.text).await.unwrap(), expected);
    }
    let ended = pairing.create_fleet(2, Duration::ZERO).await.unwrap();
    assert_eq!(pairing.redeem(&ended.text).await.unwrap(), Redeemed::Refused);
}

#[tokio::test]
async fn nodes_and_sites_are_kept() {
    let folder = TempDir::new().unwrap();
    let store = store(folder.path()).await;
    let new = NewNode {
        label: "laptop".to_owned(),
        public_key: "BK".to_owned(),
        origin: "chrome-extension://x".to_owned(),
        browser: "Chromium 156".to_owned(),
    };
    let node: Node = store.nodes().insert(new.clone()).await.unwrap();
    assert_eq!(store.nodes().insert(new).await.unwrap().id, node.id, "paired again, same node");
    assert_eq!(store.nodes().by_key("BK").await.unwrap().map(|node| node.id), Some(node.id));
    store.nodes().seen(node.id).await.unwrap();
    assert!(store.nodes().remove(node.id).await.unwrap());
    assert!(store.nodes().list().await.unwrap().is_empty());

    let site = Site {
        name: "team".to_owned(),
        adapter: "gradio".to_owned(),
        origin: "http://127.0.0.1:7860".to_owned(),
        settings: "{}".to_owned(),
    };
    store.sites().add(&site).await.unwrap();
    assert!(matches!(store.sites().add(&site).await, Err(StoreError::Exists { .. })));
    assert!(store.sites().set("team", r#"{"merge_system":true}"#).await.unwrap());
    let settings = store.sites().list().await.unwrap().remove(0).settings;
    assert_eq!(settings, r#"{"merge_system":true}"#);
    assert!(store.sites().remove("team").await.unwrap());
}

#[tokio::test]
async fn a_request_has_one_row_and_one_for_each_try() {
    let folder = TempDir::new().unwrap();
    let store_ = store(folder.path()).await;
    let ledger = store_.ledger();
    let mut slot = ledger.reserve().unwrap();
    let row = opened("answered");
    slot.opened(row.clone()).unwrap();
    slot.attempt(attempt("upstream_error"));
    slot.attempt(attempt("ok"));
    slot.finish(ok()).unwrap();
    let mut left = ledger.reserve().unwrap();
    left.opened(opened("left")).unwrap();
    left.attempt(attempt("client_gone"));
    assert_eq!(ledger.in_flight(), 1);
    drop(left);
    drop(ledger.reserve());
    assert_eq!(ledger.in_flight(), 0);
    ledger.flush().await;

    let rows = ledger.recent(10).await.unwrap();
    let found: Vec<_> = rows.iter().map(|row| (row.model.as_str(), row.outcome.as_str())).collect();
    assert_eq!(found, [("left", "client_gone"), ("answered", "ok")]);
    assert_eq!((rows[1].input_tokens, rows[1].output_tokens), (3, 4));
    let tries = ledger.attempts(&row.request.to_string()).await.unwrap();
    let codes: Vec<_> = tries.iter().map(|row| (row.number, row.outcome.as_str())).collect();
    assert_eq!(codes, [(1, "upstream_error"), (2, "ok")]);
    assert_eq!(ledger.state(), LedgerState::Well);
    let outcomes = ledger.outcomes(0).await.unwrap();
    assert_eq!(outcomes.iter().map(|one| one.count).sum::<i64>(), 2);
}

#[tokio::test]
async fn a_batch_of_any_size_is_written_whole() {
    let folder = TempDir::new().unwrap();
    let store = store(folder.path()).await;
    for _ in 0..1_237 {
        let mut slot = store.ledger().reserve().unwrap();
        slot.opened(opened("m")).unwrap();
        slot.attempt(attempt("ok"));
        slot.finish(ok()).unwrap();
    }
    store.ledger().flush().await;
    assert_eq!(store.ledger().outcomes(0).await.unwrap()[0].count, 1_237);
}

/// A copy of the folder while requests are open is what a crash leaves behind.
#[tokio::test]
async fn what_was_in_flight_is_interrupted_and_what_had_ended_is_there() {
    let folder = TempDir::new().unwrap();
    let crashed = TempDir::new().unwrap();
    {
        let store = store(folder.path()).await;
        let mut ended = store.ledger().reserve().unwrap();
        ended.opened(opened("ended")).unwrap();
        ended.finish(ok()).unwrap();
        let mut open = store.ledger().reserve().unwrap();
        open.opened(opened("open")).unwrap();
        store.ledger().flush().await;
        let mut late = store.ledger().reserve().unwrap();
        late.opened(opened("late")).unwrap();
        late.finish(ok()).unwrap();
        copy(folder.path(), crashed.path());
        open.finish(ok()).unwrap();
        store.close().await;
    }
    // A torn frame at the end, as of a write that the crash cut.
    let spool = crashed.path().join("spool/00000001.log");
    let mut bytes = std::fs::read(&spool).unwrap();
    bytes.extend_from_slice(&[40, 0, 0, 0, 1, 2, 3]);
    std::fs::write(&spool, bytes).unwrap();

    for _ in 0..2 {
        let store = store(crashed.path()).await;
        let mut rows: Vec<_> = store.ledger().recent(10).await.unwrap();
        rows.sort_by(|a, b| a.model.cmp(&b.model));
        let found: Vec<_> =
            rows.iter().map(|row| (row.model.as_str(), row.outcome.as_str())).collect();
        assert_eq!(found, [("ended", "ok"), ("late", "ok"), ("open", "interrupted")]);
        store.close().await;
    }
}

/// The database may know more of the spool than the disk kept, and the other way round.
#[tokio::test]
async fn rows_are_taken_though_spool_and_database_disagree() {
    for (segment, offset) in [(1, 1_i64 << 40), (7, 0), (0, 5)] {
        let folder = TempDir::new().unwrap();
        {
            let store = store(folder.path()).await;
            store.close().await;
        }
        let database = Database::open(folder.path()).await.unwrap();
        sqlx::query("UPDATE spool_position SET segment = $1, offset_bytes = $2")
            .bind(segment)
            .bind(offset)
            .execute(&database.writer)
            .await
            .unwrap();
        database.writer.close().await;
        for count in 1..=2 {
            let store = store(folder.path()).await;
            let mut slot = store.ledger().reserve().unwrap();
            slot.opened(opened("m")).unwrap();
            slot.finish(ok()).unwrap();
            store.close().await;
            let outcomes = store.ledger().outcomes(0).await.unwrap();
            assert_eq!(outcomes.iter().map(|one| one.count).sum::<i64>(), count, "{segment}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("spool")).unwrap();
    for file in ["pepper", "main.db", "main.db-wal", "spool/00000001.log"] {
        if from.join(file).exists() {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }
}

fn taught(name: &str, state: AdapterState, copy_of: Option<u32>) -> NewAdapterRevision {
    NewAdapterRevision {
        name: name.to_owned(),
        state,
        text: format!("{name} {state:?}"),
        copy_of,
        made_by: "admin".to_owned(),
        origin: Some("http://127.0.0.1:9".to_owned()),
        above: 3,
    }
}

#[tokio::test]
async fn the_greatest_published_revision_of_an_adapter_is_in_force() {
    let folder = TempDir::new().unwrap();
    let store = store(folder.path()).await;
    let adapters = store.adapters();
    assert!(adapters.in_force().await.unwrap().is_empty());
    let draft = adapters.add(&taught("chat", AdapterState::Draft, None)).await.unwrap();
    assert_eq!(draft.revision, 4, "above those of the program");
    assert!(adapters.in_force().await.unwrap().is_empty(), "a draft is nobody's but its maker's");
    assert_eq!(adapters.drafts().await.unwrap(), [draft]);

    let first = adapters.add(&taught("chat", AdapterState::Published, Some(4))).await.unwrap();
    assert_eq!((first.revision, first.copy_of), (5, Some(4)));
    assert!(adapters.drafts().await.unwrap().is_empty(), "it was published");
    let second = adapters.add(&taught("chat", AdapterState::Published, None)).await.unwrap();
    adapters.add(&taught("chat", AdapterState::Draft, None)).await.unwrap();
    let other = adapters.add(&taught("other", AdapterState::Published, None)).await.unwrap();
    assert_eq!(adapters.in_force().await.unwrap(), [second, other]);
    let numbers: Vec<u32> =
        adapters.history("chat").await.unwrap().iter().map(|one| one.revision).collect();
    assert_eq!(numbers, [7, 6, 5, 4]);
    assert!(adapters.history("nobody").await.unwrap().is_empty());
}
