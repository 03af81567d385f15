//! `tabway serve`: run the gateway until it is told to stop.

use tokio::signal::unix::{SignalKind, signal};

use super::{Global, output::line};
use crate::{
    config::{Environment, Flags},
    exit::{CliError, Exit},
    serve::{Options, serve},
};

/// Arguments of `tabway serve`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Args {
    /// Addresses to listen on, such as 127.0.0.1:7070 (several with commas)
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["host", "port"])]
    pub listen: Option<String>,
    /// IP address to listen on
    #[arg(long, value_name = "H")]
    pub host: Option<String>,
    /// Port to listen on; 0 takes any free one
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
}

/// Starts the gateway, says where it is, and serves until SIGTERM or Ctrl-C: the first drains, the
/// second stops at once. SIGHUP reads the configuration again, as a change of the file does.
///
/// # Errors
/// When it cannot start.
pub async fn run(args: Args, global: &Global) -> Result<(), CliError> {
    let flags = Flags {
        config: global.config.clone(),
        data_dir: global.data_dir.clone(),
        listen: args.listen,
        host: args.host,
        port: args.port,
    };
    let running = serve(Options::new(flags, Environment::of_process()).with_log()).await?;
    let no_signals = |error| CliError::new(Exit::Failure, format!("no signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    running.greeting().into_iter().for_each(line);
    let mut hangup = signal(SignalKind::hangup()).map_err(no_signals)?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            // What came of it is in the log.
            _ = hangup.recv() => drop(running.reload()),
        }
    }
    tracing::info!("stopping: answers in flight may end; a second signal stops at once");
    let shutdown = running.app.shutdown.clone();
    tokio::select! {
        () = running.stop() => {}
        () = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            shutdown.hurry();
            std::future::pending::<()>().await;
        } => {}
    }
    Ok(())
}
