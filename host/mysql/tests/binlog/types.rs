//! Every type, at its limits.

use sluicegate_model::ChangeBatch;
use sluicegate_mysql::binlog::ZeroDates;
use sluicegate_test_servers::Flavour;

use super::captured::{Captured, own};
use super::replay::{Reader, assert_same, batches};

const NUMBERS: &str = include_str!("types/numbers.sql");
const DECIMALS: &str = include_str!("types/decimals.sql");
const TIMES: &str = include_str!("types/times.sql");
const TEXTS: &str = include_str!("types/texts.sql");
const SHAPES: &str = include_str!("types/shapes.sql");
const GENERATED: &str = include_str!("types/made.sql");
/// Types that MariaDB alone has.
const OWN: &str = include_str!("types/own.sql");

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
        [(Flavour::MariaDb, "NO_LOG"), (Flavour::MariaDb, "MINIMAL"), (Flavour::MySql, "MINIMAL")]
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
    captured.run(OWN);
    let mut reader = Reader::new().know(&mut captured, "own");
    assert_same(&mut captured, &mut reader, "own");
}
