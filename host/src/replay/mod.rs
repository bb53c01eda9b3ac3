//! Dead letters, looked at and sent again.
//!
//! A replay is a run of the pipeline whose source are its letters. Its position is decided with the rows, under the
//! name `PIPELINE/replay`, and says of each letter whether it was sent again. So a replay that was killed goes on where
//! it was, one that is repeated does nothing new, and what is kept back stays where it lies until it is asked for.
//!
//! | module | holds |
//! |---|---|
//! | [`places`] | the letters of a pipeline, wherever they lie |
//! | [`filter`] | which letters are meant |
//! | [`done`] | which were sent again: the position of a replay |
//! | [`rows`] | the rows of a letter, and the keys of rows |
//! | [`plan`] | what becomes of each letter |
//! | `planner` | finding that out |
//! | [`later`] | whether the key of a row was changed after it |
//! | `order` | the order in which rows are sent again |
//! | [`narrow`] | steps that see of a row only the output that its letter is about |
//! | [`source`] | letters as a source of rows |
//! | [`forecast`] | what would come of a replay |

pub mod done;
pub mod filter;
pub mod forecast;
pub mod later;
pub mod narrow;
mod order;
pub mod places;
pub mod plan;
mod planner;
pub mod rows;
pub mod source;

use std::sync::Arc;

use sluicegate_connector::Error;
use sluicegate_format::Decode;
use sluicegate_kafka::ChangeReader;
use sluicegate_model::DeadLetter;

pub use done::Done;
pub use filter::{Filter, Since};
pub use narrow::narrowed;
pub use places::{LetterPlaces, LetterStore, Stored};
pub use plan::{Asked, Decided, Entry, Fate, Plan};
pub use planner::plan;
pub use source::LetterSource;

/// Opens letters that are sealed.
pub trait OpenLetters: Send + Sync {
    /// Replaces sealed bytes by what was sealed.
    ///
    /// # Errors
    /// In words, where the key does not open them.
    fn open(&self, letter: &mut DeadLetter) -> Result<(), String>;
}

/// What a replay needs of a pipeline besides its steps and its sink.
#[derive(Clone)]
pub struct Tools {
    /// Where its letters are.
    pub places: LetterPlaces,
    /// Opens them, where they are sealed.
    pub opener: Option<Arc<dyn OpenLetters>>,
    /// The format of its source.
    pub decode: Arc<dyn Decode>,
    /// Its source, to be read once more; `None` where that cannot be done.
    pub changes: Option<Changes>,
}

/// A source that can be read once more.
#[derive(Clone)]
pub struct Changes {
    /// Opens it. Blocks.
    pub open: Arc<dyn Fn() -> Result<ChangeReader, Error> + Send + Sync>,
    /// Its consumer group.
    pub group: String,
}
