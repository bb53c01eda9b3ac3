//! Tables of MySQL and MariaDB, their changes, and queries over them.

use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_model::{Decoded, Lane};
use sluicegate_mysql::sink::MySqlEncoder;
use sluicegate_mysql::source::Until;
use sluicegate_mysql::{
    BinlogTerms, MySqlPositions, MySqlQuery, MySqlSink, MySqlSource, SinkOptions, SourceOptions,
};

use super::super::assemble::{RunOptions, RunUntil};
use super::super::connections::OnMySql;
use super::{BuiltSource, Setting, Terms};

pub(super) fn source(
    from: &OnMySql<SourceOptions>,
    setting: &Setting<'_>,
    run: &RunOptions,
) -> Result<BuiltSource, Error> {
    let identity = setting.identity;
    if let Some(query) = &from.options.query {
        if let Some(RunUntil::Time(_)) = &run.until {
            return Err(Error::configuration("rows of a query have no time to stop at")
                .help("it ends by itself: leave `--until` out, or write `--until end`"));
        }
        if run.resnapshot.is_some() {
            return Err(Error::configuration("a query has no snapshot to read again")
                .help("`sluicegate positions reset` lets the next start read it from its beginning"));
        }
        let source = Box::new(MySqlQuery::new(&from.connection, query.clone(), setting.dates)?);
        return Ok(BuiltSource { source, group: None, ends: true });
    }
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
    if from.options.query.is_some() {
        // It needs no log, and its sample says the rest.
        return Ok(Vec::new());
    }
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
    if let Some(query) = &from.options.query {
        return MySqlQuery::sample(&from.connection, query, count).await;
    }
    MySqlSource::sample(&from.connection, &from.options, count).await
}

pub(super) fn terms(from: &OnMySql<SourceOptions>) -> Terms {
    if from.options.query.is_some() {
        return Terms::Query;
    }
    Terms::Binlog(Box::new(BinlogTerms::new(&from.connection, &from.options)))
}

/// What a source says of its options before any server is asked.
pub(in crate::config) fn check_options(from: &OnMySql<SourceOptions>) -> Result<(), Error> {
    match &from.options.query {
        Some(query) => MySqlQuery::new(&from.connection, query.clone(), &[]).map(|_| ()),
        None => MySqlSource::new(&from.connection, from.options.clone(), "", "").map(|_| ()),
    }
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
