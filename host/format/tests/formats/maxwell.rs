//! `maxwell-json`, as Maxwell's own pages show its messages: <https://maxwells-daemon.io/dataformat/>,
//! <https://maxwells-daemon.io/bootstrapping/>, <https://maxwells-daemon.io/producers/> (the forms of Kafka keys).

use crate::support::{batches, decode, decode_records, decoder, encode, encoder, items};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, TimestampMicrosecondType};
use arrow_schema::DataType;
use serde_json::Value;
use sluicegate_format::Record;
use sluicegate_model::{ChangeBatch, Decoded, field, meta};

const INSERT: &str = r#"{"database":"test","table":"e","type":"insert","ts":1477053217,"xid":23396,"commit":true,"position":"master.000006:800911","server_id":23042,"thread_id":108,"primary_key":[1,"2016-10-21 05:33:37.523000"],"primary_key_columns":["id","c"],"data":{"id":1,"m":4.2341,"c":"2016-10-21 05:33:37.523000","comment":"I am a creature of light."}}"#;
const UPDATE: &str = r#"{"database":"test","table":"e","type":"update","ts":1477053234,"xid":23397,"commit":true,"data":{"id":1,"m":5.444,"c":"2016-10-21 05:33:54.631000","comment":null},"old":{"m":4.2341,"c":"2016-10-21 05:33:37.523000","comment":"x"}}"#;
const DELETE: &str =
    r#"{"database":"test","table":"e","type":"delete","ts":1477053240,"data":{"id":1,"m":5.444}}"#;

fn objects(decoded: &Decoded, ordinal: u64) -> Vec<String> {
    assert_eq!(decoded.rejects, []);
    let objects = crate::support::objects_of(decoded, ordinal).into_iter();
    objects.map(|object| object.replace(",\"__deleted\":true", "")).collect()
}

fn only(decoded: &Decoded) -> &ChangeBatch {
    assert_eq!(decoded.rejects, []);
    assert_eq!(batches(decoded).len(), 1);
    batches(decoded)[0]
}

#[test]
fn rows_have_their_kinds_and_what_the_message_says_of_them() {
    let decoded = decode(&*decoder("maxwell-json"), &[INSERT, UPDATE, DELETE]);
    assert_eq!(
        objects(&decoded, 100),
        [
            r#"test.e +I {"id":1,"m":4.2341,"c":"2016-10-21 05:33:37.523000","comment":"I am a creature of light."}"#
        ]
    );
    assert_eq!(
        objects(&decoded, 101),
        [
            r#"test.e -U {"id":1,"m":4.2341,"c":"2016-10-21 05:33:37.523000","comment":"x"}"#,
            r#"test.e +U {"id":1,"m":5.444,"c":"2016-10-21 05:33:54.631000","comment":null}"#,
        ]
    );
    assert_eq!(objects(&decoded, 102), [r#"test.e -D {"id":1,"m":5.444}"#]);
    let batch = only(&decoded);
    assert_eq!(batch.primary_key()[..], ["id", "c"]);
    let text = |name: &str, row| batch.meta().get(name).unwrap().as_string::<i32>().iter().nth(row).unwrap();
    let times = batch.meta().get(meta::EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(2), 1_477_053_234_000_000);
    assert_eq!(
        [text(meta::TRANSACTION, 0), text(meta::TRANSACTION, 2), text(meta::TRANSACTION, 3)],
        [Some("23396"), Some("23397"), None]
    );
    assert_eq!(
        [text(meta::SOURCE_POSITION, 0), text(meta::SOURCE_POSITION, 1)],
        [Some("master.000006:800911"), None]
    );
}

#[test]
fn a_key_change_is_a_pair() {
    let message = r#"{"database":"d","table":"t","type":"update","primary_key_columns":["id"],"data":{"id":2,"a":"x"},"old":{"id":1}}"#;
    let decoded = decode(&*decoder("maxwell-json"), &[message]);
    assert_eq!(objects(&decoded, 100), [r#"d.t -U {"id":1,"a":"x"}"#, r#"d.t +U {"id":2,"a":"x"}"#]);
}

#[test]
fn the_order_of_the_parts_says_nothing() {
    let message = r#"{"old":{"a":null},"data":{"id":1,"a":"x"},"primary_key_columns":["id"],"type":"update","table":"t","database":"d"}"#;
    let decoded = decode(&*decoder("maxwell-json"), &[message]);
    assert_eq!(objects(&decoded, 100), [r#"d.t -U {"id":1,"a":null}"#, r#"d.t +U {"id":1,"a":"x"}"#]);
    assert_eq!(only(&decoded).primary_key()[..], ["id"]);
}

#[test]
fn primary_keys_come_from_what_says_them() {
    let key_of = |yaml: &str, key: Option<&str>, message: &str| {
        let record = Record {
            ordinal: 100,
            key: key.map(str::as_bytes),
            value: Some(message.as_bytes()),
            timestamp_us: None,
            headers: &[],
        };
        let decoded = decode_records(&*decoder(yaml), &[record]);
        only(&decoded).primary_key().join(",")
    };
    let hash = r#"{"database":"test","table":"e","pk.id":1,"pk.c":"x"}"#;
    let array = r#"["test","e",[{"id":1}]]"#;
    assert_eq!(key_of("maxwell-json", Some(hash), DELETE), "id,c");
    assert_eq!(key_of("maxwell-json", Some(array), DELETE), "id");
    assert_eq!(key_of("maxwell-json", Some("17"), DELETE), "");
    assert_eq!(key_of("maxwell-json", Some(array), INSERT), "id,c");
    let configured = "maxwell-json: { primary_key: { test.e: [m], test.f: [x] } }";
    assert_eq!(key_of(configured, Some(hash), INSERT), "m");
}

#[test]
fn a_schema_in_the_words_of_mysql_gives_types() {
    let yaml = r#"maxwell-json: { schema: { d.t: {
        b: varbinary(9), s: "set('x','y')", bits: bit(12), j: json, g: point, e: "enum('1','2')",
        m: "decimal(18,2)", ts: timestamp(3), p: binary(4) } } }"#;
    let message = |data: &str| format!(r#"{{"database":"d","table":"t","type":"insert","data":{data}}}"#);
    let decoded = decode(
        &*decoder(yaml),
        &[
            message(
                r#"{"b":"AAEC","s":["x","y"],"bits":4095,"j":{"a":[1, 2]},"g":"POINT(1 2)","e":"2","m":1.1,"ts":"2012-01-01 22:32:34.123","p":"YWI="}"#,
            ),
            message(
                r#"{"b":null,"s":[],"bits":null,"j":"text","g":null,"e":null,"m":null,"ts":null,"p":null}"#,
            ),
        ],
    );
    let batch = only(&decoded);
    let column = |name: &str| batch.column(name).unwrap().values();
    let text = |name: &str, row| column(name).as_string::<i32>().value(row);
    assert_eq!(column("b").as_binary::<i32>().value(0), [0, 1, 2]);
    assert_eq!(column("p").as_binary::<i32>().value(0), b"ab\0\0");
    assert_eq!(column("bits").as_binary::<i32>().value(0), [0x0F, 0xFF]);
    assert_eq!([text("s", 0), text("s", 1)], ["x,y", ""]);
    assert_eq!([text("j", 0), text("j", 1)], [r#"{"a":[1, 2]}"#, r#""text""#]);
    assert_eq!([text("g", 0), text("e", 0)], ["POINT(1 2)", "2"]);
    assert_eq!(column("m").as_primitive::<Decimal128Type>().value(0), 110);
    assert!(matches!(column("ts").data_type(), DataType::Timestamp(_, Some(_))));
    let about = |name: &str| batch.schema().field_with_name(name).unwrap().metadata().clone();
    assert_eq!(about("s")[field::SOURCE_TYPE], "set('x','y')");
    assert_eq!(about("j")[field::JSON], field::JSON_RAW);

    // And back, each in Maxwell's form.
    let written: Value =
        serde_json::from_str(encode(&*encoder("maxwell-json"), batch)[0].as_ref().unwrap()).unwrap();
    let expected: Value = serde_json::from_str(
        r#"{"b":"AAEC","s":["x","y"],"bits":4095,"j":{"a":[1,2]},"g":"POINT(1 2)","e":"2","m":1.1,"ts":"2012-01-01 22:32:34.123","p":"YWIAAA=="}"#,
    )
    .unwrap();
    assert_eq!(written["data"], expected);
}

#[test]
fn events_are_no_rows() {
    let decoded = decode(
        &*decoder("maxwell-json"),
        &[
            r#"{"database":"d","table":"t","type":"bootstrap-start","ts":1,"data":{}}"#,
            r#"{"database":"d","table":"t","type":"bootstrap-insert","ts":1,"data":{"id":1}}"#,
            r#"{"database":"d","table":"t","type":"bootstrap-complete","ts":1,"data":{}}"#,
            r#"{"type":"table-alter","database":"d","table":"t","old":{"database":"d","columns":[{"type":"int"}]},"def":{},"ts":1477053126000,"sql":"ALTER TABLE t ADD COLUMN b INT"}"#,
            r#"{"type":"database-create","database":"e","charset":"utf8","ts":1477053126000,"sql":"create database e"}"#,
            r#"{"database":"maxwell","table":"heartbeats","type":"heartbeat"}"#,
        ],
    );
    assert_eq!(decoded.rejects, []);
    assert_eq!(
        items(&decoded),
        ["1 rows", "d.t: ALTER TABLE t ADD COLUMN b INT", "e: create database e", "heartbeat"]
    );
}

#[test]
fn faults_are_named() {
    for (message, why) in [
        (
            r#"{"database":"d","table":"t","type":"insert","encrypted":{"iv":"a","bytes":"b"}}"#,
            "encrypted by Maxwell",
        ),
        (r#"{"encrypted":{"iv":"a","bytes":"b"}}"#, "encrypted by Maxwell"),
        (r#"{"database":"d","table":"t","type":"merge","data":{}}"#, "`type` is \"merge\""),
        (r#"{"database":"d","table":"t","data":{}}"#, "no `type`"),
        (r#"{"database":"d","table":"t","type":"insert"}"#, "no `data`"),
        (r#"{"database":"d","table":"t","type":"insert","data":[]}"#, "`data` is no object"),
        (r#"{"database":"d","type":"insert","data":{}}"#, "no `table`"),
        (r#"{"database":"d","table":"t","type":"insert","ts":"now","data":{}}"#, "`ts` is \"now\""),
        (
            r#"{"database":"d","table":"t","type":"insert","primary_key_columns":[1],"data":{}}"#,
            "no array of names",
        ),
        (r#"{"database":"d","table":"t","type":"insert","data":{"a":}}"#, "byte 56"),
    ] {
        let decoded = decode(&*decoder("maxwell-json"), &[INSERT, message, INSERT]);
        assert_eq!(decoded.rejects.len(), 1, "{message}");
        assert!(decoded.rejects[0].reason.contains(why), "{message}: {}", decoded.rejects[0].reason);
        assert_eq!(batches(&decoded)[0].len(), 2, "{message}");
    }
}

#[test]
fn what_is_written_is_what_was_read() {
    let message = r#"{"database":"test","table":"e","type":"update","ts":1477053234,"xid":23397,"position":"m.1:9","primary_key_columns":["id"],"data":{"id":1,"m":5.444,"c":null},"old":{"m":4.2341,"c":"x"}}"#;
    let decoded = decode(&*decoder("maxwell-json"), &[message]);
    assert_eq!(encode(&*encoder("maxwell-json"), only(&decoded)), [Some(message.to_owned())]);
    let keyless = INSERT
        .replace(r#","commit":true"#, "")
        .replace(r#","server_id":23042,"thread_id":108,"primary_key":[1,"2016-10-21 05:33:37.523000"]"#, "");
    let decoded = decode(&*decoder("maxwell-json"), &[&keyless]);
    assert_eq!(encode(&*encoder("maxwell-json"), only(&decoded)), [Some(keyless)]);
}
