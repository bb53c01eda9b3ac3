//! A cases file that was read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow_schema::DataType;
use sluicegate_model::RowKind;

use super::literal::Literal;
use crate::config::locate::Place;

/// The cases of a file.
#[derive(Debug)]
pub(super) struct CasesFile {
    /// What messages call it.
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// The pipeline that is tested.
    pub(super) pipeline: PathBuf,
    /// Environment variables that the pipeline is read with.
    pub(super) env: BTreeMap<String, String>,
    /// Secrets that the pipeline is read with, by key and version, with the places of their names.
    pub(super) keys: Vec<KeySecrets>,
    pub(super) tables: Vec<(String, TableSpec)>,
    pub(super) cases: Vec<Case>,
}

/// The secrets of a key.
#[derive(Debug)]
pub(super) struct KeySecrets {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) versions: Vec<(String, Place, Secret)>,
}

/// A secret: it is not shown.
pub(super) struct Secret(pub(super) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// What is known of a table beside its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct TableSpec {
    pub(super) schema: Option<Vec<(String, DataType)>>,
    pub(super) key: Option<Vec<String>>,
}

/// A case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) table: Option<String>,
    pub(super) spec: TableSpec,
    pub(super) input: Input,
    /// The steps that are run; `None`: all.
    pub(super) steps: Option<Vec<(String, Place)>>,
    pub(super) expect: Option<Expect>,
    pub(super) places: Places,
}

/// Where a case stands in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// Its map.
    pub(super) map: Place,
    /// Its first key.
    pub(super) first_key: Place,
    /// The key `expect`, and its value.
    pub(super) expect: Option<(Place, Place)>,
}

/// What a case is given.
#[derive(Debug)]
pub(super) enum Input {
    Rows(Vec<InputRow>),
    Messages(Vec<RawMessage>),
}

/// A row with the table that it is of, where it names one.
#[derive(Debug)]
pub(super) struct InputRow {
    pub(super) table: Option<String>,
    pub(super) unit: Unit,
}

/// A message as the source would give it.
#[derive(Debug, Default)]
pub(super) struct RawMessage {
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) timestamp_us: Option<i64>,
    pub(super) headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A change as it is written: one row, or an update with the row before it.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) kind: RowKind,
    pub(super) before: Option<Row>,
    pub(super) row: Row,
    /// Meta values by name.
    pub(super) meta: Vec<(String, Literal)>,
    pub(super) place: Place,
}

/// The cells of a row that are there.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(pub(super) Vec<RowCell>);

/// A cell of a row.
#[derive(Clone, Debug)]
pub(super) struct RowCell {
    pub(super) column: String,
    pub(super) literal: Literal,
    pub(super) place: Place,
}

impl Row {
    pub(super) fn get(&self, column: &str) -> Option<&Literal> {
        self.0.iter().find(|cell| cell.column == column).map(|cell| &cell.literal)
    }
}

/// Rows by table.
pub(super) type Expected = Vec<(String, Vec<Unit>)>;

/// What must become of a case's rows. What is not named must not be there.
#[derive(Clone, Debug, Default)]
pub(super) struct Expect {
    /// The only columns that are compared; `None`: all.
    pub(super) columns: Option<Vec<String>>,
    pub(super) outputs: Expected,
    /// Types of columns, by table.
    pub(super) schema: Vec<(String, Vec<(String, DataType)>)>,
    pub(super) rejects: Vec<ExpectedReject>,
    pub(super) events: Vec<String>,
    pub(super) stops: Option<ExpectedStop>,
    /// What the steps that are named make of the rows.
    pub(super) after: Vec<(String, Expected)>,
}

/// A row that must be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpectedReject {
    /// Its place among the rows or messages of the case.
    pub(super) row: u64,
    pub(super) part: Option<u32>,
    pub(super) step: Option<String>,
    pub(super) output: Option<String>,
    /// A part of the reason.
    pub(super) reason: Option<String>,
}

/// A step that must stop the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpectedStop {
    pub(super) step: Option<String>,
    /// A part of the reason.
    pub(super) reason: Option<String>,
}
