//! Pipeline files from Kafka into a table.

use crate::messages;

/// A pipeline that renames, drops and casts, as those of users do. `sink` is YAML, indented by two.
pub fn into_a_table(brokers: &str, (name, topic): (&str, &str), sink: &str) -> String {
    format!(
        r#"pipeline: {name}
instance: bench
source:
  kafka: {{ brokers: "{brokers}", topics: [{topic}], format: ogg-json, start: earliest }}
steps:
  - use: schema-map
    with:
      tables:
        - match: '{table}'
          to: {name}
          rename: {{ ORDER_ID: id, CUSTOMER_ID: customer_id }}
          drop: [NOTE]
          cast: {{ id: int64, customer_id: int64, AMOUNT: "decimal(18,2)", QUANTITY: int32 }}
sink:
{sink}
"#,
        table = messages::TABLE.replace('.', r"\."),
    )
}
