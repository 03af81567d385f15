//! Our own accept loop. A ready-made one gives no say over header deadlines, connection limits,
//! a client that stops reading, or how a drain ends.

mod accept;
mod connection;
mod stall;
mod tls;

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

pub(crate) use accept::accept_loop;
pub(crate) use connection::Gate;
pub(crate) use tls::acceptor;

/// Connections that the kernel may hold for us.
const BACKLOG: i32 = 4_096;

/// A client that has vanished without a word is given up after 50 seconds without an answer: probes
/// begin when nothing has come for so long,
const PROBE_AFTER: Duration = Duration::from_secs(20);
/// come so often,
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// and so many may go unanswered.
const PROBES: u32 = 3;

/// Binds an address. `patience` is how long what was sent may stay unacknowledged. Both it and the
/// probes pass on to every connection, which so costs no call of its own. One socket serves every worker, so that a taken port stays an error.
///
/// # Errors
/// Those of the system.
pub(crate) fn bind(address: SocketAddr, patience: Duration) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Only skips the wait after a restart; two listeners on one port still collide.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    let probes = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY);
    socket.set_tcp_keepalive(&probes.with_retries(PROBES))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(patience))?;
    #[cfg(not(target_os = "linux"))]
    let _ = patience;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpStream;

    use socket2::SockRef;

    use super::*;

    #[test]
    fn d3_who_vanishes_is_probed() {
        let patience = Duration::from_secs(60);
        let listener = bind(([127, 0, 0, 1], 0).into(), patience).expect("a port");
        listener.set_nonblocking(false).expect("a socket");
        let _client = TcpStream::connect(listener.local_addr().expect("an address")).expect("one");
        let (taken, _) = listener.accept().expect("a connection");
        let taken = SockRef::from(&taken);
        assert!(taken.keepalive().expect("told"));
        assert_eq!(taken.tcp_keepalive_time().expect("told"), PROBE_AFTER);
        assert_eq!(taken.tcp_keepalive_interval().expect("told"), PROBE_EVERY);
        assert_eq!(taken.tcp_keepalive_retries().expect("told"), PROBES);
        assert_eq!(taken.tcp_user_timeout().expect("told"), Some(patience));
    }
}
