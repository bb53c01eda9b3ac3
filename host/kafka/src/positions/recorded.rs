//! What a pipeline has decided, looked at from outside: nothing is taken, nobody is disturbed.

use std::collections::BTreeMap;
use std::time::Duration;

use sluicegate_connector::Error;
use sluicegate_model::{Lane, Position};

use super::{PositionsOptions, Store};
use crate::client::{Handle, Kind};
use crate::task::blocking;
use crate::{Connection, Identity};

/// The positions of a pipeline in the sink's cluster, by lane. Lanes of which nothing is decided are left out.
///
/// # Errors
/// The broker's.
pub async fn recorded(
    sink: &Connection,
    options: &PositionsOptions,
    pipeline: &str,
) -> Result<BTreeMap<Lane, Position>, Error> {
    let (settings, options) = (sink.settings()?, options.clone());
    let limit = sink.connect_timeout.0;
    let identity = Identity::new(pipeline, "reader");
    blocking(move || {
        let handle = Handle::new(Kind::Producer, &settings)?;
        handle.cluster_id(limit)?;
        let store = Store::open(&handle, &settings, &options, &identity, None, Duration::from_secs(15))?;
        let mut reader = store.reader.lock();
        reader.catch_up()?;
        let known =
            reader.lanes().filter_map(|(lane, found)| Some((lane.clone(), found.record.position.clone()?)));
        Ok(known.collect())
    })
    .await
}
