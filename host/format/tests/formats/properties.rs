//! What holds for every message and every batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::{batches, decode, decoder, encode, encoder};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, Field, Schema};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use sluicegate_model::{Cell, ChangeBatch, Column, Decoded, Meta, Origin, field};

/// What a column of a generated batch holds.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Text,
    Number,
    Boolean,
    Json,
}

/// A cell: missing, NULL, or a value.
type Generated = Option<Option<String>>;

fn cell(holds: Holds) -> BoxedStrategy<Generated> {
    let value = match holds {
        Holds::Text => prop_oneof![any::<String>(), "[ -~\\x00-\\x1f\"\\\\é中😀]{0,40}"].boxed(),
        Holds::Number => "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?".boxed(),
        Holds::Boolean => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        Holds::Json => any::<(bool, String, i64)>()
            .prop_map(|(object, text, number)| {
                let text = serde_json::to_string(&text).unwrap();
                if object {
                    format!("{{{text}: [{number}, {{}}]}}")
                } else {
                    format!("[{text}, null,{number}]")
                }
            })
            .boxed(),
    };
    prop_oneof![1 => Just(None), 1 => Just(Some(None)), 4 => value.prop_map(|value| Some(Some(value)))]
        .boxed()
}

fn column(rows: usize) -> impl Strategy<Value = (Holds, Vec<Generated>)> {
    prop_oneof![Just(Holds::Text), Just(Holds::Number), Just(Holds::Boolean), Just(Holds::Json)]
        .prop_flat_map(move |holds| (Just(holds), vec(cell(holds), rows)))
}

fn array(holds: Holds, cells: &[Generated]) -> Column {
    let values = cells.iter().map(|cell| cell.as_ref().and_then(Option::as_deref));
    let values: ArrayRef = match holds {
        Holds::Boolean => {
            Arc::new(values.map(|value| value.map(|text| text == "true")).collect::<BooleanArray>())
        }
        _ => Arc::new(values.collect::<StringArray>()),
    };
    Column::with_presence(values, Some(cells.iter().map(Option::is_some).collect::<BooleanBuffer>()))
}

fn field_of(name: &str, holds: Holds) -> Field {
    let json = match holds {
        Holds::Text | Holds::Boolean => None,
        Holds::Number => Some(field::JSON_NUMBER),
        Holds::Json => Some(field::JSON_RAW),
    };
    let data_type = if matches!(holds, Holds::Boolean) { DataType::Boolean } else { DataType::Utf8 };
    let metadata = json.map(|json| (field::JSON.to_owned(), json.to_owned())).into_iter().collect();
    Field::new(name, data_type, true).with_metadata(metadata)
}

/// A batch of three-state cells: inserts, upserts, deletes, pairs.
fn batch(kinds: &'static [&'static [u8]]) -> impl Strategy<Value = ChangeBatch> {
    let units = vec(proptest::sample::select(kinds), 1..6);
    let names = proptest::collection::btree_set(prop_oneof!["[a-zA-Z]{1,4}", any::<String>()], 1..6);
    (units, names).prop_flat_map(|(units, names)| {
        let kinds: Vec<u8> = units.concat();
        let names: Vec<String> = names.into_iter().filter(|name| !name.ends_with("_isMissing")).collect();
        let ordinals = units.iter().zip(100_u64..).flat_map(|(unit, ordinal)| vec![ordinal; unit.len()]);
        let ordinals: Vec<u64> = ordinals.collect();
        let columns = vec(column(kinds.len()), names.len());
        columns.prop_map(move |columns| {
            let fields: Vec<Field> =
                names.iter().zip(&columns).map(|(name, (holds, _))| field_of(name, *holds)).collect();
            ChangeBatch::new(
                "shop.\"t\u{e9}".into(),
                Arc::new(Schema::new(fields)),
                columns.iter().map(|(holds, cells)| array(*holds, cells)).collect(),
                kinds.clone().into(),
                Origin { lane: "topic/3".into(), ordinals: ordinals.clone().into(), parts: None },
                names.iter().take(1).cloned().collect(),
                Meta::new(),
            )
            .unwrap()
        })
    })
}

/// A row's cells by name, digit for digit: what a cell stands for, not in which type its column holds it.
fn row_of(batch: &ChangeBatch, row: usize) -> BTreeSet<(String, String)> {
    let fields = batch.schema().fields().iter().zip(batch.columns());
    let cells = fields.filter_map(|(field, column)| {
        let values = column.values();
        let text = match (column.cell(row), field.data_type()) {
            (Cell::Missing, _) => return None,
            (Cell::Null, _) => "null".to_owned(),
            (_, DataType::Boolean) => values.as_boolean().value(row).to_string(),
            _ if field.metadata().contains_key(field::JSON) => {
                values.as_string::<i32>().value(row).to_owned()
            }
            _ => serde_json::to_string(values.as_string::<i32>().value(row)).unwrap(),
        };
        Some((field.name().clone(), text))
    });
    cells.collect()
}

fn assert_same_rows(expected: &ChangeBatch, decoded: &Decoded) {
    assert_eq!(decoded.rejects, []);
    let found = batches(decoded);
    assert_eq!(found.len(), 1);
    let found = found[0];
    assert_eq!(found.table(), expected.table());
    assert_eq!(found.kinds(), expected.kinds());
    assert_eq!(found.origin(), expected.origin());
    assert_eq!(found.primary_key(), expected.primary_key());
    for row in 0..expected.len() {
        assert_eq!(row_of(found, row), row_of(expected, row), "row {row}");
    }
}

fn messages(batch: &ChangeBatch, yaml: &str) -> Vec<String> {
    encode(&*encoder(yaml), batch).into_iter().map(Option::unwrap).collect()
}

const GOOD: &str = r#"{"table":"T","op_type":"U","pos":"7","primary_keys":["ID"],"before":{"ID":1},"after":{"ID":2,"A":"\u0041b"}}"#;

/// Every message is a row or pair, or a reject; none is both, none is lost.
fn assert_accounted(decoded: &Decoded, messages: u64) {
    let rows: BTreeSet<u64> =
        batches(decoded).iter().flat_map(|batch| batch.origin().ordinals.iter().copied()).collect();
    let rejected: BTreeSet<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(rows.union(&rejected).count() as u64, messages);
    assert_eq!(rows.intersection(&rejected).count(), 0);
}

/// A message with some of its bytes changed.
fn mutated(message: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let place = 0..message.len();
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(br#"{}[]",:\u0eE+-.tfn "#.to_vec())];
    vec((0..3_u8, place, byte), 1..4).prop_map(move |edits| {
        let mut bytes = message.as_bytes().to_vec();
        for (edit, place, byte) in edits {
            let place = place.min(bytes.len().saturating_sub(1));
            match edit {
                _ if bytes.is_empty() => bytes.push(byte),
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => drop(bytes.remove(place)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn operations_come_back_as_they_were(batch in batch(&[&[0], &[2], &[3], &[1, 2]])) {
        assert_same_rows(&batch, &decode(&*decoder("ogg-json"), &messages(&batch, "ogg-json")));
    }

    #[test]
    fn objects_come_back_as_they_were(batch in batch(&[&[0]])) {
        let key = serde_json::to_string(&batch.primary_key()[..]).unwrap();
        let yaml = format!("json: {{ table: {}, primary_key: {key} }}", Value::from(batch.table().as_str()));
        assert_same_rows(&batch, &decode(&*decoder(&yaml), &messages(&batch, "json")));
    }

    #[test]
    fn what_is_written_is_json(batch in batch(&[&[0], &[2], &[3], &[1, 2]])) {
        for yaml in ["json: { deletes: flag }", "ogg-json"] {
            for message in messages(&batch, yaml) {
                prop_assert!(serde_json::from_str::<Value>(&message).is_ok(), "{}", message);
            }
        }
    }

    #[test]
    fn the_order_of_an_operations_keys_says_nothing(
        order in Just(vec![
            r#""table":"T""#, r#""op_type":"U""#, r#""op_ts":"2020-05-13 15:40:06""#, r#""pos":"1""#,
            r#""primary_keys":["ID"]"#, r#""before":{"ID":1,"A":"x"}"#, r#""after":{"ID":1,"A":null}"#,
        ]).prop_shuffle()
    ) {
        let shuffled = format!("{{{}}}", order.join(","));
        let usual = r#"{"table":"T","op_type":"U","op_ts":"2020-05-13 15:40:06","pos":"1","primary_keys":["ID"],"before":{"ID":1,"A":"x"},"after":{"ID":1,"A":null}}"#;
        let decoder = decoder("ogg-json");
        let expected = decode(&*decoder, &[usual]);
        let found = decode(&*decoder, &[&shuffled]);
        assert_same_rows(batches(&expected)[0], &found);
        prop_assert_eq!(batches(&expected)[0].meta(), batches(&found)[0].meta());
    }

    #[test]
    fn any_bytes_are_rows_or_rejects(noise in vec(any::<u8>(), 0..200)) {
        for yaml in ["json", "ogg-json"] {
            let between = [GOOD.as_bytes(), &noise, GOOD.as_bytes()];
            let decoded = decode(&*decoder(yaml), &between);
            assert_accounted(&decoded, 3);
            prop_assert_eq!(decoded.rejects.len(), 1);
        }
    }

    #[test]
    fn a_changed_message_takes_no_other_with_it(changed in mutated(GOOD)) {
        let decoder = decoder("ogg-json");
        let decoded = decode(&*decoder, &[GOOD.as_bytes(), &changed, GOOD.as_bytes()]);
        let rows = batches(&decoded);
        let of = |ordinal: u64| {
            let rows = rows.iter().flat_map(|batch| (0..batch.len()).map(move |row| (*batch, row)));
            rows.filter(|(batch, row)| batch.origin().ordinals[*row] == ordinal)
                .map(|(batch, row)| (batch.table().clone(), batch.kind(row), row_of(batch, row)))
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(of(100).len(), 2);
        prop_assert_eq!(of(100), of(102));
        if !decoded.rejects.is_empty() && of(101).is_empty() {
            let without = decode(&*decoder, &[GOOD, GOOD]);
            prop_assert_eq!(batches(&without)[0].columns(), rows[0].columns());
            prop_assert_eq!(batches(&without)[0].schema(), rows[0].schema());
        }
    }

    #[test]
    fn what_is_json_is_what_another_reader_says(
        message in prop_oneof![
            mutated(r#"{"a":"x\u00e9\n","b":[1,{"c":-0.5e+3}],"d":true,"e":null}"#),
            mutated(r#" { "a" : 12 , "b" : "\ud83d\ude00" , "b" : false } "#),
        ]
    ) {
        let decoded = decode(&*decoder("json"), &[&message]);
        assert_accounted(&decoded, 1);
        match serde_json::from_slice::<Value>(&message) {
            Ok(Value::Object(object)) => {
                prop_assert_eq!(&decoded.rejects, &[]);
                let row = Value::from_iter(crate::support::cells(batches(&decoded)[0], 0));
                prop_assert_eq!(row, Value::Object(object));
            }
            // Digits are kept here whatever number they are; the other reader makes them a float.
            Err(error) if error.to_string().starts_with("number out of range") => {}
            _ => prop_assert_eq!(decoded.rejects.len(), 1),
        }
    }
}
