//! A process that rotates the vault's key is killed at random moments, again and again on the same
//! data. Every record opens after each of them.
#![expect(clippy::expect_used, reason = "a test says what it relied on")]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use tabway_store::Store;
use tempfile::TempDir;

/// Rotates until it is killed.
const PROGRAM: &str = env!("CARGO_BIN_EXE_vault_load");

/// Rotates until so many readings of all records have been made, and is killed then.
fn killed_after(folder: &Path, readings: usize) {
    let mut child = Command::new(PROGRAM)
        .arg(folder)
        .arg("rotate")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the load starts");
    let lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    assert_eq!(lines.take(readings).count(), readings, "the load ended by itself");
    child.kill().expect("killed");
    child.wait().expect("gone");
}

async fn rotations_survive(records: usize, kills: usize) -> String {
    let folder = TempDir::new().expect("a folder");
    let filled = Command::new(PROGRAM)
        .arg(folder.path())
        .args(["fill", &records.to_string()])
        .status()
        .expect("the load runs");
    assert!(filled.success());
    let mut seed: u64 = 0x7ab_4a1;
    for round in 0..kills {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        killed_after(folder.path(), 1 + usize::try_from(seed >> 33).expect("fits") % 7);
        let store = Store::open(folder.path()).await.expect("the key proves itself");
        let opened = store.accounts().open().await.expect("a query");
        assert_eq!(opened.len(), records, "round {round}");
        for (account, secret) in opened {
            let secret = secret.expect("it opens");
            assert_eq!(secret.expose(), format!("secret of {}", account.name).as_bytes());
        }
        store.close().await;
    }
    let store = Store::open(folder.path()).await.expect("a store");
    let last = store.vault().rotate().await.expect("goes on");
    for key in store.vault().status().await.expect("a status").keys {
        if key.id != last.key {
            store.vault().drop_key(key.id).await.expect("nothing is under it");
        }
    }
    let status = store.vault().status().await.expect("a status");
    assert_eq!(status.keys.len(), 1);
    assert_eq!((status.keys[0].records, status.broken), (records, 0));
    format!("keys={}", last.key)
}

#[tokio::test]
async fn k8_a_rotation_that_is_killed_loses_no_record() {
    rotations_survive(250, 8).await;
}

/// `cargo xtask soak vault`
#[tokio::test]
#[ignore = "takes minutes; `cargo xtask soak vault`"]
async fn soak() {
    let number = |name: &str, usual: usize| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let (records, kills) =
        (number("TABWAY_VAULT_RECORDS", 10_000), number("TABWAY_VAULT_KILLS", 50));
    let started = Instant::now();
    let end = rotations_survive(records, kills).await;
    println!(
        "soaked records={records} kills={kills} seconds={:.0} lost=0 {end}",
        started.elapsed().as_secs_f32()
    );
}
