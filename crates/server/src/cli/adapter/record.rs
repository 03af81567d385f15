//! `tabway adapter record`: one turn on a live page, written down as a recording of its adapter.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tabway_protocol::adapter::{Adapter, Recording};

use super::super::{
    Global,
    client::{Client, refusal, step},
    output::{failed, print, text},
};
use crate::exit::{CliError, Exit};

/// Arguments of `tabway adapter record`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The site
    site: String,
    /// What to type
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Answer with one short sentence and a list of two items."
    )]
    prompt: String,
    /// Where the files go; NAME.fixtures of the site's adapter where absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What to call the recording
    #[arg(long, value_name = "NAME", default_value = "turn")]
    name: String,
    /// A word to take out: what names you. E-mail addresses are taken out anyway
    #[arg(long, value_name = "WORD")]
    redact: Vec<String>,
}

/// What the gateway sent of a turn.
struct Heard {
    adapter: Adapter,
    recording: Recording,
    /// How it ended.
    end: Value,
}

/// Runs the turn and writes the files.
///
/// # Errors
/// When the turn cannot start, and when it fails on the page; what came is written all the same.
pub(super) async fn run(args: &Args, global: &Global) -> Result<(), CliError> {
    if args.name.is_empty() || args.name.contains(['/', '\\']) {
        return Err(CliError::new(Exit::Usage, "--name is the beginning of file names"));
    }
    let client = Client::find(global)?;
    let mut heard = hear(&client, args).await?;
    let redacted = heard.recording.redact(&args.redact);
    let folder =
        args.out.clone().unwrap_or_else(|| format!("{}.fixtures", heard.adapter.name).into());
    let files = write(&folder, &args.name, &heard)?;
    let done = heard.end["end"] == "done";
    let told = json!({
        "files": files,
        "records": heard.recording.0.len(),
        "redacted": redacted,
        "end": heard.end,
    });
    print(global, &told, |_| {
        let mut lines: Vec<String> = files.iter().map(|file| format!("wrote {file}")).collect();
        lines.push(format!("{} records, {redacted} places redacted", heard.recording.0.len()));
        lines.push(
            "read them before you share them: the page may name you in other words".to_owned(),
        );
        lines
    });
    match done {
        true => Ok(()),
        false => Err(failed(format!(
            "the turn failed: {} ({})",
            text(&heard.end, "message"),
            text(&heard.end, "code")
        ))),
    }
}

async fn hear(client: &Client, args: &Args) -> Result<Heard, CliError> {
    let path = format!("/api/sites/{}/record", step(&args.site));
    let body = json!({ "prompt": args.prompt });
    let response = client.open_admin(Method::POST, &path, &body).await?;
    let status = response.status();
    let bytes = response.into_body().collect().await.map_err(failed)?.to_bytes();
    if !status.is_success() {
        return Err(refusal(status, &serde_json::from_slice(&bytes).unwrap_or_default()));
    }
    read(&bytes)
}

fn read(bytes: &Bytes) -> Result<Heard, CliError> {
    let broke_off = || failed("the gateway broke off in the middle of the turn");
    let lines = str::from_utf8(bytes).map_err(failed)?;
    let (head, rest) = lines.split_once('\n').ok_or_else(broke_off)?;
    let rest = rest.strip_suffix('\n').ok_or_else(broke_off)?;
    let (records, end) = rest.rsplit_once('\n').unwrap_or(("", rest));
    let mut head: Value = serde_json::from_str(head).map_err(failed)?;
    let end: Value = serde_json::from_str(end).map_err(failed)?;
    if !end["end"].is_string() {
        return Err(broke_off());
    }
    Ok(Heard {
        adapter: serde_json::from_value(head["adapter"].take()).map_err(failed)?,
        recording: Recording::read(records).map_err(failed)?,
        end,
    })
}

/// Writes the records and what the adapter makes of them; no answer where it makes none.
fn write(folder: &Path, name: &str, heard: &Heard) -> Result<Vec<String>, CliError> {
    let replay = heard.recording.replay(&heard.adapter.answer);
    let mut files =
        vec![("records.jsonl", heard.recording.text()), ("events.jsonl", replay.events())];
    if replay.failure.is_none() && heard.end["end"] == "done" {
        files.push(("answer.md", format!("{}\n", replay.text())));
    }
    fs::create_dir_all(folder).map_err(|error| failed(format!("{}: {error}", folder.display())))?;
    let mut written = Vec::new();
    for (kind, contents) in files {
        let path = folder.join(format!("{name}.{kind}"));
        fs::write(&path, contents)
            .map_err(|error| failed(format!("{}: {error}", path.display())))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}
