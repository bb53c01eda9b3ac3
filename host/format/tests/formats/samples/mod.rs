//! Messages of every kind that each format has, one a line, and where in them things are.
//!
//! The tests of faults break them, the mutations and `fuzz/` begin with them.

#![allow(dead_code)]

use sluicegate_format::{Decode, FormatOptions, Messages};
use sluicegate_model::Decoded;

use crate::support::{batches, decode, objects_of, options};

/// The messages of a format.
#[derive(Debug)]
pub struct Sample {
    /// What the file of the messages and the fuzzer's target are called.
    pub name: &'static str,
    pub format: &'static str,
    /// The format with the options under which all messages are good.
    pub yaml: &'static str,
    pub text: &'static str,
    /// The table of the first message, and a column of it that holds numbers.
    pub table: &'static str,
    pub number: &'static str,
}

impl Sample {
    /// The messages.
    pub fn messages(&self) -> Vec<&'static str> {
        self.text.lines().collect()
    }

    /// Whether messages are JSON.
    pub fn is_json(&self) -> bool {
        self.format.ends_with("json")
    }
}

const ALL: &[Sample] = &[
    Sample {
        name: "ogg-json",
        format: "ogg-json",
        yaml: "ogg-json",
        text: include_str!("ogg-json.msgs"),
        table: "SHOP.ORDERS",
        number: "AMOUNT",
    },
    Sample {
        name: "canal-json",
        format: "canal-json",
        yaml: "canal-json",
        text: include_str!("canal-json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        name: "debezium-json",
        format: "debezium-json",
        yaml: "debezium-json",
        text: include_str!("debezium-json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        name: "maxwell-json",
        format: "maxwell-json",
        yaml: "maxwell-json",
        text: include_str!("maxwell-json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        name: "json",
        format: "json",
        yaml: "json: { table: shop.orders }",
        text: include_str!("json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        name: "delimited",
        format: "delimited",
        yaml: "delimited: { columns: [op, id, customer, amount, note], kind_column: op, table: shop.orders }",
        text: include_str!("delimited.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        name: "golden-gate",
        format: "delimited",
        yaml: "delimited: { delimiter: '|', meta_columns: [op_type, table, op_ts, current_ts, pos, xid, tokens], \
               images: before-after, columns: [ID, CUSTOMER, AMOUNT, NOTE], primary_key: [ID], null_text: 'NULL', \
               missing_text: '' }",
        text: include_str!("golden-gate.msgs"),
        table: "SHOP.ORDERS",
        number: "AMOUNT",
    },
    Sample {
        name: "raw",
        format: "raw",
        yaml: "raw: { text: true, table: shop.orders }",
        text: include_str!("raw.msgs"),
        table: "shop.orders",
        number: "offset",
    },
];

/// Those of formats that are there.
pub fn all() -> impl Iterator<Item = &'static Sample> {
    ALL.iter().filter(|sample| FormatOptions::names().contains(&sample.format))
}

/// Decodes a message between two good ones, which must come out as they do alone.
pub fn between(sample: &Sample, decoder: &dyn Decode, message: &[u8]) -> Decoded {
    let good = sample.messages()[0].as_bytes();
    let alone = decode(decoder, &[good]);
    assert_eq!(alone.rejects, [], "{}", sample.name);
    let decoded = decode(decoder, &[good, message, good]);
    for neighbour in [100, 102] {
        // Where a message stands is a column of `raw`.
        let place = |row: &String| row.replace(&format!("\"offset\":{neighbour}"), "\"offset\":100");
        let found: Vec<String> = objects_of(&decoded, neighbour).iter().map(place).collect();
        let wanted = objects_of(&alone, 100);
        assert!(found == wanted, "{}: beside {}: {found:?}", sample.name, start(message));
    }
    decoded
}

/// What holds of any message: it is rows, or nothing, or one dead letter, which may be about a part of it; and what
/// was read can be written, or the writer says why not. Gives whether no part of it was bad.
pub fn check(sample: &Sample, decoder: &dyn Decode, message: &[u8]) -> bool {
    let decoded = between(sample, decoder, message);
    let about = || format!("{}: {}: {:?}", sample.name, start(message), decoded.rejects);
    assert!(decoded.rejects.iter().all(|reject| reject.ordinal == 101), "{}", about());
    if decoded.rejects.iter().any(|reject| reject.part.is_none()) {
        assert!(decoded.rejects.len() == 1 && objects_of(&decoded, 101).is_empty(), "{}", about());
    }
    for batch in batches(&decoded) {
        for yaml in ["ogg-json", "json", sample.yaml] {
            if let Ok(encoder) = options(yaml).encoder() {
                let mut out = Messages::default();
                if let Ok(rejects) = encoder.encode(batch, &mut out) {
                    assert!(out.messages.len() + rejects.len() <= 2 * batch.len(), "{}", about());
                }
            }
        }
    }
    decoded.rejects.is_empty()
}

/// The beginning of a message, for people.
pub fn start(message: &[u8]) -> String {
    String::from_utf8_lossy(&message[..message.len().min(2000)]).into_owned()
}
