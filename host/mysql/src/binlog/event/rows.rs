//! Inserted, updated and deleted rows, still as bytes.

use bytes::Bytes;

use super::kind;
use crate::binlog::bytes::{Cursor, bitmap_len};
use crate::binlog::error::Fault;

/// What an event does to its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One image a row, the new one.
    Insert,
    /// Two images a row, the old one first.
    Update,
    /// Two images a row; JSON of the new one may be given as differences to the old.
    PartialUpdate,
    /// One image a row, the last one.
    Delete,
}

impl Change {
    /// What a kind of event does; `None` for one that has no rows.
    pub const fn of_kind(event: u8) -> Option<Self> {
        Some(match event {
            kind::WRITE_ROWS_V1
            | kind::WRITE_ROWS
            | kind::WRITE_ROWS_COMPRESSED_V1
            | kind::WRITE_ROWS_COMPRESSED => Self::Insert,
            kind::UPDATE_ROWS_V1
            | kind::UPDATE_ROWS
            | kind::UPDATE_ROWS_COMPRESSED_V1
            | kind::UPDATE_ROWS_COMPRESSED => Self::Update,
            kind::PARTIAL_UPDATE_ROWS => Self::PartialUpdate,
            kind::DELETE_ROWS_V1
            | kind::DELETE_ROWS
            | kind::DELETE_ROWS_COMPRESSED_V1
            | kind::DELETE_ROWS_COMPRESSED => Self::Delete,
            _ => return None,
        })
    }

    /// Whether there is an old and a new image.
    pub const fn is_update(self) -> bool {
        matches!(self, Self::Update | Self::PartialUpdate)
    }
}

/// Rows of one table: which columns their images have, and the images.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The number of the table map that describes them.
    pub table_id: u64,
    /// What is done to them.
    pub change: Change,
    /// The last event of its statement.
    pub ends_statement: bool,
    /// Number of columns of the table.
    pub columns: usize,
    /// Bit of each column: whether the first image has it (the only one, or the old one). The lowest bit
    /// first.
    pub present: Bytes,
    /// The same of the new image of an update; as `present` in other events.
    pub present_after: Bytes,
    /// The images, one after the other.
    pub images: Bytes,
}

const ENDS_STATEMENT: u16 = 1;

/// The number of no table: what MySQL logs at the end of a statement of whose rows none are logged.
pub const NO_TABLE: u64 = 0xff_ffff;

impl Rows {
    /// Reads the head of an event of rows; `None` for an event of another kind. Compressed images are
    /// uncompressed.
    ///
    /// # Errors
    /// A [`Fault`].
    pub fn parse(event: u8, body: &Bytes, id_len: usize) -> Result<Option<Self>, Fault> {
        let Some(change) = Change::of_kind(event) else { return Ok(None) };
        let mut cursor = Cursor::new(body);
        let table_id = cursor.uint(id_len)?;
        let flags = cursor.u16()?;
        if has_extra(event) {
            // Its length counts itself; it holds what NDB and partitions have to say.
            let extra = usize::from(cursor.u16()?);
            cursor.skip(
                extra.checked_sub(2).ok_or_else(|| Fault::new("the length of its extra data is below 2"))?,
            )?;
        }
        if table_id == NO_TABLE {
            let none = Bytes::new;
            let rows = Self {
                table_id,
                change,
                ends_statement: true,
                columns: 0,
                present: none(),
                present_after: none(),
                images: none(),
            };
            return Ok(Some(rows));
        }
        let columns = cursor.packed_len()?;
        let mut bitmap = || cursor.take(bitmap_len(columns)).map(|bits| body.slice_ref(bits));
        let present = bitmap()?;
        let present_after = if change.is_update() { bitmap()? } else { present.clone() };
        let images = body.slice_ref(cursor.rest());
        let images =
            if is_compressed(event) { super::compressed::uncompress(&images)?.into() } else { images };
        Ok(Some(Self {
            table_id,
            change,
            ends_statement: flags & ENDS_STATEMENT != 0,
            columns,
            present,
            present_after,
            images,
        }))
    }
}

const fn has_extra(event: u8) -> bool {
    matches!(
        event,
        kind::WRITE_ROWS
            | kind::UPDATE_ROWS
            | kind::DELETE_ROWS
            | kind::PARTIAL_UPDATE_ROWS
            | kind::WRITE_ROWS_COMPRESSED
            | kind::UPDATE_ROWS_COMPRESSED
            | kind::DELETE_ROWS_COMPRESSED
    )
}

const fn is_compressed(event: u8) -> bool {
    matches!(event, kind::WRITE_ROWS_COMPRESSED_V1..=kind::DELETE_ROWS_COMPRESSED)
}
