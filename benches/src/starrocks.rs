//! Bodies of loads, against the writers of Arrow; Kafka into a table of a simulated StarRocks, as a process.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{Field, Schema};
use sluicegate_model::{ChangeBatch, Column, Meta, Origin};
use sluicegate_starrocks::SinkOptions;
use sluicegate_starrocks::client::Format;
use sluicegate_starrocks::sink::BodyMaker;
use sluicegate_starrocks::table::{Column as TableColumn, ColumnType, Model, Table};
use sluicegate_tables::TableRef;
use starrocks_sim::{Settings, Simulator};
use tokio::runtime::Runtime;

use crate::process::{Usage, process_time, thread_time};
use crate::runs::{Bench, FEW, build};
use crate::table::{Section, median, thousands};
use crate::{Fallible, Options, messages, routes};

/// Rows of the batch.
const ROWS: usize = 8_192;

/// The user, without a password.
const USER: &str = "root";

/// A batch of rows, the same as what the writers of Arrow get, and the table that it fits.
fn rows() -> Fallible<(ChangeBatch, RecordBatch, Table)> {
    let number = |row: usize| row as i64;
    let text = |name: &str, every: usize| -> ArrayRef {
        let value =
            |row: usize| (row % every != every - 1).then(|| format!("{name} {}", row * 7_919 % 100_003));
        Arc::new((0..ROWS).map(value).collect::<StringArray>())
    };
    let amounts =
        (0..ROWS).map(|row| Some(row as i128 * 982_451_653 % 10_000_000_000)).collect::<Decimal128Array>();
    let columns: Vec<(&str, ColumnType, ArrayRef)> = vec![
        ("id", ColumnType::Integer(64), Arc::new((0..ROWS).map(number).collect::<Int64Array>())),
        (
            "customer",
            ColumnType::Integer(64),
            Arc::new((0..ROWS).map(|row| Some(number(row) * 7_368_787 % 1_000_003)).collect::<Int64Array>()),
        ),
        ("name", ColumnType::Text(200), text("Customer", 50)),
        ("amount", ColumnType::Decimal(18, 2), Arc::new(amounts.with_precision_and_scale(18, 2)?)),
        (
            "quantity",
            ColumnType::Integer(32),
            Arc::new((0..ROWS).map(|row| Some(row as i32 % 100)).collect::<Int32Array>()),
        ),
        ("phone", ColumnType::Text(40), text("138", 1_000)),
        ("address", ColumnType::Text(400), text("No. 1 Long Street, Some Quarter, House", 20)),
        (
            "created",
            ColumnType::DateTime,
            Arc::new(
                (0..ROWS)
                    .map(|row| Some(1_767_225_600_000_000 + number(row) * 1_000_003))
                    .collect::<TimestampMicrosecondArray>(),
            ),
        ),
        (
            "paid",
            ColumnType::Boolean,
            Arc::new((0..ROWS).map(|row| Some(row % 3 == 0)).collect::<BooleanArray>()),
        ),
        ("note", ColumnType::Text(400), text("as ordered", 2)),
    ];
    let field =
        |(name, _, array): &(&str, ColumnType, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let column = |(name, column_type, _): &(&str, ColumnType, ArrayRef)| TableColumn {
        name: (*name).to_owned(),
        column_type: Some(*column_type),
        described: String::new(),
        nullable: *name != "id",
        key: *name == "id",
        has_default: false,
        generated: false,
    };
    let table = Table {
        name: TableRef { database: "ods".to_owned(), name: "orders".to_owned() },
        model: Model::Duplicate,
        columns: columns.iter().map(column).collect(),
    };
    let arrays: Vec<ArrayRef> = columns.into_iter().map(|(_, _, array)| array).collect();
    let plain = RecordBatch::try_new(Arc::clone(&schema), arrays.clone())?;
    let batch = ChangeBatch::new(
        "orders".into(),
        schema,
        arrays.into_iter().map(Column::new).collect(),
        vec![0_u8; ROWS].into(),
        Origin {
            lane: "orders/0".into(),
            ordinals: (0..ROWS as u64).collect::<Vec<_>>().into(),
            parts: None,
        },
        Arc::from(["id".to_owned()]),
        Meta::new(),
    )?;
    Ok((batch, plain, table))
}

/// Measures bodies of single batches.
///
/// # Errors
/// Where a batch does not fit into its table.
pub fn bodies(rounds: usize) -> Fallible<Section> {
    let (batch, plain, table) = rows()?;
    let upserted = Table { model: Model::Primary, ..table.clone() };
    let options: SinkOptions = serde_json::from_str(r#"{"write": "auto", "delivery": "at-least-once"}"#)?;
    let maker = |table: &Table, format| BodyMaker::new(table, &batch, &options, format);
    let forms = [
        ("JSON, appended", maker(&table, Format::Json)?, Writer::Json),
        ("JSON, upserted", maker(&upserted, Format::Json)?, Writer::Json),
        ("CSV, appended", maker(&table, Format::Csv)?, Writer::Csv),
        ("CSV, upserted", maker(&upserted, Format::Csv)?, Writer::Csv),
    ];
    let about = format!(
        "{ROWS} rows of 10 columns of seven types, as an Arrow batch, to the body of a load: what a worker and the writer do, \
         with the look at lengths, kinds and NULLs, and by key where rows are upserted. Beside the writers of arrow-json \
         (an object a line) and arrow-csv with the same columns; {rounds} rounds in turns, medians of the thread's CPU time."
    );
    let mut section =
        Section::new("Bodies of loads", about, &["body", "ns a row", "Arrow's writer", "times as fast"]);
    for (name, maker, writer) in forms {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds.max(3) {
            ours.push(timed(|| Ok(maker.body(black_box(&batch))?.bytes()))?);
            theirs.push(timed(|| writer.write(black_box(&plain)))?);
        }
        let (ours, theirs) = (median(ours) / ROWS as f64, median(theirs) / ROWS as f64);
        section.row([
            name.to_owned(),
            format!("{ours:.0}"),
            format!("{theirs:.0}"),
            format!("{:.1}", theirs / ours),
        ]);
    }
    Ok(section)
}

/// A writer of Arrow's own.
enum Writer {
    Json,
    Csv,
}

impl Writer {
    /// Bytes of the batch as text.
    fn write(&self, batch: &RecordBatch) -> Fallible<u64> {
        let mut bytes = Vec::with_capacity(4 << 20);
        match self {
            Self::Json => {
                let mut writer = arrow_json::LineDelimitedWriter::new(&mut bytes);
                writer.write(batch)?;
                writer.finish()?;
            }
            Self::Csv => {
                arrow_csv::WriterBuilder::new().with_header(false).build(&mut bytes).write(batch)?;
            }
        }
        Ok(bytes.len() as u64)
    }
}

/// Nanoseconds of the thread that some work takes.
fn timed(work: impl FnOnce() -> Fallible<u64>) -> Fallible<f64> {
    let before = thread_time();
    black_box(work()?);
    Ok(thread_time().saturating_sub(before).as_nanos() as f64)
}

/// One way of writing.
struct Way {
    name: &'static str,
    options: &'static str,
    few: Vec<Usage>,
    all: Vec<Usage>,
    cluster: Vec<Duration>,
}

/// Measures the pipeline.
///
/// # Errors
/// Where a run fails, or the table does not have what it should.
pub fn pipeline(options: &Options) -> Fallible<Section> {
    let program = options.program.clone().map_or_else(build, Ok)?;
    let bench = Bench::new(program, options.messages)?;
    let runtime = Runtime::new()?;
    let cluster = runtime.block_on(Simulator::start(Settings::default()))?;
    cluster.query("CREATE DATABASE ods")?;
    let way = |name, options| Way { name, options, few: Vec::new(), all: Vec::new(), cluster: Vec::new() };
    let mut ways =
        [way("JSON in transactions", ""), way("CSV, at least once", "\n    delivery: at-least-once")];
    run(&bench, &cluster, ("warm", "few"), FEW, "")?;
    for round in 0..options.rounds.max(1) {
        for (number, way) in ways.iter_mut().enumerate() {
            let few = format!("few-{number}-{round}");
            way.few.push(run(&bench, &cluster, (&few, "few"), FEW, way.options)?);
            let before = process_time();
            let all = format!("all-{number}-{round}");
            way.all.push(run(&bench, &cluster, (&all, "all"), options.messages, way.options)?);
            way.cluster.push(process_time().saturating_sub(before));
        }
    }
    Ok(section(options.messages, &ways, bench.bytes))
}

fn run(
    bench: &Bench,
    cluster: &Simulator,
    (name, topic): (&str, &str),
    count: u64,
    options: &str,
) -> Fallible<Usage> {
    // A name with a dash would have to stand in quotes.
    let table = name.replace('-', "_");
    let (front_ends, sql) = (cluster.front_ends(), cluster.sql());
    let sink = format!(
        r#"  starrocks:
    fe: {front_ends:?}
    sql: "{sql}"
    database: ods
    user: {USER}
    table: {table}
    create_tables: true{options}"#
    );
    let usage = bench.run(name, &routes::into_a_table(bench.brokers(), (name, topic), &sink), count)?;
    let found = cluster.query(&format!("SELECT COUNT(*) FROM ods.{table}"))?;
    let keys = messages::keys(count);
    if found != [keys.to_string()] {
        return Err(format!("the table has {found:?} rows where it should have {keys}").into());
    }
    cluster.query(&format!("DROP TABLE ods.{table}"))?;
    Ok(usage)
}

fn section(count: u64, ways: &[Way], bytes: u64) -> Section {
    let (rows, few) = (count as f64, FEW as f64);
    let head: Vec<&str> = std::iter::once("").chain(ways.iter().map(|way| way.name)).collect();
    let about = format!(
        "{} OGG JSON updates of {} bytes, of {} orders, into a primary key table of 8 columns of a simulated StarRocks on the \
         same machine, {} rounds in turns, medians. sluicegate is `sluicegate run --until end` with its defaults and one \
         step, schema-map. Its share: its CPU time of that and of the simulator's, which keeps rows in memory and is no \
         measure of a cluster. Memory does not grow with the messages: `--messages 17000000` are 10 GB.",
        thousands(rows),
        bytes / count.max(1),
        thousands(messages::keys(count) as f64),
        ways.first().map_or(0, |way| way.all.len()),
    );
    let mut section = Section::new("Kafka into a table of StarRocks", about, &head);
    let mut line = |name: &str, figure: &dyn Fn(&Way, usize) -> f64, text: &dyn Fn(f64) -> String| {
        let of_way = |way: &Way| text(median((0..way.all.len()).map(|round| figure(way, round)).collect()));
        section.row(std::iter::once(name.to_owned()).chain(ways.iter().map(of_way)));
    };
    let cpu = |way: &Way, round: usize| way.all[round].cpu.as_secs_f64() - way.few[round].cpu.as_secs_f64();
    line("rows per CPU second", &|way, round| (rows - few) / cpu(way, round), &thousands);
    line(
        "our share of the CPU time, %",
        &|way, round| {
            let ours = way.all[round].cpu.as_secs_f64();
            100.0 * ours / (ours + way.cluster[round].as_secs_f64())
        },
        &|share| format!("{share:.0}"),
    );
    line(
        "peak resident memory, MiB",
        &|way, round| way.all[round].peak_rss as f64 / f64::from(1 << 20),
        &thousands,
    );
    section
}
