//! Errors of the server, sorted by who can mend them.
//!
//! The codes are those of MySQL's error reference (dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html)
//! and of MariaDB's (mariadb.com/kb/en/mariadb-error-code-reference). Where a code is not listed here, the class of its
//! SQLSTATE says what it is.

use mysql_async::{DriverError, Error as Native, IoError, ServerError};
use sluicegate_connector::{Class, Error};

/// Why a statement was not carried out.
#[derive(Debug)]
pub enum Failure {
    /// A row of it holds what the table does not take. The statement is undone, the transaction goes on.
    Data {
        /// The server's code.
        code: u16,
        /// The server's words.
        message: String,
    },
    /// Anything else. The transaction is over.
    Other(Error),
}

/// A value that another row has already.
pub const DUPLICATE: [u16; 2] = [1062, 1586];
/// A row that a foreign key misses, or still needs.
pub const FOREIGN_KEY: [u16; 4] = [1216, 1217, 1451, 1452];
/// The server does not take `LOAD DATA LOCAL INFILE`.
pub const NO_LOCAL_INFILE: [u16; 3] = [1148, 3948, 4166];
/// The table is not there.
pub const NO_TABLE: u16 = 1146;
/// Another transaction had a row locked for too long, or waited for one of this transaction.
const WAITED_IN_VAIN: [u16; 2] = [1205, 1213];

/// What a row may do wrong.
const DATA: &[u16] = &[
    1048, 1062, 1216, 1217, 1264, 1265, 1267, 1292, 1300, 1364, 1366, 1367, 1369, 1406, 1411, 1416, 1441,
    1451, 1452, 1525, 1526, 1586, 1644, 1690, 1748, 1761, 1762, 3140, 3141, 3143, 3144, 3147, 3156, 3157,
    3643, 3819, 3854, 3988, 4025, 4078, 4079,
];

/// What passes by itself: restarts, failovers, other transactions, full disks, too many connections.
const TRANSIENT: &[u16] = &[
    1015, 1020, 1021, 1030, 1037, 1038, 1040, 1041, 1042, 1047, 1053, 1077, 1079, 1080, 1114, 1129, 1152,
    1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1180, 1184, 1188, 1189, 1190, 1194, 1203, 1205,
    1206, 1213, 1226, 1290, 1317, 1614, 1637, 1792, 1836, 1927, 1969, 2006, 2013, 3024, 3032, 3058, 3100,
    3101, 3168, 3169, 3572, 4031,
];

/// What a person must change.
const CONFIGURATION: &[u16] = &[
    1044, 1045, 1049, 1054, 1130, 1142, 1143, 1146, 1227, 1251, 1370, 1396, 1410, 1470, 1524, 1665, 1698,
    1820, 1862, 3118, 3159, 3878, 4151,
];

/// Sorts an error of the client library. `what` says what was tried.
pub fn sort(error: Native, what: &str) -> Failure {
    let server = match error {
        Native::Server(server) => server,
        other => return Failure::Other(lost(other, what)),
    };
    let class = class_of(&server);
    match class {
        None => Failure::Data { code: server.code, message: server.message },
        Some(class) => {
            let mut error = Error::new(class, what);
            if let Some(help) = help(server.code) {
                error = error.help(help);
            }
            Failure::Other(error.caused_by(Answer(server)))
        }
    }
}

/// `None`: the row is at fault.
fn class_of(server: &ServerError) -> Option<Class> {
    let listed = |codes: &[u16]| codes.contains(&server.code);
    if listed(DATA) {
        return None;
    }
    if listed(TRANSIENT) {
        return Some(Class::Transient);
    }
    if listed(CONFIGURATION) {
        return Some(Class::Configuration);
    }
    match server.state.get(..2) {
        Some("22" | "23") => None,
        Some("08" | "40" | "53" | "57") => Some(Class::Transient),
        Some("28") => Some(Class::Configuration),
        _ => Some(Class::Fatal),
    }
}

fn help(code: u16) -> Option<&'static str> {
    Some(match code {
        1044 | 1142 | 1143 | 1227 | 1370 => {
            "grant the user SELECT, INSERT, UPDATE, DELETE on the tables, and CREATE in the database of the connection"
        }
        1045 | 1698 | 3118 | 3878 | 4151 => {
            "check `user` and `password` of the connection; an account may ask for encryption, or a certificate, too (`tls`)"
        }
        3159 => "the server takes encrypted connections alone: set `tls` of the connection",
        1130 => "the server does not let this host in: see its users",
        1049 => "make the database, or name another in `url` of the connection",
        NO_TABLE => "make the table, or set `create_tables: true` of the sink",
        1054 => "the table was changed while the pipeline ran: start it again",
        1251 | 1524 => {
            "the account's authentication plugin is not known to this client: mysql_native_password, \
             caching_sha2_password and ed25519 are"
        }
        1290 | 1836 | 1792 => "the server is read-only: it is waited for, as in a failover",
        1021 | 1114 => "the server's disk or table is full: it is tried again until there is room",
        1665 => "the server logs statements: set binlog_format=ROW there",
        1820 | 1862 => "the account's password has expired: change it",
        1153 => {
            "`max_allowed_packet` of the server was lowered: its new value is taken with the next connection"
        }
        _ => return None,
    })
}

/// What did not come from the server: sockets, time-outs, packets that make no sense.
fn lost(error: Native, what: &str) -> Error {
    let text = error.to_string();
    if text.contains("nknown authentication plugin") {
        return Error::configuration(what).caused_by(error).help(
            "mysql_native_password, caching_sha2_password and ed25519 are known here: give the account one of them",
        );
    }
    if matches!(&error, Native::Io(IoError::Tls(_))) || text.contains("invalid peer certificate") {
        return Error::configuration(what).caused_by(error).help(
            "see `tls` of the connection: `ca` are the authorities to trust, `server_name` is the name in the certificate",
        );
    }
    match &error {
        Native::Driver(DriverError::NoClientSslFlagFromServer) => {
            let help = "the server knows no encryption: set it up there, or take `tls` out of the connection";
            Error::configuration(what).help(help).caused_by(error)
        }
        Native::Driver(DriverError::NoKeyFound) | Native::Url(_) => {
            Error::configuration(what).caused_by(error)
        }
        _ => Error::transient(what).caused_by(error),
    }
}

impl Failure {
    /// The server's code, where the server answered.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Data { code, .. } => Some(*code),
            Self::Other(error) => code_of(error),
        }
    }

    /// As an error, where no row can be blamed.
    pub fn into_error(self, what: &str) -> Error {
        match self {
            Self::Other(error) => error,
            Self::Data { code, message } => Error::fatal(format!("{what}: {message} (error {code})")),
        }
    }
}

fn code_of(error: &Error) -> Option<u16> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<Answer>().map(|answer| answer.0.code)
}

/// Whether the server ended a wait for another transaction.
pub fn has_waited_in_vain(error: &Error) -> bool {
    code_of(error).is_some_and(|code| WAITED_IN_VAIN.contains(&code))
}

/// A server's answer in one line.
#[derive(Debug, thiserror::Error)]
#[error("{} (error {})", .0.message, .0.code)]
struct Answer(ServerError);

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: u16, state: &str) -> Option<Class> {
        class_of(&ServerError { code, message: String::new(), state: state.to_owned() })
    }

    #[test]
    fn codes_are_sorted() {
        assert_eq!(class(1406, "22001"), None);
        assert_eq!(class(3819, "HY000"), None);
        assert_eq!(class(1213, "40001"), Some(Class::Transient));
        assert_eq!(class(1045, "28000"), Some(Class::Configuration));
        assert_eq!(class(1146, "42S02"), Some(Class::Configuration));
        assert_eq!(class(1064, "42000"), Some(Class::Fatal));
        assert_eq!(class(9999, "22003"), None, "an unknown code is sorted by its state");
    }

    #[test]
    fn no_code_is_in_two_lists() {
        let mut all: Vec<u16> = [DATA, TRANSIENT, CONFIGURATION].concat();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
