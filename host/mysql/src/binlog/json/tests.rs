//! Values through the binary form, which is written here as the server writes it.

use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use super::{write_patched, write_text};

/// A type and the bytes behind it.
fn binary(value: &Value, large: bool) -> (u8, Vec<u8>) {
    match value {
        Value::Null => (4, vec![0]),
        Value::Bool(true) => (4, vec![1]),
        Value::Bool(false) => (4, vec![2]),
        Value::Number(number) => of_number(number),
        Value::String(text) => (12, [length(text.len()), text.clone().into_bytes()].concat()),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| (None, item)).collect();
            (2 + u8::from(large), container(&items, large))
        }
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(key, value)| (Some(key.as_str()), value)).collect();
            members.sort_by_key(|(key, _)| (key.map(str::len), *key));
            (u8::from(large), container(&members, large))
        }
    }
}

fn of_number(number: &Number) -> (u8, Vec<u8>) {
    if let Some(signed) = number.as_i64() {
        return match (i16::try_from(signed), i32::try_from(signed)) {
            (Ok(small), _) => (5, small.to_le_bytes().to_vec()),
            (_, Ok(middle)) => (7, middle.to_le_bytes().to_vec()),
            _ => (9, signed.to_le_bytes().to_vec()),
        };
    }
    match number.as_u64() {
        Some(unsigned) => (10, unsigned.to_le_bytes().to_vec()),
        None => (11, number.as_f64().unwrap().to_le_bytes().to_vec()),
    }
}

fn length(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length > 0x7f {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes
}

fn container(members: &[(Option<&str>, &Value)], large: bool) -> Vec<u8> {
    let width = if large { 4 } else { 2 };
    let uint = |value: usize| value.to_le_bytes()[..width].to_vec();
    let keyed = members.iter().filter(|(key, _)| key.is_some()).count();
    let mut place = 2 * width + keyed * (width + 2) + members.len() * (1 + width);
    let (mut keys, mut entries, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for key in members.iter().filter_map(|(key, _)| *key) {
        keys.extend(uint(place));
        keys.extend((key.len() as u16).to_le_bytes());
        data.extend(key.as_bytes());
        place += key.len();
    }
    for (_, value) in members {
        let (kind, bytes) = binary(value, large);
        entries.push(kind);
        if matches!(kind, 4 | 5) || (large && kind == 7) {
            let mut inline = bytes;
            inline.resize(width, 0);
            entries.extend(inline);
        } else {
            entries.extend(uint(place));
            place += bytes.len();
            data.extend(bytes);
        }
    }
    [uint(members.len()), uint(place), keys, entries, data].concat()
}

fn document(value: &Value, large: bool) -> Vec<u8> {
    let (kind, bytes) = binary(value, large);
    [vec![kind], bytes].concat()
}

fn text(bytes: &[u8]) -> Value {
    let mut out = Vec::new();
    write_text(bytes, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i16>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Of few digits: serde_json reads others with a small error.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
        "[a-z]{120,200}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_is_the_same_as_text(value in any_value(), large in any::<bool>()) {
        prop_assert_eq!(text(&document(&value, large)), value);
    }

    #[test]
    fn bytes_that_are_no_value_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = write_text(&bytes, &mut Vec::new());
        let _ = write_patched(&bytes, &bytes, &mut Vec::new());
    }

    #[test]
    fn a_value_cut_short_is_refused_or_read(value in any_value(), cut in 0_usize..64) {
        let bytes = document(&value, false);
        let _ = write_text(&bytes[..bytes.len().saturating_sub(cut)], &mut Vec::new());
    }
}

/// An operation, a path and a value.
fn diff(operation: u8, path: &str, value: Option<&Value>) -> Vec<u8> {
    let mut bytes = vec![operation, path.len() as u8];
    bytes.extend(path.as_bytes());
    if let Some(value) = value {
        let value = document(value, false);
        bytes.push(value.len() as u8);
        bytes.extend(value);
    }
    bytes
}

#[test]
fn differences_are_applied_in_order() {
    let before = document(&serde_json::json!({"a": [1, 2, 3], "b": {"c": "d"}}), false);
    let patched = |diffs: &[Vec<u8>]| {
        let mut out = Vec::new();
        write_patched(&before, &diffs.concat(), &mut out).map(|()| String::from_utf8(out).unwrap())
    };
    let value = |json: &str| -> Value { serde_json::from_str(json).unwrap() };
    let diffs = [
        diff(0, "$.a[1]", Some(&value("\"x\""))),
        diff(1, "$.a[0]", Some(&value("0"))),
        diff(1, "$.a[99]", Some(&value("9"))),
        diff(2, "$.b.c", None),
        diff(1, "$.b.long_name", Some(&value("[null]"))),
        diff(1, "$.b.z", Some(&value("1.5"))),
    ];
    assert_eq!(
        patched(&diffs).as_deref(),
        Ok(r#"{"a": [0, 1, "x", 3, 9], "b": {"z": 1.5, "long_name": [null]}}"#)
    );
    assert_eq!(patched(&[diff(0, "$", Some(&value("7")))]).as_deref(), Ok("7"));
    for misfit in [
        diff(0, "$.c", Some(&value("1"))),
        diff(1, "$.b.c", Some(&value("1"))),
        diff(1, "$", Some(&value("1"))),
        diff(2, "$.a[3]", None),
        diff(2, "$.a.b", None),
        diff(3, "$.a", None),
    ] {
        assert!(patched(&[misfit]).is_err());
    }
}
