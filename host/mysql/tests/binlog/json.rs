//! JSON of MySQL, whole and in parts.

use sluicegate_model::ChangeBatch;
use sluicegate_mysql::binlog::event::kind;
use sluicegate_test_servers::Flavour;

use super::captured::Captured;
use super::replay::{Reader, assert_same, batches};

#[test]
fn every_kind_of_value() {
    let mut captured = Captured::new(Flavour::MySql, "json");
    let values = [
        "NULL",
        "'null'",
        "'true'",
        "'false'",
        "'0'",
        "'-1'",
        "'32767'",
        "'32768'",
        "'-32769'",
        "'2147483648'",
        "'-9223372036854775808'",
        "'9223372036854775807'",
        "'18446744073709551615'",
        "'1.0'",
        "'0.1'",
        "'-0.0'",
        "'1e15'",
        "'1e16'",
        "'123456789012345.6'",
        "'1e-14'",
        "'1e-15'",
        "'1e-16'",
        "'1.5e300'",
        "'5e-324'",
        "'1.7976931348623157e308'",
        "'\"\"'",
        r#"'"a\\"b\\\\c/\\n\\r\\t\\b\\f\\u0001\\u001f\u{7f}é中😀"'"#,
        "'[]'",
        "'{}'",
        "'[[[]], {\"a\": {}}, [1, \"x\", null, true, 1.5]]'",
        "'{\"b\": 1, \"aa\": 2, \"a\": 3, \"\": 4, \"é\": 5, \"中\": {\"x\": [1, {\"y\": 2}]}}'",
        "CAST(1.50 AS JSON)",
        "JSON_ARRAY(CAST(99999999999999999999999999999999999.999999999999999999999999999999 AS DECIMAL(65,30)), -0.5, CAST(-123456.789 AS DECIMAL(20,5)))",
        "JSON_ARRAY(CAST('2024-02-29' AS DATE), CAST('0001-01-01' AS DATE), CAST('12:34:56.5' AS TIME(3)), CAST('-12:34:56' AS TIME))",
        "JSON_ARRAY(CAST('2024-02-29 12:34:56.789012' AS DATETIME(6)), CAST('2024-02-29 12:34:56' AS DATETIME), TIMESTAMP'2024-02-29 12:34:56')",
        "JSON_ARRAY(CAST('binary' AS BINARY), x'00ff', b'101', CAST(REPEAT('x', 300) AS BINARY))",
        "JSON_OBJECT('d', 1.5, 't', CAST('01:02:03' AS TIME), 'g', ST_GeomFromText('POINT(1 2)'))",
        "JSON_OBJECT('long', REPEAT('x', 70000), 'n', 1, 'm', 70000)",
        "CAST(CONCAT('[', REPEAT('70000,', 20000), '1]') AS JSON)",
        "CAST(CONCAT(REPEAT('[', 99), REPEAT(']', 99)) AS JSON)",
        "JSON_OBJECT('y', YEAR('2024-01-01'), 'b', TRUE, 'u', CAST(18446744073709551615 AS UNSIGNED))",
    ];
    captured.run("CREATE TABLE j (id INT AUTO_INCREMENT PRIMARY KEY, j JSON)");
    for value in values {
        captured.run(&format!("INSERT INTO j (j) VALUES ({value})"));
    }
    assert_same(&mut captured, &mut Reader::new(), "j");
}

const PATCHES: &str = r#"
CREATE TABLE p (id INT PRIMARY KEY, a JSON, n INT, b JSON);
INSERT INTO p VALUES (1, '{"a": {"b": [1, 2, 3]}, "long": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 1, '[1, 2, {"k": "v"}]');
INSERT INTO p VALUES (2, '{"key with \\" quote": 1, "x.y": {"z": 1}, "é": [true], "pad": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 2, NULL);
UPDATE p SET a = JSON_SET(a, '$.a.b[1]', 'new'), n = 5 WHERE id = 1;
UPDATE p SET a = JSON_REPLACE(a, '$.a.b[0]', CAST(1.25 AS DECIMAL(5,2))) WHERE id = 1;
UPDATE p SET a = JSON_SET(a, '$.a.new', JSON_OBJECT('deep', JSON_ARRAY(1, NULL))) WHERE id = 1;
UPDATE p SET a = JSON_REMOVE(a, '$.a.b[1]'), b = JSON_SET(b, '$[2].k', 7) WHERE id = 1;
UPDATE p SET b = JSON_REMOVE(b, '$[0]') WHERE id = 1;
UPDATE p SET a = JSON_SET(a, '$."key with \\" quote"', 2, '$."x.y".z', CAST('2024-02-29' AS DATE), '$."é"[1]', FALSE) WHERE id = 2;
UPDATE p SET a = JSON_REMOVE(a, '$."x.y"'), n = 6 WHERE id = 2;
UPDATE p SET a = JSON_SET(a, '$.A', 1, '$.zz', 2, '$.b', 3) WHERE id = 2;
UPDATE p SET a = JSON_SET(a, '$.A', NULL) WHERE id = 2;
UPDATE p SET n = 7;
UPDATE p SET a = NULL WHERE id = 2;
DELETE FROM p WHERE id = 2;
"#;

#[test]
fn differences_are_applied_to_the_old_value() {
    for extent in ["FULL", "NOBLOB"] {
        let mut captured = Captured::new(Flavour::MySql, "partial");
        captured.run("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'");
        captured.run(&format!("SET SESSION binlog_row_image = '{extent}'"));
        captured.run(PATCHES);
        let partial = captured.count(kind::PARTIAL_UPDATE_ROWS);
        assert!(partial >= 8, "{partial} events of parts, images {extent}");
        assert_same(&mut captured, &mut Reader::new(), "p");
    }
}

#[test]
fn differences_without_the_old_value_are_put_aside() {
    let mut captured = Captured::new(Flavour::MySql, "partial_minimal");
    captured.run("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'");
    captured.run("SET SESSION binlog_row_image = 'MINIMAL'");
    captured.run(PATCHES);
    let decoded = Reader::new().decode(&mut captured);
    assert!(decoded.rejects.len() >= 8, "{:?}", decoded.rejects);
    for reject in &decoded.rejects {
        assert!(reject.reason.contains("binlog_row_image=FULL"), "{}", reject.reason);
    }
    // Rows whose JSON was not changed, or is there whole, are not among them.
    assert!(batches(&decoded).map(ChangeBatch::len).sum::<usize>() >= 7);
}
