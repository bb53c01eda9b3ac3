//! The schemas that stood beside the events of a stretch.

use super::connect::ConnectField;
use super::modes::BinaryMode;
use super::types::of_field;
use crate::build::CellType;
use crate::scan::{Fault, Scanner};

/// A schema that was met.
struct Known {
    text: Box<[u8]>,
    /// What a table remembers it by.
    token: Box<[u8]>,
    /// The types of the columns, or why the schema is none.
    types: Result<Vec<(String, CellType)>, String>,
}

/// All of them. An event most often has the schema of the one before, byte by byte, which costs no more than to
/// compare them.
pub(super) struct Schemas {
    known: Vec<Known>,
    last: usize,
    binary: Option<BinaryMode>,
}

impl Schemas {
    pub(super) fn new(binary: Option<BinaryMode>) -> Self {
        Self { known: Vec::new(), last: 0, binary }
    }

    /// Passes the schema that comes next and gives its place here; `None` for null.
    pub(super) fn read(&mut self, scanner: &mut Scanner<'_>) -> Result<Option<usize>, Fault> {
        if scanner.peek() == b'n' {
            scanner.literal(b"null")?;
            return Ok(None);
        }
        let rest = scanner.rest();
        // A text that ends with the brace that closes it cannot go on.
        let same = |known: &Known| rest.starts_with(&known.text);
        let place = match self.known.get(self.last) {
            Some(known) if same(known) => Some(self.last),
            _ => self.known.iter().position(same),
        };
        self.last = match place {
            Some(place) => {
                scanner.go_to(scanner.at() + self.known[place].text.len());
                place
            }
            None => self.add(scanner)?,
        };
        Ok(Some(self.last))
    }

    /// The types of the columns, or why the schema is none.
    pub(super) fn types(&self, place: usize) -> Result<&[(String, CellType)], &str> {
        self.known[place].types.as_deref().map_err(String::as_str)
    }

    /// What a table remembers the schema by.
    pub(super) fn token(&self, place: usize) -> &[u8] {
        &self.known[place].token
    }

    #[cold]
    fn add(&mut self, scanner: &mut Scanner<'_>) -> Result<usize, Fault> {
        if scanner.peek() != b'{' {
            return Err(scanner.fault("`schema` is neither an object nor null"));
        }
        let text = &scanner.bytes()[scanner.value(1)?];
        let types = ConnectField::parse(text).and_then(|schema| {
            let mut types = Vec::new();
            for field in schema.columns() {
                if let (Some(name), Some(found)) = (&field.field, of_field(field, self.binary)?) {
                    types.push((name.clone(), found));
                }
            }
            Ok(types)
        });
        let token = format!("{}]", self.known.len()).into_bytes();
        self.known.push(Known { text: text.into(), token: token.into(), types });
        Ok(self.known.len() - 1)
    }
}
