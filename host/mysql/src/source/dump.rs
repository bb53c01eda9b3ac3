//! Asking a server for its log.

use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use mysql_async::{BinlogStream, BinlogStreamRequest, Conn, Error as Native, GnoInterval, Opts, Sid};
use mysql_common::packets::Tag;
use sluicegate_connector::Error;

use super::refused;
use crate::Connection;
use crate::binlog::Place;
use crate::binlog::gtid::{self, GtidSet};
use crate::client::server::Family;

/// For how long a server waits for a reader that takes nothing, in seconds, before it ends the connection: a pipeline
/// whose sink is away does not read on.
const PATIENCE: u32 = 3600;

/// Bytes of a position that a server is told for a file.
const MOST: u64 = u32::MAX as u64;

/// From where a log is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// After these transactions.
    Gtids(GtidSet),
    /// From an event on.
    Place(Place),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// From where.
    pub from: From,
    /// The number of this reader.
    pub server_id: u32,
    /// How often a server that has nothing to say says so.
    pub heartbeat: Duration,
    /// The family of the server.
    pub family: Family,
}

impl Request {
    /// Connects, and turns the connection into a stream of events.
    ///
    /// # Errors
    /// The server's.
    pub async fn open(&self, connection: &Connection) -> Result<BinlogStream, Error> {
        let what = format!("the binlog of {} cannot be read", connection.address());
        if let From::Place(place) = &self.from
            && place.position > MOST
        {
            return Err(Error::fatal(format!("{what} from {place}")).help(
                "a server without GTIDs starts in the first 4 GiB of a file only: set `gtid_mode` ON there",
            ));
        }
        let opening = self.stream(Opts::from(connection.options()?));
        match tokio::time::timeout(connection.connect_timeout.0, opening).await {
            Ok(stream) => stream.map_err(|error| refused::sort(error, &what)),
            Err(_) => {
                Err(Error::transient(format!("{what}: no answer within {}", connection.connect_timeout)))
            }
        }
    }

    async fn stream(&self, options: Opts) -> Result<BinlogStream, Native> {
        let mut conn = Conn::new(options).await?;
        for statement in self.settings() {
            conn.query_drop(statement).await?;
        }
        let request = BinlogStreamRequest::new(self.server_id).with_hostname(b"sluicegate");
        match &self.from {
            From::Gtids(GtidSet::MySql(set)) => {
                let request = request.with_gtid().with_gtid_set(sids(set)?);
                conn.get_binlog_stream(request).await
            }
            // The transactions were told by `@slave_connect_state`; the file is found by the server.
            From::Gtids(GtidSet::MariaDb(_)) => conn.get_binlog_stream(request).await,
            From::Place(place) => {
                let request = request.with_filename(place.file.as_bytes()).with_pos(place.position);
                conn.get_binlog_stream(request).await
            }
        }
    }

    /// Statements before the log is asked for.
    /// <https://dev.mysql.com/doc/refman/8.4/en/replication-heartbeat.html>,
    /// <https://mariadb.com/kb/en/5-slave-registration/>
    fn settings(&self) -> Vec<String> {
        let nanoseconds = self.heartbeat.as_nanos();
        let mut settings = vec![
            format!("SET @master_heartbeat_period = {nanoseconds}"),
            format!("SET SESSION net_write_timeout = {PATIENCE}"),
        ];
        match self.family {
            Family::MySql => {
                // Under its own name a reader that comes back ends the connection that the server still has of it.
                let uuid = format!("736c7569-6365-4761-8465-0000{:08x}", self.server_id);
                settings.push(format!("SET @source_heartbeat_period = {nanoseconds}"));
                settings.push(format!("SET @slave_uuid = '{uuid}', @replica_uuid = '{uuid}'"));
            }
            Family::MariaDb => {
                // 4: it knows GTID events.
                settings.push("SET @mariadb_slave_capability = 4".to_owned());
                if let From::Gtids(GtidSet::MariaDb(set)) = &self.from {
                    settings.push(format!("SET @slave_connect_state = '{set}'"));
                    settings.push("SET @slave_gtid_strict_mode = 0".to_owned());
                    settings.push("SET @slave_gtid_ignore_duplicates = 0".to_owned());
                }
            }
        }
        settings
    }
}

/// A set of MySQL's as its protocol has it.
fn sids(set: &gtid::mysql::GtidSet) -> Result<Vec<Sid<'static>>, Native> {
    set.iter()
        .map(|(source, intervals)| {
            let ranges = intervals.ranges().iter().map(|range| GnoInterval::new(range.start, range.end));
            let sid = Sid::new(source.uuid.0).with_intervals(ranges.collect());
            if source.tag.is_empty() {
                return Ok(sid);
            }
            // It was checked when it was read; the library knows the same rule.
            let tag = Tag::new(source.tag.as_str().to_owned())
                .map_err(|error| Native::Other(error.to_string().into()))?;
            Ok(sid.with_tag(tag))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mariadb_is_told_the_transactions_by_a_variable() {
        let request = |from| Request {
            from,
            server_id: 7,
            heartbeat: Duration::from_secs(10),
            family: Family::MariaDb,
        };
        let set = GtidSet::MariaDb("0-1-9,1-2-5".parse().unwrap());
        let told = request(From::Gtids(set)).settings().join(";");
        assert!(told.contains("@slave_connect_state = '0-1-9,1-2-5'"), "{told}");
        let place = Place { file: "binlog.000001".into(), position: 4 };
        assert!(!request(From::Place(place)).settings().join(";").contains("connect_state"));
    }

    #[test]
    fn sets_go_to_the_server_with_their_tags() {
        let text = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:8:nightly:7-9";
        let sids = sids(&text.parse().unwrap()).unwrap();
        let shown: Vec<String> = sids.iter().map(ToString::to_string).collect();
        let uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
        assert_eq!(shown, [format!("{uuid}:1-5:8"), format!("{uuid}:nightly:7-9")]);
    }
}
