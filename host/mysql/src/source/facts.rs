//! What a server says of itself and its log.

use std::collections::HashMap;
use std::time::Duration;

use mysql_async::Row;
use sluicegate_connector::Error;

use crate::binlog::gtid::{GtidError, GtidSet};
use crate::binlog::{LogPosition, Place};
use crate::client::ReadSession;
use crate::client::server::Family;
use crate::sql::text::quoted;

/// What has to be known of a server before its log is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its family.
    pub family: Family,
    /// Its version.
    pub version: (u16, u16, u16),
    /// What positions in its log name as their source: it tells the server from every other.
    pub source: String,
    /// Whether each of its transactions has a GTID.
    pub names_transactions: bool,
    variables: HashMap<String, String>,
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// Where the next event will begin.
    pub place: Place,
    /// The transactions before it; `None` where the server names none.
    pub gtids: Option<GtidSet>,
}

/// Variables of the server that are looked at, or shown to whoever must change one.
const VARIABLES: [&str; 9] = [
    "server_uuid",
    "server_id",
    "log_bin",
    "binlog_format",
    "binlog_row_image",
    "binlog_row_metadata",
    "gtid_mode",
    "binlog_row_value_options",
    "binlog_expire_logs_seconds",
];

impl Facts {
    /// Asks the server.
    ///
    /// # Errors
    /// The server's.
    pub async fn read(session: &mut ReadSession) -> Result<Self, Error> {
        let names: Vec<String> = VARIABLES.iter().map(|name| quoted(name)).collect();
        let sql = format!("SHOW GLOBAL VARIABLES WHERE Variable_name IN ({})", names.join(","));
        let rows: Vec<(String, String)> = session.rows(sql, "the server's settings cannot be read").await?;
        let variables = rows.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Ok(Self::of(session.server().family, session.server().version, variables))
    }

    /// Of a server with these settings.
    #[cfg(test)]
    pub fn for_tests(family: Family, variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::of(family, (8, 4, 0), variables.collect())
    }

    fn of(family: Family, version: (u16, u16, u16), variables: HashMap<String, String>) -> Self {
        let get = |name: &str| variables.get(name).map_or("", String::as_str);
        let (source, names_transactions) = match family {
            Family::MySql => (get("server_uuid").to_owned(), get("gtid_mode").eq_ignore_ascii_case("ON")),
            // It has no other name than its number, which is one of a kind among the servers that replicate from
            // each other.
            Family::MariaDb => (format!("mariadb-{}", get("server_id")), true),
        };
        Self { family, version, source, names_transactions, variables }
    }

    /// A setting as the server shows it; empty where it has none of that name.
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// Whether there is a log.
    pub fn writes_log(&self) -> bool {
        self.variables.get("log_bin").is_none_or(|on| on.eq_ignore_ascii_case("ON"))
    }

    /// The transactions by which a log is read from a position on; `None` where it is read by file and offset.
    pub fn by_gtid<'a>(&self, at: &'a LogPosition) -> Option<&'a GtidSet> {
        // A set of none would be the whole log.
        let whole = |gtids: &GtidSet| gtids.is_empty() && !at.place.file.is_empty();
        at.gtids.as_ref().filter(|gtids| self.names_transactions && !whole(gtids))
    }

    /// A set of transactions as the server writes it.
    ///
    /// # Errors
    /// [`GtidError`] for what is none.
    pub fn gtids(&self, text: &str) -> Result<GtidSet, GtidError> {
        Ok(match self.family {
            Family::MySql => GtidSet::MySql(text.parse()?),
            Family::MariaDb => GtidSet::MariaDb(text.parse()?),
        })
    }

    /// Says what of the server's settings makes its log useless.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`], with the statement that mends it.
    pub fn check(&self) -> Result<(), Error> {
        let is = |name: &str, value: &str| {
            self.variables.get(name).is_none_or(|found| found.eq_ignore_ascii_case(value))
        };
        if !is("log_bin", "ON") {
            return Err(Error::configuration("the server writes no binlog").help(
                "start it with `log-bin=binlog`, `server-id=1`, `binlog-format=ROW` and `binlog-row-metadata=FULL`",
            ));
        }
        if !is("binlog_format", "ROW") {
            let format = &self.variables["binlog_format"];
            return Err(Error::configuration(format!("the server logs statements (binlog_format={format})"))
                .help("run `SET GLOBAL binlog_format = ROW` there, end the sessions that are open, and start again"));
        }
        Ok(())
    }

    /// The end of the log.
    ///
    /// # Errors
    /// The server's; [`sluicegate_connector::Class::Configuration`] where it has no log.
    pub async fn end(&self, session: &mut ReadSession) -> Result<LogEnd, Error> {
        let what = "the end of the binlog cannot be asked for";
        let row: Option<Row> = session.first(self.status(), what).await?;
        let row = row.ok_or_else(no_log)?;
        let (file, position) = place(&row).ok_or_else(no_log)?;
        let gtids = match self.family {
            Family::MySql if self.names_transactions => {
                let set: String = row.get(4).unwrap_or_default();
                Some(self.gtids(&set).map_err(|error| Error::fatal(what).caused_by(error))?)
            }
            Family::MySql => None,
            Family::MariaDb => {
                let sql = format!("SELECT BINLOG_GTID_POS({}, {position})", quoted(&file));
                let set: Option<(Option<String>,)> = session.first(sql, what).await?;
                let set = set.and_then(|(set,)| set).unwrap_or_default();
                Some(self.gtids(&set).map_err(|error| Error::fatal(what).caused_by(error))?)
            }
        };
        Ok(LogEnd { place: Place { file: file.into(), position }, gtids })
    }

    /// Where the next event will begin.
    ///
    /// # Errors
    /// As [`Facts::end`].
    pub async fn place(&self, session: &mut ReadSession) -> Result<Place, Error> {
        let row: Option<Row> =
            session.first(self.status(), "the end of the binlog cannot be asked for").await?;
        let (file, position) = row.as_ref().and_then(place).ok_or_else(no_log)?;
        Ok(Place { file: file.into(), position })
    }

    fn status(&self) -> &'static str {
        match self.family {
            Family::MySql if self.version >= (8, 2, 0) => "SHOW BINARY LOG STATUS",
            _ => "SHOW MASTER STATUS",
        }
    }

    /// Says whether changes bring whole rows. A change of a row that was not read from its table yet has to.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`], with the statement that mends it.
    pub fn check_whole_rows(&self) -> Result<(), Error> {
        let image = self.variables.get("binlog_row_image").map_or("FULL", String::as_str);
        let parts = self.variables.get("binlog_row_value_options").map_or("", String::as_str);
        if image.eq_ignore_ascii_case("FULL") && parts.is_empty() {
            return Ok(());
        }
        Err(Error::configuration(format!(
            "tables cannot be read while the log has parts of changed rows only (binlog_row_image={image}, \
             binlog_row_value_options={parts:?})"
        ))
        .help(
            "run `SET GLOBAL binlog_row_image = FULL` (and `SET GLOBAL binlog_row_value_options = ''`) on the server, end \
             the sessions that are open, and start again; or begin at `start: latest` with targets that were filled",
        ))
    }

    /// Names of the files of the log that are still there, in order.
    ///
    /// # Errors
    /// The server's; [`sluicegate_connector::Class::Configuration`] where it has no log.
    pub async fn files(&self, session: &mut ReadSession) -> Result<Vec<String>, Error> {
        Ok(self.file_sizes(session).await?.into_iter().map(|(file, _)| file).collect())
    }

    /// The same, with the number of bytes of each.
    ///
    /// # Errors
    /// As [`Facts::files`].
    pub async fn file_sizes(&self, session: &mut ReadSession) -> Result<Vec<(String, u64)>, Error> {
        let rows: Vec<Row> =
            session.rows("SHOW BINARY LOGS", "the files of the binlog cannot be asked for").await?;
        let files: Vec<(String, u64)> = rows.iter().filter_map(place).collect();
        if files.is_empty() { Err(no_log()) } else { Ok(files) }
    }

    /// For how long the server keeps its log; `None`: without end.
    pub fn kept_for(&self) -> Option<Duration> {
        let seconds = self.variable("binlog_expire_logs_seconds").parse::<u64>().ok()?;
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }
}

/// What a server's clock is ahead of ours, in milliseconds.
///
/// # Errors
/// The server's.
pub async fn clock_ahead(session: &mut ReadSession) -> Result<i64, Error> {
    let sql = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)";
    let millis: Option<(i64,)> = session.first(sql, "the server's clock cannot be asked for").await?;
    Ok(millis.map_or(0, |(millis,)| millis - chrono::Utc::now().timestamp_millis()))
}

/// File and position of a status, or file and size of a list.
fn place(row: &Row) -> Option<(String, u64)> {
    Some((row.get::<String, _>(0)?, row.get::<u64, _>(1)?))
}

fn no_log() -> Error {
    Error::configuration("the server writes no binlog").help(
        "start it with `log-bin=binlog`, `server-id=1`, `binlog-format=ROW` and `binlog-row-metadata=FULL`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_told_by_what_only_it_has() {
        let mysql =
            Facts::for_tests(Family::MySql, &[("server_uuid", "u-1"), ("gtid_mode", "ON_PERMISSIVE")]);
        assert_eq!((mysql.source.as_str(), mysql.names_transactions), ("u-1", false));
        let mariadb = Facts::for_tests(Family::MariaDb, &[("server_id", "7")]);
        assert_eq!((mariadb.source.as_str(), mariadb.names_transactions), ("mariadb-7", true));
    }

    #[test]
    fn settings_without_which_nothing_comes_are_told() {
        let told = |settings: &[(&str, &str)]| {
            Facts::for_tests(Family::MySql, settings).check().unwrap_err().to_string()
        };
        assert!(told(&[("log_bin", "OFF")]).contains("writes no binlog"));
        assert!(told(&[("log_bin", "ON"), ("binlog_format", "MIXED")]).contains("SET GLOBAL binlog_format"));
        assert!(
            Facts::for_tests(Family::MySql, &[("log_bin", "ON"), ("binlog_format", "ROW")]).check().is_ok()
        );
    }
}
