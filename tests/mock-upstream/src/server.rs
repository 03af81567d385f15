//! The listening side: connections, routes, and the choice of a behaviour.

use std::{
    collections::{HashMap, VecDeque},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER},
    rt::ReadBufCursor,
    server::conn::http1,
    service::service_fn,
};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::{
    MockConfig,
    behaviour::Behaviour,
    body::{CutHere, ScriptedBody},
    journal::{Entry, Journal, Outcome, Received},
    reply::{self, Asked, Step},
};

/// What all connections of one mock share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: MockConfig,
    pub(crate) journal: Arc<Journal>,
    script: Mutex<Script>,
}

/// Behaviours that wait for their request.
#[derive(Debug, Default)]
struct Script {
    next: VecDeque<Behaviour>,
    of_key: HashMap<String, Behaviour>,
    of_model: HashMap<String, Behaviour>,
}

impl Shared {
    pub(crate) fn new(config: MockConfig) -> Self {
        Self { config, journal: Arc::default(), script: Mutex::default() }
    }

    pub(crate) fn push(&self, behaviour: Behaviour) {
        self.script().next.push_back(behaviour);
    }

    pub(crate) fn set_model(&self, model: &str, behaviour: Behaviour) {
        self.script().of_model.insert(model.to_owned(), behaviour);
    }

    pub(crate) fn set_key(&self, key: &str, behaviour: Behaviour) {
        self.script().of_key.insert(key.to_owned(), behaviour);
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queue first, then the key's own, then the model's, then what its name says.
    fn choose(&self, model: &str, key: Option<&str>) -> Result<Behaviour, String> {
        let mut script = self.script();
        let told = script.next.pop_front();
        let told = told.or_else(|| script.of_key.get(key?).cloned());
        let told = told.or_else(|| script.of_model.get(model).cloned());
        told.map_or_else(|| Behaviour::of_model(model), Ok)
    }
}

/// Accepts until its task is aborted; the connections end with it.
pub(crate) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without it small pieces wait for each other's acknowledgements; a failure only costs time.
    let _ = stream.set_nodelay(true);
    let socket = Arc::new(stream);
    let service = service_fn(|request| {
        let (shared, socket) = (Arc::clone(&shared), Arc::clone(&socket));
        async move { answer(request, &shared, socket).await }
    });
    // A connection that ends by an error has ended as its script or its client wanted.
    let _ = http1::Builder::new().serve_connection(Socket(Arc::clone(&socket)), service).await;
}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    socket: Arc<TcpStream>,
) -> Result<Response<ScriptedBody>, CutHere> {
    if request.uri().path().starts_with("/__mock/") {
        return Ok(control(request, shared, socket).await);
    }
    let (head, body) = request.into_parts();
    let entry = match shared.config.journal {
        true => shared.journal.open(Received {
            method: head.method.to_string(),
            path: head.uri.to_string(),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
            body: Bytes::new(),
            at: Instant::now(),
            outcome: Outcome::Open,
        }),
        false => Entry::unrecorded(),
    };
    let Ok(body) = body.collect().await else {
        return Err(CutHere);
    };
    let body = body.to_bytes();
    entry.set_body(&body);
    let exchange = Exchange { entry, socket };

    let sent_key = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent_key = sent_key.and_then(|value| value.strip_prefix("Bearer "));
    if let Some(wanted) = &shared.config.api_key
        && sent_key != Some(wanted)
    {
        return Ok(exchange.fail(&Behaviour { status: 401, ..Behaviour::default() }, sent_key));
    }
    match (&head.method, head.uri.path()) {
        (&Method::GET, "/v1/models") => Ok(exchange.json(200, models(&shared.config))),
        (&Method::POST, "/v1/chat/completions") => {
            let asked = Asked::of(&serde_json::from_slice(&body).unwrap_or_default());
            match shared.choose(&asked.model, sent_key) {
                Ok(behaviour) => chat(exchange, &asked, &behaviour, sent_key).await,
                Err(error) => Ok(exchange.json(400, json!({"error": {"message": error}}))),
            }
        }
        _ => Ok(exchange.json(404, json!({"detail": "Not Found"}))),
    }
}

async fn chat(
    mut exchange: Exchange,
    asked: &Asked,
    behaviour: &Behaviour,
    sent_key: Option<&str>,
) -> Result<Response<ScriptedBody>, CutHere> {
    if behaviour.reset_before_headers {
        exchange.entry.settle(Outcome::Cut);
        // Best effort: the connection ends either way.
        let _ = exchange.socket.set_zero_linger();
        return Err(CutHere);
    }
    if behaviour.silent {
        std::future::pending::<()>().await;
    }
    if behaviour.is_error() && (behaviour.status != 200 || !asked.stream) {
        tokio::time::sleep(Duration::from_millis(behaviour.first_ms)).await;
        return Ok(exchange.fail(behaviour, sent_key));
    }
    if asked.stream {
        let steps = reply::streamed(asked, behaviour);
        let kind = behaviour.content_type.as_deref().unwrap_or("text/event-stream");
        return Ok(exchange.respond(200, kind, None, steps, behaviour.endless));
    }
    if behaviour.first_ms > 0 {
        tokio::time::sleep(Duration::from_millis(behaviour.first_ms)).await;
    }
    let body = reply::buffered(asked, behaviour);
    let length = body.len();
    let mut steps = VecDeque::from([Step::Send(body)]);
    if let Some(bytes) = behaviour.reset_after {
        reply::cut_after(&mut steps, bytes, true);
    }
    if let Some(bytes) = behaviour.close_after {
        reply::cut_after(&mut steps, bytes, false);
    }
    if behaviour.silent_after.is_some() {
        reply::cut_after(&mut steps, length / 2, false);
        steps.pop_back();
        steps.push_back(Step::Silence);
    }
    let kind = behaviour.content_type.as_deref().unwrap_or("application/json");
    Ok(exchange.respond(200, kind, Some(length), steps, false))
}

/// `GET` and `DELETE /__mock/journal`, `POST /__mock/script` with a list of behaviours.
async fn control(
    request: Request<Incoming>,
    shared: &Shared,
    socket: Arc<TcpStream>,
) -> Response<ScriptedBody> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let exchange = Exchange { entry: Entry::unrecorded(), socket };
    match (&head.method, head.uri.path()) {
        (&Method::GET, "/__mock/journal") => {
            let entries: Vec<Value> =
                shared.journal.entries().iter().map(Received::to_json).collect();
            exchange.json(200, json!(entries))
        }
        (&Method::DELETE, "/__mock/journal") => {
            shared.journal.clear();
            exchange.json(200, json!({}))
        }
        (&Method::POST, "/__mock/script") => {
            match serde_json::from_slice::<Vec<Behaviour>>(&body) {
                Ok(behaviours) => {
                    behaviours.into_iter().for_each(|behaviour| shared.push(behaviour));
                    exchange.json(200, json!({}))
                }
                Err(error) => exchange.json(400, json!({"error": {"message": error.to_string()}})),
            }
        }
        _ => exchange.json(404, json!({"detail": "Not Found"})),
    }
}

fn models(config: &MockConfig) -> Value {
    let models: Vec<Value> = config
        .models
        .iter()
        .map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "mock"}))
        .collect();
    json!({"object": "list", "data": models})
}

/// One request on its connection.
struct Exchange {
    entry: Entry,
    socket: Arc<TcpStream>,
}

impl Exchange {
    fn json(self, status: u16, body: Value) -> Response<ScriptedBody> {
        let body = Bytes::from(body.to_string());
        let length = body.len();
        self.respond(status, "application/json", Some(length), [Step::Send(body)].into(), false)
    }

    fn fail(self, behaviour: &Behaviour, sent_key: Option<&str>) -> Response<ScriptedBody> {
        let (kind, body) = reply::error(behaviour, sent_key);
        let kind = behaviour.content_type.as_deref().unwrap_or(kind);
        let length = body.len();
        let steps = [Step::Send(body)].into();
        let mut response = self.respond(behaviour.status, kind, Some(length), steps, false);
        if let Some(after) = &behaviour.retry_after
            && let Ok(value) = after.parse()
        {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        for (name, value) in &behaviour.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value.parse()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn respond(
        self,
        status: u16,
        kind: &str,
        length: Option<usize>,
        steps: VecDeque<Step>,
        endless: bool,
    ) -> Response<ScriptedBody> {
        let body = ScriptedBody::new(steps, endless, self.entry, self.socket);
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Ok(kind) = kind.parse() {
            response.headers_mut().insert(CONTENT_TYPE, kind);
        }
        if let Some(length) = length {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        response
    }
}

/// A stream that its replies can reach, to reset it.
struct Socket(Arc<TcpStream>);

impl hyper::rt::Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut block = [0; 16 * 1024];
        let room = buffer.remaining().min(block.len());
        loop {
            ready!(self.0.poll_read_ready(context))?;
            match self.0.try_read(&mut block[..room]) {
                Ok(count) => {
                    buffer.put_slice(&block[..count]);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl hyper::rt::Write for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The socket closes when its last owner lets go.
        Poll::Ready(Ok(()))
    }
}
