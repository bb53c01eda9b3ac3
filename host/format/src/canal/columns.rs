//! Cells as Canal writes them: all of them text.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{BinaryArray, BooleanArray, FixedSizeBinaryArray, StringArray};
use arrow_schema::{DataType, Field};
use sluicegate_model::{Cell, ChangeBatch, Column, States};

use super::options::NAME;
use crate::write::{
    Decimals, KeyedCells, Plain, PlainWriter, Repeated, Style, Timestamps, member, quote_from, write_latin1,
    write_string,
};
use crate::{EncodeError, MysqlType};

/// The columns of one batch.
pub(super) struct Columns<'a> {
    columns: Vec<Written<'a>>,
    plain: PlainWriter<'a>,
}

struct Written<'a> {
    /// A comma, the name in quotes, a colon.
    key: Repeated,
    states: States<'a>,
    form: Form<'a>,
}

/// How the values of a column are written.
enum Form<'a> {
    /// By their text.
    Plain,
    Boolean(&'a BooleanArray),
    /// A character a byte.
    Bytes(&'a BinaryArray),
    Fixed(&'a FixedSizeBinaryArray),
    /// The number that the bits are.
    Bits(&'a BinaryArray),
    /// The number of the label.
    Label(&'a StringArray, Arc<[String]>),
    /// The number with a bit for each label.
    Labels(&'a StringArray, Arc<[String]>),
}

impl<'a> Columns<'a> {
    /// Decides how each column is written, by the type that MySQL would have.
    ///
    /// # Errors
    /// [`EncodeError::Type`] for a column whose type has no form.
    pub(super) fn new(batch: &'a ChangeBatch) -> Result<Self, EncodeError> {
        let style = Style { decimals: Decimals::Number, timestamps: Timestamps::Sql };
        let fields = batch.schema().fields().iter().zip(batch.columns());
        let columns = fields.map(|(field, cells)| Written {
            key: member(field.name()),
            states: cells.states(),
            form: Form::of(field, cells),
        });
        Ok(Self { columns: columns.collect(), plain: PlainWriter::new(batch, style, NAME)? })
    }
}

impl KeyedCells for Columns<'_> {
    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn name(&self, column: usize) -> &str {
        self.plain.name(column)
    }

    fn key(&self, column: usize) -> &Repeated {
        &self.columns[column].key
    }

    fn cell(&self, place: usize, row: usize, out: &mut Vec<u8>) -> Result<bool, String> {
        let Written { states, form, .. } = &self.columns[place];
        match states.cell(row) {
            Cell::Missing => return Ok(false),
            Cell::Null => {
                out.extend_from_slice(b"null");
                return Ok(true);
            }
            Cell::Value => {}
        }
        match form {
            Form::Plain => {
                let start = out.len();
                if self.plain.write(place, row, out)? == Plain::Value {
                    quote_from(start, out);
                }
            }
            Form::Boolean(array) => {
                out.extend_from_slice(if array.value(row) { b"\"1\"" } else { b"\"0\"" });
            }
            Form::Bytes(array) => write_latin1(array.value(row), out),
            Form::Fixed(array) => write_latin1(array.value(row), out),
            Form::Bits(array) => write_number(bits(array.value(row)), out),
            Form::Label(array, labels) => write_label(array.value(row), labels, out),
            Form::Labels(array, labels) => write_labels(array.value(row), labels, out),
        }
        Ok(true)
    }
}

impl<'a> Form<'a> {
    fn of(field: &Field, cells: &'a Column) -> Self {
        let array = cells.values();
        match (MysqlType::of(field).0, field.data_type()) {
            (_, DataType::Boolean) => Self::Boolean(array.as_boolean()),
            (MysqlType::Bit { .. }, _) => Self::Bits(array.as_binary()),
            (_, DataType::Binary) => Self::Bytes(array.as_binary()),
            (_, DataType::FixedSizeBinary(_)) => Self::Fixed(array.as_fixed_size_binary()),
            (MysqlType::Enum(labels), _) => Self::Label(array.as_string(), labels),
            (MysqlType::Set(labels), _) => Self::Labels(array.as_string(), labels),
            _ => Self::Plain,
        }
    }
}

fn bits(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

fn write_number(number: u64, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    out.push(b'"');
}

/// What is none of the labels is written as it is; the empty text is what MySQL keeps for what was none.
fn write_label(text: &str, labels: &[String], out: &mut Vec<u8>) {
    match labels.iter().position(|label| label == text) {
        Some(place) => write_number(place as u64 + 1, out),
        None if text.is_empty() => write_number(0, out),
        None => write_string(text.as_bytes(), out),
    }
}

fn write_labels(text: &str, labels: &[String], out: &mut Vec<u8>) {
    let chosen = text.split(',').filter(|label| !label.is_empty());
    let mut places = chosen.map(|chosen| labels.iter().take(64).position(|label| label == chosen));
    match places.try_fold(0, |bits, place| place.map(|place| bits | 1 << place)) {
        Some(bits) => write_number(bits, out),
        None => write_string(text.as_bytes(), out),
    }
}

/// The number of a type in `java.sql.Types`, as Canal gives it.
pub(super) fn sql_type(kind: &MysqlType) -> i32 {
    match kind {
        MysqlType::Integer { bytes: 1, .. } => -6,
        MysqlType::Integer { bytes: 2, .. } => 5,
        MysqlType::Integer { bytes: 3 | 4, .. } | MysqlType::Enum(_) => 4,
        MysqlType::Integer { .. } => -5,
        MysqlType::Decimal { .. } => 3,
        MysqlType::Float => 7,
        MysqlType::Double => 8,
        MysqlType::Bit { .. } | MysqlType::Set(_) => -7,
        MysqlType::Date => 91,
        MysqlType::Time { .. } => 92,
        MysqlType::DateTime { .. } | MysqlType::Timestamp { .. } => 93,
        MysqlType::Binary { .. } | MysqlType::Geometry => 2004,
        MysqlType::Text => 2005,
        MysqlType::Year | MysqlType::Json | MysqlType::Other => 12,
    }
}
