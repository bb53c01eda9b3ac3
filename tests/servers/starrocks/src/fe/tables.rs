//! What is known of tables and labels.

use std::io;

use hyper::{Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{FrontEnd, parameter};
use crate::cluster::TransactionState;
use crate::faults::{Kind, Operation};
use crate::http::{Answered, Text, html, plain};

impl FrontEnd {
    /// The state of a label's last transaction.
    pub(super) async fn load_state(&self, request: &Request<()>, database: &str) -> Answered {
        let fault = self.cluster.faults.strike(Operation::State);
        match fault {
            Some(Kind::LostRequest | Kind::LostAnswer) => return Err(io::Error::other("lost")),
            Some(Kind::Slow(pause)) => tokio::time::sleep(pause).await,
            Some(Kind::Html) => return Ok(html()),
            Some(Kind::Fails(words)) => return Ok(failed(&words)),
            _ => {}
        }
        let label = parameter(request, "label");
        let mut state = self.cluster.state();
        let Some(found) = state.databases.get_mut(database) else {
            return Ok(failed(&format!("unknown database, database={database}")));
        };
        let mut fields = Map::new();
        match found.transactions.find(&label) {
            None => drop(fields.insert("state".to_owned(), "UNKNOWN".into())),
            Some(transaction) => {
                fields.insert("state".to_owned(), transaction.state.name().into());
                fields.insert("reason".to_owned(), transaction.reason.clone().into());
            }
        }
        fields.extend(succeeded());
        Ok(plain(StatusCode::OK, &Value::Object(fields).to_string()))
    }

    /// Aborts what is begun and not prepared.
    pub(super) fn cancel(&self, request: &Request<()>, database: &str) -> Response<Text> {
        let label = parameter(request, "label");
        let mut state = self.cluster.state();
        let found = state.databases.get_mut(database).and_then(|database| database.transactions.find(&label));
        match found {
            Some(transaction) if transaction.state == TransactionState::Prepare => {
                transaction.abort("user cancel");
                plain(StatusCode::OK, &Value::Object(succeeded().into_iter().collect()).to_string())
            }
            _ => failed(&format!("transaction not found: {label}")),
        }
    }

    /// Names and types of columns.
    pub(super) fn schema(&self, database: &str, table: &str) -> Response<Text> {
        let state = self.cluster.state();
        let Some(found) = state.databases.get(database).and_then(|database| database.tables.get(table))
        else {
            return missing(table);
        };
        let property = |column: &crate::cluster::Column| json!({ "name": column.name, "type": column.column_type.to_string(), "comment": "" });
        let properties: Vec<Value> = found.columns.iter().map(property).collect();
        plain(StatusCode::OK, &json!({ "status": 200, "properties": properties }).to_string())
    }

    /// The number of rows.
    pub(super) fn count(&self, database: &str, table: &str) -> Response<Text> {
        let state = self.cluster.state();
        let Some(found) = state.databases.get(database).and_then(|database| database.tables.get(table))
        else {
            return missing(table);
        };
        plain(StatusCode::OK, &json!({ "status": 200, "size": found.rows().count() }).to_string())
    }
}

fn succeeded() -> [(String, Value); 4] {
    [("status", "OK"), ("code", "0"), ("msg", "Success"), ("message", "OK")]
        .map(|(name, value)| (name.to_owned(), value.into()))
}

fn failed(why: &str) -> Response<Text> {
    let body = json!({ "status": "FAILED", "code": "1", "msg": why, "message": why });
    plain(StatusCode::OK, &body.to_string())
}

fn missing(table: &str) -> Response<Text> {
    let body = json!({ "status": 404, "exception": format!("Table [{table}] does not exists") });
    plain(StatusCode::NOT_FOUND, &body.to_string())
}
