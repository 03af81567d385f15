//! `tabway browser`: browsers that Tabway starts, each with a profile that is kept by name.

mod gateway;
mod life;
mod list;
mod plan;
mod start;
mod stop;
mod supervise;
mod voice;

use super::Global;
use crate::{exit::CliError, fleet::Profiles};

/// Browsers that Tabway starts, each with a profile of its own
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Start browsers, pair them, open the sites' tabs, and keep all that running
    Start(start::Start),
    /// End browsers in good order
    Stop(stop::Stop),
    /// List the browsers that run
    List,
    /// List the saved profiles
    Profiles,
    /// End every browser that runs and start this profile in the background, as it was last started
    Switch {
        /// The profile
        name: String,
    },
    /// Remove a profile with its sign-ins, and unpair it
    Remove {
        /// The profile
        name: String,
    },
}

/// Runs the command.
///
/// # Errors
/// In one line.
pub async fn run(command: Command, global: &Global) -> Result<(), CliError> {
    let profiles = Profiles::of(&super::client::data_dir(global)?);
    match command {
        Command::Start(start) => start::run(start, global, &profiles).await,
        Command::Stop(stop) => stop::run(&stop, global, &profiles).await,
        Command::List => list::running(global, &profiles),
        Command::Profiles => list::profiles(global, &profiles),
        Command::Switch { name } => start::switch(&name, global, &profiles).await,
        Command::Remove { name } => stop::remove(&name, global, &profiles).await,
    }
}
