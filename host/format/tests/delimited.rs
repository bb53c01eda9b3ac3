//! `csv`, both ways.

mod support;

use sluicegate_format::{FormatError, FormatOptions, Messages};
use sluicegate_model::{Cell, RowKind};
use support::{batches, decode, decoder, encode, encoder, options};

#[test]
fn fields_become_cells_of_their_columns() {
    let decoder = decoder(
        "csv: { columns: [id, name, note], table: t, primary_key: [id], schema: { t: { id: int64 } } }",
    );
    let decoded =
        decode(decoder.as_ref(), &["1,\"a, \"\"b\"\"\",", "x,b,c", "2,b", "3,,\"\"", "4,\"a\nb\",c\r\n"]);
    let reasons: Vec<&str> = decoded.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(decoded.rejects.iter().map(|reject| reject.ordinal).collect::<Vec<_>>(), [101, 102]);
    assert!(reasons[0].contains("column \"id\""), "{reasons:?}");
    assert!(reasons[1].contains("2 fields, and there are 3 columns"), "{reasons:?}");
    let batch = batches(&decoded)[0];
    assert_eq!(batch.primary_key()[..], ["id"]);
    let text = |column: usize, row: usize| {
        let values = batch.columns()[column].values();
        arrow_array::cast::AsArray::as_string::<i32>(values).value(row).to_owned()
    };
    assert_eq!((text(1, 0), text(1, 2)), ("a, \"b\"".to_owned(), "a\nb".to_owned()));
    assert_eq!(batch.columns()[2].cell(0), Cell::Null);
    assert_eq!(batch.columns()[1].cell(1), Cell::Null);
    assert_eq!(batch.columns()[2].cell(1), Cell::Value, "empty text in quotes is text");
    assert_eq!(text(2, 2), "c");
}

#[test]
fn kinds_go_both_ways() {
    let decoder = decoder("csv: { columns: [op, id], kind_column: op, table: t }");
    let decoded = decode(decoder.as_ref(), &["+I,1", "U,2", "-D,3", "?,4"]);
    assert!(decoded.rejects[0].reason.contains("no kind of change"));
    let batch = batches(&decoded)[0];
    let kinds: Vec<RowKind> = (0..3).map(|row| batch.kind(row)).collect();
    assert_eq!(kinds, [RowKind::Insert, RowKind::UpdateAfter, RowKind::Delete]);

    let with = encoder("csv: { kind_column: op }");
    assert_eq!(with.preamble(batch).as_deref(), Some(&b"op,id"[..]));
    let texts: Vec<String> = encode(with.as_ref(), batch).into_iter().flatten().collect();
    assert_eq!(texts, ["+I,1", "+U,2", "-D,3"]);

    let without = encoder("csv: { header: false, delimiter: '|' }");
    assert_eq!(without.preamble(batch), None);
    let mut messages = Messages::default();
    let rejects = without.encode(batch, &mut messages).unwrap();
    assert_eq!(messages.messages.len(), 2);
    assert_eq!(rejects[0].row, 2);
    assert!(rejects[0].reason.contains("kind_column"));
}

#[test]
fn what_is_null_and_what_is_empty_stays_apart() {
    let decoder = decoder("csv: { columns: [a, b], null_text: '\\N', table: t }");
    let decoded = decode(decoder.as_ref(), &["\\N,\"\\N\"", ",x"]);
    let batch = batches(&decoded)[0];
    assert_eq!(batch.columns()[0].cell(0), Cell::Null);
    assert_eq!(batch.columns()[1].cell(0), Cell::Value);
    assert_eq!(batch.columns()[0].cell(1), Cell::Value);
    let texts: Vec<String> =
        encode(encoder("csv: { null_text: '\\N' }").as_ref(), batch).into_iter().flatten().collect();
    assert_eq!(texts, ["\\N,\"\\N\"", ",x"]);
    let texts: Vec<String> = encode(encoder("csv").as_ref(), batch).into_iter().flatten().collect();
    assert_eq!(texts, [",\\N", "\"\",x"]);
}

#[test]
fn a_cell_that_was_not_sent_is_no_null() {
    let decoded = decode(decoder("json: { table: t }").as_ref(), &["{\"a\":1,\"b\":\"x\"}", "{\"a\":2}"]);
    let batch = batches(&decoded)[0];
    let mut messages = Messages::default();
    let rejects = encoder("csv").encode(batch, &mut messages).unwrap();
    assert_eq!((rejects.len(), rejects[0].row, messages.messages.len()), (1, 1, 1));
    let texts: Vec<String> =
        encode(encoder("csv: { missing: as-null }").as_ref(), batch).into_iter().flatten().collect();
    assert_eq!(texts, ["1,x", "2,"]);
}

#[test]
fn what_cannot_be_is_said() {
    let message = |yaml: &str| match options(yaml) {
        FormatOptions::Csv(csv) => csv.dialect().unwrap_err().to_string(),
        _ => String::new(),
    };
    assert!(message("csv: { delimiter: ä }").contains("one ASCII character"));
    assert!(message("csv: { quote: ',' }").contains("another character"));
    assert!(matches!(options("csv").decoder().err(), Some(FormatError::Needs { .. })));
    assert!(options("csv: { columns: [a] }").encoder().is_err());
}
