//! Errors of a server that is asked for its log, in the words of whoever must act.

use mysql_async::Error as Native;
use sluicegate_connector::Error;

use crate::client::failure;

/// What a server answers where it cannot give the log (`ER_MASTER_FATAL_ERROR_READING_BINLOG`); the text says why.
const NO_LOG: u16 = 1236;

/// What MariaDB answers to the older of two readers of one number (`ER_SLAVE_SAME_ID`).
const SAME_ID: u16 = 4052;

/// What whoever runs a pipeline can do whose log is gone.
pub const CHOICES: &str = "\
    what was changed since is not in any log that this pipeline can read. Choose: copy the tables anew, once by `sluicegate \
    run FILE --resnapshot`, or whenever it happens by `on_purged: resnapshot` of the source; read from a replica that still \
    has the log (`urls` of the source); restore the server's files; or go on without those changes: `sluicegate positions \
    reset`, and a `start` that the server has. Keep logs for longer than the pipeline may stand still: \
    `SET GLOBAL binlog_expire_logs_seconds`";

/// The server does not have what is asked for, in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{0} (error {NO_LOG})")]
pub struct Gone(String);

/// Whether an error says that the server does not have the log that is asked for.
pub fn is_gone(error: &Error) -> bool {
    let cause = std::error::Error::source(error);
    cause.and_then(<dyn std::error::Error>::downcast_ref::<Gone>).is_some()
}

/// Sorts an error. `what` says what was tried.
pub fn sort(error: Native, what: &str) -> Error {
    match error {
        Native::Server(answer) if answer.code == SAME_ID => same_id(&answer.message),
        Native::Server(answer) if answer.code == NO_LOG => no_log(&answer.message, what),
        other => failure::sort(other, what).into_error(what),
    }
}

fn same_id(message: &str) -> Error {
    Error::configuration(format!("another reader with the same server id took this one's place ({message})"))
        .help("give each pipeline and each replica an id of its own: `server_id` of the source")
}

fn no_log(message: &str, what: &str) -> Error {
    let text = message.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["same server_uuid/server_id", "same server id", "same server_id", "same uuid"]) {
        return same_id(message);
    }
    if has(&[
        "purged",
        "could not find first log file",
        "not in the master's binlog",
        "no longer exist",
        "missing gtid",
        "missing the gtid",
    ]) {
        let what = "the server no longer has the part of its log that is to be read";
        return Error::fatal(what).caused_by(Gone(message.to_owned())).help(CHOICES);
    }
    if has(&[
        "impossible position",
        "client requested",
        "bogus data",
        "event too small",
        "past the end",
        "> file size",
        "has more gtids",
    ]) {
        let what = "the server's log is not the one that was read before";
        return Error::fatal(what).caused_by(Gone(message.to_owned())).help(CHOICES);
    }
    Error::fatal(format!("{what} ({message}, error {NO_LOG})"))
}

#[cfg(test)]
mod tests {
    use mysql_async::ServerError;
    use sluicegate_connector::Class;

    use super::*;

    fn told(message: &str) -> Error {
        let error = ServerError { code: NO_LOG, message: message.to_owned(), state: "HY000".to_owned() };
        sort(Native::Server(error), "the log cannot be read")
    }

    #[test]
    fn what_the_server_means_is_said() {
        let twice =
            told("A slave with the same server_uuid/server_id as this slave has connected to the master");
        assert_eq!(twice.class(), Class::Configuration);
        assert!(twice.to_string().contains("`server_id`"), "{twice}");
        let purged = told("Could not find first log file name in binary log index file");
        assert_eq!(purged.class(), Class::Fatal);
        assert!(purged.to_string().contains("no longer has") && is_gone(&purged), "{purged}");
        let other = told("Client requested master to start replication from impossible position");
        assert!(other.to_string().contains("not the one") && is_gone(&other), "{other}");
        let unknown = told("bad luck");
        assert!(unknown.class() == Class::Fatal && !is_gone(&unknown));
    }
}
