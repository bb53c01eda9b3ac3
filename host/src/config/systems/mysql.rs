//! Tables of MySQL and MariaDB, and their changes.

use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_model::{Decoded, Lane};
use sluicegate_mysql::sink::MySqlEncoder;
use sluicegate_mysql::source::Until;
use sluicegate_mysql::{MySqlPositions, MySqlSink, MySqlSource, SinkOptions, SourceOptions};

use super::super::assemble::{RunOptions, RunUntil};
use super::super::connections::OnMySql;
use super::{BuiltSource, Setting};

pub(super) fn source(
    from: &OnMySql<SourceOptions>,
    setting: &Setting<'_>,
    run: &RunOptions,
) -> Result<BuiltSource, Error> {
    let identity = setting.identity;
    let mut source =
        MySqlSource::new(&from.connection, from.options.clone(), &identity.pipeline, &identity.instance)?;
    if let Some(tables) = &run.resnapshot {
        source = source.resnapshot(tables.clone());
    }
    if let Some(until) = &run.until {
        source = source.until(match until {
            RunUntil::End => Until::End,
            RunUntil::Time(moment) => Until::Time(*moment),
        });
    }
    Ok(BuiltSource { source: Box::new(source), group: None, ends: run.until.is_some() })
}

/// Looks whether the servers are ready. Positions that cannot be had are none: the sink says what is wrong with it.
pub(super) async fn check(
    from: &OnMySql<SourceOptions>,
    setting: &Setting<'_>,
    positions: Result<Box<dyn PositionAdmin>, Error>,
) -> Result<Vec<String>, Error> {
    let identity = setting.identity;
    let source =
        MySqlSource::new(&from.connection, from.options.clone(), &identity.pipeline, &identity.instance)?;
    let lanes = match positions {
        Ok(mut positions) => positions.show().await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let position = lanes.into_iter().find_map(|lane| lane.position);
    source.check(position.as_ref()).await
}

pub(super) async fn sample(
    from: &OnMySql<SourceOptions>,
    count: usize,
) -> Result<Vec<(Lane, Decoded)>, Error> {
    MySqlSource::sample(&from.connection, &from.options, count).await
}

pub(super) fn sink(to: &OnMySql<SinkOptions>, setting: &Setting<'_>) -> Result<Box<dyn Sink>, Error> {
    let identity = setting.identity;
    let plan = identity.plan.as_deref().map(str::to_owned);
    let options = to.options.clone();
    let sink = MySqlSink::new(&to.connection, options, &identity.pipeline, &identity.instance, plan)?;
    Ok(Box::new(sink))
}

pub(super) fn encoder(to: &OnMySql<SinkOptions>) -> Result<Arc<dyn Encoder>, Error> {
    Ok(Arc::new(MySqlEncoder::offline(&to.options)?))
}

pub(super) fn positions(to: &OnMySql<SinkOptions>, setting: &Setting<'_>) -> Box<dyn PositionAdmin> {
    Box::new(MySqlPositions::new(to.connection.clone(), &setting.identity.pipeline))
}
