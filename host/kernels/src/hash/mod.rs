//! Hashes of rows, the same on every machine and in every version.
//!
//! They are taken over the [canonical bytes](crate::canonical) of the cells, so equal values hash equal whatever
//! Arrow layout they have, and the murmur2 of a single text column is what Kafka's clients make of that key.

mod murmur2;

use std::str::FromStr;
use std::sync::Arc;

use arrow_array::UInt64Array;
use sluicegate_model::Column;

use crate::canonical::KeyEncoder;
use crate::options::one_of;
use crate::{KernelError, canonical};

pub use murmur2::murmur2;

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// 32-bit Murmur2 as Kafka's clients take it, made positive (`& 0x7fff_ffff`): `hash % partitions` is the
    /// partition that the Java client's default partitioner gives a record of that key.
    Murmur2,
    /// 64-bit XXH3 with seed 0.
    Xxh3,
    /// CRC-32 (IEEE), as zlib has it.
    Crc32,
}

impl HashAlgorithm {
    /// All of them, by name.
    const NAMES: [(&str, Self); 3] =
        [("murmur2", Self::Murmur2), ("xxh3", Self::Xxh3), ("crc32", Self::Crc32)];

    /// The name, as guests and configurations write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Murmur2 => "murmur2",
            Self::Xxh3 => "xxh3",
            Self::Crc32 => "crc32",
        }
    }

    /// The hash of some bytes.
    pub fn of(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Murmur2 => u64::from(murmur2(bytes).cast_unsigned() & 0x7fff_ffff),
            Self::Xxh3 => xxhash_rust::xxh3::xxh3_64(bytes),
            Self::Crc32 => u64::from(crc32fast::hash(bytes)),
        }
    }
}

impl FromStr for HashAlgorithm {
    type Err = KernelError;

    fn from_str(name: &str) -> Result<Self, KernelError> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, algorithm)| *algorithm).ok_or_else(|| {
            let names = Self::NAMES.iter().map(|(known, _)| known);
            KernelError::bad_option("algorithm", name, one_of(names))
        })
    }
}

/// A hash a row of one or more columns, as `uint64` without nulls.
///
/// NULL has canonical bytes of its own, so a row with a NULL in its key has a hash like any other.
///
/// # Errors
/// [`KernelError::MissingCell`] for the first row that lacks a cell, [`KernelError::WrongType`] for a list, map or
/// struct, [`KernelError::Length`] where the columns are not of one length.
pub fn hash(inputs: &[&Column], algorithm: HashAlgorithm) -> Result<Column, KernelError> {
    let encoder = KeyEncoder::new("hash", inputs)?;
    encoder.require_present()?;
    let rows = encoder.rows();
    let hashes: Vec<u64> = if let Some(cells) = encoder.single_bytes() {
        // Text and bytes are their own canonical bytes: nothing is copied.
        (0..rows).map(|row| algorithm.of(cells.get(row).unwrap_or(&canonical::NULL_FRAME))).collect()
    } else {
        let mut key = Vec::new();
        let hash = |row| {
            key.clear();
            encoder.write(row, &mut key);
            algorithm.of(&key)
        };
        (0..rows).map(hash).collect()
    };
    Ok(Column::new(Arc::new(UInt64Array::from(hashes))))
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, BinaryArray, Int32Array, Int64Array, StringArray};
    use arrow_buffer::BooleanBuffer;

    use super::*;

    fn column(values: impl arrow_array::Array + 'static) -> Column {
        Column::new(Arc::new(values) as ArrayRef)
    }

    fn values(column: &Column) -> Vec<u64> {
        let array = column.values().as_any().downcast_ref::<UInt64Array>().unwrap();
        array.values().to_vec()
    }

    #[test]
    fn one_text_column_is_partitioned_as_kafka_does() {
        let keys = column(StringArray::from(vec!["21", "foobar", "abc"]));
        let expected = [-973_932_308_i32, -790_332_482, 479_470_107].map(|hash| (hash & 0x7fff_ffff) as u64);
        assert_eq!(values(&hash(&[&keys], HashAlgorithm::Murmur2).unwrap()), expected);
    }

    #[test]
    fn the_width_of_a_number_does_not_matter() {
        let narrow = column(Int32Array::from(vec![21, -7]));
        let wide = column(Int64Array::from(vec![21, -7]));
        let text = column(StringArray::from(vec!["21", "-7"]));
        for algorithm in [HashAlgorithm::Murmur2, HashAlgorithm::Xxh3, HashAlgorithm::Crc32] {
            let expected = hash(&[&text], algorithm).unwrap();
            assert_eq!(hash(&[&narrow], algorithm).unwrap(), expected);
            assert_eq!(hash(&[&wide], algorithm).unwrap(), expected);
        }
    }

    #[test]
    fn crc32_and_xxh3_have_their_known_values() {
        assert_eq!(HashAlgorithm::Crc32.of(b"123456789"), 0xcbf4_3926);
        // The value of the reference implementation for no bytes and seed 0.
        assert_eq!(HashAlgorithm::Xxh3.of(b""), 0x2d06_8005_38d3_94c2);
    }

    #[test]
    fn null_is_not_the_empty_text() {
        let keys = column(StringArray::from(vec![Some(""), None]));
        let bytes = column(BinaryArray::from(vec![Some(&b""[..]), None]));
        for keys in [keys, bytes] {
            let hashes = values(&hash(&[&keys], HashAlgorithm::Xxh3).unwrap());
            assert_ne!(hashes[0], hashes[1]);
        }
    }

    #[test]
    fn columns_do_not_run_into_one_another() {
        let (a, ab) = (column(StringArray::from(vec!["a"])), column(StringArray::from(vec!["ab"])));
        let (bc, c) = (column(StringArray::from(vec!["bc"])), column(StringArray::from(vec!["c"])));
        let hash = |inputs: &[&Column]| values(&hash(inputs, HashAlgorithm::Xxh3).unwrap());
        assert_ne!(hash(&[&a, &bc]), hash(&[&ab, &c]));
    }

    #[test]
    fn a_missing_cell_is_named() {
        let values = Arc::new(Int32Array::from(vec![1, 2, 3]));
        let partial = Column::with_presence(values, Some(BooleanBuffer::from(vec![true, false, true])));
        let error = hash(&[&column(Int32Array::from(vec![1, 2, 3])), &partial], HashAlgorithm::Crc32);
        assert_eq!(error, Err(KernelError::MissingCell { row: 1, column: 1 }));
    }

    #[test]
    fn an_unknown_algorithm_is_told_the_known_ones() {
        let error = "md5".parse::<HashAlgorithm>().unwrap_err();
        assert!(error.to_string().contains("murmur2, xxh3, crc32"), "{error}");
    }
}
