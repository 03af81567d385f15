//! Workers: a thread each, with a runtime of its own and its own pool of upstream connections.
//! A connection lives and dies on its worker, so its bytes never cross threads.

use std::{
    io,
    net::TcpListener,
    sync::Arc,
    thread::{Builder, JoinHandle},
};

use tokio_rustls::TlsAcceptor;

use crate::{
    app::App,
    listen::{self, Gate},
    router::Router,
    upstream::{Egress, EgressOptions},
};

/// What a request on one worker can reach.
pub struct Worker {
    /// The gateway's shared state.
    pub app: Arc<App>,
    /// This worker's connections to upstreams.
    pub egress: Egress,
    /// Routes beside the hot ones.
    pub(crate) router: Router,
}

/// A bound address, ready to be served.
pub(crate) struct Listening {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
}

/// Starts the workers; each ends after the drain.
///
/// # Errors
/// When a thread, a runtime or a copy of a socket cannot be had.
pub(crate) fn start(
    app: &Arc<App>,
    egress: &EgressOptions,
    listening: &[Listening],
) -> io::Result<Vec<JoinHandle<()>>> {
    let (workers, gate) = {
        let config = app.config();
        (config.workers, Gate::new(config.limits.max_connections))
    };
    (0..workers)
        .map(|number| {
            let sockets = listening
                .iter()
                .map(|one| Ok((one.socket.try_clone()?, one.tls.clone())))
                .collect::<io::Result<Vec<_>>>()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (app, egress, gate) = (app.clone(), egress.clone(), gate.clone());
            Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || runtime.block_on(work(app, egress, sockets, gate)))
        })
        .collect()
}

async fn work(
    app: Arc<App>,
    egress: EgressOptions,
    sockets: Vec<(TcpListener, Option<TlsAcceptor>)>,
    gate: Gate,
) {
    let worker = Arc::new(Worker {
        egress: Egress::new(&egress),
        router: Router::new(&app),
        app: app.clone(),
    });
    for (socket, tls) in sockets {
        match tokio::net::TcpListener::from_std(socket) {
            Ok(listener) => {
                tokio::spawn(listen::accept_loop(worker.clone(), listener, tls, gate.clone()));
            }
            Err(error) => tracing::error!(%error, "a worker cannot listen"),
        }
    }
    app.shutdown.draining().await;
    let patience = app.config().limits.drain_timeout;
    // What is left after that is cut: dropping the runtime drops its tasks, and each request's
    // guard writes how it ended.
    tokio::select! {
        () = app.shutdown.idle() => {}
        () = app.shutdown.hurried() => {}
        () = tokio::time::sleep(patience) => {}
    }
}
