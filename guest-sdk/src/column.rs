//! Columns: handles of what the host holds. Reading one brings its cells into the guest's memory.

pub use crate::bindings::sluicegate::transform::columns::Column;
use crate::builders::{NumberBuilder, TextBuilder};
use crate::cells::{Booleans, Bytes, Cell, Cells, Number, Numbers, Texts};
use crate::decimal::Decimals;
use crate::time::{Date, Duration, Time, Times, Timestamp};
use crate::{Failure, kernels};

impl Column {
    /// Every cell, as the interface lays them out.
    pub fn cells(&self) -> Cells {
        self.read(0, self.len())
    }

    /// The cells of a utf8 column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn text(&self) -> Result<Texts, Failure> {
        match self.data_type().as_str() {
            "utf8" => Texts::from_cells(self.cells()),
            found => Err(wrong_type(found, "utf8")),
        }
    }

    /// The bytes of a binary or utf8 column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn bytes(&self) -> Result<Bytes, Failure> {
        Bytes::from_cells(self.cells()).ok_or_else(|| wrong_type(&self.data_type(), "binary or utf8"))
    }

    /// The cells of a boolean column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn booleans(&self) -> Result<Booleans, Failure> {
        Booleans::from_cells(self.len() as usize, self.cells())
            .ok_or_else(|| wrong_type(&self.data_type(), "boolean"))
    }

    /// The cells of a column that is laid out as numbers of this type: `int64`, but `timestamp(us)` too.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another layout.
    pub fn numbers<T: Number>(&self) -> Result<Numbers<T>, Failure> {
        Numbers::from_cells(self.cells()).ok_or_else(|| wrong_type(&self.data_type(), T::DATA_TYPE))
    }

    /// The cells of a column of 64-bit integers, timestamps or durations.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub fn i64s(&self) -> Result<Numbers<i64>, Failure> {
        self.numbers()
    }

    /// The cells of a column of 64-bit floats.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub fn f64s(&self) -> Result<Numbers<f64>, Failure> {
        self.numbers()
    }

    /// The cells of a `decimal128` column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type. A `decimal256` is to be cast first: to fewer digits or to text.
    pub fn decimals(&self) -> Result<Decimals, Failure> {
        let data_type = self.data_type();
        if !data_type.starts_with("decimal128(") {
            return Err(wrong_type(&data_type, "decimal128"));
        }
        Decimals::from_cells(&data_type, self.cells()).ok_or_else(|| wrong_type(&data_type, "decimal128"))
    }

    /// The cells of a date column.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn dates(&self) -> Result<Times<Date>, Failure> {
        self.times()
    }

    /// The cells of a timestamp column, with a zone or without, in seconds, milliseconds or microseconds.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn timestamps(&self) -> Result<Times<Timestamp>, Failure> {
        self.times()
    }

    /// The cells of a column of durations or times of day.
    ///
    /// # Errors
    /// [`Failure::stop`] for a column of another type.
    pub fn durations(&self) -> Result<Times<Duration>, Failure> {
        self.times()
    }

    fn times<T: Time>(&self) -> Result<Times<T>, Failure> {
        let data_type = self.data_type();
        let times = self.numbers().ok().and_then(|numbers| Times::new(&data_type, numbers));
        times.ok_or_else(|| wrong_type(&data_type, T::DATA_TYPE))
    }

    /// A column of text made of this one, cell by cell. NULL stays NULL, missing stays missing.
    ///
    /// # Errors
    /// [`Failure::stop`] where this column is no text.
    pub fn map_text<S: AsRef<str>>(&self, mut change: impl FnMut(&str) -> S) -> Result<Self, Failure> {
        let texts = self.text()?;
        let mut changed = TextBuilder::with_capacity(texts.len(), texts.size());
        for cell in texts.iter() {
            match cell {
                Cell::Value(text) => changed.push(change(text).as_ref()),
                null_or_missing => changed.push(null_or_missing),
            }
        }
        changed.finish()
    }

    /// A column of numbers made of this one, cell by cell. NULL stays NULL, missing stays missing. The type is that of
    /// the numbers, not the one of this column: use [`NumberBuilder::of_type`] to make timestamps.
    ///
    /// # Errors
    /// [`Failure::stop`] where this column is laid out otherwise.
    pub fn map_numbers<T: Number, U: Number>(&self, mut change: impl FnMut(T) -> U) -> Result<Self, Failure> {
        let numbers = self.numbers::<T>()?;
        let mut changed = NumberBuilder::with_capacity(numbers.len());
        for cell in numbers.iter() {
            changed.push(cell.map(&mut change));
        }
        changed.finish()
    }

    /// A column of texts, none of them NULL.
    ///
    /// # Errors
    /// The host's.
    pub fn texts<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self, Failure> {
        texts.into_iter().map(Some).collect::<TextBuilder>().finish()
    }

    /// A column of numbers, none of them NULL.
    ///
    /// # Errors
    /// The host's.
    pub fn numbers_of<T: Number>(numbers: impl IntoIterator<Item = T>) -> Result<Self, Failure> {
        numbers.into_iter().map(Some).collect::<NumberBuilder<T>>().finish()
    }

    /// Which cells are missing, a bit each, the lowest of a byte first; `None` where all are there. Brings no value
    /// into the guest.
    ///
    /// # Errors
    /// The host's.
    pub fn missing(&self) -> Result<Option<Vec<u8>>, Failure> {
        // A missing cell is null too.
        if self.null_count() == 0 {
            return Ok(None);
        }
        let missing = kernels::compute("is-missing", &[self], &[])?.column.booleans()?.into_bits();
        Ok(missing.iter().any(|byte| *byte != 0).then_some(missing))
    }

    /// A column of `rows` equal cells: the text cast to the type, or NULL.
    ///
    /// # Errors
    /// [`Failure::stop`] where the text is no value of the type.
    pub fn constant(data_type: &str, text: Option<&str>, rows: u32) -> Result<Self, Failure> {
        let one = Self::of_text(&[text.map(str::to_owned)])?;
        let cast = kernels::cast(&one, data_type, &[])?;
        match cast.failed.first() {
            Some(failed) => Err(Failure::stop(failed.reason.clone())),
            None => kernels::take(&cast.column, &vec![0; rows as usize]),
        }
    }
}

pub(crate) fn wrong_type(found: &str, wanted: &str) -> Failure {
    Failure::stop(format!("the column is {found}, this needs {wanted}: cast it in a step before"))
        .with("code", "wrong-type")
}
