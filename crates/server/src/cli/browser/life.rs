//! One life of a browser: from its start to its death, or to the wish that it ends.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    super::output::failed,
    gateway::{Gateway, Seen},
    plan::Plan,
    supervise::Wish,
    voice::Voice,
};
use crate::{
    browser::Chromium,
    exit::CliError,
    fleet::{Launch, Running, State, Status},
};

/// How often a browser is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A browser whose extension has been silent for so long is started again.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

/// How a life ended.
#[derive(Debug)]
pub(super) enum End {
    /// As was wished.
    Wished,
    /// By itself; in words.
    Died(String),
}

/// A browser and what it needs to live.
#[derive(Debug)]
pub(super) struct Lives {
    pub(super) plan: Plan,
    pub(super) chromium: Chromium,
    pub(super) gateway: Gateway,
    pub(super) voice: Voice,
    pub(super) wish: Wish,
    pub(super) status: Status,
}

impl Lives {
    /// Starts it and stays with it.
    pub(super) async fn live(&mut self) -> End {
        let known = match self.gateway.ids().await {
            Ok(known) => known,
            // One that is paired needs no word of the gateway to start.
            Err(_) if self.plan.settings.node.is_some() => {
                self.plan.settings.node.iter().cloned().collect()
            }
            Err(error) => return End::Died(error.to_string()),
        };
        match self.start(&known).await {
            Ok(running) => self.attend(running, &known).await,
            Err(error) => End::Died(error.to_string()),
        }
    }

    async fn start(&mut self, known: &[String]) -> Result<Running, CliError> {
        let settings = &mut self.plan.settings;
        // One that was unpaired while it ran stays so until its owner starts it anew.
        let lost = settings.node.as_ref().is_some_and(|id| !known.contains(id));
        if lost && self.status.restarts == 0 {
            settings.node = None;
        }
        let key = match settings.node {
            None => Some(self.gateway.key().await?),
            Some(_) => None,
        };
        let launch = Launch {
            chromium: &self.chromium,
            profile: &self.plan.profile,
            mode: self.plan.decision.mode,
            proxy: self.plan.proxy.as_ref(),
            gateway: self.gateway.url(),
            key: key.as_deref(),
            sites: &self.plan.sites,
            lanes: self.plan.settings.lanes,
        };
        let running = launch.start().map_err(failed)?;
        self.status.browser = running.pid();
        self.tell(State::Starting, "");
        Ok(running)
    }

    async fn attend(&mut self, mut running: Running, known: &[String]) -> End {
        let mut heard = Instant::now();
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = running.ended() => return End::Died(self.obituary(ended)),
                _ = looks.tick() => {}
            }
            if self.wish.is_to_end(&self.plan.profile) {
                running.end().await;
                return End::Wished;
            }
            if let Err(error) = self.welcome(known) {
                self.voice.say(self.plan.profile.name(), &error.to_string());
            }
            if self.look() {
                heard = Instant::now();
            } else if heard.elapsed() >= SILENCE_LIMIT {
                running.end().await;
                let seconds = SILENCE_LIMIT.as_secs();
                return End::Died(format!(
                    "its extension was silent for {seconds} s. Chrome from 137 on loads none that its owner has not installed: use Chromium"
                ));
            }
        }
    }

    /// Notes who it is at the gateway, once that is known.
    fn welcome(&mut self, known: &[String]) -> Result<(), CliError> {
        let Plan { profile, settings, .. } = &mut self.plan;
        if settings.node.is_some() {
            return Ok(());
        }
        let Some(id) = self.gateway.newcomer(profile.name(), known) else { return Ok(()) };
        self.voice.say(profile.name(), &format!("paired as {id}"));
        settings.node = Some(id);
        profile.save(settings).and_then(|()| profile.forget_key()).map_err(failed)
    }

    /// Says how it is; whether it may go on so.
    fn look(&mut self) -> bool {
        let Plan { settings, sites, .. } = &self.plan;
        match self.gateway.sees(settings, sites) {
            Seen::Here(state, detail) => {
                self.tell(state, &detail);
                true
            }
            Seen::GatewayAway => {
                self.tell(State::Away, "the gateway does not answer");
                true
            }
            Seen::Unpaired if settings.node.is_some() => {
                self.tell(State::Away, "it was unpaired; stop it and start it to pair it anew");
                true
            }
            Seen::Unpaired => false,
            Seen::Absent => {
                // While it starts that is how it is.
                if self.status.state != State::Starting {
                    self.tell(State::Away, "its extension is not connected");
                }
                false
            }
        }
    }

    /// Tells a change, to whoever reads the terminal and whoever asks later.
    pub(super) fn tell(&mut self, state: State, detail: &str) {
        let name = self.plan.profile.name();
        let same = self.status.state == state && self.status.detail == detail;
        if !same || state == State::Starting {
            self.status.state = state;
            detail.clone_into(&mut self.status.detail);
            self.voice.state(name, state, detail);
            if let Err(error) = self.plan.profile.tell(&self.status) {
                self.voice.say(name, &error.to_string());
            }
            self.wish.note(state);
        }
    }

    fn obituary(&self, ended: std::io::Result<std::process::ExitStatus>) -> String {
        match ended {
            Ok(status) if status.code().is_some_and(|code| code != 0) => {
                format!("the browser ended ({status}): {}", self.plan.profile.last_words())
            }
            Ok(status) => format!("the browser ended ({status})"),
            Err(error) => format!("the browser is lost: {error}"),
        }
    }
}
