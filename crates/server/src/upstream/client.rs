//! The outbound client of one worker.

use std::{
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use tabway_dialects::chat::{Failure, FailureClass};

use super::{
    DialRules,
    connector::{DialError, Dialer},
    fault::Fault,
};
use crate::config::Proxy;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Unused connections kept for each upstream and worker.
const IDLE_PER_HOST: usize = 256;

/// hyper's buffer for a connection: an answer's pieces are small, and many streams are open.
const BUFFER_BYTES: usize = 64 * 1024;

/// What a client needs to start.
#[derive(Clone)]
pub struct EgressOptions {
    rules: DialRules,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
}

impl EgressOptions {
    /// Loads the system's roots (and those of `SSL_CERT_FILE`), once for all workers.
    /// `connect_timeout` is for a dial as a whole, TLS included.
    ///
    /// # Errors
    /// When TLS cannot be set up at all. A system without roots is not an error: plain upstreams
    /// still work, and an encrypted one fails with a reason.
    pub fn new(rules: DialRules, connect_timeout: Duration) -> Result<Self, rustls::Error> {
        let mut roots = rustls::RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some of the system's certificates could not be read");
        }
        roots.add_parsable_certificates(found.certs);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { rules, tls: Arc::new(tls), connect_timeout })
    }
}

/// Sends requests to upstreams. One a worker: a connection lives on the runtime that dialled it.
#[derive(Clone)]
pub struct Egress {
    direct: Pool,
    options: EgressOptions,
    /// A pool for each proxy; connections through one are of no use to another.
    through: Arc<Mutex<Vec<Through>>>,
}

type Pool = Client<Dialer, Full<Bytes>>;

/// A proxy and its connections.
type Through = (Arc<Proxy>, Pool);

/// The most proxies whose pools are kept; a reload may name others without end.
const PROXIES: usize = 64;

/// A request that did not get a response head. `reached` tells whether a connection stood, so that
/// the upstream may have seen the request.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct EgressError {
    /// Words for the log; they may name addresses.
    pub reason: String,
    /// Whether a connection to the upstream stood.
    pub reached: bool,
    /// What stood in the way.
    pub fault: Fault,
}

impl Egress {
    /// A client with an empty pool. Call it on the worker's runtime.
    #[must_use]
    pub fn new(options: &EgressOptions) -> Self {
        Self { direct: pool(options, None), options: options.clone(), through: Arc::default() }
    }

    /// The pool of a proxy.
    fn pool_of(&self, proxy: &Arc<Proxy>) -> Pool {
        let mut through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same =
            |known: &&Through| Arc::ptr_eq(&known.0, proxy) || known.0.as_ref() == proxy.as_ref();
        if let Some((_, pool)) = through.iter().find(is_same) {
            return pool.clone();
        }
        if through.len() >= PROXIES {
            through.remove(0);
        }
        let made = pool(&self.options, Some(proxy.clone()));
        through.push((proxy.clone(), made.clone()));
        made
    }

    /// The way out for what is no HTTP.
    pub(super) fn dialer(&self, proxy: Option<Arc<Proxy>>) -> Dialer {
        dialer(&self.options, proxy)
    }

    /// Sends a request and waits for the response head. Dropping the future, or the response's
    /// body before its end, closes the connection: the upstream notices at once.
    ///
    /// # Errors
    /// When no connection could be made, or it broke before the head was complete.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, EgressError> {
        self.send_by(request, None).await
    }

    /// The same through a proxy, where there is one.
    ///
    /// # Errors
    /// As [`Egress::send`], and where the proxy does not go there.
    pub async fn send_by(
        &self,
        request: Request<Full<Bytes>>,
        proxy: Option<&Arc<Proxy>>,
    ) -> Result<Response<Incoming>, EgressError> {
        let sent = match proxy {
            None => self.direct.request(request).await,
            Some(proxy) => self.pool_of(proxy).request(request).await,
        };
        sent.map_err(|error| EgressError {
            reached: !error.is_connect(),
            fault: fault(&error),
            reason: chain(&error),
        })
    }
}

fn dialer(options: &EgressOptions, proxy: Option<Arc<Proxy>>) -> Dialer {
    Dialer {
        rules: options.rules.clone(),
        tls: options.tls.clone(),
        limit: options.connect_timeout,
        proxy,
    }
}

fn pool(options: &EgressOptions, proxy: Option<Arc<Proxy>>) -> Pool {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .http1_max_buf_size(BUFFER_BYTES)
        // A request is sent again by routing, which knows what it may repeat; here only where
        // a kept connection turned out closed before a byte of the request was written.
        .retry_canceled_requests(true)
        .build(dialer(options, proxy))
}

/// What stood in the way of a request.
fn fault(error: &hyper_util::client::legacy::Error) -> Fault {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(dial) = cause.downcast_ref::<DialError>() {
            return dial.fault();
        }
        source = cause.source();
    }
    Fault::Broken
}

impl From<EgressError> for Failure {
    fn from(error: EgressError) -> Self {
        let (class, words) = if error.reached {
            (FailureClass::UpstreamError, "the upstream closed the connection without an answer")
        } else {
            (FailureClass::UpstreamUnreachable, "the upstream could not be reached")
        };
        Failure::new(class, words).with_internal(error.reason)
    }
}

/// The causes of an error, innermost last.
fn chain(error: &hyper_util::client::legacy::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        if cause.downcast_ref::<DialError>().is_some() {
            break;
        }
        source = cause.source();
    }
    words
}
