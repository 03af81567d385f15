//! A proxy that spoils what an upstream answers: it stands between the gateway and a mock, and does
//! to the bytes of each answer what its [`Fault`] says.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    task::{JoinHandle, JoinSet},
};

use crate::spoil::{Fault, Stop, spoil};

/// A running proxy. It ends, and its connections with it, when this is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    fault: Mutex<Fault>,
    taken: AtomicUsize,
    passed: AtomicUsize,
    ended: AtomicUsize,
}

impl FaultProxy {
    /// Listens in front of an upstream.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(upstream: SocketAddr, fault: Fault) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            fault: Mutex::new(fault),
            taken: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, task })
    }

    /// Base URL of the API behind it.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// From the next request on this is what happens, on connections that stand too.
    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Connections that were taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.shared.taken.load(Ordering::Acquire)
    }

    /// Connections that have ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.shared.ended.load(Ordering::Acquire)
    }

    /// Bytes of answers that went on.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.shared.passed.load(Ordering::Acquire)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        shared.taken.fetch_add(1, Ordering::AcqRel);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // A side that breaks ends the connection; there is nobody to tell.
            let _ = carry(client, &shared).await;
            shared.ended.fetch_add(1, Ordering::AcqRel);
        });
    }
}

/// One connection, until a side ends it or the fault does.
async fn carry(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut upstream = TcpStream::connect(shared.upstream).await?;
    upstream.set_nodelay(true)?;
    let turn = Turn::default();
    let stop = {
        let (from_client, to_client) = client.split();
        let (from_upstream, to_upstream) = upstream.split();
        let mut down = Down { from: from_upstream, to: to_client, shared, turn: &turn };
        tokio::select! {
            asked = ask(from_client, to_upstream, &turn) => {
                asked?;
                return Ok(());
            }
            stop = down.answer() => stop?,
        }
    };
    match stop {
        Stop::Close => client.shutdown().await,
        Stop::Reset => client.set_zero_linger(),
        Stop::Stall => {
            drop(upstream);
            // Until the client gives up: whatever it still sends is read and dropped.
            tokio::io::copy(&mut client, &mut tokio::io::sink()).await.map(|_| ())
        }
    }
}

/// Which request of its connection is on the way. None is sent before the one before it is
/// answered.
#[derive(Debug, Default)]
struct Turn {
    number: AtomicUsize,
    answering: AtomicBool,
}

/// Requests go on as they come, until the client ends.
async fn ask(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, turn: &Turn) -> io::Result<()> {
    let mut block = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut block).await?;
        if count == 0 {
            return Ok(());
        }
        if turn.answering.swap(false, Ordering::AcqRel) || turn.number.load(Ordering::Acquire) == 0
        {
            turn.number.fetch_add(1, Ordering::AcqRel);
        }
        to.write_all(&block[..count]).await?;
    }
}

/// The way down.
struct Down<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    shared: &'a Shared,
    turn: &'a Turn,
}

impl Down<'_> {
    /// Answers, each by the fault that is set when it begins.
    async fn answer(&mut self) -> io::Result<Stop> {
        let mut block = vec![0; 16 * 1024];
        let (mut number, mut fault, mut at, mut head) = (0, Fault::default(), 0, Vec::new());
        loop {
            let count = self.from.read(&mut block).await?;
            if count == 0 {
                return Ok(Stop::Close);
            }
            self.turn.answering.store(true, Ordering::Release);
            let now = self.turn.number.load(Ordering::Acquire);
            if now != number {
                number = now;
                fault = self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner).clone();
                (at, head) = (0, Vec::new());
                tokio::time::sleep(fault.first_after).await;
                if let Some(other) = fault.instead.take() {
                    let stop = self.pass(&other, &fault, &mut at).await?;
                    return Ok(stop.unwrap_or(Stop::Close));
                }
            }
            let bytes = match fault.edit.take() {
                None => Bytes::copy_from_slice(&block[..count]),
                // The head and the body's first bytes together, so that both can be edited.
                Some(edit) => {
                    head.extend_from_slice(&block[..count]);
                    match spoil(&head, edit) {
                        Some(edited) => edited,
                        None => {
                            fault.edit = Some(edit);
                            continue;
                        }
                    }
                }
            };
            if let Some(stop) = self.pass(&bytes, &fault, &mut at).await? {
                return Ok(stop);
            }
        }
    }

    /// Hands bytes on, in the fault's pieces; says where it stops. `at` is the place in the answer.
    async fn pass(
        &mut self,
        bytes: &[u8],
        fault: &Fault,
        at: &mut usize,
    ) -> io::Result<Option<Stop>> {
        let mut bytes = bytes.to_vec();
        if let Some(bad) = fault.corrupt.and_then(|bad| bytes.get_mut(bad.checked_sub(*at)?)) {
            *bad = !*bad;
        }
        let stop = fault.stop.filter(|(place, _)| *place <= *at + bytes.len());
        if let Some((place, _)) = stop {
            bytes.truncate(place.saturating_sub(*at));
        }
        for piece in bytes.chunks(fault.pieces.unwrap_or(usize::MAX)) {
            self.to.write_all(piece).await?;
            *at += piece.len();
            self.shared.passed.fetch_add(piece.len(), Ordering::AcqRel);
            if !fault.pause.is_zero() {
                tokio::time::sleep(fault.pause).await;
            }
        }
        Ok(stop.map(|(_, stop)| stop))
    }
}
