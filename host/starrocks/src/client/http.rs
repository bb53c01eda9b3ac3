//! One request: front ends in turn, redirects, the password with each.
//!
//! A front end never takes rows: it answers with the address of a back end, or of the leader, whose turn it is then. So
//! the rows are held back until somebody else than a front end is asked. What a redirect names is checked before
//! anything is sent there: the password goes along. From https to http nothing is sent unless that is allowed by name.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use globset::{Glob, GlobSet, GlobSetBuilder};
use http_body_util::{BodyExt as _, Limited};
use hyper::header::{AUTHORIZATION, EXPECT, HeaderValue, LOCATION};
use hyper::http::uri::Scheme;
use hyper::{Method, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use sluicegate_connector::Error;

use super::{Failure, Payload};
use crate::Connection;
use crate::connection::FrontEnd;

/// Redirects that are followed: follower, leader, back end, and one to spare.
const MOST_HOPS: usize = 4;

/// Bytes of an answer, at most.
const LONGEST_ANSWER: usize = 1 << 20;

/// An operation to ask for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked for, for people: `commit of sg-..`.
    pub what: &'static str,
    /// The method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers, by names that are lower-case.
    pub headers: Vec<(&'static str, String)>,
    /// Others, by the names of the server.
    pub more: Vec<(String, String)>,
    /// Rows.
    pub body: Payload,
    /// Whether the front end insists on `Expect: 100-continue`.
    pub expect: bool,
    /// How long it may take, where that is not the connection's.
    pub limit: Option<Duration>,
}

impl Request {
    /// A request without headers and rows.
    pub fn new(what: &'static str, method: Method, path: impl Into<String>) -> Self {
        Self {
            what,
            method,
            path: path.into(),
            headers: Vec::new(),
            more: Vec::new(),
            body: Payload::default(),
            expect: false,
            limit: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP's status, which says little.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
    /// Who answered, `HOST:PORT`.
    pub from: String,
}

/// Connections to a cluster.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool<HttpsConnector<HttpConnector>, Payload>,
    front_ends: Vec<FrontEnd>,
    /// Whether a front end that is asked by https may send on by http.
    plain_backends: bool,
    /// The front end that answered last.
    preferred: AtomicUsize,
    /// Where redirects may point to.
    allowed: GlobSet,
    authorization: HeaderValue,
    limit: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("front_ends", &self.shared.front_ends).finish_non_exhaustive()
    }
}

impl Http {
    /// Connections, of which none is made yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a connection that is none.
    pub fn new(connection: &Connection) -> Result<Self, Error> {
        let front_ends = connection.front_ends()?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connection.connect_timeout.0));
        connector.set_nodelay(true);
        connector.set_keepalive(Some(Duration::from_secs(30)));
        connector.enforce_http(false);
        let tls = connection.tls.clone().unwrap_or_default();
        if tls.skip_verification {
            tracing::warn!(
                "`skip_verification` of `tls`: any certificate is taken, so rows and the password may go to anybody who \
                 stands between"
            );
        }
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(sluicegate_tls::config(&tls.options())?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // Shorter than servers keep silent connections: one that they close while it is used is a lost answer.
            .pool_idle_timeout(Duration::from_secs(5))
            .build(connector);
        let shared = Shared {
            pool,
            preferred: AtomicUsize::new(0),
            allowed: allowed(connection, &front_ends)?,
            authorization: connection.authorization()?,
            limit: connection.request_timeout.0,
            plain_backends: tls.plain_backends,
            front_ends,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Sends a request to a front end, and to where it points. A front end that cannot be reached is passed over.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] where nobody got it; [`Failure::Lost`] where it was sent and not answered;
    /// [`Failure::Misdirected`] for a redirect that is not followed.
    pub async fn send(&self, request: Request) -> Result<Reply, Failure> {
        let count = self.shared.front_ends.len();
        let first = self.shared.preferred.load(Ordering::Relaxed);
        let mut last = None;
        for turn in 0..count {
            let number = (first + turn) % count;
            let front_end = &self.shared.front_ends[number];
            match self.follow(&request, front_end).await {
                Err(failure @ Failure::Unreachable { .. }) => {
                    tracing::debug!(front_end = %front_end.authority, %failure, "a front end is passed over");
                    last = Some(failure);
                }
                done => {
                    self.shared.preferred.store(number, Ordering::Relaxed);
                    return done;
                }
            }
        }
        Err(last
            .unwrap_or(Failure::Unreachable { what: request.what, why: "there is no front end".to_owned() }))
    }

    async fn follow(&self, request: &Request, front_end: &FrontEnd) -> Result<Reply, Failure> {
        let misdirected = |why: String| Failure::Misdirected { what: request.what, why };
        let mut uri = Uri::builder()
            .scheme(front_end.scheme.clone())
            .authority(front_end.authority.clone())
            .path_and_query(request.path.as_str())
            .build()
            .map_err(|error| misdirected(format!("{} is no path: {error}", request.path)))?;
        for _ in 0..=MOST_HOPS {
            let is_front_end = uri
                .authority()
                .is_some_and(|at| self.shared.front_ends.iter().any(|front_end| front_end.authority == *at));
            let body = if is_front_end { Payload::default() } else { request.body.clone() };
            let reply = self.once(request, &uri, body, is_front_end).await?;
            match reply {
                Hop::Done(reply) => return Ok(reply),
                Hop::To(next) => {
                    self.check(&uri, &next).map_err(misdirected)?;
                    uri = next;
                }
            }
        }
        Err(misdirected(format!("there were more than {MOST_HOPS} redirects, the last of them to {uri}")))
    }

    async fn once(
        &self,
        request: &Request,
        uri: &Uri,
        body: Payload,
        front_end: bool,
    ) -> Result<Hop, Failure> {
        let from = uri.authority().map_or_else(String::new, ToString::to_string);
        let lost = |why: String| Failure::Lost { what: request.what, why: format!("{from}: {why}") };
        let mut built = hyper::Request::builder()
            .method(request.method.clone())
            .uri(uri.clone())
            .header(AUTHORIZATION, &self.shared.authorization);
        let more = request.more.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in request.headers.iter().map(|(name, value)| (*name, value)).chain(more) {
            // Names of columns are UTF-8, which servers take.
            built = built.header(name, value.as_bytes());
        }
        if request.expect && front_end {
            // Its answer is the redirect: it never asks for the rows.
            built = built.header(EXPECT, "100-continue");
        }
        let unfit = |error: hyper::http::Error| Failure::Misdirected {
            what: request.what,
            why: format!("the request cannot be written: {error}"),
        };
        let built = built.body(body).map_err(unfit)?;
        let limit = request.limit.unwrap_or(self.shared.limit);
        let exchange = async {
            let response = self.shared.pool.request(built).await.map_err(|error| {
                let why = causes(&error);
                if let Some(why) = sluicegate_tls::untrusted(&error) {
                    return Failure::Misdirected { what: request.what, why: format!("{from}: {why}") };
                }
                if error.is_connect() {
                    return Failure::Unreachable { what: request.what, why: format!("{from}: {why}") };
                }
                lost(why)
            })?;
            let (head, body) = response.into_parts();
            if head.status.is_redirection() {
                let to = head.headers.get(LOCATION).and_then(|to| to.to_str().ok());
                let next = to.and_then(|to| to.parse::<Uri>().ok());
                return next.map(Hop::To).ok_or_else(|| Failure::Misdirected {
                    what: request.what,
                    why: format!("{from} answered {} and did not say where to", head.status),
                });
            }
            let body = Limited::new(body, LONGEST_ANSWER).collect().await;
            let body = body.map_err(|error| lost(format!("the answer was cut off: {error}")))?.to_bytes();
            Ok(Hop::Done(Reply { status: head.status, body, from: from.clone() }))
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(done) => done,
            Err(_) => Err(lost(format!("no answer within {} s", limit.as_secs_f32()))),
        }
    }

    /// Whether rows and the password may be sent to an address.
    fn check(&self, from: &Uri, next: &Uri) -> Result<(), String> {
        let Some(authority) = next.authority() else {
            return Err(format!("a redirect to {next} names no host"));
        };
        let (encrypted, plain) = (Some(&Scheme::HTTPS), Some(&Scheme::HTTP));
        if next.scheme() != encrypted && next.scheme() != plain {
            return Err(format!(
                "a redirect to {authority} by another way than http and https is not followed"
            ));
        }
        if from.scheme() == encrypted && next.scheme() == plain && !self.shared.plain_backends {
            return Err(format!(
                "the front end sends the rows on to {authority} by http, where rows and the password would go in plain text; \
                 set `plain_backends: true` of `tls` if nobody else is on the network between"
            ));
        }
        if authority.as_str().contains('@') {
            return Err("a redirect with a user in it is not followed".to_owned());
        }
        let allowed = &self.shared.allowed;
        if allowed.is_match(authority.as_str()) || allowed.is_match(authority.host()) {
            return Ok(());
        }
        Err(format!(
            "the front end sends the rows on to {authority}, which is not allowed: rows and the password would go there; \
             name it in `backends` of the connection if it is one of yours"
        ))
    }

    /// Fetches what a server points to. Without the password.
    pub(super) async fn fetch(&self, url: &str, most: usize, limit: Duration) -> Result<Reply, Failure> {
        let what = "the log of refused rows";
        let misdirected = |why: String| Failure::Misdirected { what, why };
        let uri: Uri = url.parse().map_err(|_| misdirected("its address is none".to_owned()))?;
        // Rows are in it: it comes the way that they went.
        let asked = self.shared.front_ends.iter().any(|front_end| front_end.scheme == Scheme::HTTPS);
        let asked = if asked { Uri::from_static("https://fe") } else { Uri::from_static("http://fe") };
        self.check(&asked, &uri).map_err(misdirected)?;
        let from = uri.authority().map_or_else(String::new, ToString::to_string);
        let lost = |why: String| Failure::Lost { what, why: format!("{from}: {why}") };
        let exchange = async {
            let response = self.shared.pool.get(uri).await.map_err(|error| lost(causes(&error)))?;
            let status = response.status();
            let mut body = response.into_body();
            let mut read = Vec::new();
            while read.len() < most
                && let Some(frame) = body.frame().await
            {
                let frame = frame.map_err(|error| lost(causes(&error)))?;
                read.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
            }
            read.truncate(most);
            Ok(Reply { status, body: read.into(), from: from.clone() })
        };
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or_else(|_| Err(lost("no answer in time".to_owned())))
    }
}

enum Hop {
    Done(Reply),
    To(Uri),
}

fn allowed(connection: &Connection, front_ends: &[FrontEnd]) -> Result<GlobSet, Error> {
    let mut globs = GlobSetBuilder::new();
    let named = connection.backends.iter().map(String::as_str);
    for pattern in named {
        let glob = Glob::new(pattern).map_err(|error| {
            Error::configuration(format!("`backends` of the connection cannot have {pattern:?}"))
                .caused_by(error)
        })?;
        globs.add(glob);
    }
    for front_end in front_ends {
        // A name has no characters that mean something in a pattern; an IPv6 address has brackets.
        let host = globset::escape(front_end.authority.host());
        globs.add(
            Glob::new(&host).map_err(|error| Error::configuration("`fe` names no host").caused_by(error))?,
        );
    }
    globs.build().map_err(|error| Error::configuration("`backends` of the connection").caused_by(error))
}

/// An error with what is beneath it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}
