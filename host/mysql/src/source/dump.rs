//! Asking a server for its log.

use std::time::Duration;

use bytes::Bytes;
use mysql_async::{Error as Native, GnoInterval, Sid};
use mysql_common::packets::{ComBinlogDump, ComBinlogDumpGtid, ComRegisterSlave, Tag};
use mysql_common::proto::MySerialize as _;
use sluicegate_connector::Error;

use super::refused;
use crate::Connection;
use crate::binlog::Place;
use crate::binlog::event::spooled::{Spool, Spooled};
use crate::binlog::event::{Header, kind};
use crate::binlog::gtid::{self, GtidSet};
use crate::client::server::Family;
use crate::connection::Target;
use crate::wire::{self, Answer, Channel};

/// For how long a server waits for a reader that takes nothing, in seconds, before it ends the connection: a pipeline
/// whose sink is away does not read on.
const PATIENCE: u32 = 3600;

/// Bytes of a position that a server is told for a file.
const MOST: u64 = u32::MAX as u64;

/// Where the first event of a file begins: a server that finds the file itself is asked for that.
const FILE_BEGIN: u32 = 4;

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
    pub async fn open(&self, connection: &Connection) -> Result<Events, Error> {
        let what = format!("the binlog of {} cannot be read", connection.address());
        if let From::Place(place) = &self.from
            && place.position > MOST
        {
            return Err(Error::fatal(format!("{what} from {place}")).help(
                "a server without GTIDs starts in the first 4 GiB of a file only: set `gtid_mode` ON there",
            ));
        }
        let target = connection.target()?;
        let opening = self.ask(&target);
        match tokio::time::timeout(connection.connect_timeout.0, opening).await {
            Ok(Ok(channel)) => {
                let silence = self.heartbeat * 3 + connection.connect_timeout.0;
                Ok(Events { channel, silence })
            }
            Ok(Err(error)) => Err(refused::sort(error, &what)),
            Err(_) => {
                Err(Error::transient(format!("{what}: no answer within {}", connection.connect_timeout)))
            }
        }
    }

    async fn ask(&self, target: &Target<'_>) -> Result<Channel, Native> {
        let mut channel = wire::log_in(target).await?;
        for statement in self.settings() {
            channel.run(&statement).await?;
        }
        let mut command = Vec::new();
        ComRegisterSlave::new(self.server_id).with_hostname(b"sluicegate").serialize(&mut command);
        channel.command(&command).await?;
        channel.done().await?;
        command.clear();
        match &self.from {
            From::Gtids(GtidSet::MySql(set)) => {
                ComBinlogDumpGtid::new(self.server_id)
                    .with_pos(u64::from(FILE_BEGIN))
                    .with_sids(sids(set)?)
                    .serialize(&mut command);
            }
            // The transactions were told by `@slave_connect_state`; the file is found by the server.
            From::Gtids(GtidSet::MariaDb(_)) => {
                ComBinlogDump::new(self.server_id).with_pos(FILE_BEGIN).serialize(&mut command);
            }
            From::Place(place) => ComBinlogDump::new(self.server_id)
                .with_filename(place.file.as_bytes())
                // Checked above.
                .with_pos(place.position as u32)
                .serialize(&mut command),
        }
        channel.command(&command).await?;
        Ok(channel)
    }

    /// Statements before the log is asked for.
    /// <https://dev.mysql.com/doc/refman/8.4/en/replication-heartbeat.html>,
    /// <https://mariadb.com/kb/en/5-slave-registration/>
    fn settings(&self) -> Vec<String> {
        let nanoseconds = self.heartbeat.as_nanos();
        let mut settings = vec![
            // Events come with the checksums that the log has.
            "SET @master_binlog_checksum = 'ALL'".to_owned(),
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

/// An event as the server sent it, with its checksum.
#[derive(Debug)]
pub enum RawEvent {
    /// In memory.
    Whole(Bytes),
    /// A compressed transaction of more than 16 MiB.
    Spooled(Box<Spooled>),
}

impl RawEvent {
    /// Its header; `None` where it has none.
    pub fn header(&self) -> Option<Header> {
        match self {
            Self::Whole(bytes) => Header::parse(bytes).ok(),
            Self::Spooled(event) => Some(event.header),
        }
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Spooled(_) => 0,
        }
    }
}

/// A log as it comes.
pub struct Events {
    channel: Channel,
    /// A server that says nothing for so long, not even that it is alive, is not there any more.
    silence: Duration,
}

impl Events {
    /// The next event; `None` where the server sends no more. Not safe to cancel: an event of which a part was read is lost.
    ///
    /// # Errors
    /// The server's.
    pub async fn next(&mut self) -> Result<Option<RawEvent>, Native> {
        let mut packet = Vec::new();
        if self.packet(&mut packet).await? {
            let is_compressed = Header::parse(&packet[1..])
                .is_ok_and(|header| packet[0] == 0 && header.kind == kind::TRANSACTION_PAYLOAD);
            if is_compressed {
                return self.spool(packet).await.map(Some);
            }
            while self.packet(&mut packet).await? {}
        }
        match Answer::of(packet.into())? {
            Answer::Ok(event) => Ok(Some(RawEvent::Whole(event))),
            Answer::End(_) => Ok(None),
            Answer::More(rest) => Err(wire::unexpected(&rest)),
        }
    }

    /// Adds the next packet, for which alone a server has so much time: an event may take more.
    async fn packet(&mut self, to: &mut Vec<u8>) -> Result<bool, Native> {
        let packet = tokio::time::timeout(self.silence, self.channel.packet(to)).await;
        packet.unwrap_or_else(|_| {
            let what = format!("the server has said nothing for {} s", self.silence.as_secs());
            Err(std::io::Error::new(std::io::ErrorKind::TimedOut, what).into())
        })
    }

    /// Puts an event whose first packet was read into a file.
    async fn spool(&mut self, mut packet: Vec<u8>) -> Result<RawEvent, Native> {
        let failed = |error: std::io::Error| {
            let folder = std::env::temp_dir();
            let what = format!("a compressed transaction cannot be kept in {}: {error}", folder.display());
            Native::Other(what.into())
        };
        let mut spool = Spool::new(&packet[1..]).map_err(failed)?;
        loop {
            packet.clear();
            let more = self.packet(&mut packet).await?;
            spool.push(&packet).map_err(failed)?;
            if !more {
                return Ok(RawEvent::Spooled(Box::new(spool.finish())));
            }
        }
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
