//! Points in lanes that people give: offsets, lines, places in a log.

use async_trait::async_trait;
use sluicegate_connector::{Error, LanePosition, PositionAdmin};
use sluicegate_file::FileTerms;
use sluicegate_kafka::KafkaTerms;
use sluicegate_model::{Lane, Position};
use sluicegate_mysql::BinlogTerms;

/// What a source knows about points in its lanes.
pub(in crate::config) enum Terms {
    Kafka(KafkaTerms),
    File(Box<FileTerms>),
    Binlog(Box<BinlogTerms>),
    /// A query has no points that a person could name.
    Query,
}

impl Terms {
    /// The position that a text means in a lane, which is committed up to `known`.
    pub(in crate::config) async fn position(
        &self,
        lane: &Lane,
        text: &str,
        known: Option<&Position>,
    ) -> Result<Position, Error> {
        let number = || {
            text.parse::<u64>().map_err(|_| {
                Error::configuration(format!("{text:?} is no offset"))
                    .lane(lane)
                    .help("write LANE=OFFSET, as in orders/3=4711")
            })
        };
        match self {
            Self::Kafka(terms) => terms.position(lane, i64::try_from(number()?).unwrap_or(i64::MAX)).await,
            Self::File(terms) => terms.position(lane, number()?).await,
            Self::Query => Err(Error::configuration(format!("{text} is no point in a query"))
                .lane(lane)
                .help("`sluicegate positions reset` lets the next start read it from its beginning")),
            Self::Binlog(terms) => terms.position(lane, text, known).await,
        }
    }

    /// Whether a point is said in terms of where its lane is committed.
    pub(in crate::config) fn builds_on_known(&self) -> bool {
        matches!(self, Self::Binlog(_))
    }

    /// Says how far lanes are behind, where that can be found out: a source that is away is no reason to show nothing.
    async fn measure(&self, lanes: Vec<LanePosition>) -> Vec<LanePosition> {
        match self {
            Self::Kafka(terms) => or_unmeasured(terms.measure(lanes.clone()).await, lanes),
            Self::Binlog(terms) => or_unmeasured(terms.measure(lanes.clone()).await, lanes),
            Self::File(terms) => terms.measure(lanes).await,
            Self::Query => lanes,
        }
    }
}

fn or_unmeasured(measured: Result<Vec<LanePosition>, Error>, lanes: Vec<LanePosition>) -> Vec<LanePosition> {
    measured.unwrap_or_else(|error| {
        tracing::warn!("how far lanes are behind is not known: {error}");
        lanes
    })
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
