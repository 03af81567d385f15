//! Taking connections: as many as are allowed, and on when the system is short of something.

use std::{io, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::connection::{Gate, serve_connection};
use crate::runtime::Worker;

/// How long to wait when the system has no descriptor or memory for another connection.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the gateway drains; each connection becomes a task of this worker.
pub(crate) async fn accept_loop(
    worker: Arc<Worker>,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    gate: Gate,
) {
    loop {
        let taken = tokio::select! {
            biased;
            () = worker.app.shutdown.draining() => return,
            taken = accept(&listener, &gate) => taken,
        };
        let (stream, peer, pass) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        // Small answers and single events must not wait for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "no TCP_NODELAY");
        }
        let (worker, tls) = (worker.clone(), tls.clone());
        tokio::spawn(async move {
            serve_connection(worker, stream, peer, tls).await;
            drop(pass);
        });
    }
}

/// A pass first: over the limit new connections wait in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    gate: &Gate,
) -> io::Result<(tokio::net::TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let pass = gate.pass().await?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, pass))
}

async fn pause_after(error: &io::Error) {
    let of_the_peer = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    );
    if !of_the_peer {
        // EMFILE and its kin would otherwise spin: the connection stays in the queue.
        tracing::warn!(%error, "cannot accept a connection; waiting");
        tokio::time::sleep(SHORTAGE_PAUSE).await;
    }
}
