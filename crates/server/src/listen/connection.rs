//! One connection from its first byte to its end.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;

use super::stall::StallGuard;
use crate::{edge, runtime::Worker};

/// The longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How long a TLS handshake may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections there may be at once, over all workers.
#[derive(Debug, Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn new(connections: usize) -> Self {
        Self(Arc::new(Semaphore::new(connections)))
    }

    pub(super) async fn pass(&self) -> io::Result<OwnedSemaphorePermit> {
        // Never closed, so this only waits.
        self.0.clone().acquire_owned().await.map_err(io::Error::other)
    }
}

pub(super) async fn serve_connection(
    worker: Arc<Worker>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) {
    let _tracked = worker.app.shutdown.track();
    worker.app.metrics.connections.inc();
    match tls {
        None => serve_http(&worker, stream, peer).await,
        // Boxed: a plain connection should not carry the room of an encrypted one.
        Some(acceptor) => Box::pin(serve_tls(&worker, stream, peer, acceptor)).await,
    }
    worker.app.metrics.connections.dec();
}

async fn serve_tls(
    worker: &Arc<Worker>,
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: TlsAcceptor,
) {
    match tokio::time::timeout(TLS_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => serve_http(worker, stream, peer).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
        Err(_) => tracing::debug!(%peer, "no TLS in time"),
    }
}

async fn serve_http<S>(worker: &Arc<Worker>, stream: S, peer: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (write_timeout, header_timeout) = {
        let config = worker.app.config();
        (config.limits.write_timeout, config.limits.header_timeout)
    };
    let io = TokioIo::new(StallGuard::new(stream, write_timeout));
    let service = service_fn(move |request| edge::serve(worker.clone(), peer, request));
    let connection = http1::Builder::new()
        // Without a timer the header deadline is silently off.
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_header_size(MAX_HEAD_BYTES)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = worker.app.shutdown.draining() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}
