//! Tables of StarRocks, and the store that keeps positions for them: a sink of another system, which gets no rows.

use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_file::{FileFormat, FilePositions, FileSink, SinkOptions as FileOptions};
use sluicegate_format::FormatOptions;
use sluicegate_format::json::JsonOptions;
use sluicegate_kafka::{KafkaPositions, KafkaSink, KafkaSource, SinkOptions as KafkaOptions, SourceGroup};
use sluicegate_starrocks::sink::StarRocksEncoder;
use sluicegate_starrocks::{PositionsAt, SinkOptions, StarRocksSink};

use super::super::connections::OnStarRocks;
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

/// A directory in which nothing but positions is kept.
fn directory(at: &PositionsAt, setting: &Setting<'_>) -> FileOptions {
    let path = match at {
        PositionsAt::File(path) => path.clone(),
        PositionsAt::Source => format!("{}.positions", setting.identity.pipeline),
    };
    FileOptions::new(path, FileFormat::Messages(FormatOptions::Json(JsonOptions::default())))
}
