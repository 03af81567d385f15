//! `tabway browser stop` and `remove`.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, interval};

use super::super::{
    Global,
    client::{Client, step},
    output::{failed, print},
};
use crate::{
    exit::{CliError, Exit},
    fleet::{Profile, Profiles, end_leftovers},
};

/// How long browsers may take to end.
const LIMIT: Duration = Duration::from_secs(30);

/// Arguments of `tabway browser stop`.
#[derive(Debug, Clone, clap::Args)]
pub struct Stop {
    /// The profile
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    name: Option<String>,
    /// Every one that runs
    #[arg(long)]
    all: bool,
}

/// Ends browsers.
pub(super) async fn run(stop: &Stop, global: &Global, profiles: &Profiles) -> Result<(), CliError> {
    let ended = match &stop.name {
        Some(name) => {
            let profile = profiles.find(name).map_err(failed)?;
            end(vec![profile]).await?
        }
        None => all(profiles).await?,
    };
    print(global, &json!({ "stopped": ended }), |_| match ended.is_empty() {
        true => vec!["nothing was running".to_owned()],
        false => ended.iter().map(|name| format!("stopped {name}")).collect(),
    });
    Ok(())
}

/// Ends every browser that runs; their names.
pub(super) async fn all(profiles: &Profiles) -> Result<Vec<String>, CliError> {
    end(profiles.all().map_err(failed)?).await
}

async fn end(profiles: Vec<Profile>) -> Result<Vec<String>, CliError> {
    let (mut ended, mut asked) = (Vec::new(), Vec::new());
    for profile in profiles {
        if profile.is_supervised().map_err(failed)? {
            profile.ask_to_stop().map_err(failed)?;
            asked.push(profile);
        } else if end_leftovers(&profile.browser_folder()).await > 0 {
            ended.push(profile.name().to_owned());
        }
    }
    let deadline = Instant::now() + LIMIT;
    let mut looks = interval(Duration::from_millis(100));
    while !asked.is_empty() {
        looks.tick().await;
        let mut left = Vec::new();
        for profile in asked {
            match profile.is_supervised().map_err(failed)? {
                true => left.push(profile),
                false => ended.push(profile.name().to_owned()),
            }
        }
        asked = left;
        if Instant::now() >= deadline && !asked.is_empty() {
            let names: Vec<&str> = asked.iter().map(Profile::name).collect();
            let seconds = LIMIT.as_secs();
            return Err(failed(format!("{} did not end within {seconds} s", names.join(", "))));
        }
    }
    ended.sort();
    Ok(ended)
}

/// Removes a profile, and unpairs it where the gateway runs.
pub(super) async fn remove(
    name: &str,
    global: &Global,
    profiles: &Profiles,
) -> Result<(), CliError> {
    let profile = profiles.find(name).map_err(failed)?;
    let node = profile.settings().map_err(failed)?.node;
    let held =
        profile.hold().await.map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
    end_leftovers(&held.profile.browser_folder()).await;
    let unpaired = match (node, Client::find(global)) {
        (Some(node), Ok(client)) => {
            client.delete(&format!("/api/nodes/{}", step(&node))).await.is_ok()
        }
        _ => false,
    };
    held.remove().map_err(failed)?;
    print(global, &json!({ "removed": name, "unpaired": unpaired }), |_| match unpaired {
        true => vec![format!("removed {name} and unpaired it")],
        false => vec![format!("removed {name}; the gateway did not know it or does not run")],
    });
    Ok(())
}
