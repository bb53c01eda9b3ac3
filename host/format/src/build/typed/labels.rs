//! The labels of enums and sets.

use sluicegate_model::Column;

use super::BadRows;
use super::bytes::excerpt;
use crate::build::cells::{Cells, tag};
use crate::scan::{Scanner, unescape};

impl Cells {
    /// A label, by its number where the cell is one.
    pub(super) fn into_label(self, labels: &[String], bad: &mut BadRows) -> Column {
        self.rewritten_as_text(bad, |_, cell, out| {
            let Some(number) = number(cell) else {
                out.extend_from_slice(cell);
                return Ok(());
            };
            let label = match number {
                0 => Some(""),
                // A label of digits is the label where it is the number of none.
                _ => labels.get(number as usize - 1).map(String::as_str).or_else(|| same(labels, cell)),
            };
            out.extend_from_slice(label.ok_or("is the number of none of its labels")?.as_bytes());
            Ok(())
        })
    }

    /// Labels set apart by commas, by the bits of a number, or those of an array. Without labels a number is text.
    pub(super) fn into_labels(self, labels: &[String], bad: &mut BadRows) -> Column {
        self.rewritten_as_text(bad, |tag, cell, out| {
            if tag == tag::RAW {
                return join(cell, out);
            }
            let Some(bits) = number(cell).filter(|_| !labels.is_empty()) else {
                out.extend_from_slice(cell);
                return Ok(());
            };
            if labels.len() < 64 && bits >> labels.len() != 0 {
                let label = same(labels, cell).ok_or("has a bit of none of its labels")?;
                out.extend_from_slice(label.as_bytes());
                return Ok(());
            }
            let start = out.len();
            for label in (0..labels.len().min(64)).filter(|bit| bits >> bit & 1 == 1).map(|bit| &labels[bit])
            {
                if out.len() > start {
                    out.push(b',');
                }
                out.extend_from_slice(label.as_bytes());
            }
            Ok(())
        })
    }

    pub(super) fn rewritten_as_text(
        self,
        bad: &mut BadRows,
        mut write: impl FnMut(u8, &[u8], &mut Vec<u8>) -> Result<(), &'static str>,
    ) -> Column {
        let mut row = 0;
        let values = self.rewritten(|tag, cell, out| {
            if tag & (tag::MISSING | tag::NULL) == 0 {
                let start = out.len();
                if let Err(what) = write(tag, cell, out) {
                    out.truncate(start);
                    bad.add(row, &self.name, format_args!("{} {what}", excerpt(tag, cell)));
                }
            }
            row += 1;
        });
        let kinds = self.kinds();
        self.with_presence(std::sync::Arc::new(values), kinds)
    }
}

/// The number that a text is, if it is nothing but digits.
fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

fn same<'a>(labels: &'a [String], text: &[u8]) -> Option<&'a str> {
    labels.iter().map(String::as_str).find(|label| label.as_bytes() == text)
}

/// The texts of a JSON array, set apart by commas. `json` was checked when it was passed.
fn join(json: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    const NO_LABELS: &str = "is no array of labels";
    let start = out.len();
    let mut scanner = Scanner::new(json).map_err(|_| NO_LABELS)?;
    if !scanner.eat(b'[') {
        return Err(NO_LABELS);
    }
    scanner.skip_space();
    let mut more = !scanner.eat(b']');
    while more {
        let label = scanner.string().map_err(|_| NO_LABELS)?;
        if out.len() > start {
            out.push(b',');
        }
        unescape(&scanner.bytes()[label.range], out);
        scanner.skip_space();
        more = scanner.eat(b',');
        scanner.skip_space();
    }
    Ok(())
}
