//! A backup of a store in use, restored into another folder.
#![allow(clippy::expect_used, reason = "a test says what it relied on")]

use std::{fs, path::Path};

use tabway_store::{
    NewKey, Plain, Site, Store, StoreError,
    backup::{self, Contents},
};
use tempfile::TempDir;

async fn add_site(store: &Store, name: &str) {
    let site = Site {
        name: name.to_owned(),
        adapter: "demo".to_owned(),
        origin: "http://127.0.0.1:1".to_owned(),
        settings: "{}".to_owned(),
    };
    store.sites().add(&site).await.expect("added");
}

fn named(name: &str) -> NewKey {
    NewKey { name: name.to_owned(), ..NewKey::default() }
}

fn phrase() -> Plain {
    Plain::new("correct horse battery")
}

fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_a_gateway_knows_is_in_its_backup_and_comes_back() {
    let root = TempDir::new().expect("a folder");
    let (data, file) = (root.path().join("data"), root.path().join("tabway.backup"));
    let store = Store::open(&data).await.expect("a store");
    add_site(&store, "team").await;
    let (key, secret) = store.keys().create(named("dev")).await.expect("a key");
    fs::create_dir_all(data.join("browsers/one")).expect("made");
    fs::write(data.join("browsers/one/Cookies"), "session").expect("written");

    let snapshot = store.snapshot().await.expect("a copy, while the store is in use");
    let report = backup::write(&data, &snapshot, &file, &phrase(), Contents::default());
    assert!(report.expect("written").files >= 2);
    assert!(!snapshot.exists(), "the copy in the clear is gone");
    let sealed = fs::read(&file).expect("a backup");
    assert!(!sealed.windows(4).any(|bytes| bytes == b"team"), "nothing is in the clear");

    let again = root.path().join("again");
    let wrong = backup::restore(&file, &again, &Plain::new("wrong horse battery")).await;
    assert!(matches!(wrong, Err(StoreError::BackupClosed)));
    assert_eq!(list(root.path()), ["data", "tabway.backup"], "nothing is left of it");
    let occupied = backup::restore(&file, &data, &phrase()).await;
    assert!(matches!(occupied, Err(StoreError::Occupied(_))));

    backup::restore(&file, &again, &phrase()).await.expect("restored");
    assert!(!list(&again).contains(&"browsers".to_owned()), "sessions stay in their browser");
    let restored = Store::open(&again).await.expect("opens");
    assert_eq!(restored.sites().list().await.expect("sites")[0].name, "team");
    let digest = restored.keys().digest(&secret);
    let mut secrets = restored.keys().open_secrets().into_iter();
    let known = secrets.find(|one| one.digest == digest).expect("the key is known");
    assert_eq!(known.key.id, key.id);
    assert_eq!(restored.gateway_id(), store.gateway_id());
}

#[tokio::test]
async fn a_folder_in_use_is_not_copied_behind_its_owner_s_back() {
    let root = TempDir::new().expect("a folder");
    let store = Store::open(root.path()).await.expect("a store");
    let held = backup::snapshot_of(root.path()).await;
    assert!(matches!(held, Err(StoreError::Held(_))));
    store.close().await;
    drop(store);
    assert!(backup::snapshot_of(root.path()).await.expect("copied").exists());
}
