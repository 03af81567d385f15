//! The real sites of the end-to-end tests: each with a scripted upstream of its own, so that tests of
//! two sites may run at once, and each twice: open, and behind a sign-in.

use std::path::Path;

use crate::{
    report::{Outcome, Report},
    site::{Door, Site, Starting, Upstream},
};

/// Sites that install and run anywhere; each has an adapter of its name.
pub const SITES: [&str; 3] = ["gradio", "chainlit", "streamlit"];

/// Everything of it, running.
#[derive(Debug)]
pub struct Rig {
    sites: Vec<RealSite>,
}

#[derive(Debug)]
struct RealSite {
    name: &'static str,
    upstream: Upstream,
    open: Site,
    sign_in: Site,
}

impl Rig {
    /// Starts these at once, then waits until the last is up.
    pub fn start(names: &[&'static str], programs: &Path, report: &Report) -> Outcome<Self> {
        let mut starting = Vec::new();
        for &name in names {
            let upstream = Upstream::start(programs, report)?;
            let open = Starting::begin(name, Door::Open, &upstream, report)?;
            let sign_in = Starting::begin(name, Door::SignIn, &upstream, report)?;
            starting.push((name, upstream, open, sign_in));
        }
        let mut sites = Vec::new();
        for (name, upstream, open, sign_in) in starting {
            let (open, sign_in) = (open.up(report)?, sign_in.up(report)?);
            sites.push(RealSite { name, upstream, open, sign_in });
        }
        Ok(Self { sites })
    }

    /// Where everything is, as environment variables for the tests.
    pub fn variables(&self) -> Vec<(String, String)> {
        let of_site = |site: &RealSite| {
            let name = site.name.to_uppercase();
            [
                (format!("E2E_{name}"), site.open.origin.clone()),
                (format!("E2E_{name}_SIGN_IN"), site.sign_in.origin.clone()),
                (format!("E2E_{name}_UPSTREAM"), site.upstream.base_url.clone()),
            ]
        };
        self.sites.iter().flat_map(of_site).collect()
    }
}
