//! The command line as a program: what it prints, and to whom.

use std::{
    io::pipe,
    process::{Command, Stdio},
};

/// `tabway status | grep -q` closes the pipe as soon as it has seen enough.
#[test]
fn a_reader_that_has_left_is_no_failure() {
    for arguments in
        [&["adapter", "list"][..], &["adapter", "list", "--json"], &["completions", "bash"]]
    {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        let ended = Command::new(env!("CARGO_BIN_EXE_tabway"))
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && said.is_empty(), "{arguments:?}: {said}");
    }
}

/// Credentials without the key that sealed them: said in a line, with the code for configuration.
#[tokio::test]
async fn k3_serve_without_the_key_of_the_vault_ends_with_3() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let store = tabway_store::Store::open(folder.path()).await.expect("a store");
    let account = tabway_store::NewAccount {
        provider: "openai".to_owned(),
        name: "main".to_owned(),
        kind: "bearer".to_owned(),
        secret: tabway_store::Plain::new("sk-a-canary-of-the-vault"),
        hint: String::new(),
        settings: "{}".to_owned(),
    };
    store.accounts().add(&account).await.expect("added");
    store.close().await;
    drop(store);
    let key = folder.path().join(tabway_store::VAULT_KEY_FILE);
    std::fs::rename(&key, folder.path().join("elsewhere")).expect("moved");
    let ended = Command::new(env!("CARGO_BIN_EXE_tabway"))
        .args(["serve", "--port", "0", "--data-dir"])
        .arg(folder.path())
        .env("TABWAY_DISCOVER", "false")
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("vault.key is missing: put it back from your backup"), "{said}");
}
