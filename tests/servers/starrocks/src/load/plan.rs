//! What the headers of a load say.

use super::Compression;
use crate::cluster::{Model, Table};
use crate::column_type::ColumnType;

/// The form of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Objects.
    Json {
        /// Whether a document is an array of them.
        strip_outer_array: bool,
        /// Names of the keys, in the order of the sources.
        keys: Vec<String>,
    },
    /// Fields between separators.
    Csv {
        /// Between fields.
        column: Vec<u8>,
        /// Between rows.
        row: Vec<u8>,
        /// Around fields.
        enclose: Option<u8>,
        /// Before what means nothing.
        escape: Option<u8>,
        /// Lines that are passed over.
        skip: usize,
    },
    /// An Arrow IPC stream.
    Arrow,
}

/// Where a column comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A field.
    Field(usize),
    /// A field in base64.
    Base64(usize),
    /// The same in each row.
    Constant(String),
    /// The body does not have it.
    Nothing,
}

/// What the headers of a load say.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The form of the body.
    pub body: Body,
    /// How it is compressed.
    pub compression: Compression,
    /// Names of the fields.
    pub sources: Vec<String>,
    /// Of each column of the table.
    pub columns: Vec<Source>,
    /// Whether the row is there afterwards or not.
    pub op: Source,
    /// Whether a value that does not fit refuses its row.
    pub strict: bool,
    /// How many of the rows may be refused.
    pub max_filter_ratio: f64,
    /// Whether columns that the body does not have stay as they are.
    pub partial: bool,
    /// The column whose value decides whether a row takes the place of another.
    pub condition: Option<Condition>,
    /// Whether JSON may be longer than 100 MB.
    pub ignore_json_size: bool,
    /// How many refused rows are logged.
    pub logged: usize,
}

/// A column whose value decides whether a row takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its place in the table.
    pub place: usize,
    /// Its name, as the header has it.
    pub name: String,
}

impl Condition {
    fn new(table: &Table, columns: &[Source], name: &str) -> Result<Self, String> {
        if table.model != Model::Primary {
            return Err("Conditional update only support primary key table".to_owned());
        }
        let place = table.place(name).filter(|place| columns[*place] != Source::Nothing);
        let Some(place) = place else {
            return Err(format!(
                "Merge condition column {name} does not exist. If you are doing partial update with condition update, \
                 please check condition column is in the given update columns. Otherwise please check condition column \
                 is in table"
            ));
        };
        if table.columns[place].key {
            return Err(format!("Merge condition column {name} should not be primary key!"));
        }
        match table.columns[place].column_type {
            ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Varbinary(_) | ColumnType::Json => {
                Err("Merge condition column has invalid type maybe bitmap/hll/percentile/json/varchar!"
                    .to_owned())
            }
            _ => Ok(Self { place, name: name.to_owned() }),
        }
    }
}

/// Looks at `format` before anything is begun.
///
/// # Errors
/// Where a back end of this version does not know it.
pub fn check_format(headers: &[(String, String)], version: (u32, u32)) -> Result<(), String> {
    let Some((_, format)) = headers.iter().find(|(name, _)| name == "format") else { return Ok(()) };
    let lower = format.to_ascii_lowercase();
    let known = ["csv", "json", "gzip", "bzip2", "lz4", "deflate", "zstd"].contains(&lower.as_str());
    if known || (lower == "arrow" && version >= (4, 2)) {
        return Ok(());
    }
    Err(format!("unknown data format, format={format}"))
}

/// The key in which a row says whether it is removed.
const OP: &str = "__op";

impl Plan {
    /// Reads headers. In a transaction some are not looked at.
    ///
    /// # Errors
    /// The planner's words.
    pub fn new(table: &Table, headers: &[(String, String)], in_transaction: bool) -> Result<Self, String> {
        let get = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let is = |name: &str| get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let format = get("format").unwrap_or("csv").to_ascii_lowercase();
        let partial = match get("partial_update") {
            // In a transaction it must be exactly that word.
            Some(value) if in_transaction => value == "true",
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => false,
        };
        if partial && table.model != Model::Primary {
            return Err("Only primary key table support partial update".to_owned());
        }
        let mut sources: Vec<String> = Vec::new();
        let mut derived: Vec<(String, Source)> = Vec::new();
        for item in get("columns").into_iter().flat_map(split_list) {
            match item.split_once('=') {
                Some((name, expression)) => {
                    let from = expression_of(expression.trim(), &sources)?;
                    derived.push((name_of(name), from));
                }
                None => sources.push(name_of(item)),
            }
        }
        if get("columns").is_none() {
            sources.extend(table.columns.iter().map(|column| column.name.clone()));
            if table.model == Model::Primary && (format == "json" || format == "arrow") {
                sources.push(OP.to_owned());
            }
        }
        for name in derived.iter().map(|(name, _)| name) {
            if name != OP && table.place(name).is_none() {
                return Err(format!("Mapping column is not in table. column: {name}"));
            }
        }
        let find = |name: &str| {
            if let Some((_, from)) = derived.iter().find(|(derived, _)| derived.eq_ignore_ascii_case(name)) {
                return from.clone();
            }
            let place = sources.iter().position(|source| source.eq_ignore_ascii_case(name));
            place.map_or(Source::Nothing, Source::Field)
        };
        let op = find(OP);
        if op != Source::Nothing && table.model != Model::Primary {
            return Err(format!("Mapping column is not in table. column: {OP}"));
        }
        let columns: Vec<Source> = table.columns.iter().map(|column| find(&column.name)).collect();
        for (column, from) in table.columns.iter().zip(&columns) {
            if *from != Source::Nothing {
                continue;
            }
            if partial && column.key {
                return Err(format!("key column {} not in partial update columns", column.name));
            }
            if !partial && !column.nullable && column.default.is_none() {
                return Err(format!("Column has no default value. column: {}", column.name));
            }
        }
        let condition = get("merge_condition").filter(|name| !name.is_empty());
        let condition = condition.map(|name| Condition::new(table, &columns, name)).transpose()?;
        let compression = compression(&format, get("content-encoding"), get("compression"), in_transaction)?;
        let body = match format.as_str() {
            "arrow" => Body::Arrow,
            "json" => Body::Json {
                strip_outer_array: is("strip_outer_array"),
                keys: match get("jsonpaths") {
                    Some(paths) => json_paths(paths)?,
                    None => sources.clone(),
                },
            },
            _ if Compression::of_format(&format).is_some() => {
                let separator = |name, default: &str| delimiter(get(name).unwrap_or(default));
                // What encloses a field is not passed on in a transaction.
                let byte = |name| get(name).filter(|_| !in_transaction).and_then(|text| text.bytes().next());
                let skip = get("skip_header").filter(|_| !in_transaction);
                Body::Csv {
                    column: separator("column_separator", "\\t"),
                    row: separator("row_delimiter", "\\n"),
                    enclose: byte("enclose"),
                    escape: byte("escape"),
                    skip: skip.and_then(|lines| lines.parse().ok()).unwrap_or(0),
                }
            }
            other => return Err(format!("format {other} is not simulated")),
        };
        Ok(Self {
            body,
            compression,
            sources,
            columns,
            op,
            strict: is("strict_mode"),
            max_filter_ratio: get("max_filter_ratio").and_then(|ratio| ratio.parse().ok()).unwrap_or(0.0),
            partial,
            condition,
            ignore_json_size: is("ignore_json_size"),
            logged: 50,
        })
    }
}

/// How a body of a format is compressed. CSV says so by its format, JSON by a header.
fn compression(
    format: &str,
    encoding: Option<&str>,
    header: Option<&str>,
    in_transaction: bool,
) -> Result<Compression, String> {
    if encoding.is_some() && header.is_some() {
        return Err("Only one of http header content-encoding and compression can be set".to_owned());
    }
    let named = encoding.or(header);
    let compression = match named {
        None => Compression::of_format(format).unwrap_or_default(),
        Some(name) if format == "json" => {
            Compression::of_header(name).ok_or_else(|| format!("Unsupported compression type: {name}"))?
        }
        Some(_) => return Err(format!("a compression of {format} by a header is not simulated")),
    };
    if in_transaction && compression != Compression::None {
        return Err("compressed loads in a transaction are not simulated".to_owned());
    }
    Ok(compression)
}

/// The parts of a list with commas between, of which those in brackets and quotes are none.
fn split_list(list: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, None, 0);
    let mut items = Vec::new();
    for (place, character) in list.char_indices() {
        match (character, quoted) {
            ('\'' | '`', None) => quoted = Some(character),
            (character, Some(quote)) if character == quote => quoted = None,
            ('(', None) => depth += 1,
            (')', None) => depth -= 1,
            (',', None) if depth == 0 => {
                items.push(list[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(list[start..].trim());
    items.retain(|item| !item.is_empty());
    items
}

fn name_of(text: &str) -> String {
    text.trim().trim_matches('`').to_owned()
}

/// An expression that is simulated: a field, one in base64, a constant.
fn expression_of(text: &str, sources: &[String]) -> Result<Source, String> {
    let field = |name: &str| {
        let name = name_of(name);
        let place = sources.iter().position(|source| source.eq_ignore_ascii_case(&name));
        place.ok_or_else(|| format!("Column '{name}' cannot be resolved"))
    };
    if let Some(constant) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(Source::Constant(constant.to_owned()));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Source::Constant(text.to_owned()));
    }
    if let Some(arguments) = text.strip_prefix("to_binary(").and_then(|rest| rest.strip_suffix(')')) {
        let (name, form) = arguments.rsplit_once(',').ok_or("to_binary wants a form here")?;
        if !form.trim().trim_matches('\'').eq_ignore_ascii_case("encode64") {
            return Err(format!("to_binary of {form} is not simulated"));
        }
        return field(name).map(Source::Base64);
    }
    if text.contains('(') {
        return Err(format!("the expression {text} is not simulated"));
    }
    field(text).map(Source::Field)
}

/// Keys at the top of an object: `$.name` and `$."name"`.
fn json_paths(text: &str) -> Result<Vec<String>, String> {
    let paths: Vec<String> =
        serde_json::from_str(text).map_err(|error| format!("Invalid json path: {error}"))?;
    let key = |path: &String| {
        let key = path.strip_prefix("$.").ok_or_else(|| format!("Invalid json path: {path}"))?;
        Ok(key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key).to_owned())
    };
    paths.iter().map(key).collect()
}

/// A separator as it is written in a header: `\x01`, `0x01`, `\t`, `\n`, or itself.
fn delimiter(text: &str) -> Vec<u8> {
    let hex = ["\\x", "0x", "\\\\x"].iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(hex) = hex {
        let pair = |place: usize| u8::from_str_radix(hex.get(place..place + 2)?, 16).ok();
        if let Some(bytes) = (0..hex.len()).step_by(2).map(pair).collect::<Option<Vec<u8>>>() {
            return bytes;
        }
    }
    text.replace("\\t", "\t").replace("\\n", "\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_separators_are_taken_apart() {
        assert_eq!(
            split_list("a, `b,c`,d=to_binary(h,'encode64') ,__op"),
            ["a", "`b,c`", "d=to_binary(h,'encode64')", "__op"]
        );
        assert_eq!(delimiter("\\x01"), [1]);
        assert_eq!(delimiter("0x0D0A"), *b"\r\n");
        assert_eq!(delimiter("\\t"), *b"\t");
        assert_eq!(json_paths(r#"["$.a", "$.\"b c\""]"#).unwrap(), ["a", "b c"]);
    }
}
