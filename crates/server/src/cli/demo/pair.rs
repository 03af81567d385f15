//! Pairing as a person does it: the code typed into the extension's popup, the fingerprint compared.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::failed;
use crate::{
    browser::{self, Browser, Page},
    exit::{CliError, Exit},
    nodes::{Nodes, PairingState},
};

/// How long the popup, or the gateway, may take for each step.
const LIMIT: Duration = Duration::from_secs(30);

/// Pairs the browser with the gateway at `url`; the fingerprint that both show.
pub(in crate::cli) async fn pair(
    browser: &Browser,
    nodes: &Nodes,
    url: &str,
) -> Result<String, CliError> {
    let opened = nodes.open_pairing().await.map_err(failed)?;
    let pairing = opened.ok_or_else(|| wrong("no pairing can be opened"))?;

    let address = format!("chrome-extension://{}/popup.html", browser::extension_id());
    let popup = Page::open(&browser.devtools, &address).await.map_err(failed)?;
    let form = "document.readyState === 'complete' && !!document.querySelector('#pair-button')";
    popup.wait_for("its form", form, LIMIT).await.map_err(failed)?;
    popup.type_into("#gateway-url", url).await.map_err(failed)?;
    popup.type_into("#pair-code", &pairing.code).await.map_err(failed)?;
    popup.click("#pair-button").await.map_err(failed)?;
    let shown = "document.querySelector('#fingerprint').textContent";
    let theirs = popup.wait_for("a fingerprint", shown, LIMIT).await.map_err(failed)?;

    let seen = PairingState::Waiting;
    let ours = match nodes.watch_pairing(&pairing.id, Some(&seen), LIMIT).await {
        Some(PairingState::Compare { fingerprint, .. }) => fingerprint,
        _ => return Err(wrong("the gateway did not see the browser that asked to be paired")),
    };
    if theirs.as_str() != Some(&ours) {
        return Err(wrong(&format!("the popup shows {theirs} as fingerprint, the gateway {ours}")));
    }
    nodes.decide_pairing(&pairing.id, Some(&ours)).map_err(failed)?;
    let connected = "document.querySelector('#pair-state').dataset.state === 'connected'";
    popup.wait_for("that it is connected", connected, LIMIT).await.map_err(failed)?;
    popup.close().await.map_err(failed)?;
    Ok(ours)
}

/// Waits until a tab of the site can be typed into; gives the name of its first model.
pub(super) async fn ready_model(
    nodes: &Nodes,
    site: &str,
    limit: Duration,
) -> Result<String, CliError> {
    let deadline = Instant::now() + limit;
    let mut looks = interval(Duration::from_millis(50));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let ready = nodes.site_models().into_iter().find(|model| model.ready && model.site == site);
        if let Some(model) = ready {
            return Ok(format!("{site}/{}", model.model));
        }
        if Instant::now() >= deadline {
            let seats = nodes.seats();
            let seat = seats.iter().find(|seat| seat.site == site);
            let state = seat.map_or_else(
                || "the browser does not report it".to_owned(),
                |seat| format!("it is {:?} {}", seat.state, seat.detail),
            );
            let seconds = limit.as_secs();
            return Err(wrong(&format!("the page was not ready within {seconds} s: {state}")));
        }
    }
}

fn wrong(words: &str) -> CliError {
    CliError::new(Exit::Failure, words)
}
