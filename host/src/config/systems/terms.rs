//! Positions by numbers that people give.

use async_trait::async_trait;
use sluicegate_connector::{Error, LanePosition, PositionAdmin};
use sluicegate_file::FileTerms;
use sluicegate_kafka::KafkaTerms;
use sluicegate_model::{Lane, Position};

/// What a source knows about points in its lanes.
pub(in crate::config) enum Terms {
    Kafka(KafkaTerms),
    File(Box<FileTerms>),
    /// A point in a binlog is no number.
    Binlog,
    /// Nor is one in a query.
    Query,
}

impl Terms {
    /// The position that a number means in a lane.
    pub(in crate::config) async fn position(&self, lane: &Lane, number: i64) -> Result<Position, Error> {
        match self {
            Self::Kafka(terms) => terms.position(lane, number).await,
            Self::File(terms) => terms.position(lane, u64::try_from(number).unwrap_or(0)).await,
            Self::Query => Err(Error::configuration(format!("{number} is no point in a query"))
                .lane(lane)
                .help("`sluicegate positions reset` lets the next start read it from its beginning")),
            Self::Binlog => {
                Err(Error::configuration(format!("{number} is no point in a binlog")).lane(lane).help(
                    "`sluicegate positions reset`, then `start` of the source: a gtid, a file or a timestamp",
                ))
            }
        }
    }

    /// Says how far lanes are behind, where that can be found out: a source that is away is no reason to show nothing.
    async fn measure(&self, lanes: Vec<LanePosition>) -> Vec<LanePosition> {
        match self {
            Self::Kafka(terms) => match terms.measure(lanes.clone()).await {
                Ok(measured) => measured,
                Err(error) => {
                    tracing::warn!("how far lanes are behind is not known: {error}");
                    lanes
                }
            },
            Self::File(terms) => terms.measure(lanes).await,
            // A log is measured in bytes, not in records.
            Self::Binlog | Self::Query => lanes,
        }
    }
}

/// Positions in one system, of lanes of another.
struct Measured {
    positions: Box<dyn PositionAdmin>,
    terms: Terms,
}

/// Positions that the sink keeps, with what the source knows about them.
pub(super) fn measured(positions: Box<dyn PositionAdmin>, terms: Terms) -> Box<dyn PositionAdmin> {
    Box::new(Measured { positions, terms })
}

#[async_trait]
impl PositionAdmin for Measured {
    async fn show(&mut self) -> Result<Vec<LanePosition>, Error> {
        let shown = self.positions.show().await?;
        Ok(self.terms.measure(shown).await)
    }

    async fn set(&mut self, positions: &[(Lane, Position)]) -> Result<(), Error> {
        self.positions.set(positions).await
    }

    async fn reset(&mut self, lanes: &[Lane]) -> Result<(), Error> {
        self.positions.reset(lanes).await
    }
}
