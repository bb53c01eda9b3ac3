//! Rows that go in.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use serde_json::{Map, Value};
use sluicegate_interface::outcome::{Assembled, OutputLimits, Schemas, assemble};
use sluicegate_model::{ByteSize, ChangeBatch, Column, Meta, Origin, RowKind};

use super::json;
use super::keys::Keys;
use super::ran::Ran;
use crate::bindings::session::{self, StepKeys};
use crate::{Batch, Failure, Transform};

/// As the host's default `limits.output_rows` and `limits.output_bytes`.
const LIMITS: OutputLimits = OutputLimits { rows: 1_000_000, bytes: ByteSize(256 << 20) };

/// A batch of one table, and the call of a transform with it. The [module's page](super) has an example.
#[derive(Debug)]
pub struct Case {
    table: String,
    types: Vec<(String, DataType)>,
    rows: Vec<Map<String, Value>>,
    columns: Vec<(String, Column)>,
    kinds: Option<Vec<u8>>,
    primary_key: Vec<String>,
    meta: Meta,
    keys: Keys,
}

impl Case {
    /// A batch of a table, without rows as yet.
    pub fn of(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            types: Vec::new(),
            rows: Vec::new(),
            columns: Vec::new(),
            kinds: None,
            primary_key: Vec::new(),
            meta: Meta::new(),
            keys: Keys::new(),
        }
    }

    /// Names and types of columns: `[("id", "int64"), ("amount", "decimal(18,2)")]`. Columns that rows have beside
    /// these come after them.
    ///
    /// # Panics
    /// For a name that is no type.
    #[must_use]
    #[track_caller]
    pub fn fields<'a>(mut self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fields = fields.into_iter().map(|(name, of)| (name.to_owned(), json::parse_type(of)));
        self.types.extend(fields);
        self
    }

    /// Rows as JSON objects; see [`rows!`](crate::rows).
    ///
    /// # Panics
    /// For JSON that is no object.
    #[must_use]
    #[track_caller]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Value>) -> Self {
        for row in rows {
            match row {
                Value::Object(row) => self.rows.push(row),
                other => panic!("a row is an object, not {other}"),
            }
        }
        self
    }

    /// A column of its own, beside those of the rows: made by a builder, for cells that JSON says badly.
    #[must_use]
    pub fn column(mut self, name: &str, column: &crate::Column) -> Self {
        self.columns.push((name.to_owned(), column.of_host().column.clone()));
        self
    }

    /// What each row does: `"+I -U +U -D"`. Without it, rows are inserts. A `-U` and the `+U` behind it are a pair.
    ///
    /// # Panics
    /// For a kind that there is not.
    #[must_use]
    #[track_caller]
    pub fn kinds(mut self, kinds: &str) -> Self {
        let code = |short: &str| {
            let kind = (0..4).filter_map(RowKind::from_code).find(|kind| kind.short() == short);
            kind.unwrap_or_else(|| panic!("{short:?} is no kind: +I, -U, +U or -D")).code()
        };
        self.kinds = Some(kinds.split_whitespace().map(code).collect());
        self
    }

    /// Names of the key's fields.
    #[must_use]
    pub fn primary_key<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.primary_key = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// A column about the rows: "key", "headers", "event-time".
    #[must_use]
    pub fn meta(mut self, name: &str, column: &crate::Column) -> Self {
        self.meta.set(name, Arc::clone(column.of_host().column.values()));
        self
    }

    /// Keys of the pipeline, and what the step may do with them.
    #[must_use]
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// Calls the transform: first with no rows, as the host does to learn tables and schemas, then with the rows.
    ///
    /// # Panics
    /// Where the transform fails, where the host would take what it says for a defect, and where it answers the call
    /// without rows with other columns than the one with rows.
    #[track_caller]
    pub fn run(self, transform: &mut impl Transform) -> Ran {
        match self.try_run(transform) {
            Ok(ran) => ran,
            Err(failure) => panic!("the transform failed ({:?}): {}", failure.kind, failure.message),
        }
    }

    /// The failure of a transform that is to fail.
    ///
    /// # Panics
    /// Where it does not.
    #[track_caller]
    pub fn failure(self, transform: &mut impl Transform) -> Failure {
        match self.try_run(transform) {
            Ok(ran) => panic!("the transform did not fail:\n{ran}"),
            Err(failure) => failure,
        }
    }

    /// As [`run`](Self::run), for failures that depend.
    ///
    /// # Errors
    /// The transform's.
    ///
    /// # Panics
    /// As [`run`](Self::run), but for failures.
    #[track_caller]
    pub fn try_run(self, transform: &mut impl Transform) -> Result<Ran, Failure> {
        let keys = self.keys.of_step();
        let batch = Arc::new(self.batch());
        session::take_lines();
        let asked = call(transform, &keys, &Arc::new(batch.slice(0, 0)))?;
        let told = if batch.is_empty() { asked.clone() } else { call(transform, &keys, &batch)? };
        for output in &told.outputs {
            let same_table = asked.outputs.iter().find(|asked| asked.table() == output.table());
            let differs = same_table.filter(|asked| fields(asked) != fields(output));
            if let Some(asked) = differs {
                panic!(
                    "a batch of no rows asks for tables and schemas; for {} the transform answered\n  {}\nand with \
                     rows gave\n  {}",
                    output.table(),
                    fields(asked).join(", "),
                    fields(output).join(", ")
                );
            }
        }
        Ok(Ran::new(told, keys, session::take_lines()))
    }

    #[track_caller]
    fn batch(self) -> ChangeBatch {
        let mut types: Vec<(String, Option<DataType>)> =
            self.types.into_iter().map(|(name, of)| (name, Some(of))).collect();
        for name in self.rows.iter().flat_map(Map::keys) {
            if !types.iter().any(|(known, _)| known == name) {
                types.push((name.clone(), None));
            }
        }
        let mut columns = Vec::with_capacity(types.len());
        for (name, of) in types {
            let cells: json::Json = self.rows.iter().map(|row| row.get(&name).cloned()).collect();
            let of = of.unwrap_or_else(|| json::type_of(&cells));
            let column = json::column(&of, &cells).unwrap_or_else(|why| panic!("column {name}: {why}"));
            columns.push((name, column));
        }
        if self.rows.is_empty() && !self.columns.is_empty() {
            // Columns of their own alone: types without rows are of no use then.
            columns.clear();
        }
        columns.extend(self.columns);
        let rows = columns.first().map_or(self.rows.len(), |(_, column)| column.len());
        let kinds = self.kinds.unwrap_or_else(|| vec![RowKind::Insert.code(); rows]);
        let fields: Vec<Field> =
            columns.iter().map(|(name, column)| Field::new(name, column.data_type().clone(), true)).collect();
        let origin = Origin { lane: "test/0".into(), ordinals: ordinals(&kinds).into(), parts: None };
        let made = ChangeBatch::new(
            self.table.as_str().into(),
            Arc::new(Schema::new(fields)),
            columns.into_iter().map(|(_, column)| column).collect(),
            kinds.into(),
            origin,
            self.primary_key.into(),
            self.meta,
        );
        made.unwrap_or_else(|why| panic!("the test's rows make no batch: {why}"))
    }
}

/// A record of the source for each row; both halves of a pair come from one.
fn ordinals(kinds: &[u8]) -> Vec<u64> {
    let mut ordinals: Vec<u64> = Vec::with_capacity(kinds.len());
    for (row, kind) in kinds.iter().enumerate() {
        let pair =
            row > 0 && *kind == RowKind::UpdateAfter.code() && kinds[row - 1] == RowKind::UpdateBefore.code();
        let next = ordinals.last().map_or(0, |last| last + u64::from(!pair));
        ordinals.push(next);
    }
    ordinals
}

fn fields(of: &ChangeBatch) -> Vec<String> {
    let field = |field: &arrow_schema::FieldRef| {
        format!("{}: {}", field.name(), sluicegate_interface::shape::name_of(field.data_type()))
    };
    of.schema().fields().iter().map(field).collect()
}

#[track_caller]
fn call(
    transform: &mut impl Transform,
    keys: &StepKeys,
    batch: &Arc<ChangeBatch>,
) -> Result<Assembled, Failure> {
    let outcome = session::call(keys, || transform.transform(&Batch::new(Arc::clone(batch))))?;
    let drafts = outcome.outputs.into_iter().map(crate::Output::into_draft).collect();
    let rejects = outcome.rejects.into_iter().map(|reject| (reject.row, reject.reason)).collect();
    let assembled = assemble(batch, drafts, rejects, LIMITS, &mut Schemas::default());
    Ok(assembled.unwrap_or_else(|why| panic!("the host takes this for a defect of the transform: {why}")))
}
