//! Requests to front ends and back ends.
//!
//! | module | holds |
//! |---|---|
//! | [`http`] | one request: front ends in turn, redirects, the password with each |
//! | [`answer`] | what a server said, in any of its shapes |
//! | [`failure`] | why a request did not do what it should, and what that means |
//! | [`payload`] | a body that is sent again where a redirect asks for it |
//! | [`load`] | how rows are read: the headers of a load |
//! | [`transaction`] | begin, load, prepare, commit, roll back, and the state of a label |
//! | [`stream_load`] | a load that is a transaction by itself |

pub mod answer;
pub mod failure;
pub mod http;
pub mod load;
pub mod payload;
pub mod stream_load;
pub mod transaction;

pub use answer::{Answer, Counts};
pub use failure::Failure;
pub use http::{Http, Reply, Request};
pub use load::{Compressed, Format, LoadOptions};
pub use payload::Payload;
pub use stream_load::Loaded;
pub use transaction::{Begun, Ended, LabelState};

use std::time::Duration;

use sluicegate_connector::Error;

use crate::Connection;

/// A client of a cluster. Cheap to clone: clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
}

impl Client {
    /// A client. Nothing is asked of the cluster yet.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a connection that is none.
    pub fn new(connection: &Connection) -> Result<Self, Error> {
        Ok(Self { http: Http::new(connection)? })
    }

    /// Asks for an operation and gives the answer, whichever it is.
    async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let what = request.what;
        let reply = self.http.send(request).await?;
        let answer = Answer::of(&reply).map_err(|why| Failure::no_answer(what, &reply, why))?;
        match answer.denied() {
            Some(why) => Err(Failure::Denied { what, why }),
            None => Ok(answer),
        }
    }

    /// What the server kept about rows that it refused: the text that an answer's `ErrorURL` points to, of which no
    /// more than `limit` bytes. The password is not sent along.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn error_log(&self, url: &str, limit: usize) -> Result<String, Failure> {
        let reply = self.http.fetch(url, limit, Duration::from_secs(20)).await?;
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }
}
