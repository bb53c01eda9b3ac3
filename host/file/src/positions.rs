//! Positions that the sidecar of a directory keeps, for people.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sluicegate_connector::{Error, LanePosition, PositionAdmin};
use sluicegate_model::{Lane, Position};

use crate::failure::blocking;
use crate::sink::{Directory, LaneRecord, Lock, Sidecar, SinkOptions, held, holder_of};

/// The positions of a pipeline whose sink is a directory.
#[derive(Clone, Debug)]
pub struct FilePositions {
    root: PathBuf,
    pipeline: String,
    options: SinkOptions,
}

impl FilePositions {
    /// Of a sink; its directory is relative to `base`.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for standard output, which keeps none.
    pub fn new(options: &SinkOptions, base: &Path, pipeline: &str) -> Result<Self, Error> {
        if options.is_stdout() {
            return Err(Error::configuration("standard output keeps no positions")
                .help("a pipeline that writes there begins where `start:` of its source says"));
        }
        Ok(Self {
            root: base.join(&options.directory),
            pipeline: pipeline.to_owned(),
            options: options.clone(),
        })
    }

    /// Changes what is decided, while nobody writes.
    fn change(&self, change: impl FnOnce(&mut Sidecar)) -> Result<(), Error> {
        let Some(_lock) = Lock::try_take(&self.root)? else { return Err(held(&self.root)) };
        let mut directory = Directory::open(&self.root, &self.pipeline, self.options.on_missing)?;
        directory.change(change)
    }
}

#[async_trait]
impl PositionAdmin for FilePositions {
    async fn show(&mut self) -> Result<Vec<LanePosition>, Error> {
        let own = self.clone();
        blocking(move || {
            let holder = holder_of(&own.root);
            let sidecar = Directory::load(&own.root, &own.pipeline)?.unwrap_or_default();
            let shown = sidecar.lanes.into_iter().map(|(lane, record)| LanePosition {
                lane,
                position: record.position,
                holder: holder.clone(),
                lag: None,
                behind: None,
            });
            Ok(shown.collect())
        })
        .await
    }

    async fn set(&mut self, positions: &[(Lane, Position)]) -> Result<(), Error> {
        let (own, positions) = (self.clone(), positions.to_vec());
        blocking(move || {
            own.change(|sidecar| {
                for (lane, position) in positions {
                    let record = LaneRecord { position: Some(position), ..LaneRecord::default() };
                    sidecar.lanes.insert(lane, record);
                }
            })
        })
        .await
    }

    async fn reset(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        let (own, lanes) = (self.clone(), lanes.to_vec());
        blocking(move || {
            own.change(|sidecar| {
                if lanes.is_empty() {
                    sidecar.lanes.clear();
                }
                for lane in lanes {
                    sidecar.lanes.insert(lane, LaneRecord::default());
                }
            })
        })
        .await
    }
}
