//! `tabway backup` and `tabway restore`: the data folder as one file under a passphrase, and back.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use serde_json::json;
use tabway_store::{
    Plain, StoreError, VAULT_KEY_FILE,
    backup::{self, Contents, Report},
};

use super::{
    Global,
    client::{self, Client},
    output::print,
};
use crate::{
    config::Environment,
    exit::{CliError, Exit},
};

/// The variable that may hold the passphrase.
const VARIABLE: &str = "TABWAY_BACKUP_PASSPHRASE";

/// The shortest passphrase that is taken for a new backup, in characters.
const SHORTEST: usize = 12;

/// What to write where.
#[derive(Debug, Clone, clap::Args)]
pub struct BackupArgs {
    /// The file to write; one that is there is replaced once the new one is whole
    file: PathBuf,
    /// With media of answers and uploads
    #[arg(long)]
    with_media: bool,
    /// With the vault's key: whoever has file and passphrase can then read the stored credentials
    #[arg(long)]
    with_vault_key: bool,
    /// Read the passphrase from a file's first line (else TABWAY_BACKUP_PASSPHRASE, else it is asked)
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What to read.
#[derive(Debug, Clone, clap::Args)]
pub struct RestoreArgs {
    /// The backup
    file: PathBuf,
    /// Read the passphrase from a file's first line (else TABWAY_BACKUP_PASSPHRASE, else it is asked)
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Writes a backup, of a running gateway too.
///
/// # Errors
/// When something cannot be read or written.
pub async fn write(args: BackupArgs, global: &Global) -> Result<(), CliError> {
    let folder = client::data_dir(global)?;
    let passphrase = passphrase(args.passphrase_file.as_deref(), "a passphrase for the backup")?;
    if passphrase.expose_text().is_none_or(|text| text.chars().count() < SHORTEST) {
        let words = format!("the passphrase needs {SHORTEST} characters at least");
        return Err(CliError::new(Exit::Usage, words));
    }
    let snapshot = snapshot(&folder, global).await?;
    let contents = Contents { media: args.with_media, vault_key: args.with_vault_key };
    let report = backup::write(&folder, &snapshot, &args.file, &passphrase, contents)
        .map_err(|error| failed(&error))?;
    let told = json!({ "file": args.file, "written": report });
    print(global, &told, |_| {
        let mut lines = vec![format!("{} written: {}", args.file.display(), amount(&report))];
        if !report.vault_key && folder.join(VAULT_KEY_FILE).is_file() {
            lines.push(
                "the vault's key is not in it: keep a copy of vault.key elsewhere, or stored \
                 credentials must be added again after a restore"
                    .to_owned(),
            );
        }
        lines
    });
    Ok(())
}

/// Makes a data folder from a backup.
///
/// # Errors
/// When the folder is not empty, or the backup does not open.
pub async fn restore(args: RestoreArgs, global: &Global) -> Result<(), CliError> {
    let folder = client::data_dir(global)?;
    let passphrase = passphrase(args.passphrase_file.as_deref(), "the backup's passphrase")?;
    let report =
        backup::restore(&args.file, &folder, &passphrase).await.map_err(|error| failed(&error))?;
    print(global, &json!({ "folder": folder, "restored": report }), |_| {
        vec![
            format!("{} restored: {}", folder.display(), amount(&report)),
            "browsers that were paired since the backup must be paired again".to_owned(),
        ]
    });
    Ok(())
}

/// The running gateway's copy of its database, or our own where none runs.
async fn snapshot(folder: &Path, global: &Global) -> Result<PathBuf, CliError> {
    match backup::snapshot_of(folder).await {
        Ok(path) => Ok(path),
        Err(StoreError::Held(_)) => {
            let taken = Client::find(global)?.post("/api/snapshot", &json!({})).await?;
            taken["path"]
                .as_str()
                .map(PathBuf::from)
                .ok_or_else(|| CliError::new(Exit::Failure, "the gateway names no copy"))
        }
        Err(error) => Err(failed(&error)),
    }
}

fn passphrase(file: Option<&Path>, asked: &str) -> Result<Plain, CliError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            CliError::new(Exit::Failure, format!("{}: {error}", path.display()))
        })?;
        return Ok(Plain::new(text.lines().next().unwrap_or_default().trim()));
    }
    if let Some(text) = Environment::of_process().get(VARIABLE) {
        return Ok(Plain::new(text));
    }
    let mut input = String::new();
    if std::io::stdin().is_terminal() {
        // It is seen while it is typed; a file or the variable is the way for others' eyes.
        let _ = write!(std::io::stderr(), "{asked} (it is shown): ");
        let _ = std::io::stderr().flush();
        std::io::stdin()
            .read_line(&mut input)
            .map_err(|error| CliError::new(Exit::Failure, format!("no passphrase: {error}")))?;
        return Ok(Plain::new(input.trim()));
    }
    let words = format!("there is no passphrase: set {VARIABLE}, or name --passphrase-file");
    Err(CliError::new(Exit::Usage, words))
}

fn amount(report: &Report) -> String {
    let files = if report.files == 1 { "file" } else { "files" };
    format!("{} {files}, {} bytes", report.files, report.bytes)
}

fn failed(error: &StoreError) -> CliError {
    CliError::new(Exit::Failure, error.to_string())
}
