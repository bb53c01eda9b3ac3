//! The guests of all languages give what the shared fixtures say, and describe themselves alike.

#[path = "support/languages.rs"]
#[macro_use]
mod languages;
mod support;

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use sluicegate_connector::{Transform, TransformError};
use sluicegate_model::ChangeBatch;
use sluicegate_wasm::GuestSource;
use support::{Cell, batch, cells, column, guest, step};

/// One of `fixtures/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "case")]
    name: String,
    #[serde(default = "no_block")]
    with: Value,
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(default)]
    rows: Vec<Map<String, Value>>,
    gives: Option<Vec<Map<String, Value>>>,
    /// The whole message.
    stops: Option<String>,
    /// What the message about the configuration has to name.
    refused: Option<String>,
}

fn no_block() -> Value {
    Value::Object(Map::new())
}

impl Case {
    fn input(&self) -> ChangeBatch {
        let cells_of = |name: &str| self.rows.iter().map(|row| row.get(name).cloned()).collect::<Vec<Cell>>();
        let columns = self
            .fields
            .iter()
            .map(|(name, data_type)| (name.clone(), column(data_type.as_str().unwrap(), &cells_of(name))));
        batch(columns.collect(), self.rows.len())
    }

    fn check(&self, guest: &GuestSource) {
        let case = &self.name;
        let started = step(guest.clone(), self.with.clone()).start();
        if let Some(refused) = &self.refused {
            match started.err() {
                Some(TransformError::Stop(said)) if said.contains(refused.as_str()) => {}
                other => panic!("{case}: {other:?}, not a stop that names {refused}"),
            }
            return;
        }
        let mut instance = started.unwrap_or_else(|error| panic!("{case}: {error}"));
        let input = self.input();
        let outcome = instance.transform(&input);
        if let Some(stops) = &self.stops {
            assert_eq!(outcome.unwrap_err(), TransformError::Stop(stops.clone()), "{case}");
            return;
        }
        let outcome = outcome.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(outcome.rejects, [], "{case}");
        let [output] = &*outcome.outputs else { panic!("{case}: {} outputs", outcome.outputs.len()) };
        assert_eq!(output.table(), input.table(), "{case}");
        assert_eq!(output.schema(), input.schema(), "{case}");
        let given = output.schema().fields().iter().zip(output.columns());
        let given: Vec<_> = given.map(|(field, column)| (field.name().clone(), cells(column))).collect();
        let gives = self.gives.as_deref().unwrap_or_else(|| panic!("{case} says nothing of its outcome"));
        assert_eq!(output.len(), gives.len(), "{case}");
        let wanted = self.fields.keys().map(|name| {
            (name.clone(), gives.iter().map(|row| row.get(name).cloned()).collect::<Vec<Cell>>())
        });
        assert_eq!(given, wanted.collect::<Vec<_>>(), "{case}");
    }
}

fn all(language: &str) {
    let Some(guest) = guest(language) else { return };
    for file in ["texts", "configurations", "failures"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file).with_extension("yaml");
        let text = std::fs::read_to_string(path).unwrap();
        let cases: Vec<Case> = serde_saphyr::from_str(&text).unwrap();
        assert!(cases.len() > 5, "{file} has cases");
        for case in cases {
            case.check(&guest);
        }
    }
    describes(guest);
}

fn describes(guest: GuestSource) {
    let said = step(guest, no_block()).describe().unwrap();
    assert_eq!((said.name.as_str(), said.version.as_str()), ("mask-name", "0.1.0"));
    assert_eq!(said.summary, "Masks names, all but their first characters.");
    let schema = &said.config_schema;
    assert_eq!((&schema["type"], &schema["additionalProperties"]), (&"object".into(), &false.into()));
    let keys = schema["properties"].as_object().unwrap();
    let types: Vec<_> = keys.iter().map(|(key, of)| (key.as_str(), of["type"].as_str().unwrap())).collect();
    assert_eq!(types, [("columns", "array"), ("keep", "integer"), ("with", "string")]);
    for (key, of) in keys {
        assert!(of["description"].is_string() && !of["default"].is_null(), "{key}");
    }
}

in_every_language!(all);
