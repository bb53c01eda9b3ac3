//! Loads that are transactions by themselves.

use std::io;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};

use super::answers::{stream_load, stream_load_failed};
use super::transaction::Begin;
use super::{BackEnd, body_of, is_label};
use crate::cluster::{Cluster, Counts, Database, TransactionState};
use crate::faults::Kind;
use crate::http::{Text, header, load_headers};
use crate::load::{Plan, check_format, read};

impl BackEnd {
    pub(super) async fn stream_load(
        &self,
        request: Request<Incoming>,
        database: &str,
        table: &str,
        fault: Option<&Kind>,
    ) -> Result<Response<Text>, io::Error> {
        let user = match self.user(&request) {
            Ok(user) => user,
            Err(why) => return Ok(stream_load_failed(&why)),
        };
        let label = match header(request.headers(), "label") {
            "" => format!("unnamed-{}", self.cluster.state().next_transaction()),
            label => label.to_owned(),
        };
        if !is_label(&label) {
            return Ok(stream_load_failed("Label format error. regex: ^[-\\w]{1,128}$"));
        }
        if !Cluster::may_insert(&user) {
            return Ok(stream_load_failed(
                "Access denied; you need (at least one of) the INSERT privilege(s) for this operation",
            ));
        }
        let none = Counts::default();
        let headers = load_headers(request.headers());
        if let Err(why) = check_format(&headers, self.cluster.settings.version) {
            return Ok(stream_load_failed(&why));
        }
        self.cluster.state().formats.push(header(request.headers(), "format").to_owned());
        let limit = header(request.headers(), "timeout")
            .parse()
            .map_or(self.cluster.settings.timeout, Duration::from_secs);
        // Before the body is asked for.
        let (id, plan) = {
            let mut state = self.cluster.state();
            let id = match state.begin(&self.cluster, (database, table, &label), self.number, limit) {
                Ok(id) => id,
                Err(Begin::Used(existing)) => {
                    let why = format!("Label [{label}] has already been used.");
                    return Ok(stream_load(
                        -1,
                        &label,
                        "Label Already Exists",
                        Some(existing),
                        &why,
                        &none,
                        None,
                    ));
                }
                Err(Begin::Unknown(why) | Begin::Many(why)) => {
                    return Ok(stream_load(-1, &label, "Fail", None, &why, &none, None));
                }
            };
            let Some(Database { tables, transactions, .. }) = state.databases.get_mut(database) else {
                return Ok(stream_load_failed("unknown database"));
            };
            match tables.get(table).map(|table| Plan::new(table, &headers, false)) {
                Some(Ok(plan)) => (id, plan),
                Some(Err(why)) => {
                    transactions.find(&label).into_iter().for_each(|found| found.abort(&why));
                    return Ok(stream_load(id, &label, "Fail", None, &why, &none, None));
                }
                None => return Ok(stream_load_failed("unknown table")),
            }
        };
        let body = body_of(request).await;
        let mut state = self.cluster.state();
        let Some(Database { tables, transactions, .. }) = state.databases.get_mut(database) else {
            return Ok(stream_load_failed("unknown database"));
        };
        let found = transactions
            .find(&label)
            .filter(|found| found.id == id && found.state == TransactionState::Prepare);
        let (Some(transaction), Some(table)) = (found, tables.get_mut(table)) else {
            return Ok(stream_load(id, &label, "Fail", None, "transaction not found", &none, None));
        };
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                transaction.abort("the sender went away");
                return Err(error);
            }
        };
        match read(table, &plan, &[body]) {
            Ok(read) => {
                transaction.counts = read.counts;
                let late = fault == Some(&Kind::PublishTimeout);
                if late {
                    transaction.rows = read.rows;
                    transaction.state = TransactionState::Committed;
                } else {
                    table.apply(&read.rows);
                    transaction.state = TransactionState::Visible;
                }
                transactions.evict(self.cluster.settings.labels_kept);
                let url = self.keep_log(&mut state, id, &read.log);
                let (status, message) =
                    if late { ("Publish Timeout", "publish timeout") } else { ("Success", "OK") };
                Ok(stream_load(id, &label, status, None, message, &read.counts, url))
            }
            Err((why, read)) => {
                transaction.abort(&why);
                let url = self.keep_log(&mut state, id, &read.log);
                Ok(stream_load(id, &label, "Fail", None, &why, &read.counts, url))
            }
        }
    }
}
