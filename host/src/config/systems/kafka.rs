//! Topics.

use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_kafka::sink::KafkaEncoder;
use sluicegate_kafka::topics::Topics;
use sluicegate_kafka::{
    DeadLetterOptions, KafkaPositions, KafkaSink, KafkaSource, KafkaTerms, SinkOptions, SourceGroup,
    SourceOptions, Until, sample,
};
use sluicegate_model::{Decoded, Lane};

use super::super::assemble::RunUntil;
use super::super::connections::OnKafka;
use super::{BuiltSource, Setting, Terms};

pub(super) fn source(
    from: &OnKafka<SourceOptions>,
    setting: &Setting<'_>,
    until: Option<&RunUntil>,
) -> Result<BuiltSource, Error> {
    let mut source = KafkaSource::new(&from.connection, from.options.clone(), setting.identity)?;
    if let Some(until) = until {
        source = source.until(Until::from(until.clone()));
    }
    let group = Some(source.group());
    Ok(BuiltSource { source: Box::new(source), group, ends: until.is_some() })
}

pub(super) async fn sample(
    from: &OnKafka<SourceOptions>,
    count: usize,
) -> Result<Vec<(Lane, Decoded)>, Error> {
    sample::newest(&from.connection, &from.options, count).await
}

pub(super) fn terms(from: &OnKafka<SourceOptions>, setting: &Setting<'_>) -> Result<Terms, Error> {
    let source = KafkaSource::new(&from.connection, from.options.clone(), setting.identity)?;
    Ok(Terms::Kafka(KafkaTerms::new(source.group())))
}

pub(super) fn sink(
    to: &OnKafka<SinkOptions>,
    setting: &Setting<'_>,
    group: Option<SourceGroup>,
    letters: Option<&DeadLetterOptions>,
) -> Result<Box<dyn Sink>, Error> {
    let sink = KafkaSink::new(&to.connection, to.options.clone(), setting.identity, group)?;
    Ok(match letters {
        Some(topic) => Box::new(sink.with_dead_letters(topic)?),
        None => Box::new(sink),
    })
}

pub(super) fn encoder(to: &OnKafka<SinkOptions>) -> Result<Arc<dyn Encoder>, Error> {
    Ok(Arc::new(KafkaEncoder::new(&to.options, &Topics::default())?))
}

pub(super) fn positions(
    to: &OnKafka<SinkOptions>,
    from: &OnKafka<SourceOptions>,
    setting: &Setting<'_>,
) -> Result<Box<dyn PositionAdmin>, Error> {
    let source = KafkaSource::new(&from.connection, from.options.clone(), setting.identity)?;
    let options = to.options.positions.clone();
    let identity = setting.identity.clone();
    Ok(Box::new(KafkaPositions::new(&to.connection, options, identity, source.group())?))
}

/// The positions of lanes of another system.
pub(super) fn positions_of_others(
    to: &OnKafka<SinkOptions>,
    setting: &Setting<'_>,
) -> Result<Box<dyn PositionAdmin>, Error> {
    let options = to.options.positions.clone();
    Ok(Box::new(KafkaPositions::new(&to.connection, options, setting.identity.clone(), None)?))
}
