//! Tables of StarRocks, and the store that keeps positions for them: a sink of another system, which gets no rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_file::{FileFormat, FilePositions, FileSink, SinkOptions as FileOptions};
use sluicegate_format::FormatOptions;
use sluicegate_format::json::JsonOptions;
use sluicegate_kafka::{KafkaPositions, KafkaSink, KafkaSource, SinkOptions as KafkaOptions, SourceGroup};
use sluicegate_mysql::{Connection as MySql, MySqlPositions, MySqlSink, SinkOptions as MySqlOptions};
use sluicegate_starrocks::sink::StarRocksEncoder;
use sluicegate_starrocks::{PositionsAt, SinkOptions, StarRocksSink};

use super::super::connections::{ConnectionEntry, OnStarRocks, Reach as _};
use super::super::source::SourceEntry;
use super::Setting;

pub(super) fn sink(
    to: &OnStarRocks<SinkOptions>,
    from: &SourceEntry,
    setting: &Setting<'_>,
    group: Option<SourceGroup>,
) -> Result<Box<dyn Sink>, Error> {
    let identity = setting.identity;
    let store: Box<dyn Sink> = match (&to.options.positions, from) {
        (PositionsAt::MySql(name), _) => {
            let plan = identity.plan.as_deref().map(str::to_owned);
            let connection = position_store(name, setting.connections)?;
            let options = MySqlOptions::default();
            Box::new(MySqlSink::new(connection, options, &identity.pipeline, &identity.instance, plan)?)
        }
        (PositionsAt::Source, SourceEntry::Kafka(from)) => {
            let options = KafkaOptions::new(FormatOptions::Json(JsonOptions::default()));
            Box::new(KafkaSink::new(&from.connection, options, identity, group)?)
        }
        (at, _) => Box::new(FileSink::new(directory(at, setting), setting.directory, &identity.pipeline)?),
    };
    let (pipeline, instance) = (&identity.pipeline, &identity.instance);
    Ok(Box::new(StarRocksSink::new(&to.connection, to.options.clone(), pipeline, instance, store)?))
}

pub(super) fn encoder(to: &OnStarRocks<SinkOptions>) -> Result<Arc<dyn Encoder>, Error> {
    Ok(Arc::new(StarRocksEncoder::offline(&to.options, &to.connection.database)?))
}

pub(super) fn positions(
    to: &OnStarRocks<SinkOptions>,
    from: &SourceEntry,
    setting: &Setting<'_>,
) -> Result<Box<dyn PositionAdmin>, Error> {
    match (&to.options.positions, from) {
        (PositionsAt::MySql(name), _) => {
            let connection = position_store(name, setting.connections)?.clone();
            let admin = MySqlPositions::new(connection, &setting.identity.pipeline);
            Ok(super::terms::measured(Box::new(admin), from.terms(setting)?))
        }
        (PositionsAt::Source, SourceEntry::Kafka(from)) => {
            let source = KafkaSource::new(&from.connection, from.options.clone(), setting.identity)?;
            let options = KafkaOptions::new(FormatOptions::Json(JsonOptions::default())).positions;
            let identity = setting.identity.clone();
            Ok(Box::new(KafkaPositions::new(&from.connection, options, identity, source.group())?))
        }
        (at, _) => {
            let options = directory(at, setting);
            let admin = FilePositions::new(&options, setting.directory, &setting.identity.pipeline)?;
            Ok(super::terms::measured(Box::new(admin), from.terms(setting)?))
        }
    }
}

/// The MySQL or MariaDB of a name, to keep positions in.
///
/// # Errors
/// Where there is no such connection, or it has no database.
pub(in super::super) fn position_store<'a>(
    name: &str,
    connections: &'a BTreeMap<String, ConnectionEntry>,
) -> Result<&'a MySql, Error> {
    let found = connections.get(name).and_then(MySql::of);
    let found = found.ok_or_else(|| {
        Error::configuration(format!(
            "`positions` of the sink: there is no connection `{name}` to {}",
            MySql::KIND
        ))
        .help("describe it under `connections:`")
    })?;
    found.database()?;
    Ok(found)
}

/// A directory in which nothing but positions is kept.
fn directory(at: &PositionsAt, setting: &Setting<'_>) -> FileOptions {
    let path = match at {
        PositionsAt::File(path) => path.clone(),
        PositionsAt::Source | PositionsAt::MySql(_) => format!("{}.positions", setting.identity.pipeline),
    };
    FileOptions::new(path, FileFormat::Messages(FormatOptions::Json(JsonOptions::default())))
}
