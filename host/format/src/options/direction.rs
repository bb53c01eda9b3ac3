//! Options of reading and options of writing.

use super::FormatError;

/// What a format is there for, at one end of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It is read, at a source.
    Reading,
    /// It is written, at a sink.
    Writing,
}

impl Direction {
    /// Refuses options that are about the other direction. Each has its name, and whether it is set.
    ///
    /// # Errors
    /// [`FormatError::OtherDirection`] for the first that is set.
    pub fn refuse(self, format: &'static str, others: &[(&'static str, bool)]) -> Result<(), FormatError> {
        let (meant, here) = match self {
            Self::Reading => ("writing", "read"),
            Self::Writing => ("reading", "written"),
        };
        match others.iter().find(|(_, set)| *set) {
            None => Ok(()),
            Some((option, _)) => Err(FormatError::OtherDirection { format, option, meant, here }),
        }
    }
}
