//! Cells that a producer filled with a text that stands for a value it does not know.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::cells::{Cells, tag};
use crate::write::write_string;

/// The text, in all forms that it takes in columns of different types.
#[derive(Clone, Debug)]
pub(crate) struct Unavailable {
    forms: Vec<(u8, Vec<u8>)>,
    shortest: usize,
}

impl Unavailable {
    /// Of columns of text, bytes, arrays and maps.
    pub(crate) fn new(text: &str) -> Self {
        let mut quoted = Vec::new();
        write_string(text.as_bytes(), &mut quoted);
        let quoted = String::from_utf8_lossy(&quoted);
        // Java's bytes have a sign.
        let bytes: Vec<String> = text.bytes().map(|byte| (byte as i8).to_string()).collect();
        let hex = hex::encode(text);
        let mut forms = vec![
            (tag::TEXT, text.to_owned()),
            (tag::TEXT, STANDARD.encode(text)),
            (tag::TEXT, URL_SAFE.encode(text)),
            (tag::TEXT, hex),
            (tag::TEXT, format!("{{{quoted}:{quoted}}}")),
            (tag::RAW, format!("{{{quoted}:{quoted}}}")),
            (tag::RAW, format!("[{quoted}]")),
            (tag::RAW, format!("[{}]", bytes.join(","))),
        ];
        forms.dedup();
        let shortest = forms.iter().map(|(_, form)| form.len()).min().unwrap_or(0);
        Self { forms: forms.into_iter().map(|(tag, form)| (tag, form.into_bytes())).collect(), shortest }
    }

    fn is(&self, tag: u8, cell: &[u8]) -> bool {
        cell.len() >= self.shortest && self.forms.iter().any(|(kind, form)| *kind == tag && form == cell)
    }
}

impl Cells {
    /// Makes the cells missing that hold the text.
    pub(super) fn forget(&mut self, unavailable: &Unavailable) {
        if self.kinds() & (tag::TEXT | tag::RAW) == 0 {
            return;
        }
        let mut start = 0;
        for (tag, end) in self.tags.iter_mut().zip(&self.ends) {
            if unavailable.is(*tag, &self.data[start..*end as usize]) {
                *tag = tag::MISSING;
            }
            start = *end as usize;
        }
    }

    /// Whether the cell of `row`, if there is one, says nothing: NULL, or what stands for it in a column that may not
    /// be NULL.
    pub(super) fn is_blank(&self, row: usize) -> bool {
        let Some(tag) = self.tags.get(row) else { return true };
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let cell = &self.data[start..self.ends[row] as usize];
        match *tag {
            tag::TEXT => matches!(cell, b"" | b"AA==" | b"1970-01-01T00:00:00Z"),
            tag::NUMBER => cell.iter().all(|byte| matches!(byte, b'0' | b'.')),
            tag::RAW => matches!(cell, b"{}" | b"[]"),
            tag::TRUE => false,
            // False, NULL, missing.
            _ => true,
        }
    }

    /// Makes the cell of `row` missing, if there is one, and leaves those after it as they are.
    pub(super) fn clear(&mut self, row: usize) {
        if let Some(tag) = self.tags.get_mut(row) {
            *tag = tag::MISSING;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::Scanner;

    #[test]
    fn every_form_is_known_and_nothing_else_is() {
        let unavailable = Unavailable::new("__x\"é");
        let missing = |json: &str| {
            let mut cells = Cells::new("a".to_owned());
            cells.read(0, &mut Scanner::new(json.as_bytes()).unwrap(), 0).unwrap();
            cells.forget(&unavailable);
            cells.tags == [tag::MISSING]
        };
        for form in [
            r#""__x\"é""#,
            r#""X194IsOp""#,
            r#""5f5f7822c3a9""#,
            r#"["__x\"é"]"#,
            "[95,95,120,34,-61,-87]",
            r#"{"__x\"é":"__x\"é"}"#,
        ] {
            assert!(missing(form), "{form}");
        }
        for other in ["null", "0", "[]", r#""__x""#, r#"["__x\"é","b"]"#, "true"] {
            assert!(!missing(other), "{other}");
        }
    }
}
