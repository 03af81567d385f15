//! Addresses with Google's project and location in them.

use super::{Account, ConfigError, Credential, Provider, account::Urls, build};

/// The location where nothing says otherwise.
const EVERYWHERE: &str = "global";

/// A project that nobody has: a provider without accounts has an address all the same.
pub(super) const NO_PROJECT: &str = "none";

/// Whether an address is to be filled in.
pub(super) fn is_template(base_url: &str) -> bool {
    base_url.contains('{')
}

/// An address with its project and location; `{location-}` is the location and a dash, and nothing
/// where it is everywhere.
pub(super) fn fill(
    template: &str,
    project: &str,
    location: Option<&str>,
) -> Result<String, ConfigError> {
    let location = location.unwrap_or(EVERYWHERE);
    let plain = |text: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
        !text.is_empty() && text.len() <= 100 && text.chars().all(fits)
    };
    for (what, text) in [("project", project), ("location", location)] {
        if !plain(text) || (what == "location" && text.contains(['.', ':'])) {
            return Err(ConfigError::new(format!("`{}` is no {what}", text.escape_debug())));
        }
    }
    let dashed = if location == EVERYWHERE { String::new() } else { format!("{location}-") };
    let filled = template.replace("{location-}", &dashed).replace("{location}", location);
    let filled = filled.replace("{project}", project);
    if is_template(&filled) {
        return Err(ConfigError::new(
            "base_url: only {project}, {location} and {location-} may stand in braces",
        ));
    }
    Ok(filled)
}

impl Account {
    /// Gives the account an address of its own where the provider's depends on the account.
    pub(super) fn settle(
        &mut self,
        provider: &Provider,
        project: Option<&str>,
        location: Option<&str>,
    ) -> Result<(), ConfigError> {
        let Some(template) = &provider.template else {
            return match project.or(location) {
                None => Ok(()),
                Some(_) => Err(ConfigError::new(format!(
                    "`{}` has no project and no location",
                    provider.name
                ))),
            };
        };
        let of_key = match &self.credential {
            Credential::Service(service) => service.project().map(str::to_owned),
            Credential::Fixed(_) => None,
        };
        let project = project.or(provider.project.as_deref()).map(str::to_owned).or(of_key);
        let project = project
            .ok_or_else(|| ConfigError::new("the project is missing: name Google's project"))?;
        let location = location.or(provider.location.as_deref());
        let base_url = fill(template, &project, location)?;
        let (_, chat_url) = build::addresses(&base_url)?;
        self.urls = Some(std::sync::Arc::new(Urls { base_url, chat_url }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_and_locations_are_filled_in() {
        let vertex = "https://{location-}aiplatform.googleapis.com/v1/projects/{project}/locations/{location}";
        assert_eq!(
            fill(vertex, "my-project", Some("europe-west4")).unwrap(),
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4"
        );
        assert_eq!(
            fill(vertex, "example.com:p", None).unwrap(),
            "https://aiplatform.googleapis.com/v1/projects/example.com:p/locations/global"
        );
        for (project, location) in
            [("p/../q", None), ("", None), ("p", Some("evil.com/")), ("P", None)]
        {
            assert!(fill(vertex, project, location).is_err(), "{project} {location:?}");
        }
        assert!(fill("https://{host}/", "p", None).is_err());
    }
}
