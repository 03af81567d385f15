//! What a browser is started with: the flags, what its profile had last, what the gateway serves.

use serde_json::Value;

use super::{
    super::output::{failed, list, text},
    start::Start,
};
use crate::{
    exit::{CliError, Exit},
    fleet::{Decision, Mode, Profile, ProxyAddress, Settings, Surroundings, decide},
};

/// Said in place of a proxy by who wants none any more.
const NO_PROXY: &str = "none";

/// A browser to be started.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) profile: Profile,
    pub(super) settings: Settings,
    pub(super) decision: Decision,
    pub(super) proxy: Option<ProxyAddress>,
    /// Its sites, by name and origin.
    pub(super) sites: Vec<(String, String)>,
}

/// What is the same for all that one command starts.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) around: Surroundings,
    /// `UNIFIED_PROXY_CONFIG`.
    pub(super) proxy: Option<String>,
    /// The gateway's sites, by name and origin.
    pub(super) sites: Vec<(String, String)>,
}

impl Ground {
    /// Of this process and the gateway's answer to `/api/sites`.
    pub(super) fn of(sites: &Value) -> Self {
        let sites = list(sites, "sites").iter();
        Self {
            around: Surroundings::of_process(),
            proxy: std::env::var("UNIFIED_PROXY_CONFIG").ok().filter(|value| !value.is_empty()),
            sites: sites.map(|site| (text(site, "name"), text(site, "origin"))).collect(),
        }
    }
}

/// The plan for one profile.
pub(super) fn plan(profile: Profile, start: &Start, ground: &Ground) -> Result<Plan, CliError> {
    let mut settings = profile.settings().map_err(failed)?;
    let decision =
        decide(&ground.around, start.mode(), settings.mode).map_err(|e| usage(e.to_string()))?;
    let named = start.proxy.as_ref().or(settings.proxy.as_ref()).or(ground.proxy.as_ref());
    let proxy = named
        .filter(|text| *text != NO_PROXY)
        .map(|text| ProxyAddress::parse(text))
        .transpose()
        .map_err(|error| usage(error.to_string()))?;
    if !start.site.is_empty() {
        settings.sites.clone_from(&start.site);
    }
    let sites = sites(&settings.sites, ground)?;
    settings.lanes = start.lanes.unwrap_or(settings.lanes.max(1));
    settings.mode = start.mode().or(settings.mode);
    match start.proxy.as_deref() {
        Some(NO_PROXY) => settings.proxy = None,
        Some(_) => settings.proxy = proxy.as_ref().map(|proxy| proxy.as_str().to_owned()),
        None => {}
    }
    Ok(Plan { profile, settings, decision, proxy, sites })
}

/// Those that are wanted, of those that the gateway has; all where none is named.
fn sites(wanted: &[String], ground: &Ground) -> Result<Vec<(String, String)>, CliError> {
    if wanted.is_empty() {
        return Ok(ground.sites.clone());
    }
    let one = |name: &String| {
        let known = ground.sites.iter().find(|(known, _)| known == name);
        known.cloned().ok_or_else(|| {
            usage(format!(
                "the gateway has no site `{name}`; `tabway site list` shows those there are"
            ))
        })
    };
    wanted.iter().map(one).collect()
}

impl Start {
    fn mode(&self) -> Option<Mode> {
        match (self.headed, self.headless) {
            (true, _) => Some(Mode::Headed),
            (_, true) => Some(Mode::Headless),
            _ => None,
        }
    }
}

fn usage(words: String) -> CliError {
    CliError::new(Exit::Usage, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Profiles;

    fn ground() -> Ground {
        let site = |name: &str| (name.to_owned(), format!("http://{name}.test"));
        let around = Surroundings::default();
        Ground {
            around,
            proxy: Some("http://env.test:1".into()),
            sites: vec![site("a"), site("b")],
        }
    }

    #[tokio::test]
    async fn flags_then_what_was_saved_then_the_surroundings() {
        let folder = tempfile::tempdir().expect("folder");
        let profiles = Profiles::of(folder.path());
        let named = || profiles.named("work").expect("name");

        let first = plan(named(), &Start::default(), &ground()).expect("plan");
        assert_eq!((first.sites.len(), first.settings.lanes), (2, 1));
        assert_eq!(first.proxy.as_ref().map(ProxyAddress::as_str), Some("http://env.test:1"));
        assert_eq!(first.settings.proxy, None, "what the surroundings say is not saved");

        let start = Start {
            site: vec!["b".into()],
            lanes: Some(3),
            headless: true,
            proxy: Some("socks5://own.test:1".into()),
            ..Start::default()
        };
        let second = plan(named(), &start, &ground()).expect("plan");
        let held = named().hold().await.expect("held");
        held.profile.save(&second.settings).expect("saved");
        drop(held);

        let again = plan(named(), &Start::default(), &ground()).expect("plan");
        assert_eq!(again.settings, second.settings);
        assert_eq!(again.sites, [("b".to_owned(), "http://b.test".to_owned())]);
        assert_eq!(again.decision.mode, Mode::Headless);
        assert_eq!(again.proxy.as_ref().map(ProxyAddress::as_str), Some("socks5://own.test:1"));

        let none = Start { proxy: Some(NO_PROXY.into()), ..Start::default() };
        let none = plan(named(), &none, &ground()).expect("plan");
        assert_eq!((none.proxy, none.settings.proxy), (None, None));

        let unknown = Start { site: vec!["c".into()], ..Start::default() };
        let error = plan(named(), &unknown, &ground()).expect_err("unknown").to_string();
        assert!(error.contains("no site `c`"), "{error}");
    }
}
