//! What a column is to Kafka Connect, and how its cells are written.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Decimal256Type, UInt64Type};
use arrow_schema::{DataType, Field, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value, json};
use sluicegate_model::field;

use super::Modes;
use super::form::{Bytes, Form, Ticks, Within};
use crate::MysqlType;
use crate::debezium::modes::{BigintMode, BinaryMode, DecimalMode, TimeMode};
use crate::debezium::source_type::{LENGTH, SCALE, TYPE};
use crate::ticks::counts;
use crate::write::{CellWriter, Decimals, NoForm, Style, Timestamps, write_string};

/// One column of a batch.
pub(super) struct Column<'a> {
    form: Form<'a>,
    /// The literal type.
    kind: &'static str,
    /// What it means, and the parameters of that.
    meaning: Option<&'static str>,
    parameters: Map<String, Value>,
    /// What stands in the place of a value that is not known.
    unavailable: Option<Vec<u8>>,
}

impl<'a> Column<'a> {
    /// `None` where the type, or one within it, has no form.
    pub(super) fn new(field: &Field, array: &'a dyn Array, modes: &Modes) -> Option<Self> {
        let source = field.metadata().get(field::SOURCE_TYPE).map(String::as_str);
        let mut column = Self::plain(field, array, modes, source.map(MysqlType::parse).as_ref())?;
        if let Some(text) = source {
            column.say_source(text);
        }
        column.unavailable = column.placeholder(modes);
        Some(column)
    }

    fn plain(field: &Field, array: &'a dyn Array, modes: &Modes, source: Option<&MysqlType>) -> Option<Self> {
        let style = Style {
            decimals: if modes.decimals == DecimalMode::String { Decimals::String } else { Decimals::Number },
            timestamps: Timestamps::Iso,
        };
        let cells = |field: &Field| CellWriter::new(field, array, style);
        let as_json = |kind| Some(Self::of(Form::Json(cells(field)?), kind));
        match field.data_type() {
            DataType::Int16 if source == Some(&MysqlType::Year) => {
                Some(as_json("int32")?.meaning("io.debezium.time.Year"))
            }
            DataType::Null => as_json("string"),
            DataType::Boolean => as_json("boolean"),
            DataType::Int8 => as_json("int8"),
            DataType::Int16 => as_json("int16"),
            DataType::Int32 => as_json("int32"),
            DataType::Int64 => as_json("int64"),
            DataType::UInt8 => Some(as_json("int16")?.source("TINYINT UNSIGNED")),
            DataType::UInt16 => Some(as_json("int32")?.source("SMALLINT UNSIGNED")),
            DataType::UInt32 => Some(as_json("int64")?.source("INT UNSIGNED")),
            DataType::UInt64 => Some(unsigned(array.as_primitive::<UInt64Type>().values(), modes)),
            DataType::Float32 => as_json("float"),
            DataType::Float64 => as_json("double"),
            DataType::Decimal128(digits, scale) | DataType::Decimal256(digits, scale) => {
                let precise = match field.data_type() {
                    DataType::Decimal128(..) => {
                        Form::Decimal128(array.as_primitive::<Decimal128Type>().values())
                    }
                    _ => Form::Decimal256(array.as_primitive::<Decimal256Type>().values()),
                };
                match modes.decimals {
                    DecimalMode::Precise => {
                        Some(decimal(precise, *scale).parameter("connect.decimal.precision", *digits))
                    }
                    DecimalMode::String => Some(
                        as_json("string")?
                            .source("DECIMAL")
                            .parameter(LENGTH, *digits)
                            .parameter(SCALE, *scale),
                    ),
                    DecimalMode::Double => as_json("double"),
                }
            }
            DataType::Utf8 => Self::text(field, array, modes, source, cells(field)?),
            DataType::Binary => Some(bytes(Bytes::Variable(array.as_binary()), cells(field)?, modes, source)),
            DataType::FixedSizeBinary(_) => {
                Some(bytes(Bytes::Fixed(array.as_fixed_size_binary()), cells(field)?, modes, source))
            }
            DataType::Date32 => {
                let days = Form::Days(array.as_primitive::<Date32Type>().values());
                Some(match modes.times {
                    TimeMode::Isostring => {
                        let form = Form::Iso { cells: cells(field)?, times: None };
                        Self::of(form, "string").meaning("io.debezium.time.IsoDate")
                    }
                    TimeMode::Connect => {
                        Self::of(days, "int32").meaning("org.apache.kafka.connect.data.Date")
                    }
                    _ => Self::of(days, "int32").meaning("io.debezium.time.Date"),
                })
            }
            DataType::Timestamp(_, Some(_)) => {
                Some(as_json("string")?.meaning("io.debezium.time.ZonedTimestamp"))
            }
            DataType::Timestamp(unit, None) if modes.times == TimeMode::Isostring => {
                let utc = DataType::Timestamp(*unit, Some("UTC".into()));
                let cells = cells(&Field::new(field.name(), utc, true))?;
                Some(Self::of(Form::Json(cells), "string").meaning("io.debezium.time.IsoTimestamp"))
            }
            DataType::Timestamp(unit, None) => Some(timestamp(counts(array)?, *unit, modes)),
            DataType::Duration(_) | DataType::Time64(TimeUnit::Microsecond) => {
                let unit = if let DataType::Duration(unit) = field.data_type() {
                    *unit
                } else {
                    TimeUnit::Microsecond
                };
                let times = Ticks { values: counts(array)?, from: unit, into: unit, within: Within::Day };
                Some(if modes.times == TimeMode::Isostring {
                    let form = Form::Iso { cells: cells(field)?, times: Some(times) };
                    Self::of(form, "string").meaning("io.debezium.time.IsoTime")
                } else {
                    time(times, unit, modes)
                })
            }
            DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => Some(nested(cells(field)?, modes)),
            _ => None,
        }
    }

    fn text(
        field: &Field,
        array: &'a dyn Array,
        modes: &Modes,
        source: Option<&MysqlType>,
        cells: CellWriter<'a>,
    ) -> Option<Self> {
        let labels = |labels: &[String]| labels.join(",");
        let string = |cells| Self::of(Form::Json(cells), "string");
        Some(match (field.metadata().get(field::JSON).map(String::as_str), source) {
            (Some(field::JSON_RAW), _) => nested(cells, modes),
            (Some(field::JSON_NUMBER), _) if !modes.envelope => string(cells),
            (Some(field::JSON_NUMBER), _) => match modes.decimals {
                DecimalMode::Precise => Self::of(Form::Digits(array.as_string()), "struct")
                    .meaning("io.debezium.data.VariableScaleDecimal"),
                // Without the property it is text.
                DecimalMode::String => {
                    let plain = Field::new(field.name(), DataType::Utf8, true);
                    string(CellWriter::new(&plain, array, Style::default())?)
                }
                DecimalMode::Double => Self::of(Form::Json(cells), "double"),
            },
            (_, Some(MysqlType::Json)) => string(cells).meaning("io.debezium.data.Json"),
            (_, Some(MysqlType::Enum(all))) => {
                string(cells).meaning("io.debezium.data.Enum").parameter("allowed", labels(all))
            }
            (_, Some(MysqlType::Set(all))) => {
                string(cells).meaning("io.debezium.data.EnumSet").parameter("allowed", labels(all))
            }
            _ => match field.metadata().get(field::SOURCE_TYPE).map(String::as_str) {
                Some("uuid") => string(cells).meaning("io.debezium.data.Uuid"),
                Some("xml") => string(cells).meaning("io.debezium.data.Xml"),
                _ => string(cells),
            },
        })
    }

    fn of(form: Form<'a>, kind: &'static str) -> Self {
        Self { form, kind, meaning: None, parameters: Map::new(), unavailable: None }
    }

    fn meaning(self, meaning: &'static str) -> Self {
        Self { meaning: Some(meaning), ..self }
    }

    fn parameter(mut self, key: &str, value: impl ToString) -> Self {
        self.parameters.insert(key.to_owned(), Value::String(value.to_string()));
        self
    }

    fn source(self, words: &str) -> Self {
        self.parameter(TYPE, words)
    }

    /// Passes the source's own words on, in the parameters that connectors use for them.
    fn say_source(&mut self, text: &str) {
        let mut put = |key: &str, value: &str| {
            self.parameters.insert(key.to_owned(), Value::String(value.to_owned()));
        };
        let upper = text.to_ascii_uppercase();
        let Some((words, rest)) = upper.split_once('(') else { return put(TYPE, &upper) };
        let Some((digits, more)) = rest.rsplit_once(')') else { return put(TYPE, &upper) };
        put(TYPE, &format!("{words}{more}"));
        let mut numbers = digits.split(',').map(str::trim);
        if let Some(length) = numbers.next().filter(|length| length.parse::<u32>().is_ok()) {
            put(LENGTH, length);
            if let Some(scale) = numbers.next() {
                put(SCALE, scale);
            }
        }
    }

    /// The text for a value that is not known, where a column can hold one.
    fn placeholder(&self, modes: &Modes) -> Option<Vec<u8>> {
        let text = &modes.unavailable;
        let text = match (&self.form, self.kind, self.meaning) {
            (Form::Hex(_), ..) => hex::encode(text),
            (Form::UrlSafe(_), ..) => URL_SAFE.encode(text),
            (Form::Json(CellWriter::Binary(_) | CellWriter::Fixed(_)), ..) => STANDARD.encode(text),
            (Form::Json(CellWriter::Text(_) | CellWriter::CleanText(_)), "string", _) => text.clone(),
            _ => return None,
        };
        let mut quoted = Vec::new();
        write_string(text.as_bytes(), &mut quoted);
        Some(quoted)
    }

    /// What stands in the place of a value that is not known.
    pub(super) fn unavailable(&self) -> Option<&[u8]> {
        self.unavailable.as_deref()
    }

    /// Appends the value of a row, which is neither null nor missing.
    #[inline]
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), NoForm> {
        self.form.write(row, out)
    }

    /// The field of the column in a schema.
    pub(super) fn field(&self, name: &str) -> Value {
        let part = |kind, optional, key| json!({ "type": kind, "optional": optional, "field": key });
        let mut field = json!({ "type": self.kind });
        match self.form {
            Form::Digits(_) => {
                field["fields"] = json!([part("int32", false, "scale"), part("bytes", false, "value")]);
            }
            Form::Geometry(_) => {
                field["fields"] = json!([part("bytes", false, "wkb"), part("int32", true, "srid")]);
            }
            _ => {}
        }
        field["optional"] = json!(true);
        if let Some(meaning) = self.meaning {
            field["name"] = json!(meaning);
            field["version"] = json!(1);
        }
        if !self.parameters.is_empty() {
            field["parameters"] = Value::Object(self.parameters.clone());
        }
        field["field"] = json!(name);
        field
    }
}

fn decimal(form: Form<'_>, scale: i8) -> Column<'_> {
    Column::of(form, "bytes").meaning("org.apache.kafka.connect.data.Decimal").parameter("scale", scale)
}

fn unsigned<'a>(values: &'a [u64], modes: &Modes) -> Column<'a> {
    let column = match modes.bigint_unsigned {
        BigintMode::Precise => decimal(Form::Unsigned(values), 0),
        BigintMode::Long => Column::of(Form::Wrapped(values), "int64"),
    };
    column.source("BIGINT UNSIGNED")
}

fn nested<'a>(cells: CellWriter<'a>, modes: &Modes) -> Column<'a> {
    if modes.envelope {
        Column::of(Form::JsonText(cells), "string").meaning("io.debezium.data.Json")
    } else {
        Column::of(Form::Json(cells), "struct")
    }
}

fn bytes<'a>(
    values: Bytes<'a>,
    cells: CellWriter<'a>,
    modes: &Modes,
    source: Option<&MysqlType>,
) -> Column<'a> {
    match source {
        Some(MysqlType::Bit { width }) => {
            return Column::of(Form::Bits(values), "bytes")
                .meaning("io.debezium.data.Bits")
                .parameter("length", width);
        }
        Some(MysqlType::Geometry) => {
            return Column::of(Form::Geometry(values), "struct")
                .meaning("io.debezium.data.geometry.Geometry");
        }
        _ => {}
    }
    match modes.binary {
        BinaryMode::Bytes => Column::of(Form::Json(cells), "bytes"),
        BinaryMode::Base64 => Column::of(Form::Json(cells), "string").source("VARBINARY"),
        BinaryMode::Base64UrlSafe => Column::of(Form::UrlSafe(values), "string").source("VARBINARY"),
        BinaryMode::Hex => Column::of(Form::Hex(values), "string").source("VARBINARY"),
    }
}

fn timestamp<'a>(values: &'a [i64], unit: TimeUnit, modes: &Modes) -> Column<'a> {
    let (into, meaning) = match (modes.times, unit) {
        (TimeMode::Connect, _) => (TimeUnit::Millisecond, "org.apache.kafka.connect.data.Timestamp"),
        (_, TimeUnit::Second | TimeUnit::Millisecond) => {
            (TimeUnit::Millisecond, "io.debezium.time.Timestamp")
        }
        (_, TimeUnit::Microsecond) => (unit, "io.debezium.time.MicroTimestamp"),
        (_, TimeUnit::Nanosecond) => (unit, "io.debezium.time.NanoTimestamp"),
    };
    let ticks = Ticks { values, from: unit, into, within: Within::Int64 };
    Column::of(Form::Ticks(ticks), "int64").meaning(meaning)
}

fn time<'a>(times: Ticks<'a>, unit: TimeUnit, modes: &Modes) -> Column<'a> {
    let (into, within, kind, meaning) = match (modes.times, unit) {
        (TimeMode::Connect, _) => {
            (TimeUnit::Millisecond, Within::Day, "int32", "org.apache.kafka.connect.data.Time")
        }
        (_, TimeUnit::Nanosecond) => (unit, Within::Int64, "int64", "io.debezium.time.NanoTime"),
        (TimeMode::Adaptive, TimeUnit::Second | TimeUnit::Millisecond) => {
            (TimeUnit::Millisecond, Within::Int32, "int32", "io.debezium.time.Time")
        }
        _ => (TimeUnit::Microsecond, Within::Int64, "int64", "io.debezium.time.MicroTime"),
    };
    Column::of(Form::Ticks(Ticks { into, within, ..times }), kind).meaning(meaning)
}
