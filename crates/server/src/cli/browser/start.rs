//! `tabway browser start` and `switch`.

use std::{fs::File, path::PathBuf, process::Stdio, time::Duration};

use tokio::{
    process::{Child, Command},
    time::{Instant, interval},
};

use super::{
    super::{Global, client::Client, output::failed},
    gateway::Gateway,
    plan::{Ground, Plan, plan},
    stop,
    supervise::supervise,
    voice::Voice,
};
use crate::{
    browser::{self, Chromium, last_line},
    exit::{CliError, Exit},
    fleet::{FleetError, MAX_BROWSERS, MAX_LANES, Profiles, State},
};

/// How long `--detach` waits to see the browsers connected.
const DETACH_LIMIT: Duration = Duration::from_secs(90);

/// Arguments of `tabway browser start`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Start {
    /// How many: profiles browser-1 to browser-N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BROWSERS)))]
    pub(super) profiles: Option<u32>,
    /// A profile by name, made where it is not there; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "profiles")]
    pub(super) profile: Vec<String>,
    /// A site whose tabs to keep open; may be given several times. All of the gateway where absent
    #[arg(long, value_name = "S")]
    pub(super) site: Vec<String>,
    /// Tabs of each site in each browser
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_LANES)))]
    pub(super) lanes: Option<u32>,
    /// With windows
    #[arg(long, conflicts_with = "headless")]
    pub(super) headed: bool,
    /// Without windows
    #[arg(long)]
    pub(super) headless: bool,
    /// Outbound proxy for all but this machine and the gateway; `none` for none
    #[arg(long, value_name = "URL")]
    pub(super) proxy: Option<String>,
    /// Keep them running in the background
    #[arg(long)]
    pub(super) detach: bool,
}

/// Starts browsers.
pub(super) async fn run(
    start: Start,
    global: &Global,
    profiles: &Profiles,
) -> Result<(), CliError> {
    let client = Client::find(global)?;
    let ground = Ground::of(&client.get("/api/sites").await?);
    if ground.sites.is_empty() {
        return Err(failed("the gateway has no site; add one with `tabway site add`"));
    }
    let named = std::env::var_os("TABWAY_CHROMIUM").map(PathBuf::from);
    let chromium = browser::find(named.as_deref()).await.map_err(failed)?;
    let mut plans = Vec::new();
    for name in names(&start) {
        let profile = profiles.named(&name).map_err(usage)?;
        if profile.is_supervised().map_err(failed)? {
            return Err(failed(FleetError::Busy(name)));
        }
        plans.push(plan(profile, &start, &ground)?);
    }
    if start.detach {
        let arguments: Vec<String> =
            std::env::args().skip(1).filter(|word| word != "--detach").collect();
        return detach(&plans, arguments, global).await;
    }
    let voice = Voice { json: global.json };
    say_browser(&chromium, &plans, voice);
    supervise(plans, chromium, Gateway::watch(client), voice).await
}

/// Ends all that runs, then starts one profile as it was last started.
pub(super) async fn switch(
    name: &str,
    global: &Global,
    profiles: &Profiles,
) -> Result<(), CliError> {
    let profile = profiles.find(name).map_err(failed)?;
    // Nothing is ended for a start that cannot be.
    let ground = Ground::of(&Client::find(global)?.get("/api/sites").await?);
    stop::all(profiles).await?;
    let plan = plan(profile, &Start::default(), &ground)?;
    let mut arguments: Vec<String> =
        ["browser", "start", "--profile", name].map(str::to_owned).into();
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    for (flag, value) in
        [("--config", path(&global.config)), ("--data-dir", path(&global.data_dir))]
    {
        arguments.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
    }
    detach(&[plan], arguments, global).await
}

fn names(start: &Start) -> Vec<String> {
    if start.profile.is_empty() {
        return (1..=start.profiles.unwrap_or(1)).map(|n| format!("browser-{n}")).collect();
    }
    let mut names = start.profile.clone();
    names.sort();
    names.dedup();
    names
}

fn say_browser(chromium: &Chromium, plans: &[Plan], voice: Voice) {
    for plan in plans {
        let sites: Vec<&str> = plan.sites.iter().map(|(name, _)| name.as_str()).collect();
        let (version, lanes) = (&chromium.version, plan.settings.lanes);
        let words = format!("{version}; sites: {}; tabs of each: {lanes}", sites.join(", "));
        voice.say(plan.profile.name(), &words);
    }
}

/// Runs the same command in the background and waits until its browsers are connected.
async fn detach(plans: &[Plan], arguments: Vec<String>, global: &Global) -> Result<(), CliError> {
    let Some(first) = plans.first() else { return Ok(()) };
    let log_path = first.profile.supervisor_log().map_err(failed)?;
    let log = File::create(&log_path).map_err(failed)?;
    let errors = log.try_clone().map_err(failed)?;
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
    // A Ctrl-C in this terminal is not meant for it.
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    let mut child = command.spawn().map_err(failed)?;
    let voice = Voice { json: global.json };
    voice.say(
        first.profile.name(),
        &format!("in the background; it writes to {}", log_path.display()),
    );
    let deadline = Instant::now() + DETACH_LIMIT;
    let mut looks = interval(Duration::from_millis(200));
    loop {
        looks.tick().await;
        ended(&mut child, &log_path)?;
        if plans.iter().all(is_up) || Instant::now() >= deadline {
            break;
        }
    }
    for plan in plans {
        match plan.profile.status().map_err(failed)? {
            Some(status) => voice.state(plan.profile.name(), status.state, &status.detail),
            None => voice.say(plan.profile.name(), "not started yet"),
        }
    }
    Ok(())
}

#[cfg(windows)]
const DETACHED_PROCESS: u32 = 0x8;
#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

fn is_up(plan: &Plan) -> bool {
    let status = plan.profile.status().ok().flatten();
    status.is_some_and(|status| matches!(status.state, State::Ready | State::Connected))
}

/// An error where the one in the background has ended already.
fn ended(child: &mut Child, log: &std::path::Path) -> Result<(), CliError> {
    match child.try_wait().map_err(failed)? {
        None => Ok(()),
        Some(status) => Err(failed(format!("it ended ({status}): {}", last_line(log)))),
    }
}

fn usage(error: FleetError) -> CliError {
    CliError::new(Exit::Usage, error.to_string())
}
