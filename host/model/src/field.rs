//! Keys of the metadata that a field of a schema may carry. Arrow keeps them as text.

/// How the text of a column without a declared type is to be taken by an encoder of JSON: [`JSON_NUMBER`] or
/// [`JSON_RAW`]. Guests see text; only JSON encoders look at it.
pub const JSON: &str = "json";
/// Value of [`JSON`]: each cell is the digits of a number, as they came.
pub const JSON_NUMBER: &str = "number";
/// Value of [`JSON`]: each cell is a JSON text of any kind: objects, arrays, or a mix.
pub const JSON_RAW: &str = "raw";
/// The type that the source declares, in its own words: `decimal(18,2)`, `enum('a','b')`.
pub const SOURCE_TYPE: &str = "source-type";
/// The comment of the source's column.
pub const COMMENT: &str = "comment";
/// Set on the input of a step by whoever wants to know what became of its fields (a preview); whatever takes a field's
/// place, under its name or another, keeps it. Guests do not see it.
pub const LINEAGE: &str = "lineage";
