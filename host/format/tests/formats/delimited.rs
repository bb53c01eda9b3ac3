//! `delimited`, also `csv`, both ways.

use crate::support::{batches, changes, decode, decoder, encode, encoder, options};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef};
use serde_json::json;
use sluicegate_format::{FormatError, FormatOptions, Messages};
use sluicegate_model::{Cell, Decoded, Item, RowKind, meta};

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
fn a_row_is_never_an_empty_line() {
    let decoded =
        decode(decoder("csv: { columns: [a], null_text: '\\N', table: t }").as_ref(), &["\\N", "\"\"", "x"]);
    let batch = batches(&decoded)[0];
    let mut messages = Messages::default();
    let rejects = encoder("csv").encode(batch, &mut messages).unwrap();
    assert_eq!((rejects.len(), rejects[0].row), (1, 0));
    assert!(rejects[0].reason.contains("null_text"), "{}", rejects[0].reason);
    let texts: Vec<&[u8]> = messages.messages.iter().filter_map(|message| messages.value(message)).collect();
    assert_eq!(texts, [&b"\"\""[..], b"x"]);
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
        FormatOptions::Delimited(delimited) => delimited.dialect().unwrap_err().to_string(),
        _ => String::new(),
    };
    assert!(message("csv: { quote: ä }").contains("one ASCII character"));
    assert!(message("csv: { delimiter: '' }").contains("1 to 8 bytes"));
    assert!(message("csv: { escape: ',' }").contains("another character"));
    assert!(message("csv: { quote: ',' }").contains("another character"));
    assert!(matches!(options("csv").decoder().err(), Some(FormatError::Needs { .. })));
    assert!(options("csv: { columns: [a] }").encoder().is_err());
}

const GOLDEN_GATE: &str = "delimited: { delimiter: '|', meta_columns: [op_type, table, op_ts, current_ts, pos, tokens], \
                           columns: { S.T: [ID, A], S.U: [ID] }, primary_key: { S.T: [ID] }, null_text: 'NULL', \
                           missing_text: '', time_zone: Asia/Shanghai }";

/// The shape of the documentation's examples of the Delimited Text formatter.
#[test]
fn golden_gate_says_of_each_record_what_it_is() {
    let decoded = decode(
        &*decoder(GOLDEN_GATE),
        &[
            "I|S.T|2013-06-02 22:14:36.000001|2015-09-18T10:17:49.570000|0001|R=AA,L=7|1|a",
            "U|S.T|2013-06-02:22:14:37|x|0002||1|NULL",
            "D|S.T|||0003||1|",
            "T|S.T|||0004||",
            "I|S.U|||0005||2",
            "I|S.V|||0006||2",
            "X|S.T|||0007||2|a",
            "I|S.T|never||0008||2|a",
            "I|S.T|||0009||2",
            "I|S.T",
        ],
    );
    assert_eq!(
        changes(&decoded, "S.T"),
        [
            ("+I", json!({"ID": "1", "A": "a"})),
            ("+U", json!({"ID": "1", "A": null})),
            ("-D", json!({"ID": "1"}))
        ]
    );
    assert_eq!(changes(&decoded, "S.U"), [("+I", json!({"ID": "2"}))]);
    let shape: Vec<bool> = decoded.items.iter().map(|item| matches!(item, Item::Control(_))).collect();
    assert_eq!(shape, [false, true, false]);
    let batch = batches(&decoded)[0];
    assert_eq!(batch.primary_key()[..], ["ID"]);
    let times = batch.meta().get(meta::EVENT_TIME).unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!((times.value(0), times.is_null(2)), (1_370_182_476_000_001, true));
    let positions = batch.meta().get(meta::SOURCE_POSITION).unwrap().as_string::<i32>();
    assert_eq!(positions.value(1), "0002");
    let reasons: Vec<&str> = decoded.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    for (reason, part) in reasons.iter().zip([
        "does not name those of table \"S.V\"",
        "\"X\" is no operation",
        "`op_ts` is \"never\"",
        "7 fields, and there are 2 of columns behind 6",
        "2 fields, and 6 are about the row alone",
    ]) {
        assert!(reason.contains(part), "{reason}");
    }
    assert_eq!(reasons.len(), 5);
}

#[test]
fn a_table_whose_name_begins_like_another_is_another() {
    let yaml = "delimited: { columns: [ID], meta_columns: [op_type, table] }";
    let decoded = decode(&*decoder(yaml), &["I,S.T,1", "I,S.TT,2", "I,S.T,3"]);
    assert_eq!(changes(&decoded, "S.T"), [("+I", json!({"ID": "1"})), ("+I", json!({"ID": "3"}))]);
    assert_eq!(changes(&decoded, "S.TT"), [("+I", json!({"ID": "2"}))]);
}

#[test]
fn golden_gate_records_are_written_as_they_were_read() {
    let shared =
        "delimiter: '|', meta_columns: [op_type, table, op_ts, pos], null_text: 'NULL', missing_text: ''";
    let records = [
        "I|S.T|2013-06-02 22:14:36.000001|1|1|a",
        "U|S.T||2|1|NULL",
        "D|S.T|2013-06-02 22:14:38.000000|3|1|",
        "I|S.T||4|\"\"|\"NULL\"",
    ];
    let reading = format!("delimited: {{ {shared}, columns: [ID, A], primary_key: [ID] }}");
    let decoded = decode(&*decoder(&reading), &records);
    assert_eq!(decoded.rejects, []);
    let written = encode(&*encoder(&format!("delimited: {{ {shared} }}")), batches(&decoded)[0]);
    assert_eq!(written, records.map(|record| Some(record.to_owned())));

    let both = format!("{shared}, images: before-after");
    let records = ["I|S.T||1||1||a", "U|S.T||2|1|2|a|NULL", "D|S.T||3|2||NULL|"];
    let reading = format!("delimited: {{ {both}, columns: [ID, A], primary_key: [ID] }}");
    let decoded = decode(&*decoder(&reading), &records);
    assert_eq!(
        changes(&decoded, "S.T"),
        [
            ("+I", json!({"ID": "1", "A": "a"})),
            ("-U", json!({"ID": "1", "A": "a"})),
            ("+U", json!({"ID": "2", "A": null})),
            ("-D", json!({"ID": "2", "A": null})),
        ]
    );
    let batch = batches(&decoded)[0];
    assert_eq!(
        encode(&*encoder(&format!("delimited: {{ {both} }}")), batch),
        records.map(|one| Some(one.to_owned()))
    );

    // With one image a moved key is a delete and an insert.
    let written = encode(&*encoder(&format!("delimited: {{ {shared} }}")), batch);
    assert_eq!(written[1].as_deref(), Some("D|S.T||2|1|a"));
    assert_eq!(written[2].as_deref(), Some("I|S.T||2|2|NULL"));
}

#[test]
fn operations_have_codes_of_their_own() {
    let shared = "meta_columns: [op_type, table], op_codes: { insert: INS, update: UPD, delete: '-D' }";
    let reading = format!("delimited: {{ {shared}, columns: [ID], primary_key: [ID] }}");
    let decoded = decode(&*decoder(&reading), &["INS,t,1", "UPD,t,2", "-D,t,3", "I,t,4", "+I,t,5", "T,t,"]);
    assert_eq!(
        changes(&decoded, "t"),
        [("+I", json!({"ID": "1"})), ("+U", json!({"ID": "2"})), ("-D", json!({"ID": "3"}))]
    );
    assert!(matches!(decoded.items.last(), Some(Item::Control(_))), "{:?}", decoded.items);
    let reasons: Vec<&str> = decoded.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["I", "+I"].map(|code| format!("{code:?} is no operation: INS, UPD, -D and T are known"))
    );
    let written = encode(&*encoder(&format!("delimited: {{ {shared} }}")), batches(&decoded)[0]);
    assert_eq!(written, ["INS,t,1", "UPD,t,2", "-D,t,3"].map(|record| Some(record.to_owned())));
}

#[test]
fn records_have_a_character_set() {
    let decoded = decode(
        &*decoder("csv: { columns: [id, name], table: t, encoding: gbk, delimiter: '、' }"),
        &[&b"1\xa1\xa2\xc4\xe3\xba\xc3"[..], b"2\xa1\xa2\xff"],
    );
    assert_eq!(changes(&decoded, "t"), [("+I", json!({"id": "1", "name": "你好"}))]);
    assert!(decoded.rejects[0].reason.contains("no text in GBK"), "{}", decoded.rejects[0].reason);
    let batch = batches(&decoded)[0];
    let mut messages = Messages::default();
    encoder("csv: { encoding: gbk, delimiter: '、' }").encode(batch, &mut messages).unwrap();
    assert_eq!(messages.bytes, b"1\xa1\xa2\xc4\xe3\xba\xc3");
    let rejects = encoder("csv: { encoding: latin1 }").encode(batch, &mut Messages::default()).unwrap();
    assert!(rejects[0].reason.contains("windows-1252 does not have"), "{rejects:?}");
}

#[test]
fn dialects_of_other_tools_are_read() {
    let mysql =
        "csv: { columns: [a, b], table: t, delimiter: \"\\t\", quote: none, escape: '\\', null_text: '\\N' }";
    let decoded = decode(&*decoder(mysql), &["1\t\\N", "x\\\ty\t\\\\N"]);
    assert_eq!(
        changes(&decoded, "t"),
        [("+I", json!({"a": "1", "b": null})), ("+I", json!({"a": "x\ty", "b": "\\N"}))]
    );
    let batch = batches(&decoded)[0];
    let own = "csv: { delimiter: \"\\t\", quote: none, escape: '\\', null_text: '\\N' }";
    assert_eq!(encode(&*encoder(own), batch), ["1\t\\N", "x\\\ty\t\\\\N"].map(|one| Some(one.to_owned())));

    let loose = "csv: { columns: [a, b], table: t, trim: true, empty_is_null: true, null_text: '-' }";
    let decoded = decode(&*decoder(loose), &[" x , \"\" ", " - ,-"]);
    assert_eq!(
        changes(&decoded, "t"),
        [("+I", json!({"a": "x", "b": null})), ("+I", json!({"a": null, "b": null}))]
    );
}

#[test]
fn what_does_not_fit_together_is_said() {
    for (yaml, part) in [
        ("csv: { columns: [a], kind_column: a, meta_columns: [op_type] }", "not there where `meta_columns`"),
        ("csv: { columns: [a], meta_columns: [pos, pos] }", "without repeats"),
        ("csv: { columns: [a], images: before-after }", "needs `op_type` in `meta_columns`"),
        ("csv: { columns: [a], missing_text: '' }", "another text than `null_text`"),
        ("csv: { columns: [a], op_codes: {} }", "needs `op_type` in `meta_columns`"),
        ("csv: { columns: [a], meta_columns: [op_type], op_codes: { insert: U } }", "a text of its own"),
        ("csv: { columns: [a], meta_columns: [op_type], op_codes: { delete: '' } }", "a text of its own"),
        ("csv: { columns: { t: [a], u: [b] }, kind_column: a }", "one of the columns"),
    ] {
        let error = options(yaml).decoder().err().unwrap().to_string();
        assert!(error.contains(part), "{yaml}: {error}");
    }
}

/// A number or a time may hold what sets fields apart, as well as any text.
#[test]
fn whatever_a_value_holds_it_is_read_as_it_was() {
    let schema =
        "{ id: int64, amount: 'decimal(10,2)', made: timestamp, day: date, name: utf8, ok: boolean }";
    let columns = "columns: [id, amount, made, day, name, ok], table: t";
    let records = [
        "-1,-12.50,2026-11-22T01:02:03.000004,2026-11-22,\"a,b\",true",
        "23,0.00,1970-01-01T00:00:00,0001-01-01,,false",
        "4,,,,\"\",",
        "5,0.01,2026-11-22T23:59:59.999,2026-11-22,\"x\n\"\"y\"\"\r\",",
    ];
    let decoded = decode(&*decoder(&format!("csv: {{ {columns}, schema: {{ t: {schema} }} }}")), &records);
    assert_eq!(decoded.rejects, []);
    let values = |decoded: &Decoded, rows: usize| -> Vec<ArrayRef> {
        batches(decoded)[0].columns().iter().map(|column| column.values().slice(0, rows)).collect()
    };
    for delimiter in ["-", ".", ":", "T", " ", "1", "0", "e", ",", "\\t", "\\x01", "||", "-0", "\""] {
        for quotes in ["quote: \"'\"", "quote: '\"'", "quote: none, escape: '\\'"] {
            if quotes.contains(delimiter) && delimiter == "\"" {
                continue;
            }
            // A line end has no form without quotes.
            let rows = if quotes.contains("none") { 3 } else { 4 };
            let dialect =
                format!("delimiter: \"{}\", {quotes}, null_text: '~'", delimiter.replace('"', "\\\""));
            let mut messages = Messages::default();
            let batch = batches(&decoded)[0];
            let rejects = encoder(&format!("csv: {{ header: false, {dialect} }}"))
                .encode(batch, &mut messages)
                .unwrap();
            assert_eq!(rejects.len(), 4 - rows, "{dialect}: {rejects:?}");
            let written: Vec<&[u8]> =
                messages.messages.iter().filter_map(|message| messages.value(message)).collect();
            let reading = format!("csv: {{ {columns}, schema: {{ t: {schema} }}, {dialect} }}");
            let again = decode(&*decoder(&reading), &written);
            assert_eq!(again.rejects, [], "{dialect}");
            assert_eq!(values(&again, rows), values(&decoded, rows), "{dialect}");
            assert_eq!(batches(&again)[0].len(), rows, "{dialect}");
        }
    }
}
