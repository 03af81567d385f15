//! Keeps browsers running until each was asked to end: started one after another, started again
//! when they die.

use std::time::Duration;

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval, timeout},
};

use super::{
    gateway::Gateway,
    life::{End, Lives},
    plan::Plan,
    voice::Voice,
};
use crate::{
    browser::Chromium,
    exit::CliError,
    fleet::{Backoff, FleetError, Held, Profile, State, Status, end_leftovers},
};

/// How long the next browser waits for the one before to be through with its start.
const STAGGER: Duration = Duration::from_secs(20);

/// How often a wish to end is looked for while a dead browser waits.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What is wished of a browser, and how it says how far it is.
#[derive(Debug)]
pub(super) struct Wish {
    all: watch::Receiver<bool>,
    state: watch::Sender<State>,
}

impl Wish {
    /// Whether it is to end: it alone, or all of this supervisor.
    pub(super) fn is_to_end(&self, profile: &Profile) -> bool {
        *self.all.borrow() || profile.is_asked_to_stop()
    }

    /// It has come to this state.
    pub(super) fn note(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// Starts browsers and stays until all have ended.
pub(super) async fn supervise(
    plans: Vec<Plan>,
    chromium: Chromium,
    gateway: Gateway,
    voice: Voice,
) -> Result<(), CliError> {
    let (end, ends) = watch::channel(false);
    let signals = tokio::spawn(async move {
        told_to_end().await;
        end.send_replace(true);
    });
    let mut browsers = JoinSet::new();
    for plan in plans {
        let (state, mut states) = watch::channel(State::Starting);
        let held = hold(&plan, voice).await.map_err(super::super::output::failed)?;
        let status = Status {
            state: State::Starting,
            detail: String::new(),
            mode: plan.decision.mode,
            why: plan.decision.why.clone(),
            browser: None,
            supervisor: std::process::id(),
            restarts: 0,
        };
        let wish = Wish { all: ends.clone(), state };
        let lives = Lives {
            plan,
            chromium: chromium.clone(),
            gateway: gateway.clone(),
            voice,
            wish,
            status,
        };
        browsers.spawn(keep(lives, held));
        // Several at once would want the machine's memory and cores at the same moment.
        let through = states.wait_for(|state| *state != State::Starting);
        let _ = timeout(STAGGER, through).await;
        if *ends.borrow() {
            break;
        }
    }
    while browsers.join_next().await.is_some() {}
    signals.abort();
    Ok(())
}

async fn hold(plan: &Plan, voice: Voice) -> Result<Held, FleetError> {
    let held = plan.profile.clone().hold().await?;
    plan.profile.save(&plan.settings)?;
    let left = end_leftovers(&plan.profile.browser_folder()).await;
    if left > 0 {
        voice.say(plan.profile.name(), "a browser that an earlier run had left was ended");
    }
    voice.say(plan.profile.name(), &format!("{}: {}", plan.decision.mode, plan.decision.why));
    Ok(held)
}

/// One browser, life after life.
async fn keep(mut lives: Lives, held: Held) {
    let mut backoff = Backoff::default();
    loop {
        let begun = Instant::now();
        let words = match lives.live().await {
            End::Wished => break,
            End::Died(words) => words,
        };
        lives.status.browser = None;
        if lives.wish.is_to_end(&held.profile) {
            break;
        }
        lives.status.restarts += 1;
        let wait = backoff.after(begun.elapsed());
        lives.tell(State::Waiting, &format!("{words}; again in {} s", wait.as_secs()));
        let until = Instant::now() + wait;
        let mut looks = interval(LOOK_EVERY);
        while Instant::now() < until && !lives.wish.is_to_end(&held.profile) {
            looks.tick().await;
        }
        if lives.wish.is_to_end(&held.profile) {
            break;
        }
    }
    lives.voice.say(held.profile.name(), "stopped");
}

/// Ctrl-C, the end of the terminal, or a supervisor's SIGTERM.
#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [interrupt, terminate, hangup] = kinds.map(|kind| async move {
        match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            // Then the others, or a file, end it.
            Err(_) => std::future::pending().await,
        }
    });
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
        () = hangup => {}
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
