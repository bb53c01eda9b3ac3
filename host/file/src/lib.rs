//! Files: dead letters beside the pipeline.
//!
//! | module | holds |
//! |---|---|
//! | [`dead_letters`] | [`FileDeadLetters`]: the place that letters are put |
//! | [`letter`] | [`Letter`]: a line of the file |
//! | [`reader`] | [`read_letters`]: the lines again, for people |
//! | `journal` | lines appended whole and durably, or not at all |

pub mod dead_letters;
mod journal;
pub mod letter;
pub mod reader;

pub use dead_letters::FileDeadLetters;
pub use letter::Letter;
pub use reader::{read_letters, read_letters_from};
