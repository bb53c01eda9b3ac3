//! Why a kernel could not do its work at all.

use arrow_schema::{ArrowError, DataType};
use sluicegate_model::data_type;
use thiserror::Error;

/// What an error is about, which is what the caller needs to know to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The call itself: no batch would pass. The pipeline stops.
    Setup,
    /// Rows of this batch: others may pass. The batch is taken apart until they are found.
    Rows,
}

/// Why a kernel could not do its work. What is wrong with single cells is not here but in
/// [`Checked::failed`](crate::Checked::failed), where a kernel can go on without them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KernelError {
    /// `compute` knows no such function.
    #[error("there is no function {name:?}{}", nearest.as_ref().map(|near| format!(": did you mean {near:?}?")).unwrap_or_default())]
    UnknownFunction {
        /// What was asked for.
        name: String,
        /// The known name that is most like it.
        nearest: Option<String>,
    },
    /// A function was given more or fewer columns than it takes.
    #[error("{function} takes {expected}, it was given {found} columns")]
    InputCount {
        /// The function.
        function: String,
        /// What it takes, in words.
        expected: String,
        /// How many columns were given.
        found: usize,
    },
    /// A column is not of a type that the function works on.
    #[error("{function} takes {expected} as its input {input}, not {}", type_name(found))]
    WrongType {
        /// The function.
        function: String,
        /// Which input, from 0.
        input: usize,
        /// Types that it takes, in words.
        expected: String,
        /// Type of the column.
        found: DataType,
    },
    /// There is no cast between the two types.
    #[error("{} cannot be cast to {}", type_name(from), type_name(to))]
    UnsupportedCast {
        /// Type of the column.
        from: DataType,
        /// Type that was asked for.
        to: DataType,
    },
    /// An option is not known, is left out, or has a value that does not do.
    #[error("option {name} with value {value:?} does not do: {why}")]
    BadOption {
        /// Name of the option.
        name: String,
        /// Its value; empty where it was left out.
        value: String,
        /// What is wrong.
        why: String,
    },
    /// A row number past the end of the column.
    #[error("row {row} was asked for, the column has {rows}")]
    RowOutOfRange {
        /// The row, from 0.
        row: u32,
        /// Rows of the column.
        rows: usize,
    },
    /// A key cannot be made of a cell that the source did not give.
    #[error("the cell of row {row} in input {column} is missing: the source gave a partial image")]
    MissingCell {
        /// The row, from 0.
        row: u32,
        /// Which input, from 0.
        column: usize,
    },
    /// The columns are not all of one length.
    #[error("input {input} has {found} rows, the first has {expected}")]
    Length {
        /// Which input, from 0.
        input: usize,
        /// Its length.
        found: usize,
        /// Length of the first.
        expected: usize,
    },
    /// The text or bytes of the result do not fit one column: Arrow's offsets end at 2 GiB.
    #[error("the result of {function} is larger than the 2 GiB that one column can hold")]
    TooLarge {
        /// The function.
        function: String,
    },
    /// Arrow refused what it was given.
    #[error("{function} failed in Arrow: {message}")]
    Arrow {
        /// The function.
        function: String,
        /// What Arrow said.
        message: String,
    },
}

impl KernelError {
    /// Whether the call is wrong for every batch or this batch's rows are.
    pub fn blame(&self) -> Blame {
        match self {
            Self::MissingCell { .. } | Self::TooLarge { .. } => Blame::Rows,
            _ => Blame::Setup,
        }
    }

    /// The row that is to blame, where one is.
    pub fn row(&self) -> Option<u32> {
        match self {
            Self::MissingCell { row, .. } => Some(*row),
            _ => None,
        }
    }

    pub(crate) fn bad_option(name: &str, value: &str, why: impl Into<String>) -> Self {
        Self::BadOption { name: name.to_owned(), value: value.to_owned(), why: why.into() }
    }

    pub(crate) fn arrow(function: &str, error: &ArrowError) -> Self {
        match error {
            ArrowError::OffsetOverflowError(_) => Self::TooLarge { function: function.to_owned() },
            other => Self::Arrow { function: function.to_owned(), message: other.to_string() },
        }
    }
}

/// The name of a type as users write it, or Arrow's where it has none.
pub(crate) fn type_name(of: &DataType) -> String {
    data_type::name_of(of).unwrap_or_else(|| of.to_string())
}
