//! A gateway for change rows: Kafka and binlogs through WebAssembly transforms into MySQL, StarRocks and Kafka, exactly once.

fn main() {}
