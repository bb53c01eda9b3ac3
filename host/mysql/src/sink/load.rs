//! New rows streamed from memory by `LOAD DATA LOCAL INFILE`.
//!
//! With `LOCAL` the server passes over a duplicate and cuts a value that does not fit, in strict mode too, and only
//! counts them (dev.mysql.com/doc/refman/8.4/en/load-data.html). So whoever loads looks at the counts, and where they are
//! not what they should be takes it back and inserts.
//!
//! A row's literals are a line nearly as they are: cells with commas between, texts in quotes with a quote in them
//! doubled, the word NULL without quotes, no escapes. Only the digits of bytes are written otherwise.

use bytes::Bytes;
use memchr::memmem::Finder;

use super::plan::{Load, Plan};
use super::rows::split;
use crate::sql::name;

/// Bytes that are handed to the connection at once: far below any `max_allowed_packet`.
const CHUNK: usize = 256 << 10;

/// A text by the digits of its bytes, which is how one with a backslash is written.
const TEXT_DIGITS: &[u8] = b"_utf8mb4 X'";

/// A statement that takes rows as lines.
pub struct LoadForm {
    statement: Vec<u8>,
    /// Whether each column is given by the digits of its bytes.
    digits: Vec<bool>,
    any_digits: bool,
    quote: Finder<'static>,
    word: Finder<'static>,
}

impl LoadForm {
    /// For the rows of a plan; `None` where a column cannot be loaded.
    pub fn new(plan: &Plan) -> Option<Self> {
        if plan.ordered || plan.columns.iter().any(|column| column.load == Load::Never) {
            return None;
        }
        let digits: Vec<bool> = plan.columns.iter().map(|column| column.load == Load::Digits).collect();
        let mut statement = b"LOAD DATA LOCAL INFILE 'sluicegate' INTO TABLE ".to_vec();
        plan.target.table.push(&mut statement);
        statement.extend_from_slice(
            b" CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '''' ESCAPED BY '' \
              LINES TERMINATED BY 0x0A (",
        );
        let mut set = Vec::new();
        for (place, (column, digits)) in plan.columns.iter().zip(&digits).enumerate() {
            if place > 0 {
                statement.push(b',');
            }
            if *digits {
                statement.extend_from_slice(format!("@sluicegate_{place}").as_bytes());
                set.extend_from_slice(if set.is_empty() { b" SET " } else { b"," });
                name::push(&column.name, &mut set);
                set.extend_from_slice(format!("=UNHEX(@sluicegate_{place})").as_bytes());
            } else {
                name::push(&column.name, &mut statement);
            }
        }
        statement.push(b')');
        statement.append(&mut set);
        Some(Self {
            statement,
            any_digits: digits.contains(&true),
            digits,
            quote: Finder::new(b"X'"),
            word: Finder::new(b"DEFAULT"),
        })
    }

    /// The statement.
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// Appends a row as a line; `false` where it cannot be one, and nothing was appended then.
    fn line(&self, cells: &[u8], into: &mut Vec<u8>) -> bool {
        let plain = !self.any_digits && self.quote.find(cells).is_none() && self.word.find(cells).is_none();
        if plain {
            into.extend_from_slice(cells);
            into.push(b'\n');
            return true;
        }
        let start = into.len();
        for (place, (cell, digits)) in split(cells).zip(&self.digits).enumerate() {
            if place > 0 {
                into.push(b',');
            }
            if cell == b"DEFAULT" {
                into.truncate(start);
                return false;
            }
            match inner(cell, b"X'").filter(|_| *digits) {
                Some(digits) => into.extend_from_slice(digits),
                None => match inner(cell, TEXT_DIGITS) {
                    Some(digits) => text(digits, into),
                    None => into.extend_from_slice(cell),
                },
            }
        }
        into.push(b'\n');
        true
    }

    /// Rows as lines, in pieces for the connection; and the places of those that can be none.
    pub fn lines<'a>(&self, rows: impl Iterator<Item = &'a [u8]>) -> (Vec<Bytes>, Vec<usize>) {
        let (mut chunks, mut others) = (Vec::new(), Vec::new());
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 8);
        for (place, cells) in rows.enumerate() {
            if !self.line(cells, &mut chunk) {
                others.push(place);
            }
            if chunk.len() >= CHUNK {
                // A row that is longer than a piece is divided: pieces need not end with a line.
                let mut full = Bytes::from(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
                while full.len() > CHUNK {
                    chunks.push(full.split_to(CHUNK));
                }
                chunks.push(full);
            }
        }
        if !chunk.is_empty() {
            chunks.push(chunk.into());
        }
        (chunks, others)
    }
}

/// What stands between a head and the quote at the end.
fn inner<'a>(cell: &'a [u8], head: &[u8]) -> Option<&'a [u8]> {
    cell.strip_prefix(head)?.strip_suffix(b"'")
}

/// The text of these digits in quotes.
fn text(digits: &[u8], into: &mut Vec<u8>) {
    let value = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { digit - b'A' + 10 };
    into.push(b'\'');
    for pair in digits.chunks_exact(2) {
        let byte = value(pair[0]) << 4 | value(pair[1]);
        if byte == b'\'' {
            into.push(b'\'');
        }
        into.push(byte);
    }
    into.push(b'\'');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::statements::tests::plan;
    use super::*;
    use crate::sink::options::WriteMode;
    use crate::sql::text;

    fn form(load: Load) -> LoadForm {
        let mut plan = plan(WriteMode::Insert, false);
        plan.columns[1].load = load;
        LoadForm::new(&plan).unwrap()
    }

    #[test]
    fn a_statement_reads_what_lines_say() {
        let form = form(Load::Digits);
        assert_eq!(
            String::from_utf8_lossy(form.statement()),
            "LOAD DATA LOCAL INFILE 'sluicegate' INTO TABLE `d`.`t` CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' \
             OPTIONALLY ENCLOSED BY '''' ESCAPED BY '' LINES TERMINATED BY 0x0A (`id`,@sluicegate_1) SET \
             `n```=UNHEX(@sluicegate_1)"
        );
        let rows: [&[u8]; 4] = [b"1,X'0A27'", b"2,NULL", b"3,DEFAULT", b"4,X''"];
        let (chunks, others) = form.lines(rows.into_iter());
        assert_eq!(chunks.concat(), b"1,0A27\n2,NULL\n4,\n");
        assert_eq!(others, [2]);
        let mut never = plan(WriteMode::Insert, false);
        never.columns[0].load = Load::Never;
        assert!(LoadForm::new(&never).is_none());
    }

    #[test]
    fn long_rows_go_in_pieces() {
        let row = format!("1,'{}'", "x".repeat(3 * CHUNK));
        let (chunks, _) = form(Load::AsItIs).lines(std::iter::repeat_n(row.as_bytes(), 2));
        assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK));
        assert_eq!(chunks.concat(), format!("{row}\n{row}\n").into_bytes());
    }

    proptest! {
        /// A text is in quotes, with its own doubled, and nothing else is changed.
        #[test]
        fn texts_keep_their_characters(value in "[a'\\\\,\nXD\u{0}漢😀]{0,20}") {
            let mut cells = b"1,".to_vec();
            text::push(&value, &mut cells);
            let (chunks, others) = form(Load::AsItIs).lines(std::iter::once(cells.as_slice()));
            prop_assert!(others.is_empty());
            let expected = format!("1,'{}'\n", value.replace('\'', "''"));
            prop_assert_eq!(chunks.concat(), expected.into_bytes());
        }
    }
}
