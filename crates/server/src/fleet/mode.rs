//! With a window or without: `FORCE_HEADED` > `FORCE_HEADLESS` > flag > what the profile had last >
//! whether there is a display.

use serde::{Deserialize, Serialize};

use super::FleetError;

/// Whether a browser shows windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It does.
    Headed,
    /// It does not.
    Headless,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Headed => "headed",
            Self::Headless => "headless",
        })
    }
}

/// What the process finds around itself.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `FORCE_HEADED`.
    pub force_headed: Option<String>,
    /// `FORCE_HEADLESS`.
    pub force_headless: Option<String>,
    /// The display, by the variable that names it; one without name on systems that have no such
    /// variable.
    pub display: Option<String>,
}

/// The mode, and the line that says which won and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What won.
    pub mode: Mode,
    /// Why, in words.
    pub why: String,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            force_headed: read("FORCE_HEADED"),
            force_headless: read("FORCE_HEADLESS"),
            display: display(read),
        }
    }
}

/// Windows and macOS show windows wherever somebody is signed in.
fn display(read: impl Fn(&'static str) -> Option<String>) -> Option<String> {
    if cfg!(any(windows, target_os = "macos")) {
        return Some("this system has a desktop".to_owned());
    }
    let named = |name: &'static str| read(name).map(|value| format!("{name}={value}"));
    named("WAYLAND_DISPLAY").or_else(|| named("DISPLAY"))
}

/// Decides.
///
/// # Errors
/// When a variable says neither yes nor no, or a window is asked for where none can be shown.
pub fn decide(
    around: &Surroundings,
    flag: Option<Mode>,
    saved: Option<Mode>,
) -> Result<Decision, FleetError> {
    let headed = switch("FORCE_HEADED", around.force_headed.as_deref())?;
    let headless = switch("FORCE_HEADLESS", around.force_headless.as_deref())?;
    let (mode, won) = match (headed, headless, flag, saved, &around.display) {
        (true, ..) => (Mode::Headed, "FORCE_HEADED is set".to_owned()),
        (_, true, ..) => (Mode::Headless, "FORCE_HEADLESS is set".to_owned()),
        (_, _, Some(mode), ..) => (mode, format!("--{mode} was given")),
        (_, _, _, Some(mode), _) => (mode, format!("the profile was started with --{mode}")),
        (.., Some(display)) => (Mode::Headed, display.clone()),
        (.., None) => (Mode::Headless, "there is no display".to_owned()),
    };
    if mode == Mode::Headed && around.display.is_none() {
        return Err(FleetError::NoDisplay(won));
    }
    let lost = [
        (headed && headless).then(|| "FORCE_HEADLESS".to_owned()),
        flag.filter(|flag| *flag != mode).map(|flag| format!("--{flag}")),
    ];
    let lost: Vec<String> = lost.into_iter().flatten().collect();
    let over = if lost.is_empty() {
        String::new()
    } else {
        format!(", which goes before {}", lost.join(" and "))
    };
    Ok(Decision { mode, why: format!("{won}{over}") })
}

fn switch(name: &'static str, value: Option<&str>) -> Result<bool, FleetError> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        Some("1" | "true" | "yes" | "on") => Ok(true),
        None | Some("" | "0" | "false" | "no" | "off") => Ok(false),
        Some(value) => Err(FleetError::Switch { name, value: value.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode::*, *};

    fn around(headed: &str, headless: &str, display: &str) -> Surroundings {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Surroundings {
            force_headed: some(headed),
            force_headless: some(headless),
            display: some(display),
        }
    }

    #[test]
    fn the_table() {
        let show = "DISPLAY=:0";
        for (headed, headless, flag, saved, display, mode, why) in [
            (
                "1",
                "1",
                Some(Headless),
                None,
                show,
                Headed,
                "FORCE_HEADED is set, which goes before FORCE_HEADLESS and --headless",
            ),
            ("1", "", Some(Headed), None, show, Headed, "FORCE_HEADED is set"),
            (
                "0",
                "1",
                Some(Headed),
                None,
                show,
                Headless,
                "FORCE_HEADLESS is set, which goes before --headed",
            ),
            ("", "true", None, Some(Headed), show, Headless, "FORCE_HEADLESS is set"),
            ("", "", Some(Headless), Some(Headed), show, Headless, "--headless was given"),
            ("", "", Some(Headed), Some(Headless), show, Headed, "--headed was given"),
            (
                "",
                "",
                None,
                Some(Headless),
                show,
                Headless,
                "the profile was started with --headless",
            ),
            ("", "off", None, None, show, Headed, "DISPLAY=:0"),
            ("", "", None, None, "", Headless, "there is no display"),
        ] {
            let decision = decide(&around(headed, headless, display), flag, saved);
            let decision = decision.expect("decided");
            assert_eq!((decision.mode, decision.why.as_str()), (mode, why));
        }
    }

    #[test]
    fn a_window_without_a_display_is_an_error_that_says_who_asked() {
        let error = decide(&around("1", "", ""), None, None).expect_err("no display").to_string();
        assert!(error.contains("FORCE_HEADED") && error.contains("--headless"), "{error}");
        assert!(decide(&around("", "", ""), Some(Headed), None).is_err());
    }

    #[test]
    fn a_variable_says_yes_or_no() {
        let error = decide(&around("maybe", "", ":0"), None, None).expect_err("unclear");
        assert_eq!(error.to_string(), "FORCE_HEADED=maybe is neither 1 nor 0");
    }
}
