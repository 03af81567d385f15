//! Dials an upstream: resolve, check each address, connect, and TLS where the scheme says so.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower_service::Service;

use super::{DialRules, fault::Fault, through::fault_of};
use crate::config::Proxy;

/// How long an address has to itself before the next one is tried too (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Why a dial failed. Words for the log: they may name addresses.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("the address has no host")]
    NoHost,
    #[error("scheme `{0}` is neither http nor https")]
    Scheme(String),
    #[error("{host} does not resolve: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("{host} resolves to nothing that may be dialled")]
    Forbidden { host: String },
    #[error("{host}: no connection within {limit:?}")]
    Timeout { host: String, limit: Duration },
    #[error("{host}: {source}")]
    Connect { host: String, source: io::Error },
    #[error("{host}: TLS: {source}")]
    Tls { host: String, source: io::Error },
    #[error("{host} through the proxy {proxy}: {words}")]
    Proxy { proxy: String, host: String, fault: Fault, words: String },
}

impl DialError {
    /// What stood in the way.
    pub(super) fn fault(&self) -> Fault {
        match self {
            Self::NoHost | Self::Scheme(_) => Fault::Address,
            Self::Resolve { .. } => Fault::Resolve,
            Self::Forbidden { .. } => Fault::Forbidden,
            Self::Timeout { .. } => Fault::Timeout,
            Self::Connect { source, .. } => fault_of(source),
            Self::Tls { .. } => Fault::Tls,
            Self::Proxy { fault, .. } => *fault,
        }
    }
}

/// Dials for one worker's pool.
#[derive(Clone)]
pub(super) struct Dialer {
    pub(super) rules: DialRules,
    pub(super) tls: Arc<rustls::ClientConfig>,
    pub(super) limit: Duration,
    /// What stands in between.
    pub(super) proxy: Option<Arc<Proxy>>,
}

impl Dialer {
    async fn dial(self, uri: Uri) -> Result<TokioIo<Socket>, DialError> {
        let host = uri.host().ok_or(DialError::NoHost)?.trim_matches(['[', ']']).to_owned();
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            other => return Err(DialError::Scheme(other.unwrap_or_default().to_owned())),
        };
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let limit = self.limit;
        timeout(limit, self.open(&host, port, secure))
            .await
            .unwrap_or(Err(DialError::Timeout { host, limit }))
            .map(TokioIo::new)
    }

    pub(super) async fn open(
        &self,
        host: &str,
        port: u16,
        secure: bool,
    ) -> Result<Socket, DialError> {
        let way = match &self.proxy {
            None => Socket::Plain(self.connect(host, port).await?),
            Some(proxy) => self.through(proxy, host, port).await?,
        };
        match secure {
            true => self.encrypt(host, way).await,
            false => Ok(way),
        }
    }

    /// TLS with `host` at the end of a way to it.
    pub(super) async fn encrypt(&self, host: &str, way: Socket) -> Result<Socket, DialError> {
        let tls_error = |source| DialError::Tls { host: host.to_owned(), source };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| tls_error(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let tls = TlsConnector::from(self.tls.clone());
        match way {
            Socket::Plain(tcp) => {
                let stream = tls.connect(name, tcp).await.map_err(tls_error)?;
                Ok(Socket::Tls(Box::new(stream)))
            }
            // Over the TLS of the proxy itself.
            way => {
                let stream = tls.connect(name, way).await.map_err(tls_error)?;
                Ok(Socket::Inner(Box::new(stream)))
            }
        }
    }

    /// Tries the allowed addresses, in the resolver's order. The check is of the very address that
    /// is dialled, so that a name cannot resolve to something else in between.
    pub(super) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, DialError> {
        let found = tokio::net::lookup_host((host, port))
            .await
            .map_err(|source| DialError::Resolve { host: host.to_owned(), source })?;
        let allowed = found.filter(|address| self.rules.allow(host, address.ip())).collect();
        let host = || host.to_owned();
        let tcp = any_of(allowed).await;
        let tcp = tcp.ok_or_else(|| DialError::Forbidden { host: host() })?;
        let tcp = tcp.map_err(|source| DialError::Connect { host: host(), source })?;
        // Pieces of a stream must not wait for each other.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        Ok(tcp)
    }
}

/// The first of these addresses that takes a connection. One that does not answer is not waited for
/// before the next is tried, so that a name with a dead address beside a good one is no slower for
/// it. Nothing where there is no address; the last error where none takes it.
pub(super) async fn any_of(addresses: Vec<SocketAddr>) -> Option<io::Result<TcpStream>> {
    let mut waiting = addresses.into_iter();
    let mut open = FuturesUnordered::new();
    let mut last = None;
    loop {
        open.extend(waiting.next().map(TcpStream::connect));
        let others = waiting.len() > 0;
        tokio::select! {
            biased;
            dialled = open.next() => match dialled {
                Some(Ok(tcp)) => return Some(Ok(tcp)),
                Some(Err(error)) => last = Some(Err(error)),
                None => return last,
            },
            () = tokio::time::sleep(HEAD_START), if others => {}
        }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Socket>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().dial(uri))
    }
}

/// A connection, plain or encrypted.
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// TLS within the TLS of a proxy.
    Inner(Box<TlsStream<Socket>>),
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buf),
            Self::Inner(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_write(cx, buf),
            Self::Inner(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Inner(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
            Self::Inner(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
            Self::Inner(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
            Self::Inner(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
