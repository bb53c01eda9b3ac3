//! `canal-json`, as Canal's own pages and tests show its messages:
//! <https://github.com/alibaba/canal/wiki/Canal-Kafka-RocketMQ-QuickStart>,
//! <https://docs.pingcap.com/tidb/stable/ticdc-canal-json>.

use crate::support::{batches, decode, decoder, encode, encoder, items};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int16Type, TimestampMicrosecondType, UInt64Type};
use arrow_schema::{DataType, TimeUnit};
use serde_json::{Value, json};
use sluicegate_model::{ChangeBatch, Decoded, field, meta};

/// A message with some of its parts in place of the usual ones.
fn message(parts: &Value) -> String {
    let mut message = json!({
        "data": [{ "id": "1", "a": "x" }],
        "database": "shop",
        "es": 1_700_000_000_123_i64,
        "id": 7,
        "isDdl": false,
        "mysqlType": { "id": "int(11)", "a": "varchar(20)" },
        "old": null,
        "pkNames": ["id"],
        "sql": "",
        "sqlType": { "id": 4, "a": 12 },
        "table": "orders",
        "ts": 1_700_000_000_456_i64,
        "type": "INSERT"
    });
    message.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    message.to_string()
}

fn read(yaml: &str, parts: &[Value]) -> Decoded {
    let messages: Vec<String> = parts.iter().map(message).collect();
    decode(&*decoder(yaml), &messages)
}

/// The rows of a message, each behind its table and kind.
fn objects_of(decoded: &Decoded, ordinal: u64) -> Vec<String> {
    let objects = crate::support::objects_of(decoded, ordinal).into_iter();
    objects.map(|object| object.replace(",\"__deleted\":true", "")).collect()
}

/// The rows of the first message.
fn rows(parts: &Value) -> Vec<String> {
    let decoded = read("canal-json", std::slice::from_ref(parts));
    assert_eq!(decoded.rejects, []);
    objects_of(&decoded, 100)
}

fn reason(parts: &Value) -> String {
    let decoded = read("canal-json", std::slice::from_ref(parts));
    assert!(decoded.items.is_empty(), "{decoded:?}");
    decoded.rejects[0].reason.clone()
}

fn only(decoded: &Decoded) -> &ChangeBatch {
    assert_eq!(decoded.rejects, []);
    let batches = batches(decoded);
    assert_eq!(batches.len(), 1);
    batches[0]
}

#[test]
fn rows_have_their_kinds_and_what_the_message_says_of_them() {
    let decoded = read(
        "canal-json",
        &[json!({ "gtid": "3E11FA47:23", "data": [{ "id": "1", "a": "x" }, { "id": "2", "a": null }] })],
    );
    let batch = only(&decoded);
    assert_eq!(
        objects_of(&decoded, 100),
        [r#"shop.orders +I {"id":1,"a":"x"}"#, r#"shop.orders +I {"id":2,"a":null}"#,]
    );
    assert_eq!(batch.primary_key()[..], ["id"]);
    assert_eq!([batch.origin().part(0), batch.origin().part(1)], [Some(0), Some(1)]);
    let meta = batch.meta();
    let times = meta.get(meta::EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(1), 1_700_000_000_123_000);
    assert_eq!(meta.get(meta::SOURCE_POSITION).unwrap().as_string::<i32>().value(0), "7");
    assert_eq!(meta.get(meta::TRANSACTION).unwrap().as_string::<i32>().value(0), "3E11FA47:23");
    for (name, column) in meta.iter() {
        assert_eq!(Some(column.data_type()), meta::data_type_of(name).as_ref(), "{name}");
    }
}

#[test]
fn an_old_image_is_the_new_one_under_its_old_values() {
    let update = |old: Value| json!({ "type": "UPDATE", "data": [{ "id": "2", "a": null }], "old": old });
    assert_eq!(
        rows(&update(json!([{ "id": "1", "a": "x" }]))),
        [r#"shop.orders -U {"id":1,"a":"x"}"#, r#"shop.orders +U {"id":2,"a":null}"#,]
    );
    // A column that is not among the old values did not change; one that is NULL there was NULL.
    assert_eq!(rows(&update(json!([{ "id": "1" }])))[0], r#"shop.orders -U {"id":1,"a":null}"#);
    assert_eq!(rows(&update(json!([{}])))[0], r#"shop.orders -U {"id":2,"a":null}"#);
    // Without old values nothing is known of the row before.
    for nothing in [json!(null), json!([]), json!([null])] {
        assert_eq!(rows(&update(nothing)), [r#"shop.orders +U {"id":2,"a":null}"#]);
    }
    let several = json!({
        "type": "UPDATE",
        "data": [{ "id": "1", "a": "p" }, { "id": "2", "a": "q" }],
        "old": [{ "a": "o" }, { "id": "3", "a": null }],
    });
    assert_eq!(
        rows(&several),
        [
            r#"shop.orders -U {"id":1,"a":"o"}"#,
            r#"shop.orders +U {"id":1,"a":"p"}"#,
            r#"shop.orders -U {"id":3,"a":null}"#,
            r#"shop.orders +U {"id":2,"a":"q"}"#,
        ]
    );
    assert_eq!(rows(&json!({ "type": "DELETE" })), [r#"shop.orders -D {"id":1,"a":"x"}"#]);
}

#[test]
fn old_values_and_rows_are_of_one_number() {
    for (data, old) in [(1, 2), (2, 1), (3, 2)] {
        let row = json!({ "id": "1", "a": "x" });
        let parts = json!({ "type": "UPDATE", "data": vec![row.clone(); data], "old": vec![row; old] });
        assert!(reason(&parts).contains("another number of rows"), "{data} {old}");
    }
    // Nothing of it is left.
    let good = json!({});
    let bad = json!({ "type": "UPDATE", "data": [{ "id": "1", "new": "x" }, { "id": "2" }], "old": [{ "id": "3" }] });
    let decoded = read("canal-json", &[good.clone(), bad, good]);
    assert_eq!(decoded.rejects.len(), 1);
    let batch = batches(&decoded)[0];
    assert_eq!((batch.len(), batch.schema().fields().len()), (2, 2));
}

#[test]
fn types_are_those_of_mysql() {
    let decoded = read(
        "{ canal-json: { time_zone: Asia/Shanghai } }",
        &[json!({
            "data": [{
                "id": "18446744073709551615", "a": "1.10", "b": "3", "c": "2", "d": "\u{ff}\u{0}", "e": "4095",
                "f": "2024-05-22 17:50:40.5", "g": "2024-05-22 17:50:40", "h": "-838:59:59", "i": "2155",
                "j": "12.340", "k": "{\"x\": 1}", "l": "free", "m": "ab"
            }],
            "mysqlType": {
                "id": "bigint(20) unsigned", "a": "decimal(18,2)", "b": "set('x','y','z')", "c": "enum('p','q')",
                "d": "varbinary(9)", "e": "bit(12)", "f": "timestamp(1)", "g": "datetime", "h": "time", "i": "year(4)",
                "j": "decimal", "k": "json", "l": "enum('free','paid')", "m": "binary(4)"
            }
        })],
    );
    let batch = only(&decoded);
    let column = |name: &str| batch.column(name).unwrap().values();
    let text = |name: &str| column(name).as_string::<i32>().value(0);
    let bytes = |name: &str| column(name).as_binary::<i32>().value(0);
    assert_eq!(column("id").as_primitive::<UInt64Type>().value(0), u64::MAX);
    assert_eq!(column("a").as_primitive::<Decimal128Type>().value(0), 110);
    assert_eq!([text("b"), text("c"), text("l")], ["x,y", "q", "free"]);
    assert_eq!([bytes("d"), bytes("e"), bytes("m")], [&[0xFF, 0][..], &[0x0F, 0xFF], b"ab\0\0"]);
    let instant = column("f").as_primitive::<TimestampMicrosecondType>();
    assert_eq!(instant.value(0), 1_716_371_440_500_000);
    assert_eq!(*column("g").data_type(), DataType::Timestamp(TimeUnit::Microsecond, None));
    assert_eq!(*column("h").data_type(), DataType::Duration(TimeUnit::Microsecond));
    assert_eq!(column("i").as_primitive::<Int16Type>().value(0), 2155);
    assert_eq!([text("j"), text("k")], ["12.340", "{\"x\": 1}"]);
    let about = |name: &str| batch.schema().field_with_name(name).unwrap().metadata().clone();
    assert_eq!(about("j")[field::JSON], field::JSON_NUMBER);
    assert_eq!(about("c")[field::SOURCE_TYPE], "enum('p','q')");
}

#[test]
fn a_row_with_a_value_of_no_type_is_rejected_alone() {
    let decoded =
        read("canal-json", &[json!({ "data": [{ "id": "1", "a": "x" }, { "id": "two", "a": "y" }] })]);
    assert_eq!(objects_of(&decoded, 100).len(), 1);
    assert_eq!((decoded.rejects[0].ordinal, decoded.rejects[0].part), (100, Some(1)));
    assert!(decoded.rejects[0].reason.contains("\"id\""), "{}", decoded.rejects[0].reason);
}

#[test]
fn another_type_is_another_batch_and_no_row_overtakes_another() {
    let of_type = |kind: &str, id: &str| json!({ "data": [{ "id": id }], "mysqlType": { "id": kind } });
    let decoded = read(
        "canal-json",
        &[of_type("int", "1"), of_type("INT", "2"), of_type("bigint", "3"), of_type("int", "4")],
    );
    assert_eq!(decoded.rejects, []);
    let found: Vec<_> = batches(&decoded)
        .iter()
        .map(|batch| (batch.len(), batch.schema().field(0).data_type().clone(), batch.origin().ordinals[0]))
        .collect();
    let (int, long) = (DataType::Int32, DataType::Int64);
    assert_eq!(found, [(2, int.clone(), 100), (1, long, 102), (1, int, 103)]);
}

#[test]
fn a_bad_message_takes_its_types_back() {
    let bad =
        json!({ "data": [{ "id": "1", "a": 1 }, 2], "mysqlType": { "id": "int", "a": "int", "b": "int" } });
    let decoded = read(
        "canal-json",
        &[
            json!({}),
            bad,
            json!({ "data": [{ "id": "1", "a": "x", "b": "y" }], "mysqlType": { "id": "int(11)", "a": "varchar(20)", "b": "varchar(9)" } }),
        ],
    );
    assert_eq!(decoded.rejects.len(), 1);
    assert_eq!(objects_of(&decoded, 102), [r#"shop.orders +I {"id":1,"a":"x","b":"y"}"#]);
    assert_eq!(batches(&decoded).len(), 1);
}

#[test]
fn a_schema_of_the_configuration_wins() {
    let yaml = "{ canal-json: { schema: { shop.orders: { ID: bigint, a: bytes } } } }";
    let decoded = read(yaml, &[json!({ "data": [{ "id": "1", "a": "é" }] })]);
    let batch = only(&decoded);
    assert_eq!(*batch.column("ID").unwrap().data_type(), DataType::Int64);
    assert_eq!(batch.column("a").unwrap().values().as_binary::<i32>().value(0), [0xE9]);
    assert_eq!(batch.primary_key()[..], ["ID"]);
}

#[test]
fn names_are_one_in_any_case() {
    let decoded = read(
        "canal-json",
        &[
            json!({ "data": [{ "ID": "1", "a": "x" }], "mysqlType": { "ID": "int", "a": "text" } }),
            json!({ "data": [{ "id": "2", "A": "y" }], "mysqlType": { "id": "int", "A": "text" } }),
        ],
    );
    let batch = only(&decoded);
    assert_eq!(batch.primary_key()[..], ["ID"]);
    assert_eq!(objects_of(&decoded, 101), [r#"shop.orders +I {"ID":2,"a":"y"}"#]);
}

#[test]
fn dates_that_are_none_go_by_the_policy() {
    let parts = [json!({
        "data": [{ "id": "1", "d": "0000-00-00", "t": "0000-00-00 00:00:00" }, { "id": "2", "d": "2024-02-29", "t": null }],
        "mysqlType": { "id": "int", "d": "date", "t": "timestamp" },
    })];
    let decoded = read("canal-json", &parts);
    assert_eq!(decoded.rejects.len(), 1);
    assert!(decoded.rejects[0].reason.contains("zero_dates"), "{}", decoded.rejects[0].reason);
    assert_eq!(objects_of(&decoded, 100).len(), 1);
    let first = |yaml: &str| objects_of(&read(yaml, &parts), 100)[0].clone();
    assert_eq!(
        first("{ canal-json: { zero_dates: null } }").split_once("+I ").unwrap().1,
        r#"{"id":1,"d":null,"t":null}"#
    );
    assert_eq!(
        first("{ canal-json: { zero_dates: text } }").split_once("+I ").unwrap().1,
        r#"{"id":1,"d":"0000-00-00","t":"0000-00-00 00:00:00"}"#
    );
}

#[test]
fn statements_are_events_or_nothing() {
    let ddl = |kind: &str, sql: &str| json!({ "data": null, "isDdl": true, "mysqlType": null, "pkNames": null, "type": kind, "sql": sql });
    let decoded = read(
        "canal-json",
        &[
            json!({}),
            ddl("ALTER", "ALTER TABLE orders ADD b INT"),
            ddl("TRUNCATE", "TRUNCATE TABLE orders"),
            json!({ "data": null, "type": "QUERY", "sql": "BEGIN" }),
            ddl("CREATE", "/* by me */ truncate orders"),
            json!({ "data": null, "type": "TIDB_WATERMARK", "table": "", "database": "" }),
            json!({}),
        ],
    );
    assert_eq!(decoded.rejects, []);
    assert_eq!(
        items(&decoded),
        [
            "1 rows",
            "shop.orders: ALTER TABLE orders ADD b INT",
            "truncate shop.orders",
            "truncate shop.orders",
            "heartbeat",
            "1 rows",
        ]
    );
}

#[test]
fn faults_are_named() {
    for (parts, why) in [
        (json!({ "type": "MERGE" }), "`type` is \"MERGE\""),
        (json!({ "type": null }), "no `type`"),
        (json!({ "data": null }), "no `data`"),
        (json!({ "data": {} }), "`data` is no array"),
        (json!({ "data": [[]] }), "an object is expected"),
        (json!({ "mysqlType": [] }), "`mysqlType` is no object"),
        (json!({ "pkNames": [1] }), "`pkNames` is no array of names"),
        (json!({ "es": "now" }), "`es` is \"now\""),
        (json!({ "table": null }), "no `table`"),
    ] {
        assert!(reason(&parts).contains(why), "{parts}: {}", reason(&parts));
    }
    let decoded = decode(&*decoder("canal-json"), &["", "[]", "{\"type\":", "{} {}"]);
    assert_eq!(decoded.rejects.len(), 4);
}

#[test]
fn what_is_written_is_what_was_read() {
    let parts = json!({
        "data": [{ "id": "1", "a": "1.10", "b": "5", "c": "2", "d": "\u{ff}\u{0}\"", "e": "4095", "f": "2024-05-22 17:50:40.500", "g": null }],
        "old": [{ "b": "1", "g": "x" }],
        "mysqlType": {
            "id": "int(11) unsigned", "a": "decimal(18,2)", "b": "set('x','y','z')", "c": "enum('p','q')",
            "d": "varbinary(9)", "e": "bit(12)", "f": "timestamp(3)", "g": "varchar(20)"
        },
        "sqlType": { "id": 4, "a": 3, "b": -7, "c": 4, "d": 2004, "e": -7, "f": 93, "g": 2005 },
        "type": "UPDATE",
    });
    let yaml = "{ canal-json: { time_zone: Asia/Shanghai } }";
    let decoded = read(yaml, std::slice::from_ref(&parts));
    let written = encode(&*encoder(yaml), only(&decoded)).remove(0).unwrap();
    let mut expected: Value = serde_json::from_str(&message(&parts)).unwrap();
    // When Canal made its message is not known any more.
    expected.as_object_mut().unwrap().remove("ts");
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), expected);
    let again = decode(&*decoder(yaml), &[written]);
    assert_eq!(only(&again).columns(), only(&decoded).columns());
    assert_eq!(only(&again).schema(), only(&decoded).schema());
}

#[test]
fn an_old_image_that_is_not_whole_is_not_claimed_to_be() {
    let json = |before: &str| {
        format!(
            r#"{{"table":"T","op_type":"U","primary_keys":["id"],"before":{before},"after":{{"id":1,"a":"x"}}}}"#
        )
    };
    let batch = |before: &str| batches(&decode(&*decoder("ogg-json"), &[json(before)]))[0].clone();
    let written = encode(&*encoder("canal-json"), &batch(r#"{"id":1}"#)).remove(0).unwrap();
    assert!(written.contains(r#""old":null"#), "{written}");
    let mut messages = sluicegate_format::Messages::default();
    let rejects = encoder("canal-json").encode(&batch(r#"{"id":2}"#), &mut messages).unwrap();
    assert!(rejects[0].reason.contains("\"a\" is missing"), "{}", rejects[0].reason);
    assert!(messages.bytes.is_empty());
}
