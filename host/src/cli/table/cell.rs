//! The text of a cell of a batch.

use std::borrow::Cow;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use sluicegate_model::{Cell, Column};

/// How a cell is shown that its source did not speak of.
const MISSING: &str = "(missing)";
/// How a NULL is shown.
const NULL: &str = "NULL";

/// The text of a value, whole; `None` where there is none. Binary is in hexadecimal behind `0x`.
pub(in crate::cli) fn value(column: &Column, row: usize) -> Option<String> {
    if column.cell(row) != Cell::Value {
        return None;
    }
    let values = column.values();
    Some(match values.data_type() {
        DataType::Utf8 => values.as_string::<i32>().value(row).to_owned(),
        DataType::Binary => hex(values.as_binary::<i32>().value(row)),
        DataType::FixedSizeBinary(_) => hex(values.as_fixed_size_binary().value(row)),
        _ => ArrayFormatter::try_new(values.as_ref(), &FormatOptions::default())
            .and_then(|formatter| formatter.value(row).try_to_string())
            .unwrap_or_else(|error| format!("({error})")),
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("0x");
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A cell for people: the three states look different whatever a value holds.
pub(in crate::cli) fn shown(state: Cell, value: Option<&str>) -> String {
    match (state, value) {
        (Cell::Missing, _) => MISSING.to_owned(),
        (Cell::Null, _) | (Cell::Value, None) => NULL.to_owned(),
        (Cell::Value, Some(value)) => {
            let text = printable(value);
            let misleading = matches!(value, "" | NULL | MISSING) || value.trim() != value;
            if misleading { format!("\"{text}\"") } else { text.into_owned() }
        }
    }
}

/// Text in which nothing moves the cursor, changes colours or turns the line around.
pub(in crate::cli) fn printable(text: &str) -> Cow<'_, str> {
    let unsafe_to_print = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(unsafe_to_print) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if unsafe_to_print(c) {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BinaryArray, Decimal128Array, StringArray};

    use super::*;

    #[test]
    fn three_states_look_different_whatever_a_value_holds() {
        let cells = StringArray::from(vec![Some("a"), None, None, Some("NULL"), Some(""), Some("x ")]);
        let presence = vec![true, true, false, true, true, true];
        let column = Column::with_presence(Arc::new(cells), Some(presence.into()));
        let shown = |row| shown(column.cell(row), value(&column, row).as_deref());
        let texts: Vec<String> = (0..6).map(shown).collect();
        assert_eq!(texts, ["a", "NULL", "(missing)", "\"NULL\"", "\"\"", "\"x \""]);
    }

    #[test]
    fn values_are_written_whole() {
        let binary = Column::new(Arc::new(BinaryArray::from(vec![&[0u8, 171, 255][..]])));
        assert_eq!(value(&binary, 0).unwrap(), "0x00abff");
        let decimals = Decimal128Array::from(vec![1250]).with_precision_and_scale(18, 2).unwrap();
        assert_eq!(value(&Column::new(Arc::new(decimals)), 0).unwrap(), "12.50");
    }

    #[test]
    fn nothing_of_a_value_reaches_the_terminal_as_a_command() {
        assert_eq!(printable("a\u{1b}[2Jb\n\u{202e}c"), "a\\u{1b}[2Jb\\n\\u{202e}c");
        assert!(matches!(printable("数据 ok"), Cow::Borrowed(_)));
    }
}
