//! `debezium-json`, both ways.
//!
//! The messages are put together from the examples of Debezium's documentation, of the pages that stand beside them.

use crate::support::{batches, changes, decode, decode_records, decoder, encode, encoder};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampNanosecondType, UInt64Type,
};
use arrow_schema::{DataType, TimeUnit};
use serde_json::json;
use sluicegate_format::Record;
use sluicegate_model::{Cell, ChangeBatch, ControlEvent, Decoded, Item, field, meta};

const NAME: &str = "debezium-json";

/// <https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-create-events>
const CREATE: &str = r#"{"op":"c","ts_ms":1465491411815,"ts_us":1465491411815437,"before":null,"after":{"id":1004,"first_name":"Anne","last_name":"Kretchmar","email":"annek@noanswer.org"},"source":{"version":"3.0.0.Final","connector":"mysql","name":"mysql-server-1","ts_ms":1465491411000,"snapshot":false,"db":"inventory","table":"customers","server_id":223344,"gtid":null,"file":"mysql-bin.000003","pos":154,"row":0,"thread":7,"query":"INSERT INTO customers VALUES (..)"}}"#;
/// <https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-update-events>
const UPDATE: &str = r#"{"before":{"id":1004,"first_name":"Anne","last_name":"Kretchmar","email":"annek@noanswer.org"},"after":{"id":1004,"first_name":"Anne Marie","last_name":"Kretchmar","email":"annek@noanswer.org"},"source":{"version":"3.0.0.Final","name":"mysql-server-1","connector":"mysql","ts_ms":1465581029100,"ts_us":1465581029100123,"snapshot":false,"db":"inventory","table":"customers","server_id":223344,"gtid":"ed102faf-eb37-11eb-8f16-0242ac110002:5","file":"mysql-bin.000003","pos":484,"row":0,"thread":7,"query":null},"op":"u","ts_ms":1465581029523}"#;
/// <https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-delete-events>
const DELETE: &str = r#"{"before":{"id":1004,"first_name":"Anne Marie","last_name":"Kretchmar","email":"annek@noanswer.org"},"after":null,"source":{"version":"3.0.0.Final","connector":"mysql","name":"mysql-server-1","ts_ms":1465581902300,"snapshot":false,"db":"inventory","table":"customers","server_id":223344,"gtid":null,"file":"mysql-bin.000003","pos":805,"row":0,"thread":7,"query":null},"op":"d","ts_ms":1465581902461}"#;
/// <https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-change-event-keys>
const KEY: &str = r#"{"schema":{"type":"struct","name":"mysql-server-1.inventory.customers.Key","optional":false,"fields":[{"field":"id","type":"int32","optional":false}]},"payload":{"id":1004}}"#;

fn record<'a>(ordinal: u64, key: Option<&'a str>, value: Option<&'a str>) -> Record<'a> {
    let (key, value) = (key.map(str::as_bytes), value.map(str::as_bytes));
    Record { ordinal, key, value, timestamp_us: None, headers: &[] }
}

fn shape(decoded: &Decoded) -> Vec<String> {
    let name = |item: &Item| match item {
        Item::Rows(batch) => format!("{} rows of {}", batch.len(), batch.table()),
        Item::Control(ControlEvent::Truncate { table }) => format!("truncate {table}"),
        Item::Control(ControlEvent::SchemaChange { table, ddl, .. }) => {
            format!("{table}: {}", ddl.as_deref().unwrap_or("-"))
        }
        Item::Control(event) => event.name().to_owned(),
    };
    decoded.items.iter().map(name).collect()
}

/// An event of table `d.t` beside a schema with these fields.
fn enveloped(fields: &str, op: &str, before: &str, after: &str) -> String {
    let image = |key: &str| {
        format!(
            r#"{{"type":"struct","fields":[{fields}],"optional":true,"name":"s.d.t.Value","field":"{key}"}}"#
        )
    };
    format!(
        r#"{{"schema":{{"type":"struct","fields":[{},{},{{"type":"string","optional":false,"field":"op"}}],"optional":false,"name":"s.d.t.Envelope","version":1}},"payload":{{"before":{before},"after":{after},"source":{{"version":"3.0.0.Final","connector":"mysql","name":"s","ts_ms":1700000000001,"snapshot":"false","db":"d","table":"t","file":"b.1","pos":4}},"transaction":null,"op":"{op}","ts_ms":1700000000101}}}}"#,
        image("before"),
        image("after"),
    )
}

/// The only column `a` of events with one row each.
fn column(yaml: &str, of: &str, values: &[&str]) -> (ChangeBatch, Decoded) {
    let messages: Vec<String> =
        values.iter().map(|value| enveloped(of, "c", "null", &format!(r#"{{"a":{value}}}"#))).collect();
    let decoded = decode(&*decoder(yaml), &messages);
    assert_eq!(decoded.rejects, [], "{of}");
    (batches(&decoded)[0].clone(), decoded)
}

#[test]
fn documented_events_become_rows() {
    let records = [
        record(1, Some(KEY), Some(CREATE)),
        record(2, Some(KEY), Some(UPDATE)),
        record(3, Some(KEY), Some(DELETE)),
        record(4, Some(KEY), None),
    ];
    let decoded = decode_records(&*decoder(NAME), &records);
    assert_eq!(decoded.rejects, []);
    let anne = |name: &str| json!({"id": 1004, "first_name": name, "last_name": "Kretchmar", "email": "annek@noanswer.org"});
    assert_eq!(
        changes(&decoded, "inventory.customers"),
        [("+I", anne("Anne")), ("-U", anne("Anne")), ("+U", anne("Anne Marie")), ("-D", anne("Anne Marie"))]
    );
    let batch = batches(&decoded)[0];
    assert_eq!(**batch.primary_key(), ["id".to_owned()]);
    assert!(batch.is_pair(1));
    let times = batch.meta().get(meta::EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.values()[..2], [1_465_491_411_000_000, 1_465_581_029_100_123]);
    let texts = |name| batch.meta().get(name).unwrap().as_string::<i32>().iter().collect::<Vec<_>>();
    assert_eq!(
        texts(meta::SOURCE_POSITION)[..2],
        [Some("mysql-bin.000003:154"), Some("mysql-bin.000003:484")]
    );
    let gtid = Some("ed102faf-eb37-11eb-8f16-0242ac110002:5");
    assert_eq!(texts(meta::TRANSACTION), [None, gtid, gtid, None]);
}

#[test]
fn every_order_of_the_parts_gives_the_same_rows() {
    let expected = decode(&*decoder(NAME), &[UPDATE, UPDATE, UPDATE]);
    let parts: serde_json::Map<String, serde_json::Value> = serde_json::from_str(UPDATE).unwrap();
    let mut orders: Vec<Vec<&String>> = vec![parts.keys().collect(), parts.keys().rev().collect()];
    orders.push(
        ["op", "source", "after", "before", "ts_ms"].map(|key| parts.get_key_value(key).unwrap().0).into(),
    );
    for order in orders {
        let turned: Vec<String> = order.iter().map(|key| format!("{key:?}: {}", parts[*key])).collect();
        let turned = format!(" {{ {} }} ", turned.join(" , "));
        for message in [
            turned.clone(),
            format!(r#"{{"schema":null,"payload":{turned}}}"#),
            format!(r#" {{ "payload" : {turned} , "schema" : null }}"#),
            format!(r#"{{"schema":null,"payload":3,"payload":{turned}}}"#),
        ] {
            let found = decode(&*decoder(NAME), &[UPDATE, UPDATE, &message]);
            assert_eq!(found.rejects, [], "{message}");
            assert_eq!(changes(&found, "inventory.customers"), changes(&expected, "inventory.customers"));
            assert_eq!(batches(&found)[0].meta(), batches(&expected)[0].meta());
        }
    }
}

#[test]
fn tables_take_turns() {
    let of = |table: &str, id: u8| {
        format!(
            r#"{{"before":null,"after":{{"id":{id},"{table}":1}},"source":{{"db":"d","table":"{table}"}},"op":"c"}}"#
        )
    };
    let messages = ["a", "a", "b", "a", "b", "b", "b", "a", "a", "a", "c"];
    let messages: Vec<String> = messages.iter().zip(0..).map(|(table, id)| of(table, id)).collect();
    let decoded = decode(&*decoder(NAME), &messages);
    assert_eq!(decoded.rejects, []);
    assert_eq!(shape(&decoded), ["6 rows of d.a", "4 rows of d.b", "1 rows of d.c"]);
    for batch in batches(&decoded) {
        assert_eq!(batch.columns().len(), 2, "{:?}", batch.schema());
        assert!(
            batch.columns().iter().all(|column| (0..batch.len()).all(|row| column.cell(row) == Cell::Value))
        );
    }
}

#[test]
fn a_delete_without_a_row_takes_the_key_of_the_message() {
    let delete = r#"{"before":null,"after":null,"source":{"db":"d","table":"t"},"op":"d"}"#;
    for key in [r#"{"id":1,"b":"x"}"#, r#"{"schema":null,"payload":{"id":1,"b":"x"}}"#] {
        let decoded = decode_records(&*decoder(NAME), &[record(1, Some(key), Some(delete))]);
        assert_eq!(decoded.rejects, []);
        assert_eq!(changes(&decoded, "d.t"), [("-D", json!({"id": 1, "b": "x"}))]);
        assert_eq!(**batches(&decoded)[0].primary_key(), ["id".to_owned(), "b".to_owned()]);
    }
    for key in [None, Some("text"), Some("[1]"), Some(r#"{"schema":null,"payload":null}"#)] {
        let decoded = decode_records(&*decoder(NAME), &[record(1, key, Some(delete))]);
        assert!(decoded.items.is_empty());
        assert!(decoded.rejects[0].reason.contains("does not say which row"), "{:?}", decoded.rejects);
    }
    let yaml = "debezium-json: { primary_key: [id] }";
    let decoded = decode_records(&*decoder(yaml), &[record(1, Some(r#"{"b":1,"id":2}"#), Some(delete))]);
    assert_eq!(changes(&decoded, "d.t"), [("-D", json!({"id": 2}))]);
    assert_eq!(**batches(&decoded)[0].primary_key(), ["id".to_owned()]);
}

/// <https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-replica-identity>
#[test]
fn what_postgres_did_not_send_is_missing() {
    let event = |before: &str, after: &str, op: &str| {
        format!(
            r#"{{"before":{before},"after":{after},"source":{{"connector":"postgresql","db":"p","schema":"public","table":"t","lsn":24023128,"txId":555}},"op":"{op}"}}"#
        )
    };
    let messages = [
        event("null", r#"{"id":1,"a":"x","n":5,"big":"__debezium_unavailable_value"}"#, "u"),
        event(r#"{"id":1,"a":"","n":0,"big":null}"#, r#"{"id":2,"a":"x","n":5,"big":"y"}"#, "u"),
        event(r#"{"id":2,"a":null,"n":null,"big":null}"#, "null", "d"),
        event(r#"{"id":3,"a":"","n":7,"big":null}"#, "null", "d"),
    ];
    let records: Vec<Record<'_>> = messages
        .iter()
        .zip(1..)
        .map(|(value, ordinal)| record(ordinal, Some(r#"{"id":0}"#), Some(value)))
        .collect();
    let decoded = decode_records(&*decoder(NAME), &records);
    assert_eq!(decoded.rejects, []);
    assert_eq!(
        changes(&decoded, "p.public.t"),
        [
            ("+U", json!({"id": 1, "a": "x", "n": 5})),
            ("-U", json!({"id": 1})),
            ("+U", json!({"id": 2, "a": "x", "n": 5, "big": "y"})),
            ("-D", json!({"id": 2})),
            ("-D", json!({"id": 3, "a": "", "n": 7, "big": null})),
        ]
    );
    let transactions = batches(&decoded)[0].meta().get(meta::TRANSACTION).unwrap().as_string::<i32>();
    assert_eq!(transactions.value(0), "555");
}

#[test]
fn what_is_no_row_keeps_its_place_or_does_nothing() {
    let messages = [
        CREATE,
        r#"{"source":{"connector":"mysql","db":"inventory","table":"customers"},"op":"t","ts_ms":1559033904961,"before":null,"after":null}"#,
        CREATE,
        // https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-message-events
        r#"{"op":"m","ts_ms":1589362330904,"source":{"connector":"postgresql","db":"postgres"},"message":{"prefix":"foo","content":"Ymfy"}}"#,
        // https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-transaction-metadata
        r#"{"status":"BEGIN","id":"0e4d5dcd-a33b-11ea-80f1-02010a22a99e:10","ts_ms":1486500577125,"event_count":null,"data_collections":null}"#,
        r#"{"status":"END","id":"0e4d5dcd-a33b-11ea-80f1-02010a22a99e:10","ts_ms":1486500577691,"event_count":2,"data_collections":[{"data_collection":"s1.a","event_count":1}]}"#,
        CREATE,
        // https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-schema-change-topic
        r#"{"source":{"connector":"mysql","db":"inventory","table":"customers","server_id":0},"ts_ms":1588252618953,"databaseName":"inventory","schemaName":null,"ddl":"ALTER TABLE customers ADD middle_name varchar(255)","tableChanges":[{"type":"ALTER","id":"\"inventory\".\"customers\"","table":{}}]}"#,
        r#"{"source":{"connector":"mysql","db":"inventory","table":""},"databaseName":"inventory","ddl":"CREATE DATABASE inventory","tableChanges":[]}"#,
        // https://debezium.io/documentation/reference/stable/connectors/mysql.html#mysql-property-heartbeat-interval-ms
        r#"{"schema":{"type":"struct","fields":[{"type":"int64","field":"ts_ms"}],"name":"io.debezium.connector.common.Heartbeat"},"payload":{"ts_ms":1565787098802}}"#,
        r#"{"schema":null,"payload":null}"#,
        CREATE,
    ];
    let decoded = decode(&*decoder(NAME), &messages);
    assert_eq!(decoded.rejects, []);
    assert_eq!(
        shape(&decoded),
        [
            "1 rows of inventory.customers",
            "truncate inventory.customers",
            "2 rows of inventory.customers",
            "inventory.customers: ALTER TABLE customers ADD middle_name varchar(255)",
            "inventory: CREATE DATABASE inventory",
            "heartbeat",
            "1 rows of inventory.customers",
        ]
    );
}

/// <https://debezium.io/documentation/reference/stable/transformations/event-flattening.html>
#[test]
fn flattened_records_are_rows() {
    let messages = [
        r#"{"id":1,"a":"x","op":"own","__op":"c","__table":"t","__db":"d","__source_ts_ms":5,"__lsn":7,"__x":0,"__deleted":"false"}"#,
        r#"{"id":1,"a":"y","__op":"u","__table":"t","__db":"d","__deleted":"false"}"#,
        r#"{"id":1,"a":"y","__table":"t","__db":"d","__deleted":"true"}"#,
        r#"{"id":2,"__deleted":"false"}"#,
        r#"{"schema":{"type":"struct","fields":[{"type":"int32","field":"id"},{"type":"string","field":"__deleted"}]},"payload":{"id":3,"__deleted":"true"}}"#,
    ];
    let decoded = decode(&*decoder("debezium-json: { table: d.other }"), &messages);
    assert_eq!(decoded.rejects, []);
    assert_eq!(
        changes(&decoded, "d.t"),
        [
            ("+I", json!({"id": 1, "a": "x", "op": "own", "__x": 0})),
            ("+U", json!({"id": 1, "a": "y"})),
            ("-D", json!({"id": 1, "a": "y"})),
        ]
    );
    let batch = batches(&decoded)[0];
    assert_eq!(batch.meta().get(meta::SOURCE_POSITION).unwrap().as_string::<i32>().value(0), "7");
    let times = batch.meta().get(meta::EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!((times.value(0), times.is_null(1)), (5000, true));
    let other: Vec<_> =
        batches(&decoded).into_iter().filter(|batch| batch.table().as_str() == "d.other").collect();
    assert_eq!(other.iter().map(|batch| batch.len()).sum::<usize>(), 2);
    assert_eq!(other.last().unwrap().column("id").unwrap().data_type(), &DataType::Int32);
}

#[test]
fn tombstones_delete_where_they_are_told_to() {
    let tombstones = [record(1, Some(KEY), None), record(2, Some("x"), None), record(3, None, None)];
    assert_eq!(decode_records(&*decoder(NAME), &tombstones).items.len(), 0);
    let told = "debezium-json: { on_tombstone: delete, table: d.t }";
    let decoded = decode_records(&*decoder(told), &tombstones);
    assert_eq!(decoded.rejects.iter().map(|reject| reject.ordinal).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(shape(&decoded), ["1 rows of d.t"]);
    let batch = batches(&decoded)[0];
    assert_eq!(batch.kind(0).short(), "-D");
    assert_eq!(batch.column("id").unwrap().values().as_primitive::<Int32Type>().value(0), 1004);

    let of_topic = "debezium-json: { on_tombstone: delete }";
    let decoded = decode_records(&*decoder(of_topic), &[record(1, Some(r#"{"id":1}"#), None)]);
    assert_eq!(changes(&decoded, "topic"), [("-D", json!({"id": 1}))]);
}

#[test]
fn what_is_no_event_is_rejected_with_what_is_wrong() {
    let event = |more: &str| format!(r#"{{"source":{{"db":"d","table":"t"}},{more}}}"#);
    for (message, reason) in [
        (String::new(), "the message is empty"),
        ("[1]".to_owned(), "byte 0: an object is expected"),
        ("{}".to_owned(), "byte 0: the message is no event: it has no `op`"),
        (r#"{"id":1,"a":2}"#.to_owned(), "byte 0: the message is no event"),
        (event(r#""after":{"id":1}"#), "byte 0: the event has no `op`"),
        (event(r#""op":"x","after":{"id":1}"#), "byte 38: `op` is \"x\""),
        (event(r#""op":"c""#), "byte 0: the event has no `after`"),
        (event(r#""op":"u","before":{"id":1}"#), "byte 0: the event has no `after`"),
        (event(r#""op":"c","after":[1]"#), "byte 50: `after` is neither an object nor null"),
        (r#"{"op":"c","after":{"id":1}}"#.to_owned(), "byte 0: the event has no `source`"),
        (
            r#"{"op":"c","after":{"id":1},"source":{"db":"d"}}"#.to_owned(),
            "byte 0: the event has no `source`",
        ),
        (format!("{CREATE}x"), "byte"),
        (CREATE[..CREATE.len() - 1].to_owned(), "byte"),
        (
            format!(r#"{{"schema":{{"type":3}},"payload":{CREATE}}}"#),
            "byte 31: `schema` is no schema of Kafka Connect",
        ),
        (format!(r#"{{"schema":"x","payload":{CREATE}}}"#), "byte"),
        (r#"{"id":1,"__op":"z"}"#.to_owned(), "byte 0: `__op` is \"z\""),
    ] {
        let decoded = decode(&*decoder(NAME), &[CREATE, &message, CREATE]);
        assert_eq!(decoded.rejects.len(), 1, "{message}");
        assert!(decoded.rejects[0].reason.starts_with(reason), "{message}: {}", decoded.rejects[0].reason);
        assert_eq!(shape(&decoded), ["2 rows of inventory.customers"], "{message}");
    }
}

#[test]
fn types_are_those_of_the_schema() {
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let wall = DataType::Timestamp(TimeUnit::Microsecond, None);
    let of = |kind: &str, name: &str| {
        format!(r#"{{"type":"{kind}","optional":true,"name":"{name}","version":1,"field":"a"}}"#)
    };
    let time = |name: &str| format!("io.debezium.time.{name}");

    for (kind, name, value, to) in [
        ("int64", time("Timestamp"), "1595008822123", 1_595_008_822_123_000),
        ("int64", time("MicroTimestamp"), "1595008822123456", 1_595_008_822_123_456),
        ("int64", "org.apache.kafka.connect.data.Timestamp".to_owned(), "-1", -1_000),
        ("string", time("IsoTimestamp"), "\"2020-07-17T18:00:22.123456Z\"", 1_595_008_822_123_456),
    ] {
        let (batch, _) = column(NAME, &of(kind, &name), &[value, "null"]);
        let values = batch.column("a").unwrap().values();
        assert_eq!(values.data_type(), &wall, "{name}");
        assert_eq!(values.as_primitive::<TimestampMicrosecondType>().value(0), to, "{name}");
        assert!(values.is_null(1));
    }
    let (batch, _) =
        column(NAME, &of("string", &time("ZonedTimestamp")), &["\"2024-03-10T10:00:00.5+08:00\""]);
    let values = batch.column("a").unwrap().values();
    assert_eq!(values.data_type(), &utc);
    assert_eq!(values.as_primitive::<TimestampMicrosecondType>().value(0), 1_710_036_000_500_000);

    for (kind, name, value, to) in [
        ("int32", time("Time"), "64822000", 64_822_000_000),
        ("int64", time("MicroTime"), "-3020399000000", -3_020_399_000_000),
        ("int64", time("MicroDuration"), "1", 1),
        ("int32", "org.apache.kafka.connect.data.Time".to_owned(), "1", 1_000),
        ("string", time("IsoTime"), "\"18:00:22.5Z\"", 64_822_500_000),
    ] {
        let (batch, _) = column(NAME, &of(kind, &name), &[value]);
        let values = batch.column("a").unwrap().values();
        assert_eq!(values.as_primitive::<DurationMicrosecondType>().value(0), to, "{name}");
    }
    for (kind, name, value) in [
        ("int32", time("Date"), "18460"),
        ("int32", "org.apache.kafka.connect.data.Date".to_owned(), "18460"),
        ("string", time("IsoDate"), "\"2020-07-17Z\""),
    ] {
        let (batch, _) = column(NAME, &of(kind, &name), &[value]);
        assert_eq!(
            batch.column("a").unwrap().values().as_primitive::<Date32Type>().value(0),
            18_460,
            "{name}"
        );
    }
    let (batch, _) = column(NAME, &of("int32", &time("Year")), &["2155"]);
    assert_eq!(batch.column("a").unwrap().data_type(), &DataType::Int16);
}

#[test]
fn numbers_are_exact() {
    let decimal = |precision: &str| {
        format!(
            r#"{{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{{"scale":"2"{precision}}},"field":"a"}}"#
        )
    };
    let (batch, _) = column(
        NAME,
        &decimal(r#","connect.decimal.precision":"18""#),
        &["\"/w==\"", "\"AIA=\"", "12.5", "null"],
    );
    let values = batch.column("a").unwrap().values();
    assert_eq!(values.data_type(), &DataType::Decimal128(18, 2));
    assert_eq!(values.as_primitive::<Decimal128Type>().values()[..3], [-1, 128, 1250]);
    let (batch, _) = column(NAME, &decimal(""), &["\"/w==\""]);
    assert_eq!(batch.column("a").unwrap().data_type(), &DataType::Decimal256(65, 2));

    let own = r#"{"type":"struct","fields":[{"type":"int32","field":"scale"},{"type":"bytes","field":"value"}],"optional":true,"name":"io.debezium.data.VariableScaleDecimal","version":1,"field":"a"}"#;
    let (batch, decoded) =
        column(NAME, own, &[r#"{"scale":2,"value":"/w=="}"#, r#"{"scale":0,"value":"zgA="}"#]);
    assert_eq!(batch.schema().field(0).metadata()[field::JSON], field::JSON_NUMBER);
    assert_eq!(changes(&decoded, "d.t"), [("+I", json!({"a": -0.01})), ("+I", json!({"a": -12800}))]);

    let unsigned = r#"{"type":"int64","optional":true,"parameters":{"__debezium.source.column.type":"BIGINT UNSIGNED","__debezium.source.column.length":"20"},"field":"a"}"#;
    let (batch, _) = column(NAME, unsigned, &["-1", "5", "-9223372036854775808"]);
    let values = batch.column("a").unwrap().values().as_primitive::<UInt64Type>().clone();
    assert_eq!(values.values()[..], [u64::MAX, 5, 1 << 63]);
    assert_eq!(batch.schema().field(0).metadata()[field::SOURCE_TYPE], "bigint unsigned");
    let precise = r#"{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"0","__debezium.source.column.type":"BIGINT UNSIGNED"},"field":"a"}"#;
    let (batch, _) = column(NAME, precise, &["\"AP//////////\""]);
    assert_eq!(batch.column("a").unwrap().values().as_primitive::<UInt64Type>().value(0), u64::MAX);
    let (batch, _) = column(NAME, r#"{"type":"int64","optional":true,"field":"a"}"#, &["-1"]);
    assert_eq!(batch.column("a").unwrap().values().as_primitive::<Int64Type>().value(0), -1);

    let text = r#"{"type":"string","optional":true,"parameters":{"__debezium.source.column.type":"DECIMAL","__debezium.source.column.length":"18","__debezium.source.column.scale":"2"},"field":"a"}"#;
    let (batch, _) = column(NAME, text, &["\"12.50\""]);
    assert_eq!(batch.column("a").unwrap().data_type(), &DataType::Decimal128(18, 2));
}

#[test]
fn bytes_and_texts_have_their_meaning() {
    let of = |kind: &str, name: &str, more: &str| {
        format!(
            r#"{{"type":"{kind}","optional":true,"name":"io.debezium.data.{name}","version":1{more},"field":"a"}}"#
        )
    };
    let bytes = |yaml: &str, of: &str, value: &str| {
        let (batch, _) = column(yaml, of, &[value, "null"]);
        let field = batch.schema().field(0).clone();
        let values = batch.column("a").unwrap().values();
        (values.as_binary::<i32>().value(0).to_vec(), field.metadata().get(field::SOURCE_TYPE).cloned())
    };
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(
        bytes(NAME, r#"{"type":"bytes","optional":true,"field":"a"}"#, "\"AP8=\""),
        (vec![0, 255], None)
    );
    let bits = of("bytes", "Bits", r#","parameters":{"length":"12"}"#);
    assert_eq!(bytes(NAME, &bits, "\"AQI=\""), (vec![2, 1], named("bit(12)")));
    assert_eq!(bytes(NAME, &bits, "\"AQ==\""), (vec![0, 1], named("bit(12)")));
    let point = of("struct", "geometry.Point", "");
    let (wkb, source) =
        bytes(NAME, &point, r#"{"x":1.0,"y":1.0,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAPA/","srid":4326}"#);
    assert_eq!((wkb.len(), &wkb[..5], source), (25, &[0xE6, 0x10, 0, 0, 1][..], named("point")));
    let blob = r#"{"type":"string","optional":true,"parameters":{"__debezium.source.column.type":"BLOB"},"field":"a"}"#;
    for (mode, value) in [("hex", "\"00ff\""), ("base64", "\"AP8=\""), ("base64-url-safe", "\"AP8=\"")] {
        let yaml = format!("debezium-json: {{ binary: {mode} }}");
        assert_eq!(bytes(&yaml, blob, value), (vec![0, 255], named("blob")), "{mode}");
    }
    for (meaning, value, source) in [
        ("Json", r#""{\"a\": 1}""#, "json"),
        ("Uuid", r#""5c2d4c8c-0001-4e5b-a3f0-6d2d7e3d5d3a""#, "uuid"),
        ("Xml", r#""<a/>""#, "xml"),
    ] {
        let (batch, _) = column(NAME, &of("string", meaning, ""), &[value]);
        assert_eq!(batch.schema().field(0).metadata()[field::SOURCE_TYPE], source);
    }
    let labels = of("string", "EnumSet", r#","parameters":{"allowed":"a,it's"}"#);
    let (batch, _) = column(NAME, &labels, &["\"a,it's\""]);
    assert_eq!(batch.schema().field(0).metadata()[field::SOURCE_TYPE], "set('a','it''s')");
    let list = r#"{"type":"array","items":{"type":"int32","optional":true},"optional":true,"field":"a"}"#;
    let (batch, decoded) = column(
        NAME,
        list,
        &[
            "[1, 2]",
            "null",
            "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
        ],
    );
    assert_eq!(batch.schema().field(0).metadata()[field::JSON], field::JSON_RAW);
    assert_eq!(
        changes(&decoded, "d.t"),
        [("+I", json!({"a": [1, 2]})), ("+I", json!({"a": null})), ("+I", json!({}))]
    );
}

#[test]
fn a_bad_value_or_schema_costs_its_own_message() {
    let of = r#"{"type":"int32","optional":false,"field":"a"}"#;
    let event = |value: &str| enveloped(of, "c", "null", &format!(r#"{{"a":{value}}}"#));
    let odd = enveloped(
        r#"{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"65","connect.decimal.precision":"1"},"field":"a"}"#,
        "c",
        "null",
        r#"{"a":"FJqkSQ=="}"#,
    );
    let decoded = decode(&*decoder(NAME), &[event("1"), event("\"AQ==\""), odd, event("2")]);
    let rejected: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(rejected, [101, 102], "{:?}", decoded.rejects);
    assert!(decoded.rejects[0].reason.contains("column \"a\""), "{:?}", decoded.rejects);
    assert!(decoded.rejects[1].reason.contains("65 of the 1 digits"), "{:?}", decoded.rejects);
    assert_eq!(shape(&decoded), ["2 rows of d.t"]);
}

#[test]
fn another_type_begins_another_batch() {
    let of = |kind: &str| format!(r#"{{"type":"{kind}","optional":true,"field":"a"}}"#);
    let messages =
        ["int32", "int32", "int64", "int32"].map(|kind| enveloped(&of(kind), "c", "null", r#"{"a":1}"#));
    let decoded = decode(&*decoder(NAME), &messages);
    assert_eq!(decoded.rejects, []);
    let types: Vec<_> = batches(&decoded)
        .iter()
        .map(|batch| (batch.len(), batch.column("a").unwrap().data_type().clone()))
        .collect();
    assert_eq!(types, [(2, DataType::Int32), (1, DataType::Int64), (1, DataType::Int32)]);
}

#[test]
fn events_without_a_schema_are_read_by_the_modes_of_the_connector() {
    let event = |after: &str| {
        format!(r#"{{"before":null,"after":{after},"source":{{"db":"d","table":"t"}},"op":"c"}}"#)
    };
    let after = event(
        r#"{"p":"EtaH","u":"AP//////////","d":18460,"t":64822000,"ts":1595008822123,"z":"2020-07-17T18:00:22Z","b":"00ff"}"#,
    );
    let schema = r#"schema: { d.t: { p: "decimal(8,4)", u: uint64, d: date, t: time, ts: datetime, z: timestamp, b: bytes } }"#;
    let yaml = format!("debezium-json: {{ decimals: precise, times: connect, binary: hex, {schema} }}");
    let decoded = decode(&*decoder(&yaml), &[&after]);
    assert_eq!(decoded.rejects, []);
    let batch = batches(&decoded)[0];
    let values = |name: &str| batch.column(name).unwrap().values();
    assert_eq!(values("p").as_primitive::<Decimal128Type>().value(0), 1_234_567);
    assert_eq!(values("u").as_primitive::<UInt64Type>().value(0), u64::MAX);
    assert_eq!(values("d").as_primitive::<Date32Type>().value(0), 18_460);
    assert_eq!(values("t").as_primitive::<DurationMicrosecondType>().value(0), 64_822_000_000);
    assert_eq!(values("ts").as_primitive::<TimestampMicrosecondType>().value(0), 1_595_008_822_123_000);
    assert_eq!(values("b").as_binary::<i32>().value(0), [0, 255]);

    let text = event(r#"{"p":"1234"}"#);
    let refused = decode(&*decoder(&format!("debezium-json: {{ {schema} }}")), &[&text]);
    assert!(refused.rejects[0].reason.contains("`decimals`"), "{:?}", refused.rejects);
    let number = event(r#"{"p":1234.5000}"#);
    assert_eq!(decode(&*decoder(&format!("debezium-json: {{ {schema} }}")), &[&number]).rejects, []);
    let long = format!("debezium-json: {{ bigint_unsigned: long, {schema} }}");
    let decoded = decode(&*decoder(&long), &[event(r#"{"u":-1}"#)]);
    assert_eq!(
        batches(&decoded)[0].column("u").unwrap().values().as_primitive::<UInt64Type>().value(0),
        u64::MAX
    );
}

#[test]
fn a_declared_type_is_cast_from_that_of_the_schema() {
    let of = r#"{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"},"field":"a"}"#;
    let (batch, _) =
        column(r#"debezium-json: { schema: { d.t: { a: "decimal(18,4)" } } }"#, of, &["\"/w==\""]);
    let values = batch.column("a").unwrap().values();
    assert_eq!(values.data_type(), &DataType::Decimal128(18, 4));
    assert_eq!(values.as_primitive::<Decimal128Type>().value(0), -100);

    let of = r#"{"type":"string","optional":true,"name":"io.debezium.time.ZonedTimestamp","field":"a"}"#;
    let value = "\"2024-03-10T10:00:00.123456789Z\"";
    let (batch, _) =
        column(r#"debezium-json: { schema: { d.t: { a: "timestamp(ns,UTC)" } } }"#, of, &[value]);
    let values = batch.column("a").unwrap().values().as_primitive::<TimestampNanosecondType>().clone();
    assert_eq!(values.value(0), 1_710_064_800_123_456_789);
}

#[test]
fn events_are_written_as_they_are_documented() {
    let yaml = "debezium-json: { envelope: false, tombstones: true }";
    let records = [
        record(1, Some(KEY), Some(CREATE)),
        record(2, Some(KEY), Some(UPDATE)),
        record(3, Some(KEY), Some(DELETE)),
    ];
    let decoded = decode_records(&*decoder(NAME), &records);
    let written = encode(&*encoder(yaml), batches(&decoded)[0]);
    let expected = [
        Some(
            r#"{"before":null,"after":{"id":1004,"first_name":"Anne","last_name":"Kretchmar","email":"annek@noanswer.org"},"source":{"connector":"sluicegate","db":"inventory","table":"customers","ts_ms":1465491411000,"ts_us":1465491411000000,"file":"mysql-bin.000003","pos":154},"op":"c"}"#,
        ),
        Some(
            r#"{"before":{"id":1004,"first_name":"Anne","last_name":"Kretchmar","email":"annek@noanswer.org"},"after":{"id":1004,"first_name":"Anne Marie","last_name":"Kretchmar","email":"annek@noanswer.org"},"source":{"connector":"sluicegate","db":"inventory","table":"customers","ts_ms":1465581029100,"ts_us":1465581029100123,"file":"mysql-bin.000003","pos":484},"transaction":{"id":"ed102faf-eb37-11eb-8f16-0242ac110002:5"},"op":"u"}"#,
        ),
        Some(
            r#"{"before":{"id":1004,"first_name":"Anne Marie","last_name":"Kretchmar","email":"annek@noanswer.org"},"after":null,"source":{"connector":"sluicegate","db":"inventory","table":"customers","ts_ms":1465581902300,"ts_us":1465581902300000,"file":"mysql-bin.000003","pos":805},"op":"d"}"#,
        ),
        None,
    ];
    assert_eq!(written, expected.map(|text| text.map(str::to_owned)));
}

#[test]
fn a_row_under_another_key_is_deleted_and_made() {
    let update = UPDATE.replacen("\"id\":1004", "\"id\":1003", 1);
    let decoded = decode_records(&*decoder(NAME), &[record(1, Some(KEY), Some(&update))]);
    let batch = batches(&decoded)[0];
    assert!(batch.is_pair(0));
    let written = encode(&*encoder("debezium-json: { tombstones: true }"), batch);
    let ops: Vec<_> = written
        .iter()
        .map(|text| {
            text.as_ref().map(|text| {
                let event: serde_json::Value = serde_json::from_str(text).unwrap();
                event["payload"]["op"].clone()
            })
        })
        .collect();
    assert_eq!(ops, [Some(json!("d")), None, Some(json!("c"))]);
}
