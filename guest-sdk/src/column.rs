//! Columns: handles of what the host holds. Reading one brings its cells into the guest's memory.

pub use crate::bindings::sluicegate::transform::columns::Column;
use crate::cells::{Booleans, Bytes, Cells, Number, Numbers, Texts};
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

fn wrong_type(found: &str, wanted: &str) -> Failure {
    Failure::stop(format!("the column is {found}, this needs {wanted}: cast it in a step before"))
        .with("code", "wrong-type")
}
