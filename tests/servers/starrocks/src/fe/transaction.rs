//! Operations of a transaction.

use std::io;

use hyper::Request;
use serde_json::Value;

use super::{Answers, FrontEnd};
use crate::cluster::{Database, State, TransactionState};
use crate::faults::{Kind, Operation};
use crate::http::{Answered, header, html};

impl FrontEnd {
    /// Answers an operation, or says who does.
    pub(super) async fn transaction(
        &self,
        request: &Request<()>,
        answers: &Answers,
        operation: &str,
    ) -> Answered {
        if let Some(leader) = self.leader() {
            return Ok(Answers::redirect(&leader, request, false));
        }
        let headers = request.headers();
        if !["begin", "load", "prepare", "commit", "rollback"].contains(&operation) {
            return Ok(answers.failed(&format!("Unknown transaction operation: {operation}")));
        }
        let (database, label) = (header(headers, "db"), header(headers, "label"));
        if database.is_empty() {
            return Ok(answers.failed("No database selected."));
        }
        if label.is_empty() {
            return Ok(answers.failed("Empty label."));
        }
        if header(headers, "transaction_type") == "multi" {
            return Ok(answers.failed("transaction_type multi is not simulated"));
        }
        let (state, back_end) = {
            let mut cluster = self.cluster.state();
            let State { databases, back_ends, .. } = &mut *cluster;
            let Some(Database { transactions, .. }) = databases.get_mut(database) else {
                return Ok(answers.failed(&format!("Database[{database}] does not exist.")));
            };
            let found = transactions.find(label).map(|transaction| (transaction.state, transaction.back_end));
            let number = found.map_or(0, |(_, number)| number);
            (found.map(|(state, _)| state), back_ends.get(number).cloned())
        };
        let Some(back_end) = back_end else { return Ok(answers.failed("No backend alive.")) };
        let no_node =
            || answers.failed(&format!("Transaction with op[{operation}] and label[{label}] has no node."));
        match (operation, state) {
            ("begin", _) | (_, Some(TransactionState::Prepare)) => {
                Ok(Answers::redirect(&back_end, request, false))
            }
            ("load" | "prepare", Some(_)) => Ok(Answers::redirect(&back_end, request, false)),
            ("commit", None) => Ok(answers.failed(&format!("No transaction found by label {label}"))),
            (_, None) => Ok(no_node()),
            ("commit", Some(_)) => self.commit(answers, database, label).await,
            (_, Some(_)) => self.roll_back(answers, database, label).await,
        }
    }

    async fn commit(&self, answers: &Answers, database: &str, label: &str) -> Answered {
        let fault = self.cluster.faults.strike(Operation::Commit);
        match fault {
            Some(Kind::LostRequest) => return Err(io::Error::other("lost")),
            Some(Kind::Fails(words)) => return Ok(answers.failed(&words)),
            Some(Kind::Slow(pause)) => tokio::time::sleep(pause).await,
            _ => {}
        }
        let late = fault == Some(Kind::PublishTimeout);
        let answer = {
            let mut state = self.cluster.state();
            let Some(Database { tables, transactions, .. }) = state.databases.get_mut(database) else {
                return Ok(answers.failed(&format!("Database[{database}] does not exist.")));
            };
            let Some(transaction) = transactions.find(label) else {
                return Ok(answers.failed(&format!("No transaction found by label {label}")));
            };
            let (id, named) =
                (transaction.id, [("Label", Value::from(label)), ("TxnId", transaction.id.into())]);
            match transaction.state {
                TransactionState::Prepared if late => {
                    transaction.state = TransactionState::Committed;
                    answers.failed(&format!("publish timeout: 20000, transactionId={id}"))
                }
                TransactionState::Prepared => {
                    if let Some(table) = tables.get_mut(&transaction.table) {
                        table.apply(&transaction.rows);
                    }
                    transaction.rows.clear();
                    transaction.state = TransactionState::Visible;
                    transactions.evict(self.cluster.settings.labels_kept);
                    answers.transaction("OK", "", &named)
                }
                TransactionState::Committed | TransactionState::Visible => {
                    let words = format!("Transaction {id} has already committed, label is {label}");
                    answers.transaction("OK", &words, &named)
                }
                TransactionState::Aborted => {
                    answers.failed(&format!("Can not commit ABORTED transaction {id}, label is {label}"))
                }
                TransactionState::Prepare => answers.failed("the transaction is not prepared"),
            }
        };
        match fault {
            Some(Kind::LostAnswer) => Err(io::Error::other("lost")),
            Some(Kind::Html) => Ok(html()),
            Some(Kind::CutOff(after)) => Ok(answer.map(|body| body.cut_off(after))),
            _ => Ok(answer),
        }
    }

    async fn roll_back(&self, answers: &Answers, database: &str, label: &str) -> Answered {
        let fault = self.cluster.faults.strike(Operation::Rollback);
        match fault {
            Some(Kind::LostRequest) => return Err(io::Error::other("lost")),
            Some(Kind::Fails(words)) => return Ok(answers.failed(&words)),
            Some(Kind::Slow(pause)) => tokio::time::sleep(pause).await,
            _ => {}
        }
        let answer = {
            let mut state = self.cluster.state();
            let found =
                state.databases.get_mut(database).and_then(|database| database.transactions.find(label));
            let Some(transaction) = found else {
                return Ok(
                    answers.failed(&format!("Transaction with op[rollback] and label[{label}] has no node."))
                );
            };
            let (id, name) = (transaction.id, transaction.state.name());
            let named = [("Label", Value::from(label)), ("TxnId", id.into())];
            match transaction.state {
                TransactionState::Prepare | TransactionState::Prepared => {
                    transaction.abort("user rollback");
                    answers.transaction("OK", "", &named)
                }
                TransactionState::Aborted => answers.transaction(
                    "OK",
                    &format!("Transaction {id} has already aborted, label is {label}"),
                    &named,
                ),
                TransactionState::Committed | TransactionState::Visible => {
                    answers.failed(&format!("Can not abort {name} transaction {id}, label is {label}"))
                }
            }
        };
        match fault {
            Some(Kind::LostAnswer) => Err(io::Error::other("lost")),
            Some(Kind::Html) => Ok(html()),
            _ => Ok(answer),
        }
    }
}
