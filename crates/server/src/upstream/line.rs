//! A connection for what is no HTTP: the same dial, with its checks and its proxy.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use super::{
    client::{Egress, EgressError},
    connector::{DialError, Dialer, Socket},
};
use crate::config::Proxy;

/// A connection, plain or encrypted.
pub struct Line(Socket);

impl Egress {
    /// Connects to a host, with TLS where `secure`.
    ///
    /// # Errors
    /// When no connection could be made.
    pub async fn line(
        &self,
        host: &str,
        port: u16,
        secure: bool,
        proxy: Option<Arc<Proxy>>,
    ) -> Result<Line, EgressError> {
        let dialer = self.dialer(proxy).without_http();
        let limit = dialer.limit;
        let late = || DialError::Timeout { host: host.to_owned(), limit };
        let dialled = timeout(limit, dialer.open(host, port, secure)).await;
        match dialled.unwrap_or_else(|_| Err(late())) {
            Ok(socket) => Ok(Line(socket)),
            Err(error) => {
                Err(EgressError { reason: error.to_string(), reached: false, fault: error.fault() })
            }
        }
    }
}

impl Dialer {
    /// A server of something else may refuse who says that HTTP is to be spoken.
    fn without_http(mut self) -> Self {
        Arc::make_mut(&mut self.tls).alpn_protocols.clear();
        self
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
