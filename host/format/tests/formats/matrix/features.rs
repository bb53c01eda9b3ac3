//! What a batch may have that a format may lack.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    DurationMicrosecondArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, NullArray, StringArray, StructArray, Time64MicrosecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{BooleanBuffer, i256};
use arrow_schema::{DataType, Field, Schema};
use sluicegate_model::{ChangeBatch, Column, Meta, Origin, RowKind, data_type, field, meta};

/// One thing that a format holds or does not.
pub(crate) struct Feature {
    pub(crate) group: Group,
    pub(crate) name: String,
    pub(crate) batch: ChangeBatch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Kinds of changes.
    Kinds,
    /// States of cells, and columns.
    Cells,
    /// What is known about rows: a column of the batch's meta, by its name.
    Meta(&'static str),
    Table,
    PrimaryKey,
    /// Types and their values.
    Types,
}

pub(crate) fn all() -> Vec<Feature> {
    let mut features = kinds();
    features.extend(cells());
    features.extend(about());
    features.extend(types().into_iter().map(|(field, values)| Feature {
        group: Group::Types,
        name: type_name(&field),
        batch: inserts(vec![(field, Column::new(values))]),
    }));
    features.extend(values());
    features
}

/// The first and the last microsecond of the years 1 to 9999.
pub(crate) const FIRST: i64 = -62_135_596_800_000_000;
pub(crate) const LAST: i64 = 253_402_300_799_999_999;

/// What the table calls a column's type.
pub(crate) fn type_name(field: &Field) -> String {
    match field.metadata().get(field::JSON).map(String::as_str) {
        Some(field::JSON_NUMBER) => "digits of a JSON number".to_owned(),
        Some(_) => "JSON of any kind".to_owned(),
        None => match field.data_type() {
            DataType::Decimal128(..) => "decimal(18,2)".to_owned(),
            DataType::Decimal256(..) => "decimal(65,30)".to_owned(),
            other => data_type::name_of(other).unwrap(),
        },
    }
}

fn field_of(data_type: DataType, json: Option<&str>) -> Field {
    let metadata = json.map(|json| (field::JSON.to_owned(), json.to_owned())).into_iter().collect();
    Field::new("v", data_type, true).with_metadata(metadata)
}

fn column(values: impl Array + 'static) -> (Field, ArrayRef) {
    (field_of(values.data_type().clone(), None), Arc::new(values))
}

/// A column of each type, with the values at its ends.
pub(crate) fn types() -> Vec<(Field, ArrayRef)> {
    let json = |json, texts: Vec<&str>| -> (Field, ArrayRef) {
        (field_of(DataType::Utf8, Some(json)), Arc::new(StringArray::from(texts)))
    };
    vec![
        column(BooleanArray::from(vec![true, false])),
        column(Int8Array::from(vec![i8::MIN, i8::MAX])),
        column(Int16Array::from(vec![i16::MIN, i16::MAX])),
        column(Int32Array::from(vec![i32::MIN, i32::MAX])),
        column(Int64Array::from(vec![i64::MIN, i64::MAX])),
        column(UInt8Array::from(vec![0, u8::MAX])),
        column(UInt16Array::from(vec![0, u16::MAX])),
        column(UInt32Array::from(vec![0, u32::MAX])),
        column(UInt64Array::from(vec![0, u64::MAX])),
        column(Float32Array::from(vec![f32::MIN, f32::MIN_POSITIVE, 1.5e-7])),
        column(Float64Array::from(vec![f64::MIN, f64::MIN_POSITIVE, 0.1])),
        column(
            Decimal128Array::from(vec![-1, 110, 999_999_999_999_999_999])
                .with_precision_and_scale(18, 2)
                .unwrap(),
        ),
        column(
            Decimal256Array::from(vec![
                i256::from_i128(-1),
                i256::from_string(&"9".repeat(65)).unwrap(),
                i256::from_i128(0),
            ])
            .with_precision_and_scale(65, 30)
            .unwrap(),
        ),
        column(StringArray::from(vec![
            "",
            "王小明 😀",
            "a\"b\\c\n\r\t\u{1}\u{7f},;|'",
            "\\N",
            "null",
            " x ",
        ])),
        column(BinaryArray::from(vec![&b""[..], &[0, 255, 128, 10], b"AP8="])),
        column(FixedSizeBinaryArray::try_from_iter([[0_u8, 255], [1, 0]].into_iter()).unwrap()),
        column(Date32Array::from(vec![-719_162, 0, 2_932_896])),
        column(TimestampMicrosecondArray::from(vec![FIRST, -1, 0, LAST])),
        column(TimestampMicrosecondArray::from(vec![FIRST, -1, 0, LAST]).with_timezone("UTC")),
        column(TimestampMillisecondArray::from(vec![FIRST / 1000, -1, 0])),
        column(Time64MicrosecondArray::from(vec![0, 86_399_999_999])),
        // MySQL's TIME goes from -838:59:59 to 838:59:59.
        column(DurationMicrosecondArray::from(vec![-3_020_399_000_000, -1, 0, 3_020_399_000_000])),
        json(field::JSON_NUMBER, vec!["1.10", "18446744073709551616", "-0", "1e400", "1E+2"]),
        json(field::JSON_RAW, vec![r#"{"a": [1, 2.50]}"#, "[]", r#""x""#, "true"]),
        column(list()),
        column(structure()),
        column(map()),
        column(NullArray::new(2)),
    ]
}

fn list() -> impl Array {
    let mut list = ListBuilder::new(Int64Builder::new());
    list.append_value([Some(1), None]);
    list.append_value([]);
    list.finish()
}

fn structure() -> impl Array {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    StructArray::from(vec![
        (Arc::new(Field::new("n", DataType::Int64, true)), numbers),
        (Arc::new(Field::new("t", DataType::Utf8, true)), texts),
    ])
}

fn map() -> impl Array {
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    map.append(true).unwrap();
    map.append(true).unwrap();
    map.finish()
}

/// Values that a type has and a format may not.
fn values() -> Vec<Feature> {
    let one = |name: &str, (field, values): (Field, ArrayRef)| Feature {
        group: Group::Types,
        name: name.to_owned(),
        batch: inserts(vec![(field, Column::new(values))]),
    };
    vec![
        one("NaN and infinity", column(Float64Array::from(vec![f64::NAN, f64::INFINITY]))),
        one("a date after 9999", column(Date32Array::from(vec![2_932_897]))),
    ]
}

fn inserts(columns: Vec<(Field, Column)>) -> ChangeBatch {
    let rows = columns.first().map_or(1, |(_, column)| column.len());
    batch(&vec![vec![RowKind::Insert]; rows], columns, Meta::new())
}

/// A batch with a key `id`, which grows from unit to unit.
pub(crate) fn batch(units: &[Vec<RowKind>], columns: Vec<(Field, Column)>, meta: Meta) -> ChangeBatch {
    let ids = units.iter().zip(1_i64..).flat_map(|(unit, id)| vec![id; unit.len()]);
    let id = Column::new(Arc::new(Int64Array::from_iter_values(ids)));
    with_id(units, id, columns, meta)
}

fn with_id(units: &[Vec<RowKind>], id: Column, columns: Vec<(Field, Column)>, meta: Meta) -> ChangeBatch {
    let kinds: Vec<u8> = units.iter().flatten().map(|kind| kind.code()).collect();
    let ordinals = units.iter().zip(100_u64..).flat_map(|(unit, ordinal)| vec![ordinal; unit.len()]);
    let (fields, columns): (Vec<Field>, Vec<Column>) =
        std::iter::once((Field::new("id", DataType::Int64, true), id)).chain(columns).unzip();
    ChangeBatch::new(
        "shop.orders".into(),
        Arc::new(Schema::new(fields)),
        columns,
        kinds.into(),
        Origin { lane: "topic/3".into(), ordinals: ordinals.collect(), parts: None },
        Arc::from(["id".to_owned()]),
        meta,
    )
    .unwrap()
}

/// A cell of text.
#[derive(Clone, Copy, PartialEq)]
enum Text {
    Missing,
    Null,
    Is(&'static str),
}

fn texts(cells: &[Text]) -> (Field, Column) {
    let text = |cell: &Text| if let Text::Is(text) = cell { Some(*text) } else { None };
    let values: StringArray = cells.iter().map(text).collect();
    let presence: BooleanBuffer = cells.iter().map(|cell| *cell != Text::Missing).collect();
    (Field::new("v", DataType::Utf8, true), Column::with_presence(Arc::new(values), Some(presence)))
}

fn kinds() -> Vec<Feature> {
    use RowKind::{Delete, Insert, UpdateAfter, UpdateBefore};
    const A: Text = Text::Is("a");
    const B: Text = Text::Is("b");
    let one = |name: &str, kinds: &[RowKind], cells: &[Text]| Feature {
        group: Group::Kinds,
        name: name.to_owned(),
        batch: batch(&[kinds.to_vec()], vec![texts(cells)], Meta::new()),
    };
    let changed = with_id(
        &[vec![UpdateBefore, UpdateAfter]],
        Column::new(Arc::new(Int64Array::from(vec![1, 2]))),
        vec![texts(&[A, A])],
        Meta::new(),
    );
    vec![
        one("insert", &[Insert], &[A]),
        one("update with before", &[UpdateBefore, UpdateAfter], &[A, B]),
        one("update with some columns before", &[UpdateBefore, UpdateAfter], &[Text::Missing, B]),
        one("update without before", &[UpdateAfter], &[B]),
        one("delete", &[Delete], &[A]),
        one("delete by key", &[Delete], &[Text::Missing]),
        Feature { group: Group::Kinds, name: "update of the key".to_owned(), batch: changed },
    ]
}

fn cells() -> Vec<Feature> {
    let one = |name: &str, kind, cells: &[Text]| Feature {
        group: Group::Cells,
        name: name.to_owned(),
        batch: batch(&vec![vec![kind]; cells.len()], vec![texts(cells)], Meta::new()),
    };
    vec![
        one("NULL, and empty text", RowKind::Insert, &[Text::Null, Text::Is(""), Text::Is("a")]),
        one("missing cells", RowKind::UpdateAfter, &[Text::Missing, Text::Is("a"), Text::Null]),
        Feature {
            group: Group::Cells,
            name: "any name of a column".to_owned(),
            batch: inserts(vec![(
                Field::new("a \"b\\\u{e9},\n", DataType::Utf8, true),
                Column::new(Arc::new(StringArray::from(vec!["x"]))),
            )]),
        },
    ]
}

fn about() -> Vec<Feature> {
    let known = |name: &str, column: &'static str, values: ArrayRef| {
        let mut meta = Meta::new();
        meta.set(column, values);
        let value = texts(&[Text::Is("a")]);
        let batch = batch(&[vec![RowKind::UpdateAfter]], vec![value], meta);
        Feature { group: Group::Meta(column), name: name.to_owned(), batch }
    };
    let plain = || batch(&[vec![RowKind::UpdateAfter]], vec![texts(&[Text::Is("a")])], Meta::new());
    let time = TimestampMicrosecondArray::from(vec![1_716_342_640_123_456]).with_timezone("UTC");
    vec![
        Feature { group: Group::Table, name: "table".to_owned(), batch: plain() },
        Feature { group: Group::PrimaryKey, name: "primary key".to_owned(), batch: plain() },
        known("time, to the microsecond", meta::EVENT_TIME, Arc::new(time)),
        known("position", meta::SOURCE_POSITION, Arc::new(StringArray::from(vec!["binlog.000003:4711"]))),
    ]
}
