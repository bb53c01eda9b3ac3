//! `ogg-json`, both ways.

use crate::support::{batches, changes, decode, decode_records, decoder, encode, encoder};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use serde_json::json;
use sluicegate_format::Record;
use sluicegate_model::{Cell, ControlEvent, Item, meta};

const INSERT: &str = r#"{"table":"S.T","op_type":"I","op_ts":"2020-05-13 15:40:06.000001","current_ts":"x","pos":"01","primary_keys":["ID"],"tokens":{"R":"A"},"before":null,"after":{"ID":1,"A":"a"}}"#;

#[test]
fn operations_become_rows_in_any_order_of_their_keys() {
    let messages = [
        INSERT,
        r#"{"table":"S.T","op_type":"U","op_ts":"2020-05-13 15:40:07","pos":"02","primary_keys":["ID"],"before":{"ID":1,"A":"a"},"after":{"ID":2,"A":"b"}}"#,
        r#"{"after":{"ID":3},"before":{"ID":2},"pos":3,"op_type":"U","primary_keys":["ID"],"table":"S.T"}"#,
        r#"{"op_type":"U","after":{"ID":3,"A":null},"table":"S.T"}"#,
        r#"{"table":"S.T","after":null,"before":{"ID":3},"op_type":"D","primary_keys":["ID"]}"#,
    ];
    let decoded = decode(&*decoder("ogg-json"), &messages);
    assert_eq!(decoded.rejects, []);
    assert_eq!(
        changes(&decoded, "S.T"),
        [
            ("+I", json!({"ID": 1, "A": "a"})),
            ("-U", json!({"ID": 1, "A": "a"})),
            ("+U", json!({"ID": 2, "A": "b"})),
            ("-U", json!({"ID": 2})),
            ("+U", json!({"ID": 3})),
            ("+U", json!({"ID": 3, "A": null})),
            ("-D", json!({"ID": 3})),
        ]
    );
    let batch = batches(&decoded)[0];
    assert_eq!(**batch.primary_key(), ["ID".to_owned()]);
    assert_eq!(&batch.origin().ordinals[..], [100, 101, 101, 102, 102, 103, 104]);
    assert!(batch.is_pair(1) && batch.is_pair(3) && !batch.is_pair(4));
    let times = batch.meta().get(meta::EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(0), 1_589_384_406_000_001);
    assert_eq!(times.value(2), 1_589_384_407_000_000);
    assert!(times.is_null(3));
    let positions = batch.meta().get(meta::SOURCE_POSITION).unwrap().as_string::<i32>();
    assert_eq!(positions.iter().take(4).collect::<Vec<_>>(), [Some("01"), Some("02"), Some("02"), Some("3")]);
}

#[test]
fn the_last_of_equal_keys_counts_in_the_envelope_too() {
    let message = r#"{"table":"X","op_type":"U","primary_keys":["B"],"before":{"ID":9},"after":{"Z":0},"table":"S.T","after":{"ID":1},"op_type":"D","primary_keys":["ID"],"before":{"ID":2}}"#;
    let decoded = decode(&*decoder("ogg-json"), &[message]);
    assert_eq!(decoded.rejects, []);
    assert_eq!(decoded.items.len(), 1);
    assert_eq!(changes(&decoded, "S.T"), [("-D", json!({"ID": 2}))]);
    let batch = batches(&decoded)[0];
    assert_eq!((batch.columns().len(), &**batch.primary_key()), (1, &["ID".to_owned()][..]));
}

#[test]
fn markers_make_cells_missing_and_are_no_columns() {
    let messages = [
        r#"{"table":"T","op_type":"I","after":{"A":"a","A_isMissing":false,"B":null,"B_isMissing":false}}"#,
        r#"{"table":"T","op_type":"I","after":{"A_isMissing":true,"A":null,"B":null,"B_isMissing":true}}"#,
        r#"{"table":"T","op_type":"I","after":{"A":null,"B":"b","odd_isMissing":"text"}}"#,
    ];
    let decoded = decode(&*decoder("ogg-json"), &messages);
    assert_eq!(
        changes(&decoded, "T"),
        [
            ("+I", json!({"A": "a", "B": null})),
            ("+I", json!({})),
            ("+I", json!({"A": null, "B": "b", "odd_isMissing": "text"}))
        ]
    );
    assert_eq!(batches(&decoded)[0].column("A").unwrap().cell(2), Cell::Null);
}

#[test]
fn a_truncate_keeps_its_place() {
    let truncate = r#"{"table":"S.T","op_type":"T","op_ts":"2020-05-13 15:40:06.000000","pos":"5"}"#;
    let decoded = decode(&*decoder("ogg-json"), &[INSERT, truncate, INSERT, truncate]);
    let shape: Vec<String> = decoded
        .items
        .iter()
        .map(|item| match item {
            Item::Rows(batch) => format!("{} rows of {}", batch.len(), batch.table()),
            Item::Control(ControlEvent::Truncate { table }) => format!("truncate {table}"),
            Item::Control(event) => event.name().to_owned(),
        })
        .collect();
    assert_eq!(shape, ["1 rows of S.T", "truncate S.T", "1 rows of S.T", "truncate S.T"]);
}

#[test]
fn rows_are_gathered_by_table_and_key() {
    let row = |table: &str, key: &str, id: u8| {
        format!(r#"{{"table":"{table}","op_type":"I","primary_keys":{key},"after":{{"ID":{id}}}}}"#)
    };
    let messages = [
        row("A", r#"["ID"]"#, 1),
        row("B", "[]", 2),
        row("A", r#"[ "ID" ]"#, 3),
        row("A", r#"["ID","X"]"#, 4),
        row("B", "[]", 5),
        row("A", "null", 6),
    ];
    let decoded = decode(&*decoder("ogg-json"), &messages);
    let gathered: Vec<(&str, usize, &[u64])> = batches(&decoded)
        .iter()
        .map(|batch| (batch.table().as_str(), batch.primary_key().len(), &batch.origin().ordinals[..]))
        .collect();
    assert_eq!(gathered, [("A", 1, &[100, 102][..]), ("B", 0, &[101, 104][..]), ("A", 2, &[103, 105][..])]);
}

#[test]
fn a_message_of_several_operations_has_parts() {
    let several = format!("{INSERT}\n {{\"table\":\"S.T\",\"op_type\":\"X\"}}{INSERT}");
    let decoded = decode(&*decoder("ogg-json"), &[INSERT.to_owned(), several.clone()]);
    let batch = batches(&decoded)[0];
    assert_eq!(&batch.origin().ordinals[..], [100, 101, 101]);
    assert_eq!(batch.origin().parts.as_deref(), Some(&[0, 0, 2][..]));
    assert_eq!((decoded.rejects[0].ordinal, decoded.rejects[0].part), (101, Some(1)));
    assert!(decoded.rejects[0].reason.contains(r#"`op_type` is "X""#), "{}", decoded.rejects[0].reason);

    // Cut off: nothing of it, for it would be half a transaction.
    let decoded = decode(&*decoder("ogg-json"), &[&several[..several.len() - 1]]);
    assert!(decoded.items.is_empty());
    assert_eq!((decoded.rejects.len(), decoded.rejects[0].part), (1, None));
}

#[test]
fn what_is_no_operation_is_rejected_with_what_is_wrong() {
    for (message, reason) in [
        ("", "the message is empty"),
        ("{}", "byte 0: the operation has no `op_type`"),
        (r#"{"op_type":"I","after":{"A":1}}"#, "byte 0: the operation has no `table`"),
        (r#"{"op_type":"I","table":"","after":{"A":1}}"#, "byte 23: `table` is empty"),
        (r#"{"op_type":"I","table":["T"],"after":{"A":1}}"#, "byte 23: `table` is no text"),
        (
            r#"{"table":"T","op_type":"Q","after":{"A":1}}"#,
            "byte 23: `op_type` is \"Q\": I, U, D and T are known",
        ),
        (r#"{"table":"T","op_type":"I"}"#, "byte 0: the operation has no `after`"),
        (r#"{"table":"T","op_type":"D","after":{"A":1}}"#, "byte 0: the operation has no `before`"),
        (r#"{"table":"T","op_type":"I","after":[1]}"#, "byte 35: `after` is neither an object nor null"),
        (
            r#"{"table":"T","op_type":"I","primary_keys":"A","after":{"A":1}}"#,
            "byte 42: `primary_keys` is no array",
        ),
        (
            r#"{"table":"T","op_type":"I","op_ts":"now","after":{"A":1}}"#,
            "byte 36: `op_ts` is \"now\", no YYYY",
        ),
        (r#"{"table":"T","op_type":"I","after":{"A":1}"#, "byte 42: the message ends too early"),
        (
            r#"{"table":"T","op_type":"I","after":{"A":1}}x"#,
            "byte 43: an operation has ended, and what follows",
        ),
    ] {
        let decoded = decode(&*decoder("ogg-json"), &[INSERT, message, INSERT]);
        assert_eq!(decoded.rejects.len(), 1, "{message}");
        assert!(decoded.rejects[0].reason.starts_with(reason), "{message}: {}", decoded.rejects[0].reason);
        assert_eq!(batches(&decoded).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [2], "{message}");
    }
}

#[test]
fn a_tombstone_does_nothing_and_meta_columns_are_those_of_the_messages() {
    let headers = [("h".to_owned(), Some(b"v".to_vec())), ("h".to_owned(), None)];
    let record = |ordinal, value, headers| Record {
        ordinal,
        key: Some(b"k"),
        value,
        timestamp_us: Some(ordinal as i64),
        headers,
    };
    let records = [
        record(1, Some(INSERT.as_bytes()), &headers[..]),
        record(2, None, &[]),
        record(3, Some(INSERT.as_bytes()), &[]),
    ];
    let decoded = decode_records(&*decoder("ogg-json"), &records);
    assert_eq!(decoded.rejects, []);
    let batch = batches(&decoded)[0];
    assert_eq!(&batch.origin().ordinals[..], [1, 3]);
    for name in [meta::KEY, meta::INGEST_TIME, meta::HEADERS, meta::EVENT_TIME, meta::PARTITION, meta::OFFSET]
    {
        let column = batch.meta().get(name).unwrap();
        assert_eq!(Some(column.data_type()), meta::data_type_of(name).as_ref(), "{name}");
    }
    let maps = batch.meta().get(meta::HEADERS).unwrap().as_map();
    assert_eq!((maps.value(0).len(), maps.value(1).len()), (2, 0));
}

#[test]
fn a_bad_cell_of_a_declared_type_costs_both_halves_of_its_pair() {
    let messages = [
        INSERT,
        r#"{"table":"S.T","op_type":"U","before":{"ID":"x"},"after":{"ID":2}}"#,
        r#"{"table":"S.T","op_type":"U","before":{"ID":2},"after":{"ID":3}}"#,
    ];
    let decoded = decode(&*decoder("ogg-json: { schema: { S.T: { ID: int } } }"), &messages);
    assert_eq!(&batches(&decoded)[0].origin().ordinals[..], [100, 102, 102]);
    assert_eq!((decoded.rejects.len(), decoded.rejects[0].ordinal), (1, 101));
}

#[test]
fn operations_are_written_as_they_were_read() {
    let messages = [
        r#"{"table":"S.T","op_type":"I","op_ts":"2020-05-13 15:40:06.000001","pos":"01","primary_keys":["ID"],"after":{"ID":1,"A":"a"}}"#,
        r#"{"table":"S.T","op_type":"U","op_ts":"2020-05-13 15:40:07.000000","pos":"02","xid":"9.0.1","primary_keys":["ID"],"before":{"ID":1,"A":"a"},"after":{"ID":2,"A":null}}"#,
        r#"{"table":"S.T","op_type":"U","primary_keys":["ID"],"after":{"ID":2}}"#,
        r#"{"table":"S.T","op_type":"D","pos":"é\"","primary_keys":["ID"],"before":{"ID":2}}"#,
    ];
    let yaml = "ogg-json: { time_zone: Asia/Shanghai }";
    let decoded = decode(&*decoder(yaml), &messages);
    let written = encode(&*encoder(yaml), batches(&decoded)[0]);
    assert_eq!(written, messages.map(|message| Some(message.to_owned())));
}

#[test]
fn the_transaction_is_that_of_xid_or_of_the_tokens() {
    let row = |about: &str| format!(r#"{{"table":"T","op_type":"I",{about},"after":{{"ID":1}}}}"#);
    let messages = [
        row(r#""tokens":{"L":"206080450","6":"9.0.80330","R":"AAD"}"#),
        row(r#""xid":"x\"1","tokens":{"6":"9.0.80330"}"#),
        row(r#""tokens":{"6":7,"R":{"6":"no"}},"xid":null"#),
        row(r#""tokens":null"#),
    ];
    let decoded = decode(&*decoder("ogg-json"), &messages);
    assert_eq!(decoded.rejects, []);
    let transactions = batches(&decoded)[0].meta().get(meta::TRANSACTION).unwrap().as_string::<i32>();
    assert_eq!(transactions.iter().collect::<Vec<_>>(), [Some("9.0.80330"), Some("x\"1"), None, None]);
}

#[test]
fn names_are_one_in_any_case_where_that_is_set() {
    let messages = [
        r#"{"table":"T","op_type":"I","primary_keys":["ID"],"after":{"ID":1,"Name":"a"}}"#,
        r#"{"table":"T","op_type":"U","primary_keys":["id"],"after":{"id":1,"NAME":"b","NAME_isMissing":false}}"#,
    ];
    let decoded =
        decode(&*decoder("ogg-json: { case_sensitive: false, schema: { T: { name: text } } }"), &messages);
    let [batch] = batches(&decoded)[..] else { panic!("{decoded:?}") };
    let names: Vec<&str> = batch.schema().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!((names.len(), batch.len()), (2, 2), "{names:?}");
    assert!(names.contains(&"name") && names.contains(&batch.primary_key()[0].as_str()), "{names:?}");
    assert_eq!(batches(&decode(&*decoder("ogg-json"), &messages)).len(), 2);
}

#[test]
fn an_update_of_the_key_comes_in_each_of_its_forms() {
    // pkUpdateHandling=update, whole and compressed; then delete-insert.
    let messages = [
        r#"{"table":"T","op_type":"U","primary_keys":["ID"],"before":{"ID":1,"A":"a"},"after":{"ID":2,"A":"a"}}"#,
        r#"{"table":"T","op_type":"U","primary_keys":["ID"],"before":{"ID":2},"after":{"ID":3}}"#,
        r#"{"table":"T","op_type":"D","primary_keys":["ID"],"before":{"ID":3}}"#,
        r#"{"table":"T","op_type":"I","primary_keys":["ID"],"after":{"ID":4,"A":"a"}}"#,
    ];
    let decoded = decode(&*decoder("ogg-json"), &messages);
    assert_eq!(
        changes(&decoded, "T"),
        [
            ("-U", json!({"ID": 1, "A": "a"})),
            ("+U", json!({"ID": 2, "A": "a"})),
            ("-U", json!({"ID": 2})),
            ("+U", json!({"ID": 3})),
            ("-D", json!({"ID": 3})),
            ("+I", json!({"ID": 4, "A": "a"})),
        ]
    );
}
