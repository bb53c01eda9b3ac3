//! What a back end answers.
//!
//! | module | holds |
//! |---|---|
//! | `answers` | the shapes of its answers |
//! | `transaction` | operations of a transaction |
//! | `stream_load` | loads that are transactions by themselves |

mod answers;
mod stream_load;
mod transaction;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};

use crate::cluster::{Cluster, State};
use crate::faults::{Kind, Operation};
use crate::http::{Answered, credentials, decoded, html, plain};

/// A back end.
#[derive(Clone, Debug)]
pub struct BackEnd {
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// Its number.
    pub number: usize,
}

impl BackEnd {
    /// Answers a request.
    pub async fn answer(self, request: Request<Incoming>) -> Answered {
        let path = request.uri().path().to_owned();
        let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let operation = match parts.as_slice() {
            ["api", "transaction", "begin"] => Operation::Begin,
            ["api", "transaction", "load"] => Operation::Load,
            ["api", "transaction", "prepare"] => Operation::Prepare,
            ["api", "transaction", "commit"] => Operation::Commit,
            ["api", "transaction", "rollback"] => Operation::Rollback,
            ["api", _, _, "_stream_load"] if request.method() == Method::PUT => Operation::StreamLoad,
            ["api", "_load_error_log"] => return Ok(self.error_log(&request)),
            _ => return Ok(plain(StatusCode::NOT_FOUND, "Not Found")),
        };
        let fault = self.cluster.faults.strike(operation);
        let answer = match &fault {
            Some(Kind::LostRequest) => return Err(io::Error::other("lost")),
            Some(Kind::Fails(words)) => match operation {
                Operation::StreamLoad => answers::stream_load_failed(words),
                _ => answers::failed("INTERNAL_ERROR", words),
            },
            other => {
                if let Some(Kind::Slow(pause)) = other {
                    tokio::time::sleep(*pause).await;
                }
                match operation {
                    Operation::StreamLoad => {
                        self.stream_load(request, parts[1], parts[2], fault.as_ref()).await?
                    }
                    _ => self.transaction(request, operation).await?,
                }
            }
        };
        match fault {
            Some(Kind::LostAnswer) => Err(io::Error::other("lost")),
            Some(Kind::Html) => Ok(html()),
            Some(Kind::CutOff(after)) => Ok(answer.map(|body| body.cut_off(after))),
            _ => Ok(answer),
        }
    }

    fn error_log(&self, request: &Request<Incoming>) -> hyper::Response<crate::http::Text> {
        let query = request.uri().query().unwrap_or_default();
        let name = query.strip_prefix("file=").map(decoded).unwrap_or_default();
        match self.cluster.state().error_logs.get(&name) {
            Some(log) => plain(StatusCode::OK, log),
            None => plain(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    /// The user of a request.
    fn user(&self, request: &Request<Incoming>) -> Result<String, String> {
        let (user, password) =
            credentials(request.headers()).map_err(|_| "no valid Basic authorization".to_owned())?;
        if self.cluster.knows(&user, &password) {
            Ok(user)
        } else {
            Err(format!("Access denied for {user}@127.0.0.1"))
        }
    }

    /// Keeps the log of refused rows; gives its address.
    fn keep_log(&self, state: &mut State, transaction: i64, log: &str) -> Option<String> {
        if log.is_empty() {
            return None;
        }
        let name = format!("error_log_{transaction}");
        let address = state.back_ends.get(self.number)?;
        let url = format!("{address}/api/_load_error_log?file={name}");
        state.error_logs.insert(name, log.to_owned());
        Some(url)
    }
}

/// The body of a request. Only now does the other side hear that it should come.
async fn body_of(request: Request<Incoming>) -> Result<Bytes, io::Error> {
    request.into_body().collect().await.map(http_body_util::Collected::to_bytes).map_err(io::Error::other)
}

/// Whether a label is one that may be.
fn is_label(label: &str) -> bool {
    (1..=128).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
