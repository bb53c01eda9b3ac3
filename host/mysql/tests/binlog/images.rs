//! Row images with less than the whole row.

use sluicegate_model::{Cell, ChangeBatch, Column, RowKind};
use sluicegate_test_servers::Flavour;

use super::captured::Captured;
use super::replay::{Reader, assert_same, batches};

const CHANGES: &str = "
CREATE TABLE t (id INT, k VARCHAR(10), a INT DEFAULT 7, b TEXT, c JSON, d INT, PRIMARY KEY (k, id));
INSERT INTO t (id, k, a, b, c, d) VALUES (1, 'x', 1, 'text', '{\"a\": 1}', 1), (2, 'y', 2, 'more', '[]', NULL), (3, 'z', 3, NULL, NULL, 3);
UPDATE t SET d = 10;
UPDATE t SET b = 'new', a = NULL WHERE id = 1;
UPDATE t SET id = 9, k = 'w' WHERE id = 2;
UPDATE t SET c = '{\"b\": 2}' WHERE id = 3;
DELETE FROM t WHERE id = 3;
";

#[test]
fn images_of_every_extent_make_the_same_table() {
    for flavour in Flavour::ALL {
        for extent in ["FULL", "NOBLOB", "MINIMAL"] {
            let mut captured = Captured::new(flavour, "images");
            captured.run(&format!("SET SESSION binlog_row_image = '{extent}'"));
            captured.run(CHANGES);
            let decoded = assert_same(&mut captured, &mut Reader::new(), "t");
            let batch = batches(&decoded).next().unwrap();
            let missing = batch.columns().iter().any(Column::has_missing);
            assert_eq!(missing, extent != "FULL", "{extent} on {flavour}");
            // The key is in every image: an update that has less of it would have nothing to find its row by.
            for name in ["id", "k"] {
                assert!(!batch.column(name).unwrap().has_missing(), "{name} in {extent} on {flavour}");
            }
        }
    }
}

#[test]
fn what_an_image_lacks_is_missing_and_not_null() {
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "missing");
        captured.run(
            "SET SESSION binlog_row_image = 'MINIMAL';
             CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT);
             INSERT INTO t VALUES (1, 2, 3);
             UPDATE t SET a = NULL;
             DELETE FROM t;",
        );
        let decoded = Reader::new().decode(&mut captured);
        let batch = batches(&decoded).next().unwrap();
        let kinds: Vec<RowKind> = (0..batch.len()).map(|row| batch.kind(row)).collect();
        assert_eq!(kinds, [RowKind::Insert, RowKind::UpdateBefore, RowKind::UpdateAfter, RowKind::Delete]);
        let cells = |name: &str| {
            let column = batch.column(name).unwrap();
            (0..batch.len()).map(|row| column.cell(row)).collect::<Vec<_>>()
        };
        use Cell::{Missing, Null, Value};
        assert_eq!(cells("id"), [Value, Value, Value, Value]);
        assert_eq!(cells("a"), [Value, Missing, Null, Missing]);
        assert_eq!(cells("b"), [Value, Missing, Missing, Missing]);
    }
}

#[test]
fn columns_can_be_left_out() {
    use sluicegate_model::Lane;
    use sluicegate_mysql::binlog::{Decoder, Entry, ReadOptions, Record, Table};
    for flavour in Flavour::ALL {
        let mut captured = Captured::new(flavour, "left_out");
        captured.run(CHANGES);
        let records: Vec<Record> = captured
            .entries()
            .into_iter()
            .filter_map(|entry| match entry {
                Entry::Rows(entry) if entry.map.table == "t" => {
                    let takes = |name: &str| matches!(name, "id" | "d");
                    let table = Table::describe(&entry.map, None, takes, ReadOptions::default()).unwrap();
                    Some(Record::Rows { table: table.into(), entry })
                }
                _ => None,
            })
            .collect();
        let decoded = Decoder::new(Lane::new("binlog")).decode(&records).unwrap();
        assert_eq!(decoded.rejects, []);
        for batch in batches(&decoded) {
            let names: Vec<&str> =
                batch.schema().fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(names, ["id", "d"]);
        }
        assert_eq!(batches(&decoded).map(ChangeBatch::len).sum::<usize>(), 3 + 6 + 2 + 2 + 2 + 1);
    }
}
