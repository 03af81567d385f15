//! Through a proxy: the way to it is dialled and checked like any other, then hyper-util's
//! connectors ask it for the rest (CONNECT, SOCKS5).

use std::{
    future::{Future, Ready, ready},
    io,
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
};

use data_encoding::BASE64;
use http::{HeaderValue, Uri};
use hyper_util::{
    client::legacy::connect::proxy::{SocksV5, Tunnel},
    rt::TokioIo,
};
use tower_service::Service;

use super::{
    connector::{DialError, Dialer, Socket},
    fault::Fault,
};
use crate::config::{Proxy, ProxyScheme};

/// A connection to the proxy that stands already.
struct Way(Option<TokioIo<Socket>>);

impl Service<Uri> for Way {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// The future of either kind of proxy.
type Asking = Pin<Box<dyn Future<Output = Result<TokioIo<Socket>, String>> + Send>>;

impl Dialer {
    /// A connection to `host` that the proxy makes.
    pub(super) async fn through(
        &self,
        proxy: &Proxy,
        host: &str,
        port: u16,
    ) -> Result<Socket, DialError> {
        // The proxy resolves names, so that only the name itself can be checked here.
        let allowed = match host.parse::<IpAddr>() {
            Ok(address) => self.rules.allow(host, address),
            Err(_) => self.rules.allow_name(host),
        };
        if !allowed {
            return Err(DialError::Forbidden { host: host.to_owned() });
        }
        let failed = |fault, words: String| DialError::Proxy {
            proxy: proxy.to_string(),
            host: host.to_owned(),
            fault,
            words,
        };
        let authority = match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        };
        let target: Result<Uri, _> = format!("http://{authority}/").parse();
        let target = target.map_err(|error| failed(Fault::Address, error.to_string()))?;
        let way = self.to_proxy(proxy).await;
        let way = way.map_err(|error| failed(Fault::ProxyAway, error.to_string()))?;
        let made = ask(proxy, Way(Some(TokioIo::new(way))), target).await;
        made.map(TokioIo::into_inner).map_err(|words| failed(refusal(&words), words))
    }

    async fn to_proxy(&self, proxy: &Proxy) -> Result<Socket, DialError> {
        let tcp = Socket::Plain(self.connect(&proxy.host, proxy.port).await?);
        match proxy.scheme {
            ProxyScheme::Https => self.encrypt(&proxy.host, tcp).await,
            ProxyScheme::Http | ProxyScheme::Socks5 => Ok(tcp),
        }
    }
}

/// Asks the proxy for the rest of the way.
fn ask(proxy: &Proxy, way: Way, target: Uri) -> Asking {
    // It stands already; the connectors want an address all the same.
    let nowhere = Uri::from_static("http://proxy/");
    match proxy.scheme {
        ProxyScheme::Socks5 => {
            let mut socks = SocksV5::new(nowhere, way);
            if let Some((name, word)) = &proxy.credentials {
                socks = socks.with_auth(name.clone(), word.expose().to_owned());
            }
            let asking = socks.call(target);
            Box::pin(async move { asking.await.map_err(|error| error.to_string()) })
        }
        ProxyScheme::Http | ProxyScheme::Https => {
            let mut tunnel = Tunnel::new(nowhere, way);
            if let Some(header) = credentials(proxy) {
                tunnel = tunnel.with_auth(header);
            }
            let asking = tunnel.call(target);
            Box::pin(async move { asking.await.map_err(|error| error.to_string()) })
        }
    }
}

/// Whether it is about who we are. The connectors' errors are not public; their words are.
fn refusal(words: &str) -> Fault {
    match ["auth", "credentials"].iter().any(|word| words.contains(word)) {
        true => Fault::ProxyCredentials,
        false => Fault::ProxyRefused,
    }
}

/// `Basic`, as RFC 7617 has it.
fn credentials(proxy: &Proxy) -> Option<HeaderValue> {
    let (name, word) = proxy.credentials.as_ref()?;
    let text = BASE64.encode(format!("{name}:{}", word.expose()).as_bytes());
    let mut header = HeaderValue::try_from(format!("Basic {text}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// What the system says of a dial.
pub(super) fn fault_of(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Fault::Refused,
        io::ErrorKind::TimedOut => Fault::Timeout,
        _ => Fault::Connect,
    }
}
