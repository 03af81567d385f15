//! A socket byte by byte, for what no library would send.

use tabway::nodes::chromium_origin;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Gateway, PATIENCE};

pub struct Wire(TcpStream);

impl Wire {
    /// Opens a WebSocket and reads past the gateway's first word.
    pub async fn open(gateway: &Gateway) -> Self {
        let mut stream = TcpStream::connect(gateway.address()).await.expect("a connection");
        let request = format!(
            "GET /node HTTP/1.1\r\nhost: {}\r\norigin: {}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            gateway.address(),
            chromium_origin(),
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, stream.read_u8()).await.expect("in time").expect("a byte"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        let mut wire = Self(stream);
        let (opcode, _) = wire.frame().await.expect("the challenge");
        assert_eq!(opcode, 1);
        wire
    }

    /// Sends a frame under a mask of zeros.
    pub async fn send(&mut self, first: u8, payload: &[u8]) {
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..126 => bytes.push(0x80 | u8::try_from(len).expect("short")),
            len => {
                bytes.push(0xff);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        self.raw(&bytes).await;
    }

    /// Sends bytes; a socket that is closed meanwhile is no failure here.
    pub async fn raw(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// The next frame's opcode and payload.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let first = self.0.read_u8().await.ok()?;
            let len = match self.0.read_u8().await.ok()? {
                126 => self.0.read_u16().await.ok()?.into(),
                127 => self.0.read_u64().await.ok()?,
                len => len.into(),
            };
            let mut payload = vec![0; usize::try_from(len).ok()?];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((first & 0x0f, payload))
        };
        timeout(PATIENCE, read).await.expect("the gateway is silent")
    }

    /// The code by which the gateway closes; 0 where it just hangs up.
    pub async fn closed(&mut self) -> u16 {
        while let Some((opcode, payload)) = self.frame().await {
            if let (8, [high, low, ..]) = (opcode, payload.as_slice()) {
                return u16::from_be_bytes([*high, *low]);
            }
        }
        0
    }
}
