//! Work that the host does on columns. The cells stay there; a missing cell stays missing.

pub use crate::bindings::sluicegate::transform::columns::Checked;
use crate::bindings::sluicegate::transform::kernels as host;
use crate::{Column, Failure};

/// Algorithms of [`hash`]. Each gives the same numbers on every machine and in every version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// As Kafka's clients hash keys.
    Murmur2,
    /// 64 bits, the fastest.
    Xxh3,
    /// As zlib's `crc32`.
    Crc32,
}

impl Algorithm {
    /// Its name in the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Murmur2 => "murmur2",
            Self::Xxh3 => "xxh3",
            Self::Crc32 => "crc32",
        }
    }
}

/// Casts a column to a type by its name: `int64`, `decimal(18,2)`, `timestamp(us,UTC)`. Options are `time-zone` and
/// `format`. A cell that does not fit is null, and its row is listed.
///
/// # Errors
/// The host's, where there is no such cast.
pub fn cast(input: &Column, to: &str, options: &[(&str, &str)]) -> Result<Checked, Failure> {
    host::cast(input, to, &owned(options))
}

/// The cells at `rows`, in that order; repeats are allowed.
///
/// # Errors
/// The host's, for a row past the end.
pub fn take(input: &Column, rows: &[u32]) -> Result<Column, Failure> {
    host::take(input, rows)
}

/// A `uint64` a row over the cells of the columns.
///
/// # Errors
/// The host's, for a missing cell: nobody knows what its hash is.
pub fn hash(inputs: &[&Column], algorithm: Algorithm) -> Result<Column, Failure> {
    host::hash(inputs, algorithm.name())
}

/// Any other function of the host, by its name: `upper`, `eq`, `is-null`, `substring`.
///
/// # Errors
/// The host's, where it knows no such function, or not for these types.
pub fn compute(function: &str, inputs: &[&Column], options: &[(&str, &str)]) -> Result<Checked, Failure> {
    host::compute(function, inputs, &owned(options))
}

/// Names that [`compute`] knows.
pub fn functions() -> Vec<String> {
    host::functions()
}

fn owned(options: &[(&str, &str)]) -> Vec<(String, String)> {
    options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
