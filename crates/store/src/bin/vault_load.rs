//! Fills the vault of a folder, and rotates its key without end.
//!
//! `vault_load DIR fill COUNT` adds so many accounts. `vault_load DIR rotate` rotates the key again
//! and again and reads every account meanwhile, with a line for each reading, until it is killed:
//! the crash test does that.

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
};

use tabway_store::{NewAccount, Plain, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [folder, "fill", count] => fill(folder, count.parse()?).await,
        [folder, "rotate"] => rotate(folder).await,
        _ => Err("usage: vault_load DIR (fill COUNT|rotate)".into()),
    }
}

async fn fill(folder: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let store = Store::open(Path::new(folder)).await?;
    for at in 0..count {
        let new = NewAccount {
            provider: "load".to_owned(),
            name: format!("a{at}"),
            kind: "bearer".to_owned(),
            secret: Plain::new(format!("secret of a{at}")),
            hint: String::new(),
            settings: "{}".to_owned(),
        };
        store.accounts().add(&new).await?;
    }
    store.close().await;
    Ok(())
}

async fn rotate(folder: &str) -> Result<(), Box<dyn Error>> {
    let store = Store::open(Path::new(folder)).await?;
    let rotating = async {
        loop {
            let done = store.vault().rotate().await?;
            if done.broken > 0 {
                return Err::<(), Box<dyn Error>>("a record was broken by a rotation".into());
            }
            for key in store.vault().status().await?.keys {
                if key.id != done.key {
                    store.vault().drop_key(key.id).await?;
                }
            }
        }
    };
    let reading = async {
        loop {
            for (account, secret) in store.accounts().open().await? {
                if secret?.expose() != format!("secret of {}", account.name).as_bytes() {
                    return Err::<(), Box<dyn Error>>("a record is another's".into());
                }
            }
            writeln!(io::stdout().lock(), "read")?;
        }
    };
    tokio::try_join!(rotating, reading)?;
    Ok(())
}
