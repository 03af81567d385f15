use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use proptest::prelude::*;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{keyring::Kek, *};
use crate::{Account, NewAccount, Store};

fn kek(id: u32, byte: u8) -> Kek {
    Kek { id, key: Zeroizing::new([byte; 32]) }
}

fn place(row: &str) -> Place<'_> {
    Place { purpose: Purpose::Account, table: "accounts", row, column: "secret" }
}

fn new(name: &str, secret: &str) -> NewAccount {
    NewAccount {
        provider: "openai".to_owned(),
        name: name.to_owned(),
        kind: "bearer".to_owned(),
        secret: Plain::new(secret),
        hint: String::new(),
        settings: "{}".to_owned(),
    }
}

async fn filled(folder: &Path, count: usize) -> Store {
    let store = Store::open(folder).await.unwrap();
    for at in 0..count {
        store.accounts().add(&new(&format!("a{at}"), &format!("secret {at}"))).await.unwrap();
    }
    store
}

async fn blobs(store: &Store) -> Vec<(String, Vec<u8>)> {
    let rows = sqlx::query("SELECT id, secret FROM accounts ORDER BY id")
        .fetch_all(&store.vault.database.writer)
        .await
        .unwrap();
    rows.iter().map(|row| (row.get("id"), row.get("secret"))).collect()
}

async fn put(store: &Store, id: &str, blob: &[u8]) {
    sqlx::query("UPDATE accounts SET secret = $1 WHERE id = $2")
        .bind(blob)
        .bind(id)
        .execute(&store.vault.database.writer)
        .await
        .unwrap();
}

fn is_right((account, secret): &(Account, Result<Plain, VaultError>)) -> bool {
    let number = account.name.trim_start_matches('a');
    secret.as_ref().is_ok_and(|text| text.expose() == format!("secret {number}").as_bytes())
}

#[test]
fn k4_a_record_with_any_bit_changed_does_not_open() {
    for record in 0..20_u8 {
        let (key, row) = (kek(1, 7), format!("row {record}"));
        let text = format!("secret {record}");
        let blob = blob::seal(&key, &place(&row), text.as_bytes()).unwrap();
        assert_eq!(blob::open(&key, &place(&row), &blob).unwrap().expose(), text.as_bytes());
        for bit in 0..blob.len() * 8 {
            let mut other = blob.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(blob::open(&key, &place(&row), &other).is_err(), "record {record}, bit {bit}");
        }
        for end in 0..blob.len() {
            assert!(blob::open(&key, &place(&row), &blob[..end]).is_err(), "cut at {end}");
        }
    }
}

#[tokio::test]
async fn k5_a_record_of_another_row_does_not_open_and_the_others_do() {
    let folder = TempDir::new().unwrap();
    let store = filled(folder.path(), 20).await;
    let rows = blobs(&store).await;
    for (at, (id, own)) in rows.iter().enumerate() {
        for (_, foreign) in rows.iter().filter(|(other, _)| other != id) {
            put(&store, id, foreign).await;
            let opened = store.accounts().open().await.unwrap();
            let broken = opened.iter().filter(|one| one.1.is_err()).count();
            assert_eq!(broken, 1, "row {at}");
            assert_eq!(opened.iter().filter(|one| is_right(one)).count(), 19, "row {at}");
        }
        put(&store, id, own).await;
    }
    // A row that is turned to another provider does not take its secret along.
    sqlx::query("UPDATE accounts SET provider = 'evil' WHERE name = 'a3'")
        .execute(&store.vault.database.writer)
        .await
        .unwrap();
    let opened = store.accounts().open().await.unwrap();
    assert!(opened.iter().any(|(account, secret)| account.name == "a3" && secret.is_err()));
    assert_eq!(store.vault().status().await.unwrap().broken, 1);
    // What does not open is left as it is by a rotation, which takes the others along.
    let done = store.vault().rotate().await.unwrap();
    assert_eq!((done.key, done.resealed, done.broken), (2, 19, 1));
}

#[test]
fn k6_a_record_of_another_purpose_table_column_or_key_does_not_open() {
    let (key, home) = (kek(1, 7), place("row"));
    let blob = blob::seal(&key, &home, b"text").unwrap();
    for other in [
        Place { purpose: Purpose::Canary, ..home },
        Place { purpose: Purpose::Keyring, ..home },
        Place { table: "keys", ..home },
        Place { column: "settings", ..home },
        Place { table: "account", row: "srow", ..home },
    ] {
        assert!(blob::open(&key, &other, &blob).is_err(), "{other:?}");
    }
    assert!(blob::open(&kek(1, 8), &home, &blob).is_err());
    assert!(blob::open(&kek(2, 7), &home, &blob).is_err());
    let mut relabelled = blob;
    relabelled[1..5].copy_from_slice(&2_u32.to_be_bytes());
    assert!(blob::open(&kek(2, 7), &home, &relabelled).is_err());
}

proptest! {
    #[test]
    fn k7_what_is_sealed_opens_and_no_two_records_are_alike(
        text in prop::collection::vec(any::<u8>(), 0..300),
        row in ".{0,40}",
        other in ".{0,40}",
    ) {
        let key = kek(3, 9);
        let first = blob::seal(&key, &place(&row), &text).unwrap();
        let second = blob::seal(&key, &place(&row), &text).unwrap();
        prop_assert_ne!(&first[5..29], &second[5..29]);
        prop_assert_ne!(&first[77..101], &second[77..101]);
        let opened = blob::open(&key, &place(&row), &first).unwrap();
        prop_assert_eq!(opened.expose(), &text[..]);
        prop_assert_eq!(blob::open(&key, &place(&other), &first).is_ok(), other == row);
    }
}

#[test]
fn k15_a_record_of_format_1_opens_for_ever() {
    let blob = data_encoding::HEXLOWER.decode(GOLDEN.as_bytes()).unwrap();
    let opened = blob::open(&kek(1, 7), &place("acct_golden openai"), &blob).unwrap();
    assert_eq!(opened.expose_text(), Some("sk-golden-of-format-1"));
}

/// Sealed when format 1 was new.
const GOLDEN: &str = "\
    01000000014133c7d5821134a60a9409999407c9f77b9a5d2ae9773b38d734be0aae792b5bb9ab80ff9df4b251854949\
    f2b7ac4f8f851b042011e94d47f66c32346edcb5ad393d4df071421e132adab4632b4053d7063074f09bd8d4ef071162\
    21a3fd85668e78b792c8554a9a490ba4c90fe96f346fcb2ef3e6e3a16b815b93470800b0fe64c6094dea";

#[tokio::test]
async fn k8_a_rotation_moves_every_record_and_the_old_key_can_go() {
    let folder = TempDir::new().unwrap();
    let store = filled(folder.path(), 5).await;
    assert!(store.vault().drop_key(1).await.is_err(), "it is in use");
    let done = store.vault().rotate().await.unwrap();
    assert_eq!((done.key, done.resealed, done.broken), (2, 5, 0));
    let keys = store.vault().status().await.unwrap().keys;
    assert_eq!(keys, [KeyStatus { id: 1, records: 0 }, KeyStatus { id: 2, records: 5 }]);
    store.vault().drop_key(1).await.unwrap();
    assert!(store.accounts().open().await.unwrap().iter().all(is_right));
    store.close().await;
    drop(store);
    let again = Store::open(folder.path()).await.unwrap();
    assert!(again.accounts().open().await.unwrap().iter().all(is_right));
}

#[tokio::test]
async fn k3_without_the_right_key_nothing_starts_and_nothing_is_written() {
    let folder = TempDir::new().unwrap();
    let store = filled(folder.path(), 2).await;
    store.close().await;
    // SQLite moves its log into the database when the last connection ends.
    store.vault.database.reader.close().await;
    store.vault.database.writer.close().await;
    drop(store);
    let key = folder.path().join(KEY_FILE);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let right = fs::read_to_string(&key).unwrap();
    let database = fs::read(folder.path().join("main.db")).unwrap();
    let other = format!("1:{}", "ab".repeat(32));
    let cases = [
        (Some(right.as_str()), 0o644, "chmod 600"),
        (Some(&right[..40]), 0o600, "cut short"),
        (Some(""), 0o600, "put it back"),
        (Some(&other), 0o600, "not the one"),
        (None, 0o600, "is missing: put it back"),
    ];
    for (text, mode, words) in cases {
        match text {
            Some(text) => fs::write(&key, text).unwrap(),
            None => fs::remove_file(&key).unwrap(),
        }
        if text.is_some() {
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        }
        let error = Store::open(folder.path()).await.err().expect("refused");
        assert!(matches!(error, StoreError::Vault(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(fs::read(folder.path().join("main.db")).unwrap() == database, "{words}: written");
    }
    fs::write(&key, &right).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    assert!(store.accounts().open().await.unwrap().iter().all(is_right));
}

#[tokio::test]
async fn keys_come_from_elsewhere_and_are_then_not_ours_to_change() {
    let folder = TempDir::new().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    let data = folder.path().join("data");
    let one = format!("1:{}", "11".repeat(32));
    fs::write(&elsewhere, &one).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    let by_file = KeySource { file: Some(elsewhere.clone()), ..KeySource::default() };
    let store = Store::open_with(&data, by_file.clone()).await.unwrap();
    store.accounts().add(&new("a0", "secret 0")).await.unwrap();
    assert!(!data.join(KEY_FILE).exists());
    let error = store.vault().rotate().await.unwrap_err();
    assert!(error.to_string().contains("add a line with the next key"), "{error}");
    store.close().await;
    drop(store);
    // The owner adds the next key: by file here, by the environment there.
    let both = format!("{one},2:{}", "22".repeat(32));
    let by_key = KeySource { key: Some(Plain::new(both)), ..KeySource::default() };
    let store = Store::open_with(&data, by_key).await.unwrap();
    let done = store.vault().rotate().await.unwrap();
    assert_eq!((done.key, done.resealed), (2, 1));
    assert!(store.accounts().open().await.unwrap().iter().all(is_right));
    drop(store);
    let error = Store::open_with(&data, by_file).await.err().expect("it knows key 1 only");
    assert!(error.to_string().contains("(key 2)"), "{error}");
}

#[tokio::test]
async fn a_passphrase_closes_the_file_and_opens_it_again() {
    let folder = TempDir::new().unwrap();
    filled(folder.path(), 1).await.close().await;
    let with =
        |words: &str| KeySource { passphrase: Some(Plain::new(words)), ..KeySource::default() };
    // Set later, it closes what was open until then.
    let store = Store::open_with(folder.path(), with("correct horse")).await.unwrap();
    store.vault().rotate().await.unwrap();
    drop(store);
    let text = fs::read_to_string(folder.path().join(KEY_FILE)).unwrap();
    assert!(text.starts_with("tabway-keyring-1 argon2id 65536 3 "), "{text}");
    for source in [KeySource::default(), with("wrong horse")] {
        let error = Store::open_with(folder.path(), source).await.err().expect("refused");
        assert!(error.to_string().contains("TABWAY_VAULT_PASSPHRASE"), "{error}");
    }
    let store = Store::open_with(folder.path(), with("correct horse")).await.unwrap();
    assert!(store.accounts().open().await.unwrap().iter().all(is_right));
}

#[test]
fn nothing_of_it_is_printed() {
    let source = KeySource {
        key: Some(Plain::new("canary-key")),
        passphrase: Some(Plain::new("canary-phrase")),
        file: None,
    };
    assert!(!format!("{source:?} {:?}", new("n", "canary-secret")).contains("canary"));
}
