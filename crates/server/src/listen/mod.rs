//! Our own accept loop. A ready-made one gives no say over header deadlines, connection limits,
//! a client that stops reading, or how a drain ends.

mod accept;
mod connection;
mod stall;
mod tls;

use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

pub(crate) use accept::accept_loop;
pub(crate) use connection::Gate;
pub(crate) use tls::acceptor;

/// Connections that the kernel may hold for us.
const BACKLOG: i32 = 4_096;

/// Binds an address. One socket serves every worker, so that a taken port stays an error.
///
/// # Errors
/// Those of the system.
pub(crate) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Only skips the wait after a restart; two listeners on one port still collide.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
