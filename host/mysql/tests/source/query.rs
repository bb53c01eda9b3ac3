//! Rows that queries answer with.

use std::collections::BTreeMap;

use sluicegate_connector::{Class, Error, Event, LaneStart, Source as _, StartAt};
use sluicegate_model::{ByteSize, Incarnation, Item, Lane, Position};
use sluicegate_mysql::source::{MySqlQuery, SourceOptions, Start, Until};
use sluicegate_mysql::{Connection, QueryOptions};
use sluicegate_test_servers::{Database, Flavour};
use tokio::runtime::Runtime;

use super::support::{
    ROOM, Reading, batches, changes, connection, database, ids, items, on_each_server, options,
};

on_each_server! {
    shards_are_one_table,
    a_restart_reads_what_is_left,
    types_are_those_of_the_log,
    what_is_calculated_has_a_type,
    a_query_is_read_once,
    another_query_waits_for_the_end,
    tables_are_found_by_a_query,
    tables_that_differ_are_told,
    a_query_that_fails_is_told,
    a_table_is_divided_by_other_columns,
    a_large_part_is_halved,
}

/// The lane of queries.
const LANE: &str = "query";

fn at(database: &Database) -> Connection {
    let connection = connection(database.port());
    Connection { url: format!("{}/{}", connection.url, database.name()), ..connection }
}

/// Many small parts, several at once.
fn in_parts(tables: &[&str]) -> QueryOptions {
    QueryOptions { readers: 3, part: ByteSize(1), ..QueryOptions::of_tables(tables.iter().copied()) }
}

struct Asking {
    runtime: Runtime,
    source: MySqlQuery,
    position: Option<Position>,
}

impl Asking {
    fn try_start(
        database: &Database,
        options: QueryOptions,
        dates: &[&str],
        at_: StartAt,
    ) -> Result<Self, Error> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let dates: Vec<String> = dates.iter().map(|date| (*date).to_owned()).collect();
        let source = MySqlQuery::new(&at(database), options, &dates)?;
        let mut asking = Self { runtime, source, position: None };
        asking.restart(at_)?;
        Ok(asking)
    }

    fn restart(&mut self, at: StartAt) -> Result<(), Error> {
        let start = LaneStart { lane: Lane::new(LANE), at, incarnation: Incarnation(1), ahead: None };
        self.runtime.block_on(self.source.start(&[start]))
    }

    fn start(database: &Database, options: QueryOptions, at: StartAt) -> Self {
        Self::try_start(database, options, &[], at).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The next part; `None` at the end.
    fn part(&mut self) -> Result<Option<Vec<Item>>, Error> {
        loop {
            match self.runtime.block_on(self.source.next(ROOM))? {
                Event::Rows(chunk) => {
                    if let Some(position) = &self.position {
                        assert_eq!(chunk.from, *position, "parts follow each other");
                    }
                    self.position = Some(chunk.to.clone());
                    return Ok(Some(items(&chunk)));
                }
                Event::Finished(_) => return Ok(None),
                Event::Assigned(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn rest(&mut self) -> Result<Vec<Item>, Error> {
        let mut all = Vec::new();
        while let Some(items) = self.part()? {
            all.extend(items);
        }
        Ok(all)
    }

    fn after(&self) -> StartAt {
        StartAt::Position(self.position.clone().expect("a position"))
    }
}

fn error(asked: Result<impl Sized, Error>) -> Error {
    asked.err().expect("an error")
}

fn run(database: &mut Database, statements: &[&str]) {
    for sql in statements {
        database.client().execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// `order_00` to `order_63`, of rows with numbers of their own.
fn fill_shards(database: &mut Database, rows: usize) {
    for shard in 0..64 {
        let values: Vec<String> = (0..rows)
            .map(|row| format!("({}, '2026-10-{:02}', 'row {row}')", row * 64 + shard, 1 + row % 31))
            .collect();
        run(
            database,
            &[
                &format!("CREATE TABLE order_{shard:02} (id BIGINT PRIMARY KEY, day DATE, text VARCHAR(40))"),
                &format!("INSERT INTO order_{shard:02} VALUES {}", values.join(",")),
            ],
        );
    }
}

fn shards_are_one_table(flavour: Flavour) {
    let mut database = database(flavour);
    fill_shards(&mut database, 300);
    let options = QueryOptions {
        sql: "SELECT id, {name} AS shard FROM {table} WHERE {part}".to_owned(),
        filter: Some("day >= '2026-10-02' OR day IS NULL".to_owned()),
        into: Some("orders".to_owned()),
        ..in_parts(&["order_00..order_63"])
    };
    let rows = Asking::start(&database, options, StartAt::Configured).rest().unwrap();
    for batch in batches(&rows) {
        assert_eq!(batch.table().as_str(), "orders");
        assert_eq!(batch.primary_key()[..], ["id"], "the tables' own");
    }
    let mut found = ids(&rows);
    found.sort_unstable();
    let wanted: Vec<i64> = (0..300)
        .filter(|row| row % 31 != 0)
        .flat_map(|row| (0..64).map(move |shard| row * 64 + shard))
        .collect();
    assert!(found == wanted, "{} rows of {}", found.len(), wanted.len());
    assert!(changes(&rows).iter().all(|(_, cells)| {
        let id: i64 = cells[0].parse().unwrap();
        cells[1] == format!("order_{:02}", id % 64)
    }));
}

fn a_restart_reads_what_is_left(flavour: Flavour) {
    let mut database = database(flavour);
    fill_shards(&mut database, 500);
    let options = || QueryOptions { into: Some("orders".to_owned()), ..in_parts(&["order_00..order_63"]) };
    let mut found = Vec::new();
    let mut at = StartAt::Configured;
    let mut parts = 0;
    for most in [1, 50, 7, usize::MAX] {
        // Processes that end while they read, and one that reads the rest.
        let mut asking = Asking::start(&database, options(), at.clone());
        for _ in 0..most {
            let Some(items) = asking.part().unwrap() else { break };
            found.extend(ids(&items));
            parts += 1;
        }
        at = asking.after();
    }
    found.sort_unstable();
    assert!(found == (0..500 * 64).collect::<Vec<i64>>(), "{} rows", found.len());
    assert!(parts > 64 * 2, "{parts} parts");
    let mut whole = Asking::start(&database, options(), StartAt::Configured);
    assert!(whole.source.copying().is_some_and(|copying| !copying.ended && copying.expected > Some(0)));
    whole.rest().unwrap();
    let copying = whole.source.copying().unwrap();
    assert!(
        copying.ended && copying.rows == 500 * 64 && copying.parts > 64 && copying.bytes > 0,
        "{copying:?}"
    );
    let mut again = Asking::start(&database, options(), at);
    assert_eq!(again.part().unwrap().map(|_| ()), None, "it was read to its end");
}

const TYPES: &str = "id BIGINT UNSIGNED PRIMARY KEY, tiny TINYINT, small SMALLINT UNSIGNED, medium MEDIUMINT, plain INT, \
    money DECIMAL(20,4), wide DECIMAL(65,30), f FLOAT, d DOUBLE, bits BIT(12), y YEAR, dt DATE, t TIME(6), at DATETIME(6), \
    ts TIMESTAMP(3) NULL, c CHAR(5), v VARCHAR(20), latin VARCHAR(20) CHARACTER SET latin1, txt TEXT, b BINARY(4), \
    vb VARBINARY(10), bl BLOB, e ENUM('a','it''s'), s SET('x','y','z'), doc JSON";

fn types_are_those_of_the_log(flavour: Flavour) {
    let mut database = database(flavour);
    run(
        &mut database,
        &[
            &format!("CREATE TABLE t ({TYPES})"),
            "INSERT INTO t VALUES (18446744073709551615, -128, 65535, -8388608, -2147483648, -9999999999999999.9999, \
             99999999999999999999999999999999999.999999999999999999999999999999, 1.5, -2.25, b'100000000001', 2155, \
             '9999-12-31', '-838:59:59.000000', '1000-01-01 00:00:00.000001', '2026-10-31 12:00:00.123', 'c', '\u{674e}', \
             '\u{e9}', 'text', x'01', x'00ff', x'00', 'it''s', 'x,z', '{\"a\": [1, null]}')",
            "INSERT INTO t (id) VALUES (0)",
        ],
    );
    let name = database.name().to_owned();
    let mut asking = Asking::start(&database, QueryOptions::of_tables(["t"]), StartAt::Configured);
    let asked = asking.rest().unwrap();
    let tables = SourceOptions { tables: vec![format!("{name}.t")], ..options(&name, Start::Snapshot) };
    let read = Reading::start(database.port(), tables, Some(Until::End), StartAt::Configured).rest();
    assert_eq!(changes(&asked), changes(&read));
    let [asked, read] = [&asked, &read].map(|items| batches(items)[0].clone());
    assert_eq!(asked.schema(), read.schema(), "types, and what the sinks are told of them");
    assert_eq!((asked.table(), asked.primary_key()), (read.table(), read.primary_key()));
}

fn what_is_calculated_has_a_type(flavour: Flavour) {
    let mut database = database(flavour);
    run(
        &mut database,
        &[
            &format!("CREATE TABLE t ({TYPES})"),
            "INSERT INTO t (id, money, v) VALUES (1, 1.5, 'x'), (2, 2, 'x')",
        ],
    );
    let options = QueryOptions {
        sql: "SELECT v AS name, COUNT(*) AS n, SUM(money) AS total, MAX(id) AS last, CONCAT(v, '!') AS text FROM t GROUP BY v"
            .to_owned(),
        into: Some("totals".to_owned()),
        key: Some(vec!["name".to_owned()]),
        ..in_parts(&[])
    };
    let rows = Asking::start(&database, options, StartAt::Configured).rest().unwrap();
    assert_eq!(changes(&rows)[0].1, ["x", "2", "3.5000", "2", "x!"]);
    let batch = batches(&rows)[0];
    assert_eq!(batch.primary_key()[..], ["name"]);
    let types: BTreeMap<String, String> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field.data_type().to_string()))
        .collect();
    assert_eq!(types["n"], "Int64");
    assert_eq!(types["total"], "Decimal256(42, 4)");
    assert_eq!(types["last"], "UInt64");
    assert_eq!(types["text"], "Utf8");
}

fn a_query_is_read_once(flavour: Flavour) {
    let mut database = database(flavour);
    run(&mut database, &["CREATE TABLE t (id BIGINT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)"]);
    let start = |dates: &[&str], at: StartAt, repeat: bool| {
        let options = QueryOptions { repeat, ..in_parts(&["t"]) };
        Asking::try_start(&database, options, dates, at).unwrap()
    };
    let mut first = start(&["2026-10-30"], StartAt::Configured, false);
    assert_eq!(ids(&first.rest().unwrap()), [1, 2]);
    assert!(start(&["2026-10-30"], first.after(), false).rest().unwrap().is_empty());
    let mut next = start(&["2026-10-31"], first.after(), false);
    assert_eq!(ids(&next.rest().unwrap()), [1, 2], "another day is another query");
    // An epoch that was aborted before anything of it was decided, then one after.
    let mut repeated = start(&["2026-10-31"], next.after(), true);
    assert_eq!(ids(&repeated.rest().unwrap()), [1, 2]);
    repeated.restart(next.after()).unwrap();
    let ended = repeated.after();
    repeated.position = None;
    assert_eq!(ids(&repeated.rest().unwrap()), [1, 2], "nothing of it was decided");
    repeated.restart(ended).unwrap();
    assert!(repeated.rest().unwrap().is_empty(), "all of it was decided");
}

fn another_query_waits_for_the_end(flavour: Flavour) {
    let mut database = database(flavour);
    fill_shards(&mut database, 10);
    let options = || in_parts(&["order_00..order_03"]);
    let mut first = Asking::try_start(&database, options(), &["2026-10-30"], StartAt::Configured).unwrap();
    first.part().unwrap();
    let refused = error(Asking::try_start(&database, options(), &["2026-10-31"], first.after()));
    assert_eq!(refused.class(), Class::Fatal);
    assert!(refused.to_string().contains("was not read to its end"), "{refused}");
}

fn tables_are_found_by_a_query(flavour: Flavour) {
    let mut database = database(flavour);
    run(
        &mut database,
        &[
            "CREATE TABLE a (id BIGINT PRIMARY KEY)",
            "CREATE TABLE b (id BIGINT PRIMARY KEY)",
            "CREATE TABLE c (id BIGINT PRIMARY KEY)",
            "CREATE TABLE routes (name VARCHAR(64), used INT)",
            "INSERT INTO routes VALUES ('c', 1), ('a', 1), ('b', 0)",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO b VALUES (2)",
            "INSERT INTO c VALUES (3)",
        ],
    );
    let found = |sql: &str| {
        let options = QueryOptions { tables_sql: Some(sql.to_owned()), ..in_parts(&[]) };
        Asking::try_start(&database, options, &[], StartAt::Configured).and_then(|mut asking| asking.rest())
    };
    assert_eq!(ids(&found("SELECT name FROM routes WHERE used = 1").unwrap()), [1, 3]);
    assert_eq!(ids(&found("SELECT DATABASE(), 'b'").unwrap()), [2]);
    assert!(error(found("SELECT name FROM routes WHERE used = 7")).to_string().contains("no rows"));
    assert!(error(found("SELECT NULL")).to_string().contains("does not name tables"));
    let pattern = format!("^{}[.][ab]", database.name());
    assert_eq!(
        ids(&Asking::start(&database, in_parts(&[&pattern]), StartAt::Configured).rest().unwrap()),
        [1, 2]
    );
    let none = Asking::try_start(&database, in_parts(&["^none[.].*"]), &[], StartAt::Configured);
    assert!(error(none).to_string().contains("no table's name"));
    let gone = error(Asking::try_start(&database, in_parts(&["a", "gone"]), &[], StartAt::Configured));
    assert!(gone.to_string().contains("gone") && gone.to_string().contains("see `tables`"), "{gone}");
}

fn tables_that_differ_are_told(flavour: Flavour) {
    let mut database = database(flavour);
    run(
        &mut database,
        &[
            "CREATE TABLE o_0 (id BIGINT PRIMARY KEY, amount INT, text VARCHAR(10))",
            "CREATE TABLE o_1 (id BIGINT PRIMARY KEY, amount BIGINT, text VARCHAR(10))",
            "CREATE TABLE o_2 (id BIGINT PRIMARY KEY, amount INT)",
            "CREATE TABLE o_3 (text VARCHAR(20), amount INT, id BIGINT PRIMARY KEY)",
        ],
    );
    let start = |tables: &[&str], sql: Option<&str>| {
        let mut options = QueryOptions { into: Some("orders".to_owned()), ..in_parts(tables) };
        if let Some(sql) = sql {
            sql.clone_into(&mut options.sql);
        }
        Asking::try_start(&database, options, &[], StartAt::Configured).map(|_| ())
    };
    let told = error(start(&["o_0", "o_1"], None)).to_string();
    for word in ["o_1, column amount", "the column is bigint", "and int", "o_0", "CAST"] {
        assert!(told.contains(word), "{word:?} is not in {told}");
    }
    let told = error(start(&["o_0", "o_2"], None)).to_string();
    assert!(told.contains("o_2, column text") && told.contains("no such column"), "{told}");
    start(&["o_0", "o_3"], None).unwrap();
    start(&["o_0", "o_1"], Some("SELECT id, CAST(amount AS SIGNED) AS amount FROM {table} WHERE {part}"))
        .unwrap();
    let twice = error(start(&["o_0"], Some("SELECT id, amount AS id FROM {table}")));
    assert!(twice.to_string().contains("two columns"), "{twice}");
}

fn a_query_that_fails_is_told(flavour: Flavour) {
    let mut database = database(flavour);
    fill_shards(&mut database, 300);
    let ask = |sql: &str| {
        let options = QueryOptions { sql: sql.to_owned(), ..in_parts(&["order_00..order_03"]) };
        Asking::try_start(&database, options, &[], StartAt::Configured)
    };
    let syntax = error(ask("SELEC id FROM {table} WHERE {part}"));
    assert!(syntax.to_string().contains("see `sql`") && syntax.to_string().contains("order_00"), "{syntax}");
    assert!(
        error(ask("SELECT nothing FROM {table} WHERE {part}")).to_string().contains("a column is not there")
    );
    // In the middle: what was read before it is given, and nothing behind it.
    let overflow =
        "SELECT id, id + (id >= 12800) * (id % 64 = 2) * 9223372036854775807 AS n FROM {table} WHERE {part}";
    let mut asking = ask(overflow).unwrap();
    let mut found = Vec::new();
    let failed = loop {
        match asking.part() {
            Ok(Some(items)) => found.extend(ids(&items)),
            Ok(None) => panic!("it does not fail"),
            Err(error) => break error,
        }
    };
    assert_eq!(failed.class(), Class::Fatal);
    assert!(failed.to_string().contains("order_02"), "{failed}");
    assert!(found.iter().all(|id| id % 64 <= 2) && found.len() == 800, "{} rows", found.len());
    // It is changed while it is read.
    let mut asking = Asking::start(&database, in_parts(&["order_00..order_63"]), StartAt::Configured);
    asking.part().unwrap();
    run(&mut database, &["ALTER TABLE order_63 MODIFY text TEXT"]);
    let changed = error(asking.rest());
    assert!(changed.to_string().contains("order_63, column text"), "{changed}");
}

fn a_table_is_divided_by_other_columns(flavour: Flavour) {
    let mut database = database(flavour);
    run(
        &mut database,
        &[
            "CREATE TABLE o (id BIGINT, day INT NOT NULL, note INT, INDEX (day))",
            "CREATE TABLE c (id BIGINT PRIMARY KEY, day INT NOT NULL)",
        ],
    );
    let values: Vec<String> = (0..3_000).map(|id| format!("({id}, {}, NULL)", id % 7)).collect();
    run(
        &mut database,
        &[&format!("INSERT INTO o VALUES {}", values.join(",")), "INSERT INTO c SELECT id, day FROM o"],
    );
    let by = |columns: &[&str]| QueryOptions {
        sql: "SELECT o.id FROM {table} o JOIN c ON c.id = o.id WHERE {part:o}".to_owned(),
        filter: Some("o.id >= 1000".to_owned()),
        split_by: Some(columns.iter().map(|column| (*column).to_owned()).collect()),
        ..in_parts(&["o"])
    };
    let mut asking = Asking::start(&database, by(&["day"]), StartAt::Configured);
    let (mut found, mut parts) = (Vec::new(), 0);
    while let Some(items) = asking.part().unwrap() {
        found.extend(ids(&items));
        parts += 1;
    }
    found.sort_unstable();
    assert!(
        found == (1_000..3_000).collect::<Vec<i64>>() && parts > 3,
        "{} rows in {parts} parts",
        found.len()
    );
    let nullable = error(Asking::try_start(&database, by(&["note"]), &[], StartAt::Configured));
    assert!(nullable.to_string().contains("may be NULL"), "{nullable}");
    let unknown = error(Asking::try_start(&database, by(&["other"]), &[], StartAt::Configured));
    assert!(unknown.to_string().contains("no column \"other\""), "{unknown}");
}

fn a_large_part_is_halved(flavour: Flavour) {
    let mut database = database(flavour);
    run(&mut database, &["CREATE TABLE t (id BIGINT PRIMARY KEY, text LONGTEXT)"]);
    for first in (0..400).step_by(50) {
        // The statistics of the table are of its first rows: those behind are larger.
        let bytes = if first < 200 { 10 } else { 100_000 };
        let values: Vec<String> =
            (first..first + 50).map(|id| format!("({id}, REPEAT('x', {bytes}))")).collect();
        run(&mut database, &[&format!("INSERT INTO t VALUES {}", values.join(","))]);
    }
    let mut asking = Asking::start(&database, in_parts(&["t"]), StartAt::Configured);
    let (mut found, mut parts) = (Vec::new(), 0);
    while let Some(items) = asking.part().unwrap() {
        found.extend(ids(&items));
        parts += 1;
    }
    assert!(found == (0..400).collect::<Vec<i64>>(), "in order: {} rows", found.len());
    assert!(parts > 10, "{parts} parts");
}

#[test]
fn options_that_do_not_fit_are_told() {
    let connection = connection(1);
    let told = |options: QueryOptions| error(MySqlQuery::new(&connection, options, &[])).to_string();
    let of = |sql: &str, tables: &[&str]| QueryOptions { sql: sql.to_owned(), ..in_parts(tables) };
    assert!(told(in_parts(&[])).contains("no tables"));
    assert!(told(of("SELECT 1", &["a.b"])).contains("`{table}`"));
    assert!(told(of("SELECT 1", &[])).contains("`into`"));
    assert!(told(in_parts(&["b"])).contains("names no database"));
    assert!(told(in_parts(&["a.b..c"])).contains("no run of tables"));
    let filter = Some("TRUE".to_owned());
    assert!(told(QueryOptions { filter, ..of("SELECT 1 FROM {table}", &["a.b"]) }).contains("no `{part}`"));
}
