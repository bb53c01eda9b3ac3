//! From what a guest said to batches: every rule that an outcome keeps is seen to here.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt8Type;
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use sluicegate_model::{ByteSize, ChangeBatch, Column, Origin, RowKind, meta, row_kind};

use crate::draft::{Cells, DraftField};
use crate::{Alignment, Draft, size, text};

/// What the outputs of one call may come to.
#[derive(Clone, Copy, Debug)]
pub struct OutputLimits {
    /// Rows of all of them (`limits.output_rows`).
    pub rows: u64,
    /// Bytes of all of them, beside those of the input once (`limits.output_bytes`).
    pub bytes: ByteSize,
}

/// What a call of `transform` came to, checked: every output is a valid batch, pairs are whole or settled, and a
/// rejected row (or the other half of its pair) is in no output.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// In the order in which they are to be written.
    pub outputs: Vec<ChangeBatch>,
    /// Rows for the dead letters and why, in their order, each once.
    pub rejects: Vec<(u32, String)>,
}

/// Schemas of the last outputs: batches that follow each other share one, so that those who compare schemas need
/// only look at the pointer.
#[derive(Debug, Default)]
pub struct Schemas {
    known: Vec<SchemaRef>,
    weight: usize,
}

/// Schemas that are remembered; a step with more outputs makes them again.
const SCHEMAS: usize = 64;
/// Bytes that these may come to: a guest may name other fields in each call.
const SCHEMAS_WEIGHT: usize = 4 << 20;

/// Bytes of a schema, about.
fn weight(fields: &[DraftField]) -> usize {
    fields.iter().map(|field| field.field.name().len() + 128).sum()
}

impl Schemas {
    fn of(&mut self, input: &ChangeBatch, fields: &[DraftField]) -> SchemaRef {
        let same = |known: &SchemaRef| {
            known.fields().len() == fields.len()
                && known
                    .fields()
                    .iter()
                    .zip(fields)
                    .all(|(known, field)| Arc::ptr_eq(known, &field.field) || known == &field.field)
                && known.metadata() == input.schema().metadata()
        };
        if let Some(known) = self.known.iter().find(|known| same(known)) {
            return Arc::clone(known);
        }
        let weight = weight(fields);
        let fields: Vec<_> = fields.iter().map(|field| Arc::clone(&field.field)).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, input.schema().metadata().clone()));
        if self.known.len() == SCHEMAS || self.weight + weight > SCHEMAS_WEIGHT {
            self.known.clear();
            self.weight = 0;
        }
        if weight <= SCHEMAS_WEIGHT {
            self.known.push(Arc::clone(&schema));
            self.weight += weight;
        }
        schema
    }
}

/// Puts the outputs of a call together.
///
/// A rejected row, and the other half of its pair, leaves every output; halves that stand alone in an output are
/// settled; outputs that are left without rows are dropped, unless the input had none either.
///
/// # Errors
/// Where what the guest said is no outcome, or over a limit.
pub fn assemble(
    input: &ChangeBatch,
    drafts: Vec<Draft>,
    rejects: Vec<(u32, String)>,
    limits: OutputLimits,
    schemas: &mut Schemas,
) -> Result<Assembled, String> {
    let rejects = units(input, rejects)?;
    let mut room = Room::of(input, &drafts, limits);
    let mut outputs = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.into_iter().enumerate() {
        let table = draft.table.clone();
        let built = output(input, draft, &rejects, &mut room, schemas).map_err(|why| {
            let table =
                table.map(|table| format!(" (to {})", text::line(table.as_str(), 200))).unwrap_or_default();
            format!("output {place}{table} of the guest: {why}")
        })?;
        if !built.is_empty() || input.is_empty() {
            outputs.push(built);
        }
    }
    Ok(Assembled { outputs, rejects: rejects.into_iter().collect() })
}

/// Rejects in order of their rows, each row once, pairs whole.
fn units(input: &ChangeBatch, rejects: Vec<(u32, String)>) -> Result<BTreeMap<u32, String>, String> {
    let mut named = BTreeMap::new();
    for (row, reason) in rejects {
        if row as usize >= input.len() {
            return Err(format!("the guest rejected row {row} of a batch of {} rows", input.len()));
        }
        let reason = text::line(&reason, text::MESSAGE);
        let reason = if reason.is_empty() { "the guest gave no reason".to_owned() } else { reason };
        named.entry(row).or_insert(reason);
    }
    let mut whole = named.clone();
    for (row, reason) in named {
        for half in input.unit_of(row as usize) {
            whole
                .entry(half as u32)
                .or_insert_with(|| format!("the other half of this update was rejected: {reason}"));
        }
    }
    Ok(whole)
}

/// What the outputs of a call may still take.
struct Room {
    rows: u64,
    /// `None`: the one output is the input as it came, which needs no counting.
    bytes: Option<u64>,
    /// Bytes of the input, where bytes are counted.
    input: u64,
    limits: OutputLimits,
}

impl Room {
    /// Outputs share their columns with the input and with each other, but whoever writes them writes each: so all
    /// bytes of all outputs count, and what came in is free once.
    fn of(input: &ChangeBatch, drafts: &[Draft], limits: OutputLimits) -> Self {
        let as_it_came =
            |draft: &Draft| draft.rows.is_none() && draft.fields.is_none() && draft.meta.is_empty();
        if drafts.len() <= 1 && drafts.iter().all(as_it_came) {
            return Self { rows: limits.rows, bytes: None, input: 0, limits };
        }
        let meta = input.meta().iter().map(|(_, column)| column);
        let columns = input.columns().iter().map(Column::values).chain(meta);
        let input = columns.map(size::whole).fold(0, u64::saturating_add);
        Self { rows: limits.rows, bytes: Some(limits.bytes.0.saturating_add(input)), input, limits }
    }

    /// Lets an output in that is not made yet. To count the bytes of picked rows takes a look at each, so where there is
    /// room for all that they could be, they are counted when they are made: `bytes` is asked for a bound first, and
    /// exactly only where that is too much. Tells whether they are still to be [paid](Self::pay) for.
    fn admit(&mut self, rows: u64, bytes: impl Fn(u64, Count) -> u64) -> Result<bool, String> {
        self.rows = self.rows.checked_sub(rows).ok_or_else(|| {
            format!("the outputs have more than {} rows (`limits.output_rows`)", self.limits.rows)
        })?;
        match self.bytes {
            Some(left) if bytes(self.input, Count::AtMost) > left => {
                self.pay(bytes(self.input, Count::Exactly)).map(|()| false)
            }
            left => Ok(left.is_some()),
        }
    }

    fn pay(&mut self, bytes: u64) -> Result<(), String> {
        if let Some(left) = self.bytes {
            self.bytes = Some(left.checked_sub(bytes).ok_or_else(|| {
                format!("the outputs come to more than {} (`limits.output_bytes`)", self.limits.bytes)
            })?);
        }
        Ok(())
    }
}

/// How bytes are counted before they are picked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    /// Quickly, and never too few.
    AtMost,
    /// With a look at every row.
    Exactly,
}

/// Rows of a column that are wanted.
enum Pick {
    All,
    /// Rows that follow each other: nothing is copied.
    Run(usize, usize),
    /// These; `once`: none of them twice.
    Rows {
        rows: UInt32Array,
        once: bool,
    },
}

impl Pick {
    /// The cheapest way to `rows` of `of` rows.
    fn of(rows: Vec<u32>, of: usize) -> Self {
        let follow =
            rows.first().is_none_or(|&first| rows.iter().zip(first..).all(|(&row, next)| row == next));
        match rows.first() {
            _ if !follow => {
                let once = rows.windows(2).all(|pair| pair[0] < pair[1]);
                Self::Rows { rows: UInt32Array::from(rows), once }
            }
            Some(0) | None if rows.len() == of => Self::All,
            first => Self::Run(first.map_or(0, |first| *first as usize), rows.len()),
        }
    }

    fn column(&self, column: &Column) -> Result<Column, ArrowError> {
        match self {
            Self::All => Ok(column.clone()),
            Self::Run(start, count) => Ok(column.slice(*start, *count)),
            Self::Rows { rows, .. } => column.take(rows),
        }
    }

    fn array(&self, array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        self.column(&Column::new(Arc::clone(array))).map(|column| column.into_parts().0)
    }

    fn buffer<T: arrow_buffer::ArrowNativeType>(&self, values: &ScalarBuffer<T>) -> ScalarBuffer<T> {
        match self {
            Self::All => values.clone(),
            Self::Run(start, count) => values.slice(*start, *count),
            Self::Rows { rows, .. } => rows.values().iter().map(|row| values[*row as usize]).collect(),
        }
    }

    /// Bytes that the rows of a column come to.
    fn bytes(&self, array: &ArrayRef, count: Count) -> u64 {
        match self {
            Self::All => size::whole(array),
            Self::Run(start, rows) => size::whole(&array.slice(*start, *rows)),
            Self::Rows { once: true, .. } if count == Count::AtMost => size::whole(array),
            Self::Rows { rows, .. } => size::picked(array, rows.values()),
        }
    }
}

/// The rows of one output: of the input, and of what is aligned to the output.
struct Rows {
    input: Pick,
    /// Rows that the guest gave, before rejected ones left.
    given: usize,
    output: Pick,
    /// Rows that are left.
    len: usize,
}

impl Rows {
    fn of(input: &ChangeBatch, rows: Option<Vec<u32>>, rejects: &BTreeMap<u32, String>) -> Self {
        let of = input.len();
        let given = rows.as_ref().map_or(of, Vec::len);
        let gone = |row: u32| rejects.contains_key(&row);
        if rejects.is_empty() {
            let input = rows.map_or(Pick::All, |rows| Pick::of(rows, of));
            return Self { input, given, output: Pick::All, len: given };
        }
        let rows = rows.unwrap_or_else(|| (0..of as u32).collect());
        let kept: Vec<u32> =
            rows.iter().zip(0u32..).filter(|(row, _)| !gone(**row)).map(|(_, place)| place).collect();
        let left: Vec<u32> = kept.iter().map(|place| rows[*place as usize]).collect();
        Self { len: kept.len(), input: Pick::of(left, of), output: Pick::of(kept, given), given }
    }

    fn pick(&self, what: &str, column: &Column, aligned: Alignment) -> Result<Column, String> {
        let pick = match aligned {
            Alignment::Input => &self.input,
            Alignment::Output if column.len() == self.given => &self.output,
            Alignment::Output => {
                return Err(format!(
                    "{what} has {} rows and is aligned to the output, which has {}",
                    column.len(),
                    self.given
                ));
            }
        };
        pick.column(column).map_err(|error| format!("{what}: {error}"))
    }
}

impl Rows {
    /// Bytes of an output, before it is made. `whole` are those of the input.
    fn bytes(
        &self,
        input: &ChangeBatch,
        fields: Option<&[DraftField]>,
        set: &[(&'static str, Column, Alignment)],
        whole: u64,
        count: Count,
    ) -> u64 {
        if fields.is_none() && set.is_empty() && matches!(self.input, Pick::All) {
            return whole;
        }
        let of = |column: &Column, aligned: Alignment| match aligned {
            Alignment::Input => self.input.bytes(column.values(), count),
            Alignment::Output if column.len() == self.given => self.output.bytes(column.values(), count),
            // Of another length: it is refused where it is picked.
            Alignment::Output => 0,
        };
        let input_columns = || input.columns().iter().map(|column| of(column, Alignment::Input));
        let columns = match fields {
            None => input_columns().fold(0, u64::saturating_add),
            Some(fields) => fields
                .iter()
                .map(|field| match &field.cells {
                    Cells::Input(place) => of(&input.columns()[*place], Alignment::Input),
                    Cells::Put(column, aligned) => of(column, *aligned),
                })
                .fold(0, u64::saturating_add),
        };
        let kept = input.meta().iter().filter(|(name, _)| !set.iter().any(|(other, ..)| other == name));
        let kept = kept.map(|(_, column)| self.input.bytes(column, count));
        let set = set.iter().map(|(_, column, aligned)| of(column, *aligned));
        kept.chain(set).fold(columns, u64::saturating_add)
    }
}

fn output(
    input: &ChangeBatch,
    draft: Draft,
    rejects: &BTreeMap<u32, String>,
    room: &mut Room,
    schemas: &mut Schemas,
) -> Result<ChangeBatch, String> {
    let rows = Rows::of(input, draft.rows, rejects);
    let bytes = |whole, count| rows.bytes(input, draft.fields.as_deref(), &draft.meta, whole, count);
    let to_pay = room.admit(rows.len as u64, bytes)?;

    let mut columns = Vec::new();
    let schema = match &draft.fields {
        None => {
            for column in input.columns() {
                columns.push(rows.input.column(column).map_err(|error| error.to_string())?);
            }
            Arc::clone(input.schema())
        }
        Some(fields) => {
            columns.reserve(fields.len());
            for field in fields {
                columns.push(match &field.cells {
                    Cells::Input(place) => {
                        rows.input.column(&input.columns()[*place]).map_err(|error| error.to_string())?
                    }
                    Cells::Put(column, aligned) => {
                        rows.pick(&format!("field {:?}", field.field.name()), column, *aligned)?
                    }
                });
            }
            schemas.of(input, fields)
        }
    };

    let origin = Origin {
        lane: input.origin().lane.clone(),
        ordinals: rows.input.buffer(&input.origin().ordinals),
        parts: input.origin().parts.as_ref().map(|parts| rows.input.buffer(parts)),
    };
    let mut kinds = rows.input.buffer(input.kinds());
    let mut metas = sluicegate_model::Meta::new();
    for (name, column) in input.meta().iter() {
        if !draft.meta.iter().any(|(set, ..)| *set == name) {
            metas.set(name, rows.input.array(column).map_err(|error| error.to_string())?);
        }
    }
    let mut own_kinds = false;
    for (name, column, aligned) in &draft.meta {
        let column = rows.pick(&format!("meta column {name:?}"), column, *aligned)?;
        if *name == meta::KIND {
            kinds = kinds_of(&column)?;
            own_kinds = true;
        } else {
            metas.set(*name, column.into_parts().0);
        }
    }
    if own_kinds || !matches!(rows.input, Pick::All) {
        kinds = row_kind::settle_halves(&kinds, &origin.ordinals).map_or(kinds, ScalarBuffer::from);
    }

    if to_pay {
        let made = columns.iter().map(Column::values).chain(metas.iter().map(|(_, column)| column));
        room.pay(made.map(size::whole).fold(0, u64::saturating_add))?;
    }

    let primary_key = match draft.primary_key {
        None => Arc::clone(input.primary_key()),
        Some(names) => {
            let missing = names.iter().find(|name| schema.column_with_name(name).is_none());
            if let Some(missing) = missing.filter(|_| draft.own_key) {
                return Err(format!("its primary key names {missing:?}, which is no field of it"));
            }
            names.into()
        }
    };
    let table = draft.table.unwrap_or_else(|| input.table().clone());
    ChangeBatch::new(table, schema, columns, kinds, origin, primary_key, metas)
        .map_err(|error| error.to_string())
}

/// Kinds that a guest set: each one of the four codes.
fn kinds_of(column: &Column) -> Result<ScalarBuffer<u8>, String> {
    if let Some(row) = (0..column.len()).find(|row| column.values().is_null(*row)) {
        return Err(format!("the kind of row {row} is null"));
    }
    let kinds = column.values().as_primitive::<UInt8Type>().values();
    match kinds.iter().position(|code| RowKind::from_code(*code).is_none()) {
        Some(row) => Err(format!("the kind of row {row} is {}, which is none of 0 to 3", kinds[row])),
        None => Ok(kinds.clone()),
    }
}
