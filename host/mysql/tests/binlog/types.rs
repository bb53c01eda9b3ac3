//! Every type, at its limits.

use sluicegate_model::ChangeBatch;
use sluicegate_mysql::binlog::ZeroDates;
use sluicegate_test_servers::Flavour;

use super::captured::{Captured, own};
use super::replay::{Reader, assert_same, batches};

const NUMBERS: &str = "
CREATE TABLE numbers (
  id INT PRIMARY KEY, t TINYINT, ut TINYINT UNSIGNED, s SMALLINT, us SMALLINT UNSIGNED, m MEDIUMINT, um MEDIUMINT UNSIGNED,
  i INT, ui INT UNSIGNED, b BIGINT, ub BIGINT UNSIGNED, y YEAR, f FLOAT, d DOUBLE, uf FLOAT UNSIGNED, bo BOOL,
  zf INT(5) ZEROFILL, last_one INT UNSIGNED) CHARACTER SET utf8mb4;
INSERT INTO numbers VALUES
  (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 0, -3.402823e38, -1.7976931348623157e308, 0, 0, 7, 0),
  (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, 2155,
   3.402823e38, 1.7976931348623157e308, 3.4e38, 1, 4294967295, 4294967295),
  (3, -1, 128, -1, 32768, -1, 8388608, -1, 2147483648, -1, 9223372036854775808, 1901, 1.1754944e-38, 2.2250738585072014e-308, 1.5, 1, 0, 1),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 2000, 0.1, 0.1, 0.1, 1, 1, 1);
";

const DECIMALS: &str = "
CREATE TABLE decimals (
  id INT PRIMARY KEY, d DECIMAL, d1 DECIMAL(1,0), d11 DECIMAL(1,1), d9 DECIMAL(9,0), d99 DECIMAL(9,9), d10 DECIMAL(10,0), d102 DECIMAL(10,2),
  d18 DECIMAL(18,9), d189 DECIMAL(19,9), d38 DECIMAL(38,10), d3838 DECIMAL(38,30), d39 DECIMAL(39,0), d65 DECIMAL(65,30), d650 DECIMAL(65,0), ud DECIMAL(20,5) UNSIGNED);
INSERT INTO decimals VALUES
  (1, 9999999999, 9, 0.9, 999999999, 0.999999999, 9999999999, 99999999.99, 999999999.999999999, 9999999999.999999999,
   9999999999999999999999999999.9999999999, 99999999.999999999999999999999999999999, 999999999999999999999999999999999999999,
   99999999999999999999999999999999999.999999999999999999999999999999,
   99999999999999999999999999999999999999999999999999999999999999999, 999999999999999.99999),
  (2, -9999999999, -9, -0.9, -999999999, -0.999999999, -9999999999, -99999999.99, -999999999.999999999, -9999999999.999999999,
   -9999999999999999999999999999.9999999999, -99999999.999999999999999999999999999999, -999999999999999999999999999999999999999,
   -99999999999999999999999999999999999.999999999999999999999999999999,
   -99999999999999999999999999999999999999999999999999999999999999999, 0),
  (3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  (4, 1, 1, 0.1, 1, 0.000000001, 1, 0.01, 0.000000001, 0.000000001, 0.0000000001, 0.000000000000000000000000000001, 1,
   0.000000000000000000000000000001, 1, 0.00001),
  (5, -1, -1, -0.1, -1, -0.000000001, -1, -0.01, -0.000000001, -0.000000001, -0.0000000001, -0.000000000000000000000000000001, -1,
   -0.000000000000000000000000000001, -1, 1),
  (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
";

const TIMES: &str = "
CREATE TABLE times (
  id INT PRIMARY KEY, d DATE, t TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5), t6 TIME(6),
  dt DATETIME, dt1 DATETIME(1), dt3 DATETIME(3), dt6 DATETIME(6),
  ts TIMESTAMP NULL, ts2 TIMESTAMP(2) NULL, ts4 TIMESTAMP(4) NULL, ts6 TIMESTAMP(6) NULL, y YEAR);
INSERT INTO times VALUES
  (1, '1000-01-01', '-838:59:59', '-838:59:58.9', '-838:59:58.99', '-838:59:58.999', '-838:59:58.9999', '-838:59:58.99999', '-838:59:58.999999',
   '1000-01-01 00:00:00', '1000-01-01 00:00:00.1', '1000-01-01 00:00:00.001', '1000-01-01 00:00:00.000001',
   '1970-01-01 00:00:01', '1970-01-01 00:00:01.01', '1970-01-01 00:00:01.0001', '1970-01-01 00:00:01.000001', 1901),
  (2, '9999-12-31', '838:59:59', '838:59:58.9', '838:59:58.99', '838:59:58.999', '838:59:58.9999', '838:59:58.99999', '838:59:58.999999',
   '9999-12-31 23:59:59', '9999-12-31 23:59:59.9', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999',
   '2038-01-19 03:14:07', '2038-01-19 03:14:07.99', '2038-01-19 03:14:07.9999', '2038-01-19 03:14:07.999999', 2155),
  (3, '2024-02-29', '-00:00:01', '-00:00:00.1', '-00:00:00.01', '-00:00:00.001', '-00:00:00.0001', '-00:00:00.00001', '-00:00:00.000001',
   '2024-02-29 12:34:56', '2024-02-29 12:34:56.7', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789012',
   '2024-02-29 12:34:56', '2024-02-29 12:34:56.78', '2024-02-29 12:34:56.7890', '2024-02-29 12:34:56.789012', 0),
  (4, '0001-01-01', '00:00:00', '-01:00:00.0', '00:00:01.50', '-100:00:00.500', '01:02:03.0400', '-01:02:03.04000', '-12:00:00.000000',
   '0001-01-01 00:00:00', '1969-12-31 23:59:59.9', '1969-12-31 23:59:59.999', '1969-12-31 23:59:59.999999', NULL, NULL, NULL, NULL, NULL),
  (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
";

const TEXTS: &str = "
CREATE TABLE texts (
  id INT PRIMARY KEY, c CHAR(10), c255 CHAR(255), v VARCHAR(10), vl VARCHAR(300), l1 VARCHAR(20) CHARACTER SET latin1, tt TINYTEXT, x TEXT, mt MEDIUMTEXT, lt LONGTEXT,
  u3 VARCHAR(20) CHARACTER SET utf8mb3, bi BINARY(5), bl BINARY(255), vb VARBINARY(10), vbl VARBINARY(300), tb TINYBLOB, bb BLOB, mb MEDIUMBLOB, lb LONGBLOB,
  cb CHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, e ENUM('a','b''c','\u{e9}','x,y'), e1 ENUM('\u{4e2d}','\u{6587}') CHARACTER SET gbk,
  s SET('a','b','c d','\u{e9}') , s64 SET('01','02','03','04','05','06','07','08','09','10','11','12','13','14','15','16','17','18','19','20','21','22','23','24','25',
   '26','27','28','29','30','31','32','33','34','35','36','37','38','39','40','41','42','43','44','45','46','47','48','49','50','51','52','53','54','55','56','57',
   '58','59','60','61','62','63','64'),
  b1 BIT(1), b8 BIT(8), b9 BIT(9), b63 BIT(63), b64 BIT(64)) CHARACTER SET utf8mb4;
INSERT INTO texts VALUES
  (1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', 'a', '\u{4e2d}', '', '', 0, 0, 0, 0, 0),
  (2, 'a\u{1f600}\u{4e2d}', REPEAT('\u{1f600}', 255), '\u{1f600}', REPEAT('\u{4e2d}', 300), 'caf\u{e9}\u{20ac}', REPEAT('x', 255), REPEAT('\u{e9}', 9999), REPEAT('m', 70000), REPEAT('l', 70000),
   '\u{4e2d}\u{6587}', 'a\\0b', 'x\\0', 'a\\0', REPEAT('b', 300), REPEAT('t', 255), '\\0\\0', REPEAT('m', 70000), x'ff00ff', ' lead', 'b''c', '\u{6587}', 'a,c d,\u{e9}',
   '01,64', 1, 255, 511, 9223372036854775807, 18446744073709551615),
  (3, 'trail ', 'x', 'trail ', ' ', 'x', 'x', 'x', 'x', 'x', 'x', 'abcde', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x,y', 2, 15, 18446744073709551615, 1, 128, 256, 1, 9223372036854775808),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
";

const SHAPES: &str = "
CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT, l LINESTRING, po POLYGON, mp MULTIPOINT, ml MULTILINESTRING, my MULTIPOLYGON, gc GEOMETRYCOLLECTION);
INSERT INTO shapes VALUES
  (1, ST_GeomFromText('POINT(1 2)', 4326), ST_GeomFromText('POINT(1.5 -2)'), ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'),
   ST_GeomFromText('MULTIPOINT(0 0,1 1)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1))'), ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'),
   ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
";

const GENERATED: &str = "
CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, a INT, v INT GENERATED ALWAYS AS (a + 1) VIRTUAL, s VARCHAR(20) GENERATED ALWAYS AS (CONCAT('x', a)) STORED, h INT INVISIBLE DEFAULT 5, z INT NOT NULL);
INSERT INTO made (a, z) VALUES (1, 1), (NULL, 2);
UPDATE made SET a = 9, h = 6 WHERE id = 1;
DELETE FROM made WHERE id = 2;
";

const ODD: &str = "
CREATE TABLE `odd ``name.x` (`a b` INT, `c``d` VARCHAR(10), `\u{4e2d}` INT);
INSERT INTO `odd ``name.x` VALUES (1, 'x', 1), (1, 'x', 1), (2, NULL, NULL);
UPDATE `odd ``name.x` SET `c``d` = 'y' WHERE `a b` = 2;
DELETE FROM `odd ``name.x` WHERE `a b` = 1 LIMIT 1;
";

const ALL: [(&str, &str); 6] = [
    ("numbers", NUMBERS),
    ("decimals", DECIMALS),
    ("times", TIMES),
    ("texts", TEXTS),
    ("shapes", SHAPES),
    ("made", GENERATED),
];

#[test]
fn every_type_at_its_limits() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "types");
        for (table, sql) in ALL {
            captured.run(sql);
            assert_same(&mut captured, &mut Reader::new(), table);
            captured.begin();
        }
        captured.run(ODD);
        assert_same(&mut captured, &mut Reader::new(), "odd `name.x");
    }
}

#[test]
fn a_log_without_names_is_read_by_what_the_server_says() {
    for (flavour, metadata) in
        [(Flavour::MariaDb, "NO_LOG"), (Flavour::MariaDb, "MINIMAL"), (Flavour::MySql84, "MINIMAL")]
    {
        let mut captured = own(flavour, &[("binlog-row-metadata", metadata)]);
        for (table, sql) in ALL {
            captured.run(sql);
            let mut reader = Reader::new().know(&mut captured, table);
            let decoded = assert_same(&mut captured, &mut reader, table);
            let batch = batches(&decoded).next().unwrap();
            assert_eq!(batch.primary_key().to_vec(), ["id"]);
            captured.begin();
        }
    }
}

#[test]
fn dates_that_are_none_follow_the_policy() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "zero");
        captured.run(
            "SET SESSION sql_mode = 'ALLOW_INVALID_DATES';
             CREATE TABLE zero (id INT PRIMARY KEY, d DATE, dt DATETIME(3), ts TIMESTAMP(6) NULL, e ENUM('a'));
             INSERT INTO zero VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 'a');
             INSERT INTO zero VALUES (2, '2024-00-15', '2024-02-31 01:02:03.5', '2024-02-01 00:00:00', 'a');
             INSERT IGNORE INTO zero VALUES (3, '2024-01-01', '2024-01-01 00:00:00', '2024-02-01 00:00:00', 'wrong');
             UPDATE zero SET dt = '2024-01-01 00:00:00' WHERE id = 2;
             UPDATE zero SET d = '0000-00-00' WHERE id = 3;",
        );
        let mut reader = Reader::new();
        reader.options.zero_dates = ZeroDates::Text;
        assert_same(&mut captured, &mut reader, "zero");

        let mut reader = Reader::new();
        let decoded = reader.decode(&mut captured);
        // Row 3 is inserted; every other change has a date that is none in one of its halves, which takes
        // both.
        assert_eq!(batches(&decoded).map(ChangeBatch::len).collect::<Vec<_>>(), [1]);
        assert_eq!(decoded.rejects.len(), 4);
        assert!(
            decoded.rejects[0].reason.starts_with("column d: 0000-00-00 is no date"),
            "{:?}",
            decoded.rejects
        );

        let mut reader = Reader::new();
        reader.options.zero_dates = ZeroDates::Null;
        let decoded = reader.decode(&mut captured);
        assert_eq!(decoded.rejects, []);
        let batch = batches(&decoded).next().unwrap();
        assert_eq!(batch.len(), 7);
        let nulls = |name: &str| batch.column(name).unwrap().values().null_count();
        assert_eq!([nulls("d"), nulls("dt"), nulls("ts")], [5, 3, 1]);
    }
}

#[test]
fn mariadb_has_types_of_its_own() {
    let mut captured = Captured::new(Flavour::MariaDb, "own_types");
    captured.run(
        "CREATE TABLE own (id INT PRIMARY KEY, u UUID, i6 INET6, i4 INET4, v VARCHAR(300) COMPRESSED, t TEXT COMPRESSED, b BLOB COMPRESSED,
           j JSON, l LONGTEXT CHARACTER SET latin1 COMPRESSED);
         INSERT INTO own VALUES
           (1, '00112233-4455-1677-8899-aabbccddeeff', '::ffff:1.2.3.4', '1.2.3.4', REPEAT('abc', 90), REPEAT('\u{4e2d}', 900), REPEAT(x'00ff', 900), '{\"a\": [1, 2]}', REPEAT('caf\u{e9}', 99)),
           (2, '00112233-4455-7677-8899-aabbccddee00', '::1.2.3.4', '0.0.0.0', 'short', '', '', '[]', ''),
           (3, '00000000-0000-0000-0000-000000000000', '::', '255.255.255.255', '', 'x', 'x', 'null', 'x'),
           (4, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '2001:db8::1:0:0:1', '10.0.0.0', 'x', 'x', 'x', '1', 'x'),
           (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
           (6, '00112233-4455-1677-0899-aabbccddeeff', '::1', '0.0.0.1', 'x', 'x', 'x', '1', 'x'),
           (7, '10000000-0000-4000-8000-000000000000', '::1:2', '0.0.0.1', 'x', 'x', 'x', '1', 'x');
         SET column_compression_zlib_wrap = 1;
         INSERT INTO own (id, v, t) VALUES (8, REPEAT('abc', 90), REPEAT('q', 300));",
    );
    let mut reader = Reader::new().know(&mut captured, "own");
    assert_same(&mut captured, &mut reader, "own");
}
