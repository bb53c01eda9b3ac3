//! Messages without a value to deletes.

use crate::build::Table;
use crate::scan::Scanner;

/// Reads the key of a deleted row into the cells of its primary key; all other cells stay missing.
///
/// # Errors
/// Where the key does not hold each column of `primary_key`.
pub(super) fn read_key(
    key: Option<&[u8]>,
    primary_key: &[String],
    row: usize,
    table: &mut Table,
) -> Result<(), String> {
    let in_key =
        |reason: &dyn std::fmt::Display| format!("the message has no value, and in its key {reason}");
    let Some(key) = key else {
        return Err(
            "the message has neither a value nor a key, so nothing says which row is deleted".to_owned()
        );
    };
    let mut scanner = Scanner::new(key).map_err(|fault| in_key(&fault))?;
    scanner.skip_space();
    match (scanner.peek(), primary_key) {
        (b'{', _) => {
            table.read_only(primary_key, row, &mut scanner).map_err(|fault| in_key(&fault))?;
        }
        (b'[', _) => return Err(in_key(&"there is an array: an object or one value is expected")),
        (_, [column]) => {
            let start = scanner.clone();
            if table.read_cell(column, row, &mut scanner).is_err() || !at_end(&mut scanner) {
                // Text that is no JSON, as most producers write a key of one column.
                if start.peek() == b'"' || key.is_empty() {
                    return Err(in_key(&"there is no JSON value"));
                }
                table.set_text(column, row, key);
                scanner.go_to(key.len());
            }
        }
        (_, several) => {
            let names = several.join(", ");
            return Err(in_key(&format_args!("an object with {names} is expected")));
        }
    }
    if !at_end(&mut scanner) {
        return Err(in_key(&scanner.fault("more follows")));
    }
    match primary_key.iter().find(|column| !table.has_value(column, row)) {
        None => Ok(()),
        Some(column) => Err(in_key(&format_args!("there is no value for column {column:?}"))),
    }
}

fn at_end(scanner: &mut Scanner<'_>) -> bool {
    scanner.skip_space();
    scanner.is_at_end()
}
