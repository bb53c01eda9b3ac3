//! Values of all types, and texts that are meant to break out of their quotes.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    DurationMicrosecondArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    ListArray, StringArray, TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::i256;
use arrow_schema::Field;
use sluicegate_model::Column;
use sluicegate_test_servers::Flavour;

use crate::support::{Process, column, connection, database, inserts, on_each_server, options, refused};

on_each_server!(
    values_keep_their_digits,
    texts_become_what_the_column_is,
    what_does_not_fit_is_refused,
    texts_stay_in_their_quotes,
    texts_of_other_character_sets,
);

fn values_keep_their_digits(flavour: Flavour) {
    let mut database = database(flavour);
    database
        .client()
        .execute(
            "CREATE TABLE v (id INT PRIMARY KEY, i8 TINYINT, u8 TINYINT UNSIGNED, i16 SMALLINT, u16 SMALLINT UNSIGNED, \
             i24 MEDIUMINT, i32 INT, u32 INT UNSIGNED, i64 BIGINT, u64 BIGINT UNSIGNED, f32 FLOAT, f64 DOUBLE, \
             d18 DECIMAL(18,4), d65 DECIMAL(65,30), day DATE, dt0 DATETIME, dt6 DATETIME(6), ts TIMESTAMP(3) NULL, \
             t TIME(6), flag TINYINT(1), bits BIT(10), bytes VARBINARY(20), text TEXT, doc JSON, kind ENUM('a','b'), \
             y YEAR)",
        )
        .unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let wide = |digits: &str| i256::from_string(digits).unwrap();
    let d65 = Decimal256Array::from(vec![
        Some(wide(&"9".repeat(65))),
        Some(wide(&format!("-{}", "9".repeat(65)))),
        Some(wide("1")),
        None,
    ]);
    let d18 = Decimal128Array::from(vec![Some(999_999_999_999_999_999), Some(-1), Some(0), None]);
    let max_time = (838 * 3_600 + 59 * 60 + 59) * 1_000_000_i64;
    let moments =
        vec![Some(253_402_300_799_000_000), Some(-62_135_596_800_000_000), Some(951_782_400_000_000), None];
    let instants = vec![Some(1_i64), Some(2_147_483_646_999), Some(951_782_400_123), None];
    let instants: Vec<_> =
        instants.into_iter().map(|value| value.map(|millis| (millis + 1_000) * 1_000)).collect();
    let bits: Vec<Option<&[u8]>> = vec![Some(&[3, 255]), Some(&[0, 0]), Some(&[1]), None];
    let bytes: Vec<Option<&[u8]>> = vec![Some(b"'\\\0\xff"), Some(b""), Some(b"ab"), None];
    let batch = inserts(
        "v",
        &["id"],
        0,
        vec![
            column("ID", Int32Array::from(vec![1, 2, 3, 4])),
            column("i8", Int8Array::from(vec![Some(i8::MAX), Some(i8::MIN), Some(0), None])),
            column("u8", UInt8Array::from(vec![Some(u8::MAX), Some(0), Some(1), None])),
            column("i16", Int16Array::from(vec![Some(i16::MAX), Some(i16::MIN), Some(0), None])),
            column("u16", UInt16Array::from(vec![Some(u16::MAX), Some(0), Some(1), None])),
            column("i24", Int32Array::from(vec![Some(8_388_607), Some(-8_388_608), Some(-1), None])),
            column("i32", Int32Array::from(vec![Some(i32::MAX), Some(i32::MIN), Some(0), None])),
            column("u32", UInt32Array::from(vec![Some(u32::MAX), Some(0), Some(1), None])),
            column("i64", Int64Array::from(vec![Some(i64::MAX), Some(i64::MIN), Some(0), None])),
            column("u64", UInt64Array::from(vec![Some(u64::MAX), Some(0), Some(1), None])),
            column("f32", Float32Array::from(vec![Some(0.1), Some(-3.5e30), Some(0.0), None])),
            column("f64", Float64Array::from(vec![Some(0.1), Some(-1.797e308), Some(5e-324), None])),
            column("d18", d18.with_precision_and_scale(18, 4).unwrap()),
            column("d65", d65.with_precision_and_scale(65, 30).unwrap()),
            column("day", Date32Array::from(vec![Some(2_932_896), Some(-719_162), Some(11_016), None])),
            column("dt0", TimestampMicrosecondArray::from(moments.clone())),
            column(
                "dt6",
                TimestampMicrosecondArray::from(vec![Some(-1), Some(1), Some(951_782_400_000_001), None]),
            ),
            column("ts", TimestampMicrosecondArray::from(instants).with_timezone("UTC")),
            column(
                "t",
                DurationMicrosecondArray::from(vec![Some(max_time), Some(-max_time), Some(-1), None]),
            ),
            column("flag", BooleanArray::from(vec![Some(true), Some(false), Some(true), None])),
            column("bits", BinaryArray::from(bits)),
            column("bytes", BinaryArray::from(bytes)),
            column("text", StringArray::from(vec![Some("漢字 😀"), Some(""), Some("NULL"), None])),
            column(
                "doc",
                StringArray::from(vec![
                    Some(r#"{"a":"x\\\"\n"}"#),
                    Some("[]"),
                    Some("12345678901234567890"),
                    None,
                ]),
            ),
            column("kind", StringArray::from(vec![Some("a"), Some("b"), Some("a"), None])),
            column("y", UInt16Array::from(vec![Some(2155), Some(1901), Some(0), None])),
        ],
    );
    let told = refused(process.epoch(&[batch]));
    assert!(told.is_empty(), "{told:?}");
    let nines = "9".repeat(35);
    let thirty = "9".repeat(30);
    let sql = "SELECT id, i8, u8, i16, u16, i24, i32, u32, i64, u64, f32, f64, d18, d65, day, dt0, dt6, ts, t, flag, \
               HEX(bits), HEX(bytes), text, kind, y FROM v ORDER BY id";
    let small = format!("0.{}1", "0".repeat(29));
    assert_eq!(
        database.client().lines(sql).unwrap(),
        [
            format!(
                "1|127|255|32767|65535|8388607|2147483647|4294967295|9223372036854775807|18446744073709551615|0.1|0.1|\
                 99999999999999.9999|{nines}.{thirty}|9999-12-31|9999-12-31 23:59:59|1969-12-31 23:59:59.999999|\
                 1970-01-01 00:00:01.001|838:59:59.000000|1|3FF|275C00FF|漢字 😀|a|2155"
            ),
            format!(
                "2|-128|0|-32768|0|-8388608|-2147483648|0|-9223372036854775808|0|{}|-1.797e308|-0.0001|-{nines}.{thirty}|\
                 0001-01-01|0001-01-01 00:00:00|1970-01-01 00:00:00.000001|2038-01-19 03:14:07.999|-838:59:59.000000|0|0|\
                 ||b|1901",
                "-3.5e30"
            ),
            format!(
                "3|0|1|0|1|-1|0|1|0|1|0|{}|0.0000|{small}|2000-02-29|2000-02-29 00:00:00|2000-02-29 00:00:00.000001|\
                 2000-02-29 00:00:01.123|-00:00:00.000001|1|1|6162|NULL|a|0000",
                "5e-324"
            ),
            format!("4{}", "|NULL".repeat(24)),
        ]
    );
    let docs = "SELECT JSON_UNQUOTE(JSON_EXTRACT(doc, '$.a')) FROM v WHERE id = 1";
    assert_eq!(database.client().lines(docs).unwrap(), ["x\\\"\n"]);
}

/// Rows of JSON have texts for everything that no step has cast.
fn texts_become_what_the_column_is(flavour: Flavour) {
    let mut database = database(flavour);
    let table = "CREATE TABLE v (id BIGINT UNSIGNED PRIMARY KEY, n DECIMAL(20,4), at DATETIME(3), day DATE, f DOUBLE, \
                 t TIME, ok TINYINT(1), bits BIT(8))";
    database.client().execute(table).unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let batch = inserts(
        "v",
        &["id"],
        0,
        vec![
            column("id", StringArray::from(vec!["18446744073709551615", "7"])),
            column("n", StringArray::from(vec!["1e3", "-0.5"])),
            column("at", StringArray::from(vec!["2026-01-31 08:15:00.5", "2026-01-31T08:15:00"])),
            column("day", StringArray::from(vec!["2026-01-31", "0001-01-01"])),
            column("f", StringArray::from(vec!["1.5", "2"])),
            column("t", StringArray::from(vec!["-838:59:59", "08:00:00"])),
            column("ok", StringArray::from(vec!["1", "0"])),
            column("bits", StringArray::from(vec!["5", "255"])),
        ],
    );
    process.epoch(&[batch]).unwrap();
    assert_eq!(
        database.client().lines("SELECT id, n, at, day, f, t, ok, bits + 0 FROM v ORDER BY id").unwrap(),
        [
            "7|-0.5000|2026-01-31 08:15:00.000|0001-01-01|2|08:00:00|0|255",
            "18446744073709551615|1000.0000|2026-01-31 08:15:00.500|2026-01-31|1.5|-838:59:59|1|5"
        ]
    );
}

fn what_does_not_fit_is_refused(flavour: Flavour) {
    let mut database = database(flavour);
    let table = "CREATE TABLE v (id INT PRIMARY KEY, n DECIMAL(6,2), at DATETIME, s VARCHAR(3), small TINYINT, \
                 must INT NOT NULL, f DOUBLE, k ENUM('a','b'), positive INT, CHECK (positive > 0))";
    database.client().execute(table).unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let count = 9;
    let ids: Vec<i32> = (0..count).collect();
    let pick = |wrong: i32, bad: &'static str, good: &'static str| {
        StringArray::from_iter_values(ids.iter().map(|id| if *id == wrong { bad } else { good }))
    };
    let number = |wrong: i32, bad: Option<i64>| {
        ids.iter().map(|id| if *id == wrong { bad } else { Some(1) }).collect::<Int64Array>()
    };
    let batch = || {
        inserts(
            "v",
            &["id"],
            0,
            vec![
                column("id", Int32Array::from(ids.clone())),
                column("n", pick(-1, "", "1.25")),
                column("at", pick(-1, "", "2026-01-31 00:00:00")),
                column("s", pick(2, "long", "abc")),
                column("small", number(3, Some(128))),
                column("must", number(4, None)),
                column("f", Float64Array::from_iter_values(ids.iter().copied().map(f64::from))),
                column("k", pick(6, "c", "a")),
                column("positive", number(7, Some(-1))),
            ],
        )
    };
    // The server refuses these; they are found one by one.
    let told = refused(process.epoch(&[batch()]));
    assert_eq!(told.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 3, 4, 6, 7], "{told:?}");
    for (reason, (code, name)) in told.iter().map(|row| &row.1).zip([
        ("1406", "'s'"),
        ("1264", "'small'"),
        ("1048", "'must'"),
        ("1265", "'k'"),
    ]) {
        assert!(reason.contains(code) && reason.contains(name), "{reason}");
    }
    assert!(told[4].1.contains("3819") || told[4].1.contains("4025"), "{told:?}");
    process.abort().unwrap();
    // These are refused before they are sent.
    for (name, bad) in
        [("n", "1.255"), ("n", "12345.00"), ("at", "2026-01-31 00:00:00.5"), ("at", "soon"), ("small", "x")]
    {
        let columns = vec![
            column("id", Int32Array::from(vec![1])),
            column("must", Int32Array::from(vec![1])),
            column(name, StringArray::from(vec![bad])),
        ];
        let told = refused(process.epoch(&[inserts("v", &["id"], 0, columns)]));
        assert!(told.len() == 1 && told[0].1.contains(&format!("column {name}: ")), "{bad}: {told:?}");
        process.abort().unwrap();
    }
    assert!(database.client().rows("SELECT * FROM v").unwrap().is_empty());
}

const EVIL: [&str; 14] = [
    "'); DROP TABLE t; --",
    "\\'); DROP TABLE t; --",
    "\\",
    "a\\0b",
    "a\0b",
    "''",
    "'",
    "\\\\'",
    "漢\\字'😀",
    "\u{a5}'\u{20a9}",
    "\r\n\t\u{1a}",
    "%_`\"",
    "/* x */ # -- ",
    "X'41'",
];

fn texts_stay_in_their_quotes(flavour: Flavour) {
    for modes in [r"{}", r#"{"sql_mode": ["NO_BACKSLASH_ESCAPES"]}"#] {
        let mut database = database(flavour);
        database
            .client()
            .execute("CREATE TABLE `t``'\\` (`k``'\\` VARCHAR(60) COLLATE utf8mb4_bin PRIMARY KEY, `v\"` LONGTEXT)")
            .unwrap();
        let mut process = Process::new(&connection(database.port(), database.name()), options(modes));
        process.take();
        let batch = |first: u64| {
            inserts(
                "t`'\\",
                &["k`'\\"],
                first,
                vec![
                    column("k`'\\", StringArray::from(EVIL.to_vec())),
                    column("v\"", StringArray::from(EVIL.to_vec())),
                ],
            )
        };
        process.epoch(&[batch(0)]).unwrap();
        let sql = "SELECT `k``'\\`, `v\"` FROM `t``'\\`";
        let mut there = database.client().rows(sql).unwrap();
        there.sort();
        let mut expected: Vec<Vec<Option<String>>> =
            EVIL.iter().map(|text| vec![Some((*text).to_owned()); 2]).collect();
        expected.sort();
        assert_eq!(there, expected);
        let gone = sluicegate_model::RowKind::Delete;
        let deletes = crate::support::changes(
            "t`'\\",
            &["k`'\\"],
            100,
            &[gone; 14],
            vec![
                column("k`'\\", StringArray::from(EVIL.to_vec())),
                column("v\"", StringArray::from(EVIL.to_vec())),
            ],
        );
        process.epoch(&[deletes]).unwrap();
        assert!(database.client().rows(sql).unwrap().is_empty());
    }
}

fn texts_of_other_character_sets(flavour: Flavour) {
    let mut database = database(flavour);
    database
        .client()
        .execute("CREATE TABLE g (id INT PRIMARY KEY, t VARCHAR(20)) CHARACTER SET gbk")
        .unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let texts = |texts: Vec<&str>| {
        let ids: Vec<i32> = (0..texts.len() as i32).collect();
        inserts(
            "g",
            &["id"],
            0,
            vec![column("id", Int32Array::from(ids)), column("t", StringArray::from(texts))],
        )
    };
    // In GBK the second byte of the first is a backslash, in front of a quote.
    process.epoch(&[texts(vec!["誠'", "漢字\\", "縗'; --"])]).unwrap();
    assert_eq!(database.client().lines("SELECT t FROM g ORDER BY id").unwrap(), ["誠'", "漢字\\", "縗'; --"]);
    let told = refused(process.epoch(&[texts(vec!["plain", "😀"])]));
    assert_eq!(told.len(), 1);
    assert!(told[0].0 == 1 && told[0].1.contains("1366"), "{told:?}");
}

#[test]
fn a_list_has_no_column() {
    let list: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]));
    let field = Field::new("l", list.data_type().clone(), true);
    let mut database = database(Flavour::MariaDb);
    database.client().execute("CREATE TABLE l (id INT PRIMARY KEY, l TEXT)").unwrap();
    let mut process = Process::new(&connection(database.port(), database.name()), options("{}"));
    process.take();
    let batch =
        inserts("l", &["id"], 0, vec![column("id", Int32Array::from(vec![1])), (field, Column::new(list))]);
    let error = process.prepare(&[batch]).unwrap_err().to_string();
    assert!(error.contains("column l is text") && error.contains("list(int32)"), "{error}");
}
