//! Bad messages: each is one dead letter, and its neighbours are what they are without it.

use crate::samples::{Sample, between, start};
use crate::support::{decode, decoder, objects_of};
use serde_json::{Value, json};

/// The name in the first message of every sample.
const NAME: &str = "\"王小明\"";

/// The first message of a sample with another value in the place of a name.
fn with(sample: &Sample, value: &str) -> String {
    let message = sample.messages()[0];
    assert!(message.contains(NAME), "{}: the first message has no {NAME}", sample.name);
    message.replacen(NAME, value, 1)
}

fn json_samples() -> impl Iterator<Item = &'static Sample> {
    crate::samples::all().filter(|sample| sample.is_json())
}

/// A bad message is one dead letter, whose reason it gives back.
fn rejected(sample: &Sample, message: &[u8]) -> String {
    let decoded = between(sample, &*decoder(sample.yaml), message);
    let start = start(message);
    let rejects: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(rejects, [101], "{}: {start}: {:?}", sample.name, decoded.rejects);
    assert!(objects_of(&decoded, 101).is_empty(), "{}: {start}", sample.name);
    let reason = &decoded.rejects[0].reason;
    assert!(!reason.is_empty() && reason.len() < 1000, "{}: {reason}", sample.name);
    reason.clone()
}

#[test]
fn what_is_no_utf_8() {
    for sample in crate::samples::all() {
        let mut message = sample.messages()[0].as_bytes().to_vec();
        let place = message.windows(3).position(|bytes| bytes == "王".as_bytes()).unwrap();
        message[place] = 0xff;
        let reason = rejected(sample, &message);
        let said = if sample.is_json() { format!("byte {place}: ") } else { "UTF-8".to_owned() };
        assert!(reason.contains(&said), "{}: {reason}", sample.name);
    }
}

#[test]
fn a_message_that_ends_early_wherever_it_ends() {
    for sample in json_samples() {
        let decoder = decoder(sample.yaml);
        let whole = sample.messages()[0].as_bytes();
        // Every prefix, each between two good messages.
        let mut messages = Vec::new();
        for end in 0..whole.len() {
            messages.extend([whole, &whole[..end]]);
        }
        messages.push(whole);
        let decoded = decode(&*decoder, &messages);
        let rejected: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
        let cut: Vec<u64> = (101..100 + messages.len() as u64).step_by(2).collect();
        assert_eq!(rejected, cut, "{}", sample.name);
        let alone = objects_of(&decode(&*decoder, &[whole]), 100);
        for neighbour in (100..100 + messages.len() as u64).step_by(2) {
            assert_eq!(objects_of(&decoded, neighbour), alone, "{}: {neighbour}", sample.name);
        }
    }
}

#[test]
fn values_that_are_no_json() {
    for sample in json_samples() {
        for value in [
            "NaN",
            "Infinity",
            "-",
            "01",
            "1.",
            ".5",
            "0x10",
            "+1",
            "'x'",
            "undefined",
            "True",
            "\"\u{1}\"",
            r#""\x41""#,
            r#""\u12""#,
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            r#""\ud800\u0041""#,
            "",
            "1 2",
            "[1,]",
            "{\"a\":1,}",
            "/* */ 1",
        ] {
            let reason = rejected(sample, with(sample, value).as_bytes());
            assert!(reason.starts_with("byte "), "{}: {value}: {reason}", sample.name);
        }
    }
}

#[test]
fn a_hundred_thousand_levels() {
    for sample in json_samples() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            rejected(sample, with(sample, &deep).as_bytes());
            // The same without an end, and as the whole message.
            rejected(sample, with(sample, &open.repeat(100_000)).as_bytes());
            rejected(sample, deep.as_bytes());
        }
    }
}

#[test]
fn what_is_no_message_of_the_format() {
    for sample in json_samples() {
        for message in ["", "  ", "null", "true", "1", "\"x\"", "[]", "[{}]", "\u{feff}{}", "{}x"] {
            rejected(sample, message.as_bytes());
        }
        if sample.format != "json" {
            rejected(sample, b"{}");
            rejected(sample, b"{\"a\":{\"b\":[1]}}");
        }
    }
}

/// The kind of change in the first message of a sample, and an unknown one.
#[test]
fn an_operation_that_nobody_knows() {
    let operations = [
        ("ogg-json", r#""op_type":"I""#, r#""op_type":"X""#),
        ("canal-json", r#""type":"INSERT""#, r#""type":"UPSERT""#),
        ("debezium-json", r#""op":"c""#, r#""op":"x""#),
        ("maxwell-json", r#""type":"insert""#, r#""type":"upsert""#),
        ("delimited", "I,1", "X,1"),
        ("golden-gate", "I|", "X|"),
    ];
    for sample in crate::samples::all() {
        let Some((_, known, unknown)) = operations.iter().find(|(name, ..)| *name == sample.name) else {
            continue;
        };
        let message = sample.messages()[0];
        assert!(message.contains(known), "{}", sample.name);
        rejected(sample, message.replacen(known, unknown, 1).as_bytes());
    }
}

#[test]
fn parts_of_the_wrong_kind() {
    let parts = [
        ("ogg-json", "after", "[1]"),
        ("ogg-json", "table", "[]"),
        ("ogg-json", "primary_keys", "{}"),
        ("canal-json", "data", "{}"),
        ("canal-json", "data", "[1]"),
        ("canal-json", "database", "1"),
        ("canal-json", "pkNames", "\"id\""),
        ("debezium-json", "after", "[1]"),
        ("debezium-json", "after", "null"),
        ("debezium-json", "source", "[]"),
        ("maxwell-json", "data", "[]"),
        ("maxwell-json", "data", "null"),
        ("maxwell-json", "table", "{}"),
    ];
    for (format, part, value) in parts {
        let Some(sample) = json_samples().find(|sample| sample.format == format) else { continue };
        let mut message: Value = serde_json::from_str(sample.messages()[0]).unwrap();
        assert!(message.get(part).is_some(), "{format}: {part}");
        message[part] = serde_json::from_str(value).unwrap();
        rejected(sample, message.to_string().as_bytes());
    }
}

#[test]
fn lists_of_different_lengths() {
    let Some(sample) = json_samples().find(|sample| sample.format == "canal-json") else { return };
    let mut message: Value = serde_json::from_str(sample.messages()[1]).unwrap();
    let data = message["data"][0].clone();
    message["data"] = json!([data, data]);
    rejected(sample, message.to_string().as_bytes());
    let old = message["old"][0].clone();
    message["old"] = json!([old, old, old]);
    rejected(sample, message.to_string().as_bytes());
}

#[test]
fn of_equal_keys_the_last_one_counts() {
    for sample in json_samples() {
        let decoder = decoder(sample.yaml);
        let key = if sample.format == "ogg-json" { "CUSTOMER" } else { "customer" };
        let twice = with(sample, &format!("\"first\",\"{key}\":{NAME}"));
        let decoded = between(sample, &*decoder, twice.as_bytes());
        assert_eq!(decoded.rejects, [], "{}", sample.name);
        assert_eq!(objects_of(&decoded, 101), objects_of(&decoded, 100), "{}", sample.name);
    }
}

#[test]
fn twenty_megabytes() {
    let long = "x".repeat(20_000_000);
    for sample in crate::samples::all() {
        let name = if sample.format == "raw" { long.clone() } else { format!("\"{long}\"") };
        let message = with(sample, &name);
        let decoded = between(sample, &*decoder(sample.yaml), message.as_bytes());
        assert_eq!(decoded.rejects, [], "{}", sample.name);
        assert!(objects_of(&decoded, 101)[0].len() > long.len(), "{}", sample.name);
        if sample.is_json() {
            rejected(sample, message.trim_end_matches('}').as_bytes());
            rejected(sample, format!("{message}]").as_bytes());
        }
    }
}

#[test]
fn numbers_that_no_type_holds() {
    for sample in json_samples() {
        // Without a type its digits stay as they are.
        let decoded = between(sample, &*decoder(sample.yaml), with(sample, "1e400").as_bytes());
        if sample.format == "canal-json" || sample.format == "maxwell-json" || decoded.rejects.is_empty() {
            assert!(objects_of(&decoded, 101).iter().all(|row| !row.contains("inf")), "{}", sample.name);
        }
        if !decoded.rejects.is_empty() {
            assert_eq!(decoded.rejects.len(), 1, "{}", sample.name);
            continue;
        }
        assert!(objects_of(&decoded, 101)[0].contains("1e400"), "{}", sample.name);
    }
}

#[test]
fn records_with_fields_too_many_or_too_few() {
    let Some(sample) = crate::samples::all().find(|sample| sample.name == "delimited") else { return };
    for message in ["I,1,x", "I,1,x,1,,", "I,1,\"x,1,", "I,1,\"x\"y,1,", ""] {
        rejected(sample, message.as_bytes());
    }
}
