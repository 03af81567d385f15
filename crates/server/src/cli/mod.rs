//! The command line: one file a command.

pub mod account;
pub mod adapter;
pub mod alerts;
pub mod backup;
pub mod browser;
pub mod chat;
mod client;
pub mod completions;
pub mod config;
pub mod conversation;
pub mod demo;
pub mod doctor;
pub mod healthcheck;
pub mod import;
pub mod key;
pub mod logs;
pub mod node;
mod output;
pub mod prices;
pub mod revisions;
pub mod route;
pub mod serve;
pub mod site;
pub mod status;
pub mod vault;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::exit::{CliError, Exit};

/// Every AI model you can already reach, behind one OpenAI-compatible API.
#[derive(Debug, Parser)]
#[command(name = "tabway", version, max_term_width = 100)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Global {
    /// Configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the database, the log of requests and the admin token
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway
    Serve(serve::Args),
    /// Show the whole way once: a gateway, a headless Chromium, a page and its answer
    Demo(demo::Args),
    /// Ask a model and print the answer as it comes
    Chat(chat::Args),
    /// Show the running gateway at a glance
    Status,
    /// What is wrong now, and whether messages about it arrive
    #[command(subcommand)]
    Alerts(alerts::Command),
    /// The last requests, and with -f those that end from now on
    Logs(logs::Args),
    /// Look at what commonly goes wrong
    Doctor,
    /// The configuration: is the file good, where does a setting come from, read it again
    #[command(subcommand)]
    Config(config::Command),
    /// API keys
    #[command(subcommand)]
    Key(key::Command),
    /// What models cost
    #[command(subcommand)]
    Prices(prices::Command),
    /// Where requests go, and why
    #[command(subcommand)]
    Route(route::Command),
    /// Paired browsers
    #[command(subcommand)]
    Node(node::Command),
    /// Sites: a kind of page at an address
    #[command(subcommand)]
    Site(site::Command),
    /// Conversations of pages that stand for a model
    #[command(subcommand)]
    Conversation(conversation::Command),
    /// Take over what an older bridge's folder holds, and say what not and why
    Import(import::Args),
    /// Adapters: how kinds of page are used
    #[command(subcommand)]
    Adapter(adapter::Command),
    /// Credentials for providers
    #[command(subcommand)]
    Account(account::Command),
    /// The keys that seal stored credentials
    #[command(subcommand)]
    Vault(vault::Command),
    /// Browsers that Tabway starts
    #[command(subcommand)]
    Browser(browser::Command),
    /// Write what the data folder holds into one file under a passphrase, also while serving
    Backup(backup::BackupArgs),
    /// Make a data folder from a backup
    Restore(backup::RestoreArgs),
    /// Say whether the gateway can serve, for containers and supervisors
    Healthcheck,
    /// Print a shell's completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Parses the command line, runs the command and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" of code 0.
            let _ = error.print();
            let code = if error.exit_code() == 0 { Exit::Ok } else { Exit::Usage };
            return code.into();
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(CliError::new(Exit::Failure, format!("no runtime: {error}"))),
    };
    match ended {
        Ok(()) => Exit::Ok.into(),
        Err(error) => {
            eprintln!("tabway: {error}");
            error.exit.into()
        }
    }
}

async fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Serve(args) => serve::run(args, &cli.global).await,
        Command::Demo(args) => demo::run(args, &cli.global).await,
        Command::Chat(args) => chat::run(args, &cli.global).await,
        Command::Status => status::run(&cli.global).await,
        Command::Alerts(command) => alerts::run(command, &cli.global).await,
        Command::Logs(args) => logs::run(args, &cli.global).await,
        Command::Doctor => doctor::run(&cli.global).await,
        Command::Config(command) => config::run(command, &cli.global).await,
        Command::Key(command) => key::run(command, &cli.global).await,
        Command::Prices(command) => prices::run(command, &cli.global).await,
        Command::Route(command) => route::run(command, &cli.global).await,
        Command::Node(command) => node::run(command, &cli.global).await,
        Command::Site(command) => site::run(command, &cli.global).await,
        Command::Conversation(command) => conversation::run(command, &cli.global).await,
        Command::Import(args) => import::run(args, &cli.global).await,
        Command::Adapter(command) => adapter::run(&command, &cli.global).await,
        Command::Account(command) => account::run(command, &cli.global).await,
        Command::Vault(command) => vault::run(command, &cli.global).await,
        Command::Browser(command) => browser::run(command, &cli.global).await,
        Command::Backup(args) => backup::write(args, &cli.global).await,
        Command::Restore(args) => backup::restore(args, &cli.global).await,
        Command::Healthcheck => healthcheck::run(&cli.global).await,
        Command::Completions { shell } => {
            completions::run(shell);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
