//! Columns made in the guest. Each cell is a value, NULL or missing.
//!
//! A builder ends in [`finish`](Builder::finish), which hands the cells to the host. Cells are collected, too:
//!
//! ```
//! use sluicegate_sdk::builders::{Builder, TextBuilder};
//!
//! let names = ["Ann", "Bob"].into_iter().map(Some).chain([None]);
//! let column = names.collect::<TextBuilder>().finish()?;
//! assert_eq!((column.len(), column.null_count()), (3, 1));
//! # Ok::<(), sluicegate_sdk::Failure>(())
//! ```

use std::borrow::Cow;
use std::iter::repeat_n;
use std::mem::MaybeUninit;

use crate::cells::{Cell, Cells, Number, Values, Variable};
pub use crate::decimal::DecimalBuilder;
pub use crate::nested::{ListBuilder, MapBuilder};
use crate::time::Time;
pub use crate::time::{DateBuilder, DurationBuilder, TimeBuilder, TimestampBuilder};
use crate::{Column, Failure};

/// What every builder does.
pub trait Builder {
    /// Cells so far.
    fn len(&self) -> usize;

    /// Whether there is no cell.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column.
    ///
    /// # Errors
    /// The host's: it checks what it is given.
    fn finish(self) -> Result<Column, Failure>;
}

/// Bits, the lowest of a byte first.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u8>);

impl Bits {
    fn set(rows: usize) -> Self {
        Self(vec![0xFF; rows.div_ceil(8)])
    }

    fn put(&mut self, row: usize, bit: bool) {
        if self.0.len() <= row / 8 {
            self.0.resize(row / 8 + 1, 0);
        }
        let mask = 1 << (row % 8);
        if bit {
            self.0[row / 8] |= mask;
        } else {
            self.0[row / 8] &= !mask;
        }
    }
}

/// The masks of a run of cells: none until one is needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks {
    rows: usize,
    validity: Option<Bits>,
    presence: Option<Bits>,
}

impl Masks {
    #[inline]
    pub(crate) fn push<T>(&mut self, cell: &Cell<T>) {
        let row = self.rows;
        if !matches!(cell, Cell::Value(_)) || self.validity.is_some() {
            self.validity.get_or_insert_with(|| Bits::set(row)).put(row, matches!(cell, Cell::Value(_)));
        }
        if cell.is_missing() || self.presence.is_some() {
            self.presence.get_or_insert_with(|| Bits::set(row)).put(row, !cell.is_missing());
        }
        self.rows += 1;
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn with(self, values: Values) -> (u32, Cells) {
        let cells = Cells {
            validity: self.validity.map(|bits| bits.0),
            presence: self.presence.map(|bits| bits.0),
            values,
        };
        (self.rows as u32, cells)
    }
}

/// Appends a character some times over: quicker than one by one, for the runs that hide or pad a text.
///
/// ```
/// let mut text = "A".to_owned();
/// sluicegate_sdk::builders::push_repeated(&mut text, '*', 3);
/// assert_eq!(text, "A***");
/// ```
pub fn push_repeated(text: &mut String, character: char, times: usize) {
    if !character.is_ascii() {
        text.extend(repeat_n(character, times));
        return;
    }
    // SAFETY: bytes of ASCII are appended, which is UTF-8.
    let bytes = unsafe { text.as_mut_vec() };
    // Eight at a time, the last of them over the end: runs are short, and in WebAssembly a call to fill memory costs more
    // than a short run.
    bytes.reserve(times.next_multiple_of(8));
    let eight = (u64::from(character as u8) * 0x0101_0101_0101_0101).to_ne_bytes().map(MaybeUninit::new);
    let (room, _) = bytes.spare_capacity_mut().as_chunks_mut();
    #[allow(clippy::manual_slice_fill, reason = "`fill` becomes that call")]
    for place in &mut room[..times.div_ceil(8)] {
        *place = eight;
    }
    // SAFETY: so many bytes of the room were written.
    unsafe { bytes.set_len(bytes.len() + times) };
}

/// A column of text.
#[derive(Clone, Debug)]
pub struct TextBuilder {
    masks: Masks,
    offsets: Vec<u32>,
    text: String,
}

impl TextBuilder {
    /// Room for so many cells with so many bytes of text together.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { masks: Masks::default(), offsets, text: String::with_capacity(bytes) }
    }

    /// Adds a cell: `Cell<&str>`, or `Option<&str>` with none for NULL.
    pub fn push<'a>(&mut self, cell: impl Into<Cell<&'a str>>) {
        let cell = cell.into();
        if let Cell::Value(text) = &cell {
            self.text.push_str(text);
        }
        self.end(&cell);
    }

    /// Adds a cell whose text `write` appends to what it is given, without a text in between. It must only append.
    pub fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.end(&Cell::Value(()));
    }

    fn end<T>(&mut self, cell: &Cell<T>) {
        self.masks.push(cell);
        self.offsets.push(self.text.len() as u32);
    }

    /// The cells, and how many they are.
    pub fn into_cells(self) -> (u32, Cells) {
        let values = Variable { offsets: self.offsets, data: self.text.into_bytes() };
        self.masks.with(Values::Variable(values))
    }

    /// The column.
    ///
    /// # Errors
    /// The host's: it checks what it is given.
    pub fn finish(self) -> Result<Column, Failure> {
        let (rows, cells) = self.into_cells();
        Column::of("utf8", rows, &cells)
    }
}

impl Builder for TextBuilder {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        Self::finish(self)
    }
}

impl Default for TextBuilder {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

/// A column of bytes.
#[derive(Clone, Debug)]
pub struct BytesBuilder {
    masks: Masks,
    offsets: Vec<u32>,
    data: Vec<u8>,
}

impl BytesBuilder {
    /// Room for so many cells with so many bytes together.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { masks: Masks::default(), offsets, data: Vec::with_capacity(bytes) }
    }

    /// Adds a cell.
    pub fn push<'a>(&mut self, cell: impl Into<Cell<&'a [u8]>>) {
        let cell = cell.into();
        if let Cell::Value(bytes) = &cell {
            self.data.extend_from_slice(bytes);
        }
        self.masks.push(&cell);
        self.offsets.push(self.data.len() as u32);
    }

    /// The cells, and how many they are.
    pub fn into_cells(self) -> (u32, Cells) {
        let values = Variable { offsets: self.offsets, data: self.data };
        self.masks.with(Values::Variable(values))
    }

    /// The column.
    ///
    /// # Errors
    /// The host's: it checks what it is given.
    pub fn finish(self) -> Result<Column, Failure> {
        let (rows, cells) = self.into_cells();
        Column::of("binary", rows, &cells)
    }
}

impl Builder for BytesBuilder {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        Self::finish(self)
    }
}

impl Default for BytesBuilder {
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

/// A column of numbers, or of what is laid out as numbers.
#[derive(Clone, Debug)]
pub struct NumberBuilder<T> {
    data_type: Cow<'static, str>,
    masks: Masks,
    values: Vec<T>,
}

/// A column of 64-bit integers, timestamps or durations.
pub type Int64Builder = NumberBuilder<i64>;
/// A column of 32-bit integers or dates.
pub type Int32Builder = NumberBuilder<i32>;
/// A column of 64-bit floats.
pub type Float64Builder = NumberBuilder<f64>;

impl<T: Number> NumberBuilder<T> {
    /// Room for so many cells.
    pub fn with_capacity(rows: usize) -> Self {
        let data_type = Cow::Borrowed(T::DATA_TYPE);
        Self { data_type, masks: Masks::default(), values: Vec::with_capacity(rows) }
    }

    /// The same for another type with this layout: `timestamp(us)` over `i64`, `date32` over `i32`.
    #[must_use]
    pub fn of_type(mut self, data_type: impl Into<Cow<'static, str>>) -> Self {
        self.data_type = data_type.into();
        self
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: impl Into<Cell<T>>) {
        let cell = cell.into();
        self.masks.push(&cell);
        self.values.push(cell.value().unwrap_or_default());
    }

    /// The cells, and how many they are.
    pub fn into_cells(self) -> (u32, Cells) {
        self.masks.with(T::into_values(self.values))
    }

    /// The column.
    ///
    /// # Errors
    /// The host's: it checks what it is given.
    pub fn finish(self) -> Result<Column, Failure> {
        let data_type = self.data_type.clone();
        let (rows, cells) = self.into_cells();
        Column::of(&data_type, rows, &cells)
    }
}

impl<T: Number> Builder for NumberBuilder<T> {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        Self::finish(self)
    }
}

impl<T: Number> Default for NumberBuilder<T> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// A column of true and false.
#[derive(Clone, Debug, Default)]
pub struct BooleanBuilder {
    masks: Masks,
    bits: Bits,
}

impl BooleanBuilder {
    /// Adds a cell.
    pub fn push(&mut self, cell: impl Into<Cell<bool>>) {
        let cell = cell.into();
        self.bits.put(self.masks.rows, cell.value().unwrap_or(false));
        self.masks.push(&cell);
    }

    /// The cells, and how many they are.
    pub fn into_cells(self) -> (u32, Cells) {
        self.masks.with(Values::Bits(self.bits.0))
    }

    /// The column.
    ///
    /// # Errors
    /// The host's: it checks what it is given.
    pub fn finish(self) -> Result<Column, Failure> {
        let (rows, cells) = self.into_cells();
        Column::of("boolean", rows, &cells)
    }
}

impl Builder for BooleanBuilder {
    fn len(&self) -> usize {
        self.masks.len()
    }

    fn finish(self) -> Result<Column, Failure> {
        Self::finish(self)
    }
}

/// Cells are added to builders from iterators.
macro_rules! extend {
    ($($builder:ty: [$($generics:tt)*] $item:ty, $cell:ident => $push:expr;)*) => {$(
        impl<$($generics)*> Extend<$item> for $builder {
            fn extend<I: IntoIterator<Item = $item>>(&mut self, cells: I) {
                for $cell in cells {
                    self.push($push);
                }
            }
        }

        impl<$($generics)*> FromIterator<$item> for $builder {
            fn from_iter<I: IntoIterator<Item = $item>>(cells: I) -> Self {
                let mut builder = Self::default();
                builder.extend(cells);
                builder
            }
        }
    )*};
}

extend! {
    TextBuilder: [S: AsRef<str>] Cell<S>, cell => cell.as_ref().map(AsRef::as_ref);
    TextBuilder: [S: AsRef<str>] Option<S>, cell => cell.as_ref().map(AsRef::as_ref);
    BytesBuilder: [B: AsRef<[u8]>] Cell<B>, cell => cell.as_ref().map(AsRef::as_ref);
    BytesBuilder: [B: AsRef<[u8]>] Option<B>, cell => cell.as_ref().map(AsRef::as_ref);
    NumberBuilder<T>: [T: Number] Cell<T>, cell => cell;
    NumberBuilder<T>: [T: Number] Option<T>, cell => cell;
    BooleanBuilder: [] Cell<bool>, cell => cell;
    BooleanBuilder: [] Option<bool>, cell => cell;
    TimeBuilder<T>: [T: Time] Cell<T>, cell => cell;
    TimeBuilder<T>: [T: Time] Option<T>, cell => cell;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cells::{Booleans, Bytes, Numbers, Texts};

    fn cells<T: Clone + std::fmt::Debug>(
        values: impl Strategy<Value = T> + Clone,
    ) -> impl Strategy<Value = Vec<Cell<T>>> {
        let cell = prop_oneof![values.prop_map(Cell::Value), Just(Cell::Null), Just(Cell::Missing)];
        proptest::collection::vec(cell, 0..40)
    }

    proptest! {
        #[test]
        fn text_comes_back(given in cells(".{0,4}")) {
            let mut builder = TextBuilder::default();
            for cell in &given {
                builder.push(cell.as_ref().map(String::as_str));
            }
            let (rows, cells) = builder.into_cells();
            prop_assert_eq!(rows as usize, given.len());
            let read = Texts::from_cells(cells).unwrap();
            let read: Vec<_> = read.iter().map(|cell| cell.map(str::to_owned)).collect();
            prop_assert_eq!(read, given);
        }

        #[test]
        fn numbers_come_back(given in cells(any::<i64>())) {
            let mut builder = Int64Builder::default();
            for cell in &given {
                builder.push(*cell);
            }
            let (_, cells) = builder.into_cells();
            let read = Numbers::<i64>::from_cells(cells).unwrap();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), given);
        }

        #[test]
        fn bytes_come_back(given in cells(proptest::collection::vec(any::<u8>(), 0..4))) {
            let mut builder = BytesBuilder::default();
            for cell in &given {
                builder.push(cell.as_ref().map(Vec::as_slice));
            }
            let (_, cells) = builder.into_cells();
            let read = Bytes::from_cells(cells).unwrap();
            let read: Vec<_> = read.iter().map(|cell| cell.map(<[u8]>::to_vec)).collect();
            prop_assert_eq!(read, given);
        }

        #[test]
        fn booleans_come_back(given in cells(any::<bool>())) {
            let mut builder = BooleanBuilder::default();
            for cell in &given {
                builder.push(*cell);
            }
            let (rows, cells) = builder.into_cells();
            let read = Booleans::from_cells(rows as usize, cells).unwrap();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), given);
        }
    }

    proptest! {
        #[test]
        fn runs_are_as_long_as_asked(before in ".{0,9}", character: char, times in 0..40_usize) {
            let mut text = before.clone();
            push_repeated(&mut text, character, times);
            let expected: String = before.chars().chain(repeat_n(character, times)).collect();
            prop_assert_eq!(text, expected);
        }
    }

    #[test]
    fn values_alone_need_no_mask() {
        let mut builder = TextBuilder::default();
        builder.push("a");
        builder.push_with(|text| text.push('b'));
        let (_, cells) = builder.into_cells();
        assert!(cells.validity.is_none() && cells.presence.is_none());
    }

    #[test]
    fn a_missing_cell_is_null_too() {
        let mut builder = Int64Builder::default();
        builder.push(Cell::Missing);
        let (_, cells) = builder.into_cells();
        assert_eq!((cells.validity, cells.presence), (Some(vec![0]), Some(vec![0])));
    }
}
