use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Decimal128Array, Int64Array, StringArray, UInt64Array};
use arrow_schema::{Field, Schema};
use http_body_util::BodyExt as _;
use sluicegate_model::{ChangeBatch, Meta, Origin};
use sluicegate_tables::TableRef;

use super::*;
use crate::sink::options::SinkOptions;
use crate::sink::plan::Plan;
use crate::sink::rows::encode;
use crate::sink::window::Window;
use crate::table::{Column, ColumnType, Model, Table};

fn table(model: Model) -> Table {
    let column = |name: &str, column_type, key, nullable| Column {
        name: name.to_owned(),
        column_type: Some(column_type),
        described: String::new(),
        nullable,
        key,
        has_default: false,
        generated: false,
    };
    Table {
        name: TableRef { database: "d".to_owned(), name: "t".to_owned() },
        model,
        columns: vec![
            column("id", ColumnType::LargeInt, true, false),
            column("名", ColumnType::Text(40), false, true),
            column("amount", ColumnType::Decimal(38, 10), false, false),
            column("bytes", ColumnType::Bytes(10), false, true),
            column("doc", ColumnType::Json, false, true),
        ],
    }
}

fn rows(kinds: &[u8]) -> ChangeBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(UInt64Array::from(vec![u64::MAX, 2, 3]))),
        ("名", Arc::new(StringArray::from(vec![Some("a\"b"), None, Some("订单\n")]))),
        (
            "amount",
            Arc::new(
                Decimal128Array::from(vec![1, -10_000_000_001, 0]).with_precision_and_scale(38, 10).unwrap(),
            ),
        ),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None, Some(b"")]))),
        ("doc", Arc::new(StringArray::from(vec!["{\"a\": [1.10]}", "no json", "7"]))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    ChangeBatch::new(
        "t".into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| sluicegate_model::Column::new(array)).collect(),
        kinds.to_vec().into(),
        Origin { lane: "l".into(), ordinals: vec![0, 1, 2].into(), parts: None },
        Arc::from(["id".to_owned()]),
        Meta::new(),
    )
    .unwrap()
}

fn window(model: Model, options: &str, batch: &ChangeBatch) -> TableWindow {
    let options: SinkOptions = serde_json::from_str(options).unwrap();
    let plan = Plan::new(&table(model), batch, &options, Format::Json).unwrap();
    let (rows, rejects) = encode(&plan, batch).unwrap();
    assert!(rejects.is_empty(), "{rejects:?}");
    let mut window = Window::default();
    assert_eq!(window.add(&Arc::new(rows), 0), None);
    window.empty().remove(0)
}

fn text(body: Payload) -> String {
    let collected = futures_executor(body.collect());
    String::from_utf8(collected.unwrap().to_bytes().to_vec()).unwrap()
}

fn futures_executor<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn rows_are_objects_with_every_digit() {
    let window = window(Model::Primary, "{}", &rows(&[0, 0, 3]));
    let batches = batches(&window);
    assert_eq!(batches.len(), 1);
    let body = text(batches[0].body(&window, &batches[0].entries).unwrap());
    let expected = [
        r#"{"id":18446744073709551615,"名":"a\"b","amount":0.0000000001,"bytes":"AP8=","doc":{"a": [1.10]},"__op":0}"#,
        r#"{"id":2,"名":null,"amount":-1.0000000001,"bytes":null,"doc":"no json","__op":0}"#,
        // What is removed brings its key, and something for columns that take no NULL.
        r#"{"id":3,"amount":0,"__op":1}"#,
        "",
    ];
    assert_eq!(body, expected.join("\n"));
    let options = &batches[0].options;
    assert_eq!(
        options.columns.as_deref().unwrap(),
        "`id`,`名`,`amount`,sg_bytes_3,`doc`,__op,`bytes`=to_binary(sg_bytes_3,'encode64')"
    );
    assert_eq!(
        options.json_paths.as_deref().unwrap(),
        r#"["$.\"id\"","$.\"名\"","$.\"amount\"","$.\"bytes\"","$.\"doc\"","$.\"__op\""]"#
    );
    assert!(!options.partial);
    let headers = options.headers();
    for (name, value) in
        [("strict_mode", "true"), ("max_filter_ratio", "0"), ("format", "json"), ("ignore_json_size", "true")]
    {
        assert!(headers.iter().any(|(own, found)| own == name && found == value), "{name}");
    }
}

#[test]
fn rows_that_are_added_say_nothing_of_being_removed() {
    let window = window(Model::Duplicate, r#"{"write": "append"}"#, &rows(&[0, 0, 0]));
    let batches = batches(&window);
    let body = text(batches[0].body(&window, &batches[0].entries[2..]).unwrap());
    assert_eq!(body, "{\"id\":3,\"名\":\"订单\\n\",\"amount\":0.0000000000,\"bytes\":\"\",\"doc\":7}\n");
    assert!(!batches[0].options.columns.as_deref().unwrap().contains("__op"));
}

#[test]
fn changes_of_one_key_are_one_row() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 1, 2, 2, 3, 3]))),
        ("名", Arc::new(StringArray::from(vec!["a", "b", "c", "d", "e", "f"]))),
        ("amount", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5, 6]))),
        ("bytes", Arc::new(BinaryArray::from(vec![&b""[..]; 6]))),
        ("doc", Arc::new(StringArray::from(vec!["1"; 6]))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let batch = ChangeBatch::new(
        "t".into(),
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| sluicegate_model::Column::new(array)).collect(),
        vec![0, 2, 0, 3, 3, 0].into(),
        Origin { lane: "l".into(), ordinals: vec![0, 1, 2, 3, 4, 5].into(), parts: None },
        Arc::from(["id".to_owned()]),
        Meta::new(),
    )
    .unwrap();
    let window = window(Model::Primary, "{}", &batch);
    let folded: Vec<(Op, String)> = window
        .entries
        .iter()
        .map(|entry| (entry.change, String::from_utf8_lossy(window.key(entry)).into_owned()))
        .collect();
    let expected = [(Op::Put, r#""id":1"#), (Op::Delete, r#""id":2"#), (Op::Put, r#""id":3"#)];
    assert_eq!(folded, expected.map(|(op, key)| (op, key.to_owned())));
}
