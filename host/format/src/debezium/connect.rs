//! The schema that stands beside an event, as Kafka Connect's JSON converter writes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A field of a schema, or the schema itself.
///
/// The form is that of <https://kafka.apache.org/documentation/#connect_schemas>; names of types and keys are those of
/// Connect's `JsonSchema`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ConnectField {
    /// What stands in the message: `int32`, `bytes`, `struct`, ...
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    /// What it means: `io.debezium.time.Date`, ...
    #[serde(default)]
    pub(super) name: Option<String>,
    /// The key under which the value stands.
    #[serde(default)]
    pub(super) field: Option<String>,
    #[serde(default)]
    parameters: Option<BTreeMap<String, Value>>,
    /// Those of a struct.
    #[serde(default)]
    pub(super) fields: Vec<Self>,
}

impl ConnectField {
    /// The schema of a text.
    ///
    /// # Errors
    /// The reason where it is no schema.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text)
            .map_err(|error| format!("`schema` is no schema of Kafka Connect: {error}"))
    }

    /// A field by its key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.fields.iter().find(|field| field.field.as_deref() == Some(key))
    }

    /// A parameter of the type. Connect makes texts of them all.
    pub(super) fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.as_ref()?.get(key)?.as_str()
    }

    /// A parameter that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.parameter(key)?.parse().ok()
    }

    /// What it means; empty where nothing but its type says.
    pub(super) fn meaning(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The columns of a row: the fields of an image, or, of a flattened record, its own.
    pub(super) fn columns(&self) -> &[Self] {
        let image = |key| self.get(key).filter(|image| image.kind == "struct" && !image.fields.is_empty());
        // A row of its own may have a column of such a name.
        let is_event = self.get("op").is_some() || self.meaning().ends_with(".Envelope");
        match image("after").or_else(|| image("before")) {
            Some(image) if is_event => &image.fields,
            _ => &self.fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_an_image_or_of_the_record() {
        let envelope = br#"{"type":"struct","fields":[{"type":"struct","optional":true,"name":"s.d.t.Value","field":"after",
            "fields":[{"type":"int32","optional":false,"default":0,"field":"id"},
                      {"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"field":"p"}]},
            {"type":"string","optional":false,"field":"op"}],"optional":false,"name":"s.d.t.Envelope"}"#;
        let schema = ConnectField::parse(envelope).unwrap();
        let [id, p] = schema.columns() else { panic!("two columns are there") };
        assert_eq!((id.field.as_deref(), &*id.kind, id.meaning()), (Some("id"), "int32", ""));
        assert_eq!((p.number::<i8>("scale"), p.number::<i8>("other")), (Some(2), None));

        let flat =
            br#"{"type":"struct","fields":[{"type":"int32","field":"id"},{"type":"string","field":"__op"}]}"#;
        assert_eq!(ConnectField::parse(flat).unwrap().columns().len(), 2);
        assert!(
            ConnectField::parse(b"[1]").unwrap_err().starts_with("`schema` is no schema of Kafka Connect")
        );
    }
}
