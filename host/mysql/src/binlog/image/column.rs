//! A column that grows, cell by cell.

use std::sync::Arc;

use arrow_buffer::{NullBufferBuilder, i256};

use crate::binlog::charset::Charset;
use crate::binlog::schema::{CellType, ZeroDates};

/// Cells of bytes or text, one after the other, and where each ends.
#[derive(Debug)]
pub(super) struct Strings {
    pub(super) data: Vec<u8>,
    pub(super) offsets: Vec<i32>,
}

impl Strings {
    fn new(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { data: Vec::with_capacity(bytes), offsets }
    }

    /// Ends the cell that was written to `data`.
    #[inline]
    pub(super) fn close(&mut self) {
        self.offsets.push(self.data.len() as i32);
    }

    fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.data.truncate(self.offsets[rows] as usize);
    }

    fn repeat(&mut self) {
        if let [.., start, end] = self.offsets[..] {
            self.data.extend_from_within(start as usize..end as usize);
        }
        self.close();
    }
}

/// The cells of a column, by what their bytes mean: one choice a cell finds both how to read it and where to
/// put it.
#[derive(Debug)]
pub(super) enum Cells {
    /// Left out of the batches: its bytes are passed over.
    Skipped(CellType),
    Int8(Vec<i8>),
    UInt8(Vec<u8>),
    Int16(Vec<i16>),
    UInt16(Vec<u16>),
    Int24(Vec<i32>),
    UInt24(Vec<u32>),
    Int32(Vec<i32>),
    UInt32(Vec<u32>),
    Int64(Vec<i64>),
    UInt64(Vec<u64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Decimal128 {
        values: Vec<i128>,
        precision: u8,
        scale: u8,
    },
    Decimal256 {
        values: Vec<i256>,
        precision: u8,
        scale: u8,
    },
    Year(Vec<i16>),
    Date {
        values: Vec<i32>,
        zero: ZeroDates,
    },
    Time {
        values: Vec<i64>,
        digits: Option<u8>,
    },
    DateTime {
        values: Vec<i64>,
        digits: Option<u8>,
        zero: ZeroDates,
    },
    Timestamp {
        values: Vec<i64>,
        digits: Option<u8>,
        zero: ZeroDates,
    },
    DateText(Strings),
    DateTimeText {
        strings: Strings,
        digits: Option<u8>,
    },
    TimestampText {
        strings: Strings,
        digits: Option<u8>,
    },
    /// BIT, and BINARY without padding of a length that is not written.
    Fixed {
        strings: Strings,
        bytes: u8,
    },
    Bytes {
        strings: Strings,
        prefix: u8,
        width: u16,
    },
    Text {
        strings: Strings,
        prefix: u8,
        charset: Charset,
    },
    Compressed {
        strings: Strings,
        prefix: u8,
        charset: Charset,
        scratch: Vec<u8>,
    },
    Enum {
        strings: Strings,
        bytes: u8,
        labels: Arc<[String]>,
    },
    Set {
        strings: Strings,
        bytes: u8,
        labels: Arc<[String]>,
    },
    Json {
        strings: Strings,
        prefix: u8,
    },
    Inet4(Strings),
    Inet6(Strings),
    Uuid(Strings),
}

/// Does the same to the vector of numbers, or to the strings, of any column.
macro_rules! each {
    ($cells:expr, $values:ident => $number:expr, $strings:ident => $string:expr) => {
        match $cells {
            Cells::Skipped(_) => {}
            Cells::Int8($values) => $number,
            Cells::UInt8($values) => $number,
            Cells::Int16($values) => $number,
            Cells::UInt16($values) => $number,
            Cells::Int24($values) | Cells::Int32($values) => $number,
            Cells::UInt24($values) | Cells::UInt32($values) => $number,
            Cells::Int64($values) => $number,
            Cells::UInt64($values) => $number,
            Cells::Float($values) => $number,
            Cells::Double($values) => $number,
            Cells::Decimal128 { values: $values, .. } => $number,
            Cells::Decimal256 { values: $values, .. } => $number,
            Cells::Year($values) => $number,
            Cells::Date { values: $values, .. } => $number,
            Cells::Time { values: $values, .. }
            | Cells::DateTime { values: $values, .. }
            | Cells::Timestamp { values: $values, .. } => $number,
            Cells::DateText($strings)
            | Cells::DateTimeText { strings: $strings, .. }
            | Cells::TimestampText { strings: $strings, .. }
            | Cells::Fixed { strings: $strings, .. }
            | Cells::Bytes { strings: $strings, .. }
            | Cells::Text { strings: $strings, .. }
            | Cells::Compressed { strings: $strings, .. }
            | Cells::Enum { strings: $strings, .. }
            | Cells::Set { strings: $strings, .. }
            | Cells::Json { strings: $strings, .. }
            | Cells::Inet4($strings)
            | Cells::Inet6($strings)
            | Cells::Uuid($strings) => $string,
        }
    };
}

/// A column that grows: its cells, which of them are values, and which are there at all.
#[derive(Debug)]
pub(super) struct GrowingColumn {
    pub(super) cells: Cells,
    pub(super) validity: NullBufferBuilder,
    pub(super) presence: NullBufferBuilder,
}

impl GrowingColumn {
    /// An empty column with room for a number of rows, and of bytes where it has texts; `taken` is false for one that is
    /// left out.
    pub(super) fn new(cell: &CellType, taken: bool, rows: usize, bytes: usize) -> Self {
        let cells = if taken { cells_of(cell, rows, bytes) } else { Cells::Skipped(cell.clone()) };
        Self { cells, validity: NullBufferBuilder::new(rows), presence: NullBufferBuilder::new(rows) }
    }

    /// Marks the cell that was just written as a value.
    #[inline]
    pub(super) fn valid(&mut self) {
        self.validity.append_non_null();
        self.presence.append_non_null();
    }

    /// Adds NULL.
    #[inline]
    pub(super) fn push_null(&mut self) {
        self.blank();
        self.validity.append_null();
        self.presence.append_non_null();
    }

    /// Adds a missing cell.
    #[inline]
    pub(super) fn push_missing(&mut self) {
        self.blank();
        self.validity.append_null();
        self.presence.append_null();
    }

    #[allow(clippy::default_trait_access)] // The default of every type.
    fn blank(&mut self) {
        each!(&mut self.cells, values => values.push(Default::default()), strings => strings.close());
    }

    /// Adds the last cell once more.
    pub(super) fn repeat_last(&mut self) {
        let Some(last) = self.validity.len().checked_sub(1) else { return self.push_missing() };
        let (valid, present) = (self.validity.is_valid(last), self.presence.is_valid(last));
        each!(
            &mut self.cells,
            values => values.extend_from_within(values.len().saturating_sub(1)..),
            strings => strings.repeat()
        );
        self.validity.append(valid);
        self.presence.append(present);
    }

    /// Takes off what is past a number of rows.
    pub(super) fn truncate(&mut self, rows: usize) {
        each!(&mut self.cells, values => values.truncate(rows), strings => strings.truncate(rows));
        self.validity.truncate(rows);
        self.presence.truncate(rows);
    }

    /// Bytes of text or binary that the column holds.
    pub(super) fn text_bytes(&self) -> usize {
        let mut bytes = 0;
        each!(&self.cells, _values => (), strings => bytes = strings.data.len());
        bytes
    }
}

fn cells_of(cell: &CellType, rows: usize, bytes: usize) -> Cells {
    fn numbers<T>(rows: usize) -> Vec<T> {
        Vec::with_capacity(rows)
    }
    let strings = || Strings::new(rows, bytes);
    match *cell {
        CellType::Integer { bytes, unsigned } => match (bytes, unsigned) {
            (1, false) => Cells::Int8(numbers(rows)),
            (1, true) => Cells::UInt8(numbers(rows)),
            (2, false) => Cells::Int16(numbers(rows)),
            (2, true) => Cells::UInt16(numbers(rows)),
            (3, false) => Cells::Int24(numbers(rows)),
            (3, true) => Cells::UInt24(numbers(rows)),
            (4, false) => Cells::Int32(numbers(rows)),
            (4, true) => Cells::UInt32(numbers(rows)),
            (_, false) => Cells::Int64(numbers(rows)),
            (_, true) => Cells::UInt64(numbers(rows)),
        },
        CellType::Float => Cells::Float(numbers(rows)),
        CellType::Double => Cells::Double(numbers(rows)),
        CellType::Decimal { precision, scale } if precision <= 38 => {
            Cells::Decimal128 { values: numbers(rows), precision, scale }
        }
        CellType::Decimal { precision, scale } => {
            Cells::Decimal256 { values: numbers(rows), precision, scale }
        }
        CellType::Year => Cells::Year(numbers(rows)),
        CellType::Date(ZeroDates::Text) => Cells::DateText(strings()),
        CellType::Date(zero) => Cells::Date { values: numbers(rows), zero },
        CellType::Time { digits } => Cells::Time { values: numbers(rows), digits },
        CellType::DateTime { digits, zero: ZeroDates::Text } => {
            Cells::DateTimeText { strings: strings(), digits }
        }
        CellType::DateTime { digits, zero } => Cells::DateTime { values: numbers(rows), digits, zero },
        CellType::Timestamp { digits, zero: ZeroDates::Text } => {
            Cells::TimestampText { strings: strings(), digits }
        }
        CellType::Timestamp { digits, zero } => Cells::Timestamp { values: numbers(rows), digits, zero },
        CellType::Bit { bytes } => Cells::Fixed { strings: strings(), bytes },
        CellType::Bytes { prefix, width } => Cells::Bytes { strings: strings(), prefix, width },
        CellType::Text { prefix, charset } => Cells::Text { strings: strings(), prefix, charset },
        CellType::Compressed { prefix, charset } => {
            Cells::Compressed { strings: strings(), prefix, charset, scratch: Vec::new() }
        }
        CellType::Enum { bytes, ref labels } => {
            Cells::Enum { strings: strings(), bytes, labels: Arc::clone(labels) }
        }
        CellType::Set { bytes, ref labels } => {
            Cells::Set { strings: strings(), bytes, labels: Arc::clone(labels) }
        }
        CellType::Json { prefix } => Cells::Json { strings: strings(), prefix },
        CellType::Inet4 => Cells::Inet4(strings()),
        CellType::Inet6 => Cells::Inet6(strings()),
        CellType::Uuid => Cells::Uuid(strings()),
    }
}
