//! Operations of a transaction.

use std::io;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::Value;

use super::answers::{answer, counted, failed};
use super::{BackEnd, body_of, is_label};
use crate::cluster::{Cluster, Context, Database, State, TransactionState};
use crate::faults::Operation;
use crate::http::{Text, header, load_headers};
use crate::load::{Body, Plan, read};

/// `streaming_load_max_batch_size_mb`, for JSON.
const MOST_JSON: u64 = 100 << 20;

impl BackEnd {
    pub(super) async fn transaction(
        &self,
        request: Request<Incoming>,
        operation: Operation,
    ) -> Result<Response<Text>, io::Error> {
        if operation == Operation::Load {
            return self.load(request).await;
        }
        Ok(match operation {
            Operation::Begin => self.begin(&request),
            Operation::Prepare => self.prepare(&request, false),
            Operation::Commit => self.prepare(&request, true),
            _ => self.roll_back(&request),
        })
    }

    fn begin(&self, request: &Request<Incoming>) -> Response<Text> {
        let user = match self.user(request) {
            Ok(user) => user,
            Err(why) => return failed("INTERNAL_ERROR", &why),
        };
        let get = |name| header(request.headers(), name);
        let (database, table, label) = (get("db"), get("table"), get("label"));
        if !is_label(label) {
            let why = format!(
                "Getting analyzing error. Detail message: Label format error. regex: ^[-\\w]{{1,128}}$, label: {label}."
            );
            return failed("INTERNAL_ERROR", &why);
        }
        let mut state = self.cluster.state();
        let key = (database.to_owned(), label.to_owned());
        if state.contexts[self.number].contains_key(&key) {
            return answer("LABEL_ALREADY_EXISTS", &[("ExistingJobStatus", "".into())], "", &[]);
        }
        if !Cluster::may_insert(&user) {
            let why = "Access denied; you need (at least one of) the INSERT privilege(s) for this operation";
            return failed("ANALYSIS_ERROR", why);
        }
        let limit = get("timeout").parse().map_or(self.cluster.settings.timeout, Duration::from_secs);
        match state.begin(&self.cluster, (database, table, label), self.number, limit) {
            Ok(id) => {
                let context =
                    Context { id, table: table.to_owned(), plan: None, loads: Vec::new(), bytes: 0 };
                state.contexts[self.number].insert(key, context);
                answer(
                    "OK",
                    &[],
                    "",
                    &[("Label", label.into()), ("TxnId", id.into()), ("BeginTxnTimeMs", 0.into())],
                )
            }
            Err(Begin::Used(existing)) => {
                let why = format!("Label [{label}] has already been used.");
                answer("LABEL_ALREADY_EXISTS", &[("ExistingJobStatus", existing.into())], &why, &[])
            }
            Err(Begin::Unknown(why)) => failed("ANALYSIS_ERROR", &why),
            Err(Begin::Many(why)) => failed("INTERNAL_ERROR", &why),
        }
    }

    async fn load(&self, request: Request<Incoming>) -> Result<Response<Text>, io::Error> {
        let get = |name| header(request.headers(), name).to_owned();
        let (database, table, label) = (get("db"), get("table"), get("label"));
        let key = (database.clone(), label.clone());
        let mut headers = load_headers(request.headers());
        headers.retain(|(name, _)| !["db", "table", "label"].contains(&name.as_str()));
        headers.sort();
        // Before the body is asked for.
        let plan = {
            let mut state = self.cluster.state();
            let State { databases, contexts, .. } = &mut *state;
            let Some(context) = contexts[self.number].get(&key) else {
                let elsewhere = contexts[self.number].keys().find(|(_, other)| *other == label);
                return Ok(match elsewhere {
                    Some((begun, _)) => failed(
                        "INVALID_ARGUMENT",
                        &format!("Request database {database} not equal transaction database {begun}"),
                    ),
                    None => failed("TXN_NOT_EXISTS", &format!("Transaction with label {label} not exists")),
                });
            };
            if context.table != table {
                let why = format!("Request table {table} not equal transaction table {}", context.table);
                return Ok(failed("INVALID_ARGUMENT", &why));
            }
            let found = databases.get(&database).and_then(|database| database.tables.get(&table));
            let plan = match (&context.plan, found) {
                (Some((first, _)), _) if *first != headers => {
                    Err(("INTERNAL_ERROR", "load request not equal last.".to_owned()))
                }
                (Some((_, plan)), _) => Ok(plan.clone()),
                (None, Some(table)) => {
                    Plan::new(table, &headers, true).map_err(|why| ("ANALYSIS_ERROR", why))
                }
                (None, None) => Err(("ANALYSIS_ERROR", format!("unknown table \"{database}.{table}\""))),
            };
            match plan {
                Ok(plan) => plan,
                Err((status, why)) => {
                    self.give_up(&mut state, &key, &why);
                    return Ok(failed(status, &why));
                }
            }
        };
        let body = body_of(request).await;
        let mut state = self.cluster.state();
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                self.give_up(&mut state, &key, "the sender went away");
                return Err(error);
            }
        };
        let Some(context) = state.contexts[self.number].get_mut(&key) else {
            return Ok(failed("TXN_NOT_EXISTS", &format!("Transaction with label {label} not exists")));
        };
        context.bytes += body.len() as u64;
        if matches!(plan.body, Body::Json { .. }) && !plan.ignore_json_size && context.bytes > MOST_JSON {
            let why = format!("body size {} exceed limit: {MOST_JSON}", context.bytes);
            self.give_up(&mut state, &key, &why);
            return Ok(failed("INTERNAL_ERROR", &why));
        }
        let (id, bytes) = (context.id, body.len());
        context.plan = Some((headers, plan));
        context.loads.push(body);
        let fields: [(&str, Value); 5] = [
            ("Label", label.into()),
            ("TxnId", id.into()),
            ("LoadBytes", bytes.into()),
            ("StreamLoadPlanTimeMs", 0.into()),
            ("ReceivedDataTimeMs", 0.into()),
        ];
        Ok(answer("OK", &[], "", &fields))
    }

    /// Prepares; where `commit`, commits at once what was not prepared.
    fn prepare(&self, request: &Request<Incoming>, commit: bool) -> Response<Text> {
        let get = |name| header(request.headers(), name);
        let (database, label) = (get("db"), get("label"));
        let key = (database.to_owned(), label.to_owned());
        let mut state = self.cluster.state();
        let Some(context) = state.contexts[self.number].get(&key).cloned() else {
            return failed("TXN_NOT_EXISTS", &format!("transaction with label {label} not exists"));
        };
        let Some((_, plan)) = &context.plan else {
            let why = format!("transaction id={} hasn't send any data yet", context.id);
            return failed("INTERNAL_ERROR", &why);
        };
        let State { databases, .. } = &mut *state;
        let Some(Database { tables, .. }) = databases.get_mut(database) else {
            return failed("ANALYSIS_ERROR", &format!("unknown database, database={database}"));
        };
        let Some(table) = tables.get_mut(&context.table) else {
            return failed("ANALYSIS_ERROR", &format!("unknown table \"{database}.{}\"", context.table));
        };
        let read = match read(table, plan, &context.loads) {
            Ok(read) => read,
            Err((why, read)) => {
                let status = if why.starts_with("No rows") { "ANALYSIS_ERROR" } else { "INTERNAL_ERROR" };
                self.give_up(&mut state, &key, &why);
                let url = self.keep_log(&mut state, context.id, &read.log);
                let url = url.map(|url| ("ErrorURL", Value::from(url)));
                return answer(status, &[], &why, url.as_slice());
            }
        };
        state.contexts[self.number].remove(&key);
        let labels_kept = self.cluster.settings.labels_kept;
        let url = self.keep_log(&mut state, context.id, &read.log);
        let Some(Database { tables, transactions, .. }) = state.databases.get_mut(database) else {
            return failed("INTERNAL_ERROR", "the database is gone");
        };
        let found = transactions.find(label).filter(|found| found.id == context.id);
        let Some(transaction) = found.filter(|found| found.state == TransactionState::Prepare) else {
            return failed("INTERNAL_ERROR", &format!("transaction not found: {}", context.id));
        };
        transaction.counts = read.counts;
        if commit {
            if let Some(table) = tables.get_mut(&context.table) {
                table.apply(&read.rows);
            }
            transaction.state = TransactionState::Visible;
            transactions.evict(labels_kept);
        } else {
            transaction.rows = read.rows;
            transaction.state = TransactionState::Prepared;
        }
        answer("OK", &[], "", &counted(context.id, label, &read.counts, url))
    }

    fn roll_back(&self, request: &Request<Incoming>) -> Response<Text> {
        let get = |name| header(request.headers(), name);
        let (database, label) = (get("db"), get("label"));
        let key = (database.to_owned(), label.to_owned());
        let mut state = self.cluster.state();
        if !state.contexts[self.number].contains_key(&key) {
            return failed("TXN_NOT_EXISTS", &format!("transaction with label {label} not exists"));
        }
        self.give_up(&mut state, &key, "user rollback");
        answer("OK", &[], "", &[("Label", label.into())])
    }

    /// Forgets a transaction, and has the front end abort it.
    fn give_up(&self, state: &mut State, key: &(String, String), reason: &str) {
        let Some(context) = state.contexts[self.number].remove(key) else { return };
        let database = state.databases.get_mut(&key.0);
        let found = database.and_then(|database| database.transactions.find(&key.1));
        if let Some(transaction) = found.filter(|found| found.id == context.id && !found.state.is_final()) {
            transaction.abort(reason);
        }
    }
}

/// Why a transaction was not begun.
pub(super) enum Begin {
    /// Its label is another's; what that one does.
    Used(&'static str),
    /// There is no such table.
    Unknown(String),
    /// There are too many.
    Many(String),
}

impl State {
    /// Begins a transaction in the front end.
    pub(super) fn begin(
        &mut self,
        cluster: &Cluster,
        (database, table, label): (&str, &str, &str),
        back_end: usize,
        limit: Duration,
    ) -> Result<i64, Begin> {
        let id = self.next_transaction();
        let Some(Database { tables, transactions, .. }) = self.databases.get_mut(database) else {
            return Err(Begin::Unknown(format!("unknown database, database={database}")));
        };
        if !tables.contains_key(table) {
            return Err(Begin::Unknown(format!("unknown table \"{database}.{table}\"")));
        }
        match transactions.find(label).map(|found| found.state) {
            None | Some(TransactionState::Aborted) => {}
            Some(TransactionState::Prepare | TransactionState::Prepared) => {
                return Err(Begin::Used("RUNNING"));
            }
            Some(TransactionState::Committed | TransactionState::Visible) => {
                return Err(Begin::Used("FINISHED"));
            }
        }
        let most = cluster.settings.most_running;
        if transactions.running() >= most {
            let why = format!("current running txns on db 10001 is {most}, larger than limit {most}");
            return Err(Begin::Many(why));
        }
        transactions.begin(id, label, table, back_end, limit);
        transactions.evict(cluster.settings.labels_kept);
        Ok(id)
    }
}
