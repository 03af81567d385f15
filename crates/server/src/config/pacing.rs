//! A site's limits besides those of its adapter.

use std::time::Duration;

use tabway_protocol::adapter::Adapter;

/// What the owner of a site says of its limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pacing {
    /// The least time between two turns of a seat.
    pub min_gap: Option<Duration>,
    /// The most turns of a seat in an hour.
    pub per_hour: Option<u32>,
    /// More hours in which a seat takes no turn.
    pub quiet: Vec<String>,
}

impl Pacing {
    /// Puts these limits over an adapter's. A page that others host is not hurried: there they may
    /// only be tighter.
    ///
    /// # Errors
    /// Words that name the limit that is looser.
    pub fn over(&self, adapter: &mut Adapter) -> Result<(), String> {
        let is_public = !adapter.page.origins.is_empty();
        let limits = &mut adapter.limits;
        if let Some(gap) = self.min_gap {
            let (ms, least) =
                (u64::try_from(gap.as_millis()).unwrap_or(u64::MAX), limits.min_gap_ms);
            if is_public && ms < least {
                return Err(format!(
                    "limits.min_gap may not be shorter than the adapter's {least} ms: others host \
                     the page"
                ));
            }
            limits.min_gap_ms = ms;
        }
        if let Some(cap) = self.per_hour {
            let most = limits.per_hour;
            if is_public && most > 0 && (cap == 0 || cap > most) {
                return Err(format!(
                    "limits.per_hour may not be more than the adapter's {most}: others host the page"
                ));
            }
            limits.per_hour = cap;
        }
        limits.quiet.extend(self.quiet.iter().cloned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::built_in;

    #[test]
    fn a_page_that_others_host_is_never_hurried() {
        let pacing = Pacing { min_gap: Some(Duration::from_millis(1)), ..Pacing::default() };
        let (mut own, mut public) = (built_in()["gradio"].clone(), built_in()["lmarena"].clone());
        public.limits.per_hour = 20;
        assert!(pacing.over(&mut own).is_ok());
        assert_eq!(own.limits.min_gap_ms, 1);
        assert!(pacing.over(&mut public).is_err_and(|words| words.contains("limits.min_gap")));
        for (cap, good) in [(0, false), (21, false), (20, true), (5, true)] {
            let pacing = Pacing { per_hour: Some(cap), ..Pacing::default() };
            assert_eq!(pacing.over(&mut public.clone()).is_ok(), good, "{cap}");
        }
    }
}
