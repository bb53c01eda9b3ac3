//! Listeners, answers.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// An answer, or the end of the connection.
pub type Answered = Result<Response<Text>, io::Error>;

/// An answer on its way.
pub type Answering = Pin<Box<dyn Future<Output = Answered> + Send>>;

/// What answers requests.
pub type Handler = Arc<dyn Fn(Request<Incoming>) -> Answering + Send + Sync>;

/// A body, which may end before it should.
#[derive(Debug)]
pub struct Text {
    bytes: Option<Bytes>,
    /// The length that is promised.
    promised: u64,
}

impl Text {
    /// A body.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { promised: bytes.len() as u64, bytes: Some(bytes) }
    }

    /// The same, of which only so many bytes come.
    pub fn cut_off(mut self, after: usize) -> Self {
        self.bytes = self.bytes.map(|bytes| bytes.slice(..after.min(bytes.len())));
        self
    }
}

impl Body for Text {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        if (bytes.len() as u64) < self.promised && bytes.is_empty() {
            return Poll::Ready(Some(Err(io::Error::other("cut off"))));
        }
        if (bytes.len() as u64) < self.promised {
            self.bytes = Some(Bytes::new());
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

/// A port that is listened on. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Listener {
    /// Where.
    pub address: SocketAddr,
    task: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens for HTTP, or HTTPS. Port 0: a free one.
    ///
    /// # Errors
    /// The system's.
    pub async fn http(address: SocketAddr, handler: Handler, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, tls) = (Arc::clone(&handler), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, handler).await,
                        // One that does not like our certificate goes away.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, handler).await;
                            }
                        }
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self::of(address, task))
    }

    /// A port whose connections are another's business.
    pub fn of(address: SocketAddr, task: JoinHandle<()>) -> Self {
        Self { address, task: Some(task) }
    }

    /// Stops: when this returns the port is free.
    pub async fn stop(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // It was aborted: that is how it ends.
            let _ = task.await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, handler: Handler) {
    let service = service_fn(move |request| handler(request));
    // The other side may close whenever it likes.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// User and password of a request, or why there are none.
pub fn credentials(headers: &HeaderMap) -> Result<(String, String), String> {
    let missing = || "Need auth information.".to_owned();
    let value = headers.get("authorization").and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let token = value.strip_prefix("Basic ").ok_or_else(missing)?;
    let text = STANDARD.decode(token.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let (user, password) = text.as_deref().and_then(|text| text.split_once(':')).ok_or_else(missing)?;
    Ok((user.to_owned(), password.to_owned()))
}

/// The headers of a request that have names of their own in a load.
pub fn load_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    const OTHERS: [&str; 7] =
        ["authorization", "host", "expect", "content-length", "transfer-encoding", "user-agent", "accept"];
    let own = headers.iter().filter(|(name, _)| !OTHERS.contains(&name.as_str()));
    own.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    })
    .collect()
}

/// A header as text; empty where it is missing.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// JSON, indented, under a content type.
pub fn json(fields: &Map<String, Value>, indent: &[u8], content_type: Option<&str>) -> Response<Text> {
    let mut body = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent);
    let mut serializer = serde_json::Serializer::with_formatter(&mut body, formatter);
    // Text and numbers: JSON holds all of them.
    let _ = serde::Serialize::serialize(fields, &mut serializer);
    let mut response = Response::new(Text::new(body));
    if let Some(value) = content_type.and_then(|name| name.parse().ok()) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}

/// A status without a body to speak of.
pub fn plain(status: StatusCode, text: &str) -> Response<Text> {
    let mut response = Response::new(Text::new(text.to_owned()));
    *response.status_mut() = status;
    response
}

/// A page that no client expects.
pub fn html() -> Response<Text> {
    plain(StatusCode::OK, "<html><body><h1>It works!</h1></body></html>")
}

/// A text of a path, without its escapes.
pub fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
            let digits =
                std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.push(digits.unwrap_or(b'?'));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
