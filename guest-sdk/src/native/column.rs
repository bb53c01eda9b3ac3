//! Columns over Arrow.

use std::cell::RefCell;

use arrow_array::Array;
use sluicegate_interface::{
    self as interface, Buffers, Building, Cells, ColumnRef, check, nested, read, shape, write,
};

use super::session::Life;
use super::types::{Failure, Reject};

/// A column. It never changes.
#[derive(Debug)]
pub struct Column {
    of: ColumnRef,
    life: Life,
}

/// What a kernel made, and the rows for which it could not: those are null in the column.
#[derive(Debug)]
pub struct Checked {
    /// The column.
    pub column: Column,
    /// The rows.
    pub failed: Vec<Reject>,
}

impl Column {
    pub(crate) fn new(of: impl Into<ColumnRef>) -> Self {
        Self { of: of.into(), life: Life::now() }
    }

    pub(crate) fn of_host(&self) -> &ColumnRef {
        self.life.check("column");
        &self.of
    }

    fn host(&self) -> &sluicegate_model::Column {
        &self.of_host().column
    }

    fn made(made: Result<sluicegate_model::Column, String>) -> Result<Self, Failure> {
        made.map(Self::new).map_err(|why| interface::Failure::no_column(why).into())
    }

    /// The name of its type.
    pub fn data_type(&self) -> String {
        shape::name_of(self.host().data_type())
    }

    /// Number of cells.
    #[expect(clippy::len_without_is_empty, reason = "the interface has no such function")]
    pub fn len(&self) -> u32 {
        self.host().len() as u32
    }

    /// Number of cells that are null or missing.
    pub fn null_count(&self) -> u32 {
        self.host().values().logical_null_count() as u32
    }

    /// Bytes that reading all of it brings into the guest.
    pub fn size(&self) -> u64 {
        read::size(self.host())
    }

    /// Cells `start .. start + count`, cut at the end.
    ///
    /// # Panics
    /// For a type that has no layout in the interface: the guest would trap.
    pub fn read(&self, start: u32, count: u32) -> Cells {
        read::cells(self.host(), start, count).unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same as bytes.
    ///
    /// # Panics
    /// As [`read`](Self::read).
    pub fn read_buffers(&self, start: u32, count: u32) -> Buffers {
        read::buffers(self.host(), start, count).unwrap_or_else(|why| panic!("{why}"))
    }

    /// The texts of a run; a missing cell reads as none.
    pub fn read_text(&self, start: u32, count: u32) -> Result<Vec<Option<String>>, Failure> {
        read::texts(self.host(), start, count).map_err(Failure::stop)
    }

    /// Children of a list, map or struct.
    pub fn children(&self) -> Vec<Self> {
        nested::children(self.host()).into_iter().map(Self::new).collect()
    }

    /// A column of a type without children.
    pub fn of(data_type: &str, rows: u32, cells: &Cells) -> Result<Self, Failure> {
        let data_type = check::data_type(data_type).map_err(Failure::stop)?;
        Self::made(write::column(&data_type, rows, cells.clone()))
    }

    /// The same from bytes.
    pub fn of_buffers(data_type: &str, rows: u32, buffers: &Buffers) -> Result<Self, Failure> {
        let data_type = check::data_type(data_type).map_err(Failure::stop)?;
        Self::made(write::column_of_buffers(&data_type, rows, buffers.clone()))
    }

    /// A utf8 column.
    pub fn of_text(cells: &[Option<String>]) -> Result<Self, Failure> {
        Self::made(write::column_of_texts(cells))
    }

    /// A list, map or struct.
    pub fn of_children(
        data_type: &str,
        rows: u32,
        cells: &Cells,
        children: &[&Self],
    ) -> Result<Self, Failure> {
        let children = children.iter().map(|child| child.host().clone()).collect();
        let data_type = check::data_type(data_type).map_err(Failure::stop)?;
        Self::made(nested::column(&data_type, rows, cells.clone(), children))
    }
}

/// A column made piece by piece.
#[derive(Debug)]
pub struct ColumnBuilder {
    building: RefCell<Option<Building>>,
    life: Life,
}

impl ColumnBuilder {
    /// Begins a column of a type.
    pub fn new(data_type: &str) -> Self {
        Self { building: RefCell::new(Some(Building::new(data_type))), life: Life::now() }
    }

    /// Adds cells.
    ///
    /// # Panics
    /// After [`finish`](Self::finish): the guest would trap.
    pub fn append(&self, rows: u32, cells: &Cells) -> Result<(), Failure> {
        self.life.check("column-builder");
        let mut building = self.building.borrow_mut();
        let building = building.as_mut().unwrap_or_else(|| finished());
        building.push(building.piece(rows, cells.clone())?);
        Ok(())
    }

    /// The column.
    ///
    /// # Panics
    /// The second time.
    pub fn finish(&self) -> Result<Column, Failure> {
        self.life.check("column-builder");
        let building = self.building.take().unwrap_or_else(|| finished());
        Ok(Column::new(building.finish()?))
    }
}

fn finished() -> ! {
    panic!("the guest used a column-builder that is finished")
}
