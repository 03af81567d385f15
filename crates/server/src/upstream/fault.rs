//! Why an upstream was not reached, in a form that advice can be given for.

/// What stood in the way of a request before its response head was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The address is none that can be dialled.
    Address,
    /// The name does not resolve.
    Resolve,
    /// The address may not be dialled.
    Forbidden,
    /// No connection in time.
    Timeout,
    /// Nobody listens there.
    Refused,
    /// The network does not get there.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// The proxy is not there.
    ProxyAway,
    /// The proxy wants other credentials, or any.
    ProxyCredentials,
    /// The proxy does not go there.
    ProxyRefused,
    /// The connection ended before an answer.
    Broken,
}
