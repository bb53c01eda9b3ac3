//! Tables of MySQL and MariaDB.

use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_mysql::sink::MySqlEncoder;
use sluicegate_mysql::{MySqlPositions, MySqlSink, SinkOptions};

use super::super::connections::OnMySql;
use super::Setting;

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
