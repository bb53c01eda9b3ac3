//! Arrow batches to change batches.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use sluicegate_connector::Error;
use sluicegate_model::{
    ChangeBatch, Column, Decoded, Item, Lane, Meta, Origin, RowKind, RowReject, TableName, data_type, field,
};

use super::ColumnsOptions;

/// What is the same for all batches of a file.
#[derive(Debug)]
pub(crate) struct Incoming {
    lane: Lane,
    table: TableName,
    primary_key: Arc<[String]>,
    kind_column: Option<String>,
    kind: RowKind,
}

impl Incoming {
    pub(crate) fn new(options: &ColumnsOptions, lane: &Lane, table: &str) -> Self {
        Self {
            lane: lane.clone(),
            table: TableName::new(options.table.as_deref().unwrap_or(table)),
            primary_key: options.primary_key.clone().unwrap_or_default().into(),
            kind_column: options.kind_column.clone(),
            kind: options.kind.unwrap_or_default().kind(),
        }
    }

    /// The rows of a batch, the first of which is the file's row `first`, counted from 0.
    ///
    /// # Errors
    /// [`sluicegate_connector::Class::Configuration`] for a column of a type that has no place here.
    pub(crate) fn decode(&self, batch: &RecordBatch, first: u64) -> Result<Decoded, Error> {
        let rows = batch.num_rows();
        let ordinals: Vec<u64> = (first..first + rows as u64).collect();
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        let mut kinds = vec![self.kind.code(); rows];
        let mut rejects = Vec::new();
        let mut kinds_found = self.kind_column.is_none();
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if self.kind_column.as_ref() == Some(field.name()) {
                kinds_found = true;
                self.read_kinds(field, array, &ordinals, &mut kinds, &mut rejects)?;
                continue;
            }
            let (field, array) = self.column(field, array)?;
            fields.push(field);
            columns.push(Column::new(array));
        }
        if let Some(name) = self.kind_column.as_ref().filter(|_| !kinds_found) {
            return Err(Error::configuration(format!("the file has no column {name:?}, the `kind_column`"))
                .lane(&self.lane));
        }
        let origin = Origin { lane: self.lane.clone(), ordinals: ordinals.into(), parts: None };
        let changes = ChangeBatch::new(
            self.table.clone(),
            Arc::new(Schema::new(fields)),
            columns,
            kinds.into(),
            origin,
            Arc::clone(&self.primary_key),
            Meta::new(),
        );
        let mut changes = changes.map_err(|error| self.unfit("its columns do not fit together", error))?;
        if !rejects.is_empty() {
            let bad: Vec<u64> = rejects.iter().map(|reject: &RowReject| reject.ordinal - first).collect();
            let kept: UInt32Array = (0..rows as u32).filter(|row| !bad.contains(&u64::from(*row))).collect();
            changes = changes.take(&kept).map_err(|error| self.unfit("rows cannot be taken out", error))?;
        }
        Ok(Decoded { items: vec![Item::Rows(changes)], rejects })
    }

    fn unfit(&self, what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::fatal(format!("the file: {what}")).lane(&self.lane).table(&self.table).caused_by(error)
    }

    /// A column in a type that every step and sink knows.
    fn column(&self, own: &Field, array: &ArrayRef) -> Result<(Field, ArrayRef), Error> {
        let wanted = plain(own.data_type()).filter(|wanted| data_type::name_of(wanted).is_some());
        let cast = wanted.ok_or_else(|| {
            let what = format!("the file has a column of type {}, which has no place here", own.data_type());
            Error::configuration(what)
                .lane(&self.lane)
                .column(own.name())
                .help("write the file with another type")
        })?;
        let array = if cast == *own.data_type() {
            Arc::clone(array)
        } else {
            arrow_cast::cast(array, &cast)
                .map_err(|error| self.unfit("a column cannot be read", error).column(own.name().as_str()))?
        };
        // What sinks look at; other keys are about the file.
        let mut about = own.metadata().clone();
        about.retain(|key, _| [field::JSON, field::SOURCE_TYPE, field::COMMENT].contains(&key.as_str()));
        Ok((Field::new(own.name(), cast, true).with_metadata(about), array))
    }

    fn read_kinds(
        &self,
        field: &Field,
        array: &ArrayRef,
        ordinals: &[u64],
        kinds: &mut [u8],
        rejects: &mut Vec<RowReject>,
    ) -> Result<(), Error> {
        let text = arrow_cast::cast(array, &DataType::Utf8)
            .map_err(|error| self.unfit("its kinds are no text", error).column(field.name().as_str()))?;
        let text = text.as_string::<i32>();
        for (row, kind) in kinds.iter_mut().enumerate() {
            let found = if text.is_null(row) { "" } else { text.value(row) };
            *kind = match found.parse::<RowKind>() {
                // A half that lost its other one: as everywhere, the old image alone is a delete.
                Ok(RowKind::UpdateBefore) => RowKind::Delete.code(),
                Ok(kind) => kind.code(),
                Err(unknown) => {
                    let reason = unknown.to_string();
                    rejects.push(RowReject { ordinal: ordinals[row], part: None, reason });
                    continue;
                }
            };
        }
        Ok(())
    }
}

/// The type that stands for one of Arrow's many forms of the same values.
fn plain(data_type: &DataType) -> Option<DataType> {
    let of_field = |field: &Field| {
        plain(field.data_type()).map(|inner| Field::new(field.name(), inner, field.is_nullable()))
    };
    Some(match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Dictionary(_, values) => plain(values)?,
        DataType::RunEndEncoded(_, values) => plain(values.data_type())?,
        DataType::Float16 => DataType::Float32,
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Microsecond),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("UTC".into())),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => DataType::List(Arc::new(of_field(item)?)),
        DataType::Struct(fields) => DataType::Struct(
            fields.iter().map(|field| of_field(field).map(Arc::new)).collect::<Option<Fields>>()?,
        ),
        DataType::Map(entries, sorted) => DataType::Map(Arc::new(of_field(entries)?), *sorted),
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use arrow_array::{DictionaryArray, LargeStringArray, StringArray, types::Int8Type};

    use super::*;

    fn incoming(kind_column: Option<&str>) -> Incoming {
        let options = ColumnsOptions { kind_column: kind_column.map(str::to_owned), ..Default::default() };
        Incoming::new(&options, &"a.parquet".into(), "a")
    }

    #[test]
    fn forms_of_text_become_one_and_kinds_are_taken_out() {
        let dictionary: DictionaryArray<Int8Type> = ["x", "y", "x"].into_iter().collect();
        let batch = RecordBatch::try_from_iter([
            ("op", Arc::new(StringArray::from(vec!["+I", "?", "-U"])) as ArrayRef),
            ("large", Arc::new(LargeStringArray::from(vec!["a", "b", "c"])) as ArrayRef),
            ("dictionary", Arc::new(dictionary) as ArrayRef),
        ])
        .unwrap();
        let decoded = incoming(Some("op")).decode(&batch, 10).unwrap();
        assert_eq!(decoded.rejects[0].ordinal, 11);
        let [Item::Rows(rows)] = &decoded.items[..] else { panic!("{decoded:?}") };
        assert_eq!(rows.origin().ordinals[..], [10, 12]);
        assert_eq!((rows.kind(0), rows.kind(1)), (RowKind::Insert, RowKind::Delete));
        assert!(rows.schema().fields().iter().all(|field| *field.data_type() == DataType::Utf8));
        assert!(incoming(Some("kind")).decode(&batch, 0).unwrap_err().to_string().contains("no column"));
    }
}
