//! What is written of a request's turns while they run: it is deleted when the request has ended,
//! however it did, and stays when the gateway is killed.

use std::sync::Arc;

use tabway_dialects::ids::RequestId;
use tokio::runtime::Handle;

use crate::{app::App, nodes::forget_run};

/// The rows of a request.
pub(super) struct Noted {
    app: Arc<App>,
    /// Its own, and the earlier one whose answer it is given.
    requests: Vec<RequestId>,
}

impl Noted {
    pub(super) fn new(app: &Arc<App>, request: RequestId, earlier: Option<RequestId>) -> Self {
        let requests = [Some(request), earlier].into_iter().flatten().collect();
        Self { app: app.clone(), requests }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let (app, requests) = (self.app.clone(), std::mem::take(&mut self.requests));
        // Without a runtime the process ends: the next one finds the rows and lets go of them.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            for request in requests {
                forget_run(&app.store, request).await;
            }
        });
    }
}
