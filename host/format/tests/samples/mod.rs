//! Messages of every kind that each format has, one a line, and where in them things are.
//!
//! The tests of faults break them, the mutations and `fuzz/` begin with them.

#![allow(dead_code)]

use sluicegate_format::FormatOptions;

/// The messages of a format.
#[derive(Debug)]
pub struct Sample {
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
        format: "ogg-json",
        yaml: "ogg-json",
        text: include_str!("ogg-json.msgs"),
        table: "SHOP.ORDERS",
        number: "AMOUNT",
    },
    Sample {
        format: "canal-json",
        yaml: "canal-json",
        text: include_str!("canal-json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        format: "debezium-json",
        yaml: "debezium-json",
        text: include_str!("debezium-json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        format: "maxwell-json",
        yaml: "maxwell-json",
        text: include_str!("maxwell-json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        format: "json",
        yaml: "json: { table: shop.orders }",
        text: include_str!("json.msgs"),
        table: "shop.orders",
        number: "amount",
    },
    Sample {
        format: "csv",
        yaml: "csv: { columns: [op, id, customer, amount, note], kind_column: op, table: shop.orders }",
        text: include_str!("csv.msgs"),
        table: "shop.orders",
        number: "amount",
    },
];

/// Those of formats that are there.
pub fn all() -> impl Iterator<Item = &'static Sample> {
    ALL.iter().filter(|sample| FormatOptions::names().contains(&sample.format))
}
