//! Files: source, sink, positions and dead letters.
//!
//! | module | holds |
//! |---|---|
//! | [`format`] | [`FileFormat`]: the forms that a file may have |
//! | [`source`] | [`FileSource`], [`StdinSource`]: reading files |
//! | [`sink`] | [`FileSink`]: writing files |
//! | [`positions`] | [`FilePositions`]: positions for people |
//! | `columns` | Parquet and Arrow IPC |
//! | [`dead_letters`] | [`FileDeadLetters`]: the place that letters are put |
//! | [`letter`] | [`Letter`]: a line of the file |
//! | [`reader`] | [`read_letters`]: the lines again, for people |
//! | `failure` | errors of the file system |
//! | `journal` | lines appended whole and durably, or not at all |

mod columns;
pub mod dead_letters;
mod failure;
pub mod format;
mod journal;
pub mod letter;
pub mod positions;
pub mod reader;
pub mod sink;
pub mod source;

pub use columns::{ColumnsCompression, ColumnsOptions};
pub use dead_letters::FileDeadLetters;
pub use format::FileFormat;
pub use letter::Letter;
pub use positions::FilePositions;
pub use reader::{read_letters, read_letters_from};
pub use sink::{FileSink, SinkOptions};
pub use source::{FileSource, FileTerms, LetterRecords, SourceOptions, StdinSource};
