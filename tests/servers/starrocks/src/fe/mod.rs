//! What a front end answers.
//!
//! | module | holds |
//! |---|---|
//! | `answers` | the shapes of its answers |
//! | `transaction` | operations of a transaction |
//! | `tables` | what is known of tables and labels |

mod answers;
mod tables;
mod transaction;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request};

use crate::cluster::Cluster;
use crate::http::{Answered, credentials, decoded, header};
use answers::Answers;

/// A front end.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// Its number; 0 leads.
    pub number: usize,
}

impl FrontEnd {
    /// Answers a request. Its body is never read: what asks first whether it should come is answered without.
    pub async fn answer(self, request: Request<Incoming>) -> Answered {
        let request = request.map(drop);
        let answers = Answers { old: self.cluster.settings.version < (3, 4) };
        let user = match credentials(request.headers()) {
            Err(why) => return Ok(Answers::unauthorized(&why)),
            Ok((user, password)) if self.cluster.knows(&user, &password) => user,
            Ok((user, _)) => {
                return Ok(Answers::unauthorized(&format!("Access denied for {user}@127.0.0.1")));
            }
        };
        {
            let mut state = self.cluster.state();
            state.publish();
            state.expire();
        }
        let path = request.uri().path().to_owned();
        let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let method = request.method().clone();
        match (&method, parts.as_slice()) {
            (_, ["api", "transaction", operation]) if method == Method::POST || method == Method::PUT => {
                self.transaction(&request, &answers, operation).await
            }
            (&Method::PUT, ["api", _, _, "_stream_load"]) => {
                if !header(request.headers(), "expect").eq_ignore_ascii_case("100-continue") {
                    return Ok(answers.ddl_exception("There is no 100-continue header"));
                }
                if !Cluster::may_insert(&user) {
                    let why = format!(
                        "Access denied for user '{user}'@'%'. Please ask the admin to grant permission(s).."
                    );
                    return Ok(Answers::unauthorized(&why));
                }
                let to = self.cluster.state().back_ends.first().cloned();
                let Some(to) = to else { return Ok(answers.ddl_exception("No backend alive.")) };
                Ok(Answers::redirect(&to, &request, true))
            }
            (&Method::GET, ["api", database, "get_load_state"]) => {
                if let Some(leader) = self.leader() {
                    return Ok(Answers::redirect(&leader, &request, false));
                }
                self.load_state(&request, database).await
            }
            (&Method::POST, ["api", database, _, "_cancel"]) => {
                if let Some(leader) = self.leader() {
                    return Ok(Answers::redirect(&leader, &request, false));
                }
                Ok(self.cancel(&request, database))
            }
            (&Method::GET, ["api", database, table, "_schema"]) => Ok(self.schema(database, table)),
            (&Method::GET, ["api", database, table, "_count"]) => Ok(self.count(database, table)),
            _ => Ok(crate::http::plain(hyper::StatusCode::NOT_FOUND, "Not Found")),
        }
    }

    /// The leader's address, where this one follows.
    fn leader(&self) -> Option<String> {
        if self.number == 0 {
            return None;
        }
        self.cluster.state().front_ends.first().cloned()
    }
}

/// The value of a parameter of the query.
fn parameter(request: &Request<()>, name: &str) -> String {
    let query = request.uri().query().unwrap_or_default();
    let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    pair.map(|(_, value)| decoded(value)).unwrap_or_default()
}
