//! Begin, load, prepare, commit, roll back, and the state of a label.
//!
//! The protocol, and what each answer means, is on the page `docs/connectors/starrocks.md`. What matters here: a label
//! names a transaction; rows are read while it is prepared, so that is when they are refused; what is prepared stays,
//! whatever restarts; and a commit may be asked for any number of times.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hyper::Method;

use super::{Answer, Client, Counts, Failure, LoadOptions, Payload, Request};

/// What came of a begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// There is a transaction.
    Yes,
    /// The label is another transaction's.
    Used,
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The rows are in the table, or will be without anybody's help.
    Applied,
    /// There is no such transaction, or it was aborted: nobody knows whether its rows ever were in the table.
    Unknown(String),
}

/// What is known about a label: the state of its last transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelState {
    /// Nothing: never used, or forgotten.
    Unknown,
    /// Begun.
    Begun,
    /// Prepared.
    Prepared,
    /// Committed, or visible.
    Applied,
    /// Aborted, and why.
    Aborted(String),
}

/// How long the server waits for a commit to be visible before it says so.
const PUBLISH: Duration = Duration::from_secs(20);

/// The first pause before something is asked again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

impl Client {
    fn operation(what: &'static str, name: &str, database: &str, label: &str) -> Request {
        Request::new(what, Method::POST, format!("/api/transaction/{name}"))
            .header("db", database)
            .header("label", label)
    }

    /// Begins a transaction on one table. It is aborted by itself where it is not prepared within `limit`.
    ///
    /// # Errors
    /// See [`Failure`]. After [`Failure::Lost`] the label may be in use.
    pub async fn begin(
        &self,
        database: &str,
        table: &str,
        label: &str,
        limit: Duration,
    ) -> Result<Begun, Failure> {
        let what = "a load cannot be begun";
        let request = Self::operation(what, "begin", database, label)
            .header("table", table)
            .header("timeout", limit.as_secs());
        let answer = self.ask(request).await?;
        match answer.status.as_str() {
            "OK" => Ok(Begun::Yes),
            "LABEL_ALREADY_EXISTS" => Ok(Begun::Used),
            _ => Err(Failure::of(what, &answer)),
        }
    }

    /// Hands rows to a transaction. They are not read yet when this returns. After anything but `Ok` the transaction is
    /// to be rolled back: nobody knows which rows it has.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn load(
        &self,
        database: &str,
        table: &str,
        label: &str,
        options: &LoadOptions,
        rows: Payload,
    ) -> Result<(), Failure> {
        let what = "rows cannot be loaded";
        // As POST a front end would want to see the rows itself.
        let mut request = Request::new(what, Method::PUT, "/api/transaction/load")
            .header("db", database)
            .header("table", table)
            .header("label", label);
        request.more = options.headers();
        request.body = rows;
        let answer = self.ask(request).await?;
        if answer.is_ok() { Ok(()) } else { Err(Failure::of(what, &answer)) }
    }

    /// Prepares: the server has read all rows and keeps them for `keep`, whatever restarts. Gives what it counted;
    /// `None` where it had prepared before, and its count was lost.
    ///
    /// # Errors
    /// See [`Failure`]; [`Failure::Rows`] where it refuses rows.
    pub async fn prepare(
        &self,
        database: &str,
        table: &str,
        label: &str,
        keep: Duration,
    ) -> Result<Option<Counts>, Failure> {
        let what = "a load cannot be prepared";
        let request = Self::operation(what, "prepare", database, label)
            .header("table", table)
            .header("prepared_timeout", keep.as_secs());
        let answer = match self.ask(request).await {
            Ok(answer) if answer.is_ok() => return Ok(answer.counts),
            Ok(answer) => Failure::of(what, &answer),
            Err(failure) => failure,
        };
        // It may be done: asked for twice, or the answer lost.
        if matches!(answer, Failure::Gone { .. } | Failure::Lost { .. })
            && self.state(database, label).await? == LabelState::Prepared
        {
            return Ok(None);
        }
        Err(answer)
    }

    /// Commits what is prepared. Asked again, it says the same again.
    ///
    /// # Errors
    /// See [`Failure`]: then it is not known, and is to be asked for again.
    pub async fn commit(&self, database: &str, table: &str, label: &str) -> Result<Ended, Failure> {
        let what = "a load cannot be committed";
        let request = Self::operation(what, "commit", database, label)
            .header("table", table)
            .header("timeout", PUBLISH.as_secs());
        let failure = match self.ask(request).await {
            Ok(answer) if answer.is_ok() => return Ok(Ended::Applied),
            Ok(answer) => Failure::of(what, &answer),
            Err(failure) => failure,
        };
        if matches!(
            failure,
            Failure::Unreachable { .. } | Failure::Denied { .. } | Failure::Misdirected { .. }
        ) {
            return Err(failure);
        }
        // A server that waited too long for the rows to be visible says that it failed. Its state is the truth.
        match self.state(database, label).await? {
            LabelState::Applied => Ok(Ended::Applied),
            LabelState::Prepared | LabelState::Begun => Err(match failure {
                Failure::Gone { what, why } => Failure::Busy { what, why, pause: None },
                other => other,
            }),
            LabelState::Unknown => Ok(Ended::Unknown(format!("{failure}; nothing is known of the label"))),
            LabelState::Aborted(why) => Ok(Ended::Unknown(format!("it was aborted: {why}"))),
        }
    }

    /// Commits, and asks again as long as it is not known how that ended, but not after `until`.
    ///
    /// # Errors
    /// As [`Client::commit`], the last of them.
    pub async fn commit_until(
        &self,
        database: &str,
        table: &str,
        label: &str,
        until: Instant,
    ) -> Result<Ended, Failure> {
        let mut pause = PAUSES.0;
        loop {
            match self.commit(database, table, label).await {
                Err(failure) if failure.may_be_asked_again() && Instant::now() + pause < until => {
                    tracing::debug!(label, %failure, "a commit is asked for again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
                ended => return ended,
            }
        }
    }

    /// Rolls back what is begun or prepared. `Ok`: the transaction is not there, or will be aborted by the server.
    ///
    /// # Errors
    /// See [`Failure`]; [`Failure::Refused`] where it was committed.
    pub async fn roll_back(&self, database: &str, table: &str, label: &str) -> Result<(), Failure> {
        let what = "a load cannot be rolled back";
        let request = Self::operation(what, "rollback", database, label).header("table", table);
        let answer = self.ask(request).await?;
        if answer.is_ok() {
            return Ok(());
        }
        match self.state(database, label).await? {
            LabelState::Unknown | LabelState::Aborted(_) => Ok(()),
            LabelState::Applied => Err(Failure::Refused { what, why: answer.words() }),
            LabelState::Prepared => Err(Failure::of(what, &answer)),
            // The back end that had the rows has forgotten them.
            LabelState::Begun => self.cancel(database, table, label).await,
        }
    }

    async fn cancel(&self, database: &str, table: &str, label: &str) -> Result<(), Failure> {
        let what = "a load cannot be cancelled";
        let path = format!("/api/{}/{}/_cancel?label={label}", segment(database), segment(table));
        let answer = self.ask(Request::new(what, Method::POST, path)).await?;
        if answer.is_ok() || answer.says("transaction not found") {
            return Ok(());
        }
        Err(Failure::of(what, &answer))
    }

    /// What is known about a label.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn state(&self, database: &str, label: &str) -> Result<LabelState, Failure> {
        let what = "the state of a load cannot be found out";
        let path = format!("/api/{}/get_load_state?label={label}", segment(database));
        let answer: Answer = self.ask(Request::new(what, Method::GET, path)).await?;
        if !answer.is_ok() {
            return Err(Failure::of(what, &answer));
        }
        match answer.state.as_deref() {
            Some("UNKNOWN") => Ok(LabelState::Unknown),
            Some("PREPARE") => Ok(LabelState::Begun),
            Some("PREPARED") => Ok(LabelState::Prepared),
            Some("COMMITTED" | "VISIBLE") => Ok(LabelState::Applied),
            Some("ABORTED") => {
                Ok(LabelState::Aborted(answer.reason.unwrap_or_else(|| "no reason given".to_owned())))
            }
            other => {
                let why =
                    format!("the server says {:?}, which is no state that is known", other.unwrap_or(""));
                Err(Failure::Busy { what, why, pause: None })
            }
        }
    }
}

/// A name as a part of a path.
pub(super) fn segment(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to memory does not fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn names_are_parts_of_a_path() {
        assert_eq!(segment("ods_1"), "ods_1");
        assert_eq!(segment("a/b 订"), "a%2Fb%20%E8%AE%A2");
    }
}
