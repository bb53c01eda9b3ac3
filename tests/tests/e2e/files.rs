//! Files as source and sink: all forms, exactly once over kills, a full disk, positions, standard streams.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;
use sluicegate_test_servers::{Kafka, Record, unique_name};
use sluicegate_tests::Bench;
use sluicegate_tests::command::binary;

use crate::settings;

/// Kills of each kill test.
const KILLS: usize = 10;

/// A pipeline from files to files.
fn files(source: &str, sink: &str, rest: &str) -> String {
    format!("pipeline: files\nsource: {{ file: {{ {source} }} }}\nsink: {{ file: {{ {sink} }} }}\n{rest}\n")
}

/// The files below a folder that are no bookkeeping, by their names.
fn visible(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')))
        .collect();
    found.sort();
    found
}

/// All lines of the visible files, in the order of their names.
pub(crate) fn lines(folder: &Path) -> Vec<String> {
    let text = |path: &PathBuf| fs::read_to_string(path).expect("text");
    visible(folder)
        .iter()
        .map(text)
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The numbers of rows, by the letter that they begin with, in the order in which they stand.
fn by_letter(values: impl IntoIterator<Item = Value>) -> BTreeMap<String, Vec<u64>> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for value in values {
        let letter = value["f"].as_str().expect("a letter").to_owned();
        found.entry(letter).or_default().push(value["n"].as_u64().expect("a number"));
    }
    found
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Files `a.ndjson`, `b.ndjson` .. with rows that name their file and are numbered.
fn write_numbers(bench: &Bench, letters: &str, rows: u64) -> BTreeMap<String, Vec<u64>> {
    fs::create_dir_all(bench.path("in")).expect("a folder");
    let mut wanted = BTreeMap::new();
    for letter in letters.chars() {
        let text = (0..rows).fold(String::new(), |mut text, n| {
            let _ = writeln!(
                text,
                "{{\"f\":\"{letter}\",\"n\":{n},\"text\":\"some words that are long enough\"}}"
            );
            text
        });
        bench.write(&format!("in/{letter}.ndjson"), text);
        wanted.insert(letter.to_string(), (0..rows).collect());
    }
    wanted
}

/// Starts a pipeline and kills it, again and again, then lets it come to its end.
fn torment(bench: &Bench, file: &str) {
    let seed = settings::seed();
    eprintln!("{file}: {KILLS} kills, SLUICEGATE_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..KILLS {
        let mut running = bench.command(["run", file, "--until", "end"]).start();
        running.wait_for("assigned");
        std::thread::sleep(Duration::from_millis(random.random_range(20..450)));
        running.kill();
    }
    bench.run(["run", file, "--until", "end"]).exits(0);
}

#[test]
fn every_form_is_written_and_read_again() {
    let bench = Bench::new("files-forms");
    fs::create_dir_all(bench.path("first")).expect("a folder");
    let rows = [
        r#"{"id":1,"name":"a, \"b\"","note":null,"amount":"10.50"}"#,
        r#"{"id":2,"name":"two\nlines","note":"","amount":"-0.01"}"#,
        r#"{"id":3,"name":"你好","note":"x","amount":"99999999999999.99"}"#,
    ];
    bench.write("first/orders.ndjson", rows.join("\n"));
    let types = "schema: { orders: { id: int64, name: text, note: text, amount: \"decimal(18,2)\" } }";
    let forms = [
        ("ndjson", format!("json: {{ {types} }}"), "csv: {}", "compression: zstd"),
        ("csv.zst", format!("csv: {{ {types} }}"), "parquet: {}", ""),
        ("parquet", "parquet: {}".to_owned(), "arrow: {}", ""),
        (
            "arrow",
            "arrow: { table: orders }".to_owned(),
            "csv: { null_text: '\\N', kind_column: op }",
            "compression: gzip",
        ),
        ("csv.gz", format!("csv: {{ null_text: '\\N', kind_column: op, {types} }}"), "json: {}", ""),
    ];
    let folders = ["first", "second", "third", "fourth", "fifth", "last"];
    for (place, (suffix, read, written, options)) in forms.iter().enumerate() {
        let (from, to) = (folders[place], folders[place + 1]);
        // Numbers are in the names of files of columns, and would be in those of their tables.
        let table = if read.starts_with("parquet") { "parquet: { table: orders }" } else { read };
        let comma = if options.is_empty() { "" } else { ", " };
        let text = files(
            &format!("paths: \"{from}/*.{suffix}\", format: {{ {table} }}"),
            &format!("directory: {to}, format: {{ {written} }}{comma}{options}"),
            "",
        );
        let file = format!("{to}.yaml");
        bench.write(&file, text);
        bench.run(["run", &file]).exits(0).says("3 records read, 3 rows written");
    }
    assert_eq!(visible(&bench.path("second")), [bench.path("second/orders.csv.zst")], "text keeps its name");
    assert_eq!(visible(&bench.path("third")), [bench.path("third/orders-000001.parquet")]);
    let read: Vec<Value> = lines(&bench.path("last")).iter().map(|line| json(line)).collect();
    let wanted: Vec<Value> = rows
        .iter()
        .map(|line| {
            let mut row = json(line);
            // A decimal is a number where nothing else is said.
            let digits = row["amount"].as_str().expect("digits").to_owned();
            row["amount"] = serde_json::from_str(&digits).expect("a number");
            row
        })
        .collect();
    assert_eq!(read, wanted);
}

#[test]
fn files_to_files_exactly_once_over_kills() {
    let bench = Bench::new("files-kill");
    let wanted = write_numbers(&bench, "abc", 60_000);
    let engine =
        "engine: { memory: 256KiB, throttle: { rows_per_second: 40000 }, max_delay: 20ms, max_epoch: 60ms }";
    for (name, format) in [("text", "json"), ("rolled", "csv"), ("columns", "parquet")] {
        let roll = if name == "rolled" { ", roll: { rows: 7000 }" } else { "" };
        let text = files(
            "paths: \"in/*.ndjson\", format: json",
            &format!("directory: {name}, path: \"{{table}}.out\", format: {format}{roll}"),
            engine,
        );
        let file = format!("{name}.yaml");
        bench.write(&file, text.replace("pipeline: files", &format!("pipeline: {name}")));
        torment(&bench, &file);
    }
    assert_eq!(by_letter(lines(&bench.path("text")).iter().map(|line| json(line))), wanted);

    assert!(visible(&bench.path("rolled")).len() > 20);
    let row = |line: &String| {
        let mut fields = line.split(',');
        let (letter, number) = (fields.next()?.to_owned(), fields.next()?.parse::<u64>().ok()?);
        Some(serde_json::json!({ "f": letter, "n": number }))
    };
    assert_eq!(by_letter(lines(&bench.path("rolled")).iter().filter_map(row)), wanted);

    let back = files(
        "paths: \"columns/*.out\", format: parquet",
        "directory: back, path: all.ndjson, format: json",
        "",
    );
    bench.write("back.yaml", back);
    bench.run(["run", "back.yaml"]).exits(0);
    let mut read = by_letter(lines(&bench.path("back")).iter().map(|line| json(line)));
    // Files are read by their names, but written beside each other.
    for numbers in read.values_mut() {
        numbers.sort_unstable();
    }
    assert_eq!(read, wanted);
}

#[test]
fn kafka_to_files_exactly_once_over_kills() {
    let kafka = Kafka::shared().expect("a broker");
    let client = kafka.client();
    let topic = unique_name("kafka-files");
    client.create_topic(&topic, 3, &[]).expect("a topic");
    let letters = ["a", "b", "c"];
    let message = |n: u64, partition: usize| {
        let text = format!("{{\"f\":\"{}\",\"n\":{n}}}", letters[partition]);
        Record::keyless(text).partition(partition as i32)
    };
    client.produce(&topic, (0..20_000).flat_map(|n| (0..3).map(move |p| message(n, p)))).expect("messages");
    let bench = Bench::new("kafka-files");
    bench.write(
        "p.yaml",
        format!(
            "pipeline: {topic}\nsource: {{ kafka: {{ brokers: \"{}\", topics: [{topic}], format: json, start: earliest, \
             session_timeout: 3s }} }}\nsink: {{ file: {{ directory: out, path: \"{{partition}}.ndjson\", format: json }} }}\n\
             engine: {{ memory: 256KiB, throttle: {{ rows_per_second: 15000 }}, max_delay: 20ms, max_epoch: 60ms }}\n",
            client.brokers()
        ),
    );
    torment(&bench, "p.yaml");
    let wanted = letters.map(|letter| (letter.to_owned(), (0..20_000).collect())).into();
    assert_eq!(by_letter(lines(&bench.path("out")).iter().map(|line| json(line))), wanted);
    bench.run(["positions", "show", "p.yaml"]).exits(0).says(&format!("{topic}/2: offset 20000, 0 behind"));
    // Again from 19,990 on.
    bench.run(["positions", "set", "p.yaml", &format!("{topic}/0=19990")]).exits(0).says("10 behind");
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0).says("10 records read");
}

#[test]
fn files_to_kafka_exactly_once_over_kills() {
    let kafka = Kafka::shared().expect("a broker");
    let client = kafka.client();
    let topic = unique_name("files-kafka");
    client.create_topic(&topic, 1, &[]).expect("a topic");
    let bench = Bench::new("files-kafka");
    let wanted = write_numbers(&bench, "ab", 30_000);
    bench.write(
        "p.yaml",
        format!(
            "pipeline: {topic}\nsource: {{ file: {{ paths: \"in/*.ndjson\", format: json }} }}\n\
             sink: {{ kafka: {{ brokers: \"{}\", topic: {topic}, format: json, transaction_timeout: 6s }} }}\n\
             engine: {{ memory: 256KiB, throttle: {{ rows_per_second: 15000 }}, max_delay: 20ms, max_epoch: 100ms }}\n",
            client.brokers()
        ),
    );
    torment(&bench, "p.yaml");
    client.settle(&topic, Duration::from_secs(30)).expect("no open transaction");
    let written = client.read_all_committed(&topic).expect("messages");
    assert_eq!(by_letter(written.iter().map(|message| json(&message.value_text()))), wanted);

    bench
        .run(["positions", "show", "p.yaml"])
        .exits(0)
        .says("a.ndjson: offset")
        .says("lines 30000, 0 behind");
    bench.run(["positions", "set", "p.yaml", "b.ndjson=29995"]).exits(0).says("lines 29995, 5 behind");
    bench.run(["run", "p.yaml"]).exits(0).says("5 records read");
    bench.run(["positions", "reset", "p.yaml", "a.ndjson"]).exits(0);
    bench.run(["run", "p.yaml"]).exits(0).says("30000 records read");
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost_when_there_is_room_again() {
    let bench = Bench::new("files-full");
    let wanted = write_numbers(&bench, "a", 20_000);
    bench.write(
        "p.yaml",
        files(
            "paths: \"in/*.ndjson\", format: json",
            "directory: out, format: json",
            "engine: { max_delay: 10ms, max_epoch: 20ms, memory: 1MiB, retry: { longest: 200ms } }",
        ),
    );
    // No file may grow beyond 400 KiB, as if the disk were full.
    let shell = "ulimit -S -f 400; exec \"$0\" run p.yaml";
    let log = fs::File::create(bench.path("full.log")).expect("a log");
    let mut child = Process::new("bash")
        .args(["-c", shell])
        .arg(binary())
        .current_dir(bench.directory())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("bash");
    let said = |text: &str| fs::read_to_string(bench.path("full.log")).unwrap_or_default().contains(text);
    let began = std::time::Instant::now();
    while !said("make room on its file system") {
        assert!(began.elapsed() < Duration::from_mins(1), "it never says that the disk is full");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(said("cannot be written"), "which file it is");
    let pid = Pid::from_raw(child.id() as i32).expect("a process");
    let more = Rlimit { current: None, maximum: None };
    prlimit(Some(pid), Resource::Fsize, more).expect("a new limit");
    let status = child.wait().expect("its end");
    assert!(status.success(), "{}", fs::read_to_string(bench.path("full.log")).unwrap_or_default());
    assert_eq!(by_letter(lines(&bench.path("out")).iter().map(|line| json(line))), wanted);
}

#[test]
fn standard_streams_carry_rows_and_nothing_else() {
    let bench = Bench::new("files-streams");
    bench.write(
        "p.yaml",
        files(
            "paths: \"-\", format: { csv: { table: t } }",
            "directory: \"-\", format: { csv: { delimiter: ';' } }",
            "",
        ),
    );
    bench.run(["validate", "p.yaml"]).exits(0).says("read at least once").says("written at least once");
    let mut child = Process::new(binary())
        .args(["run", "p.yaml"])
        .current_dir(bench.directory())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(b"a,b\n1,x\n2,\"y;z\"\n").expect("lines");
    drop(input);
    let ended = child.wait_with_output().expect("its end");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "a;b\n1;x\n2;\"y;z\"\n");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.contains("at least once") && said.contains("2 records read"),
        "{said}"
    );
}

#[test]
fn growing_and_new_files_are_followed_until_it_is_told_to_stop() {
    let bench = Bench::new("files-follow");
    write_numbers(&bench, "a", 10);
    bench.write(
        "p.yaml",
        files(
            "paths: \"in/*.ndjson\", format: json, follow: true, poll: 20ms",
            "directory: out, format: json, lock_timeout: 200ms",
            "",
        ),
    );
    let wait_for = |count: usize| {
        let began = std::time::Instant::now();
        while lines(&bench.path("out")).len() < count {
            assert!(began.elapsed() < Duration::from_secs(30), "{:?}", lines(&bench.path("out")).len());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let mut running = bench.command(["run", "p.yaml"]).start();
    wait_for(10);
    let append = |text: &str| {
        let file = fs::OpenOptions::new().append(true).open(bench.path("in/a.ndjson"));
        file.and_then(|mut file| file.write_all(text.as_bytes())).expect("more lines");
    };
    append("{\"f\":\"a\",\"n\":10}\n{\"f\":\"a\",");
    bench.write("in/b.ndjson", "{\"f\":\"b\",\"n\":0}\n");
    wait_for(12);
    append("\"n\":11}\n");
    wait_for(13);
    bench.run(["run", "p.yaml", "--until", "end"]).exits(2);
    running.terminate().exits(0);
    let found = by_letter(lines(&bench.path("out")).iter().map(|line| json(line)));
    assert_eq!((&found["a"][..], &found["b"][..]), (&(0..12).collect::<Vec<_>>()[..], &[0][..]));
    // It was told where the end is, and comes to it.
    append("{\"f\":\"a\",\"n\":12}\n");
    bench.run(["run", "p.yaml", "--until", "end"]).exits(0).says("1 records read");
}

#[test]
fn a_file_that_was_replaced_stops_it_with_choices() {
    let bench = Bench::new("files-replaced");
    write_numbers(&bench, "a", 10);
    bench.write("p.yaml", files("paths: in/a.ndjson, format: json", "directory: out, format: json", ""));
    bench.run(["run", "p.yaml"]).exits(0);
    bench.run(["run", "p.yaml"]).exits(0).says("0 records read");
    bench.write("new.ndjson", "{\"f\":\"a\",\"n\":77}\n{\"f\":\"a\",\"n\":78}\n");
    fs::rename(bench.path("new.ndjson"), bench.path("in/a.ndjson")).expect("another file in its place");
    bench
        .run(["run", "p.yaml"])
        .exits(1)
        .says("is not the file any more that was read")
        .says("sluicegate positions set FILE a.ndjson=LINES");
    bench.run(["positions", "set", "p.yaml", "a.ndjson=1"]).exits(0).says("1 behind");
    bench.run(["run", "p.yaml"]).exits(0);
    assert_eq!(by_letter(lines(&bench.path("out")).iter().map(|line| json(line)))["a"].last(), Some(&78));
}

#[test]
fn a_directory_has_one_process_and_its_positions_are_not_moved_meanwhile() {
    let bench = Bench::new("files-lock");
    write_numbers(&bench, "a", 10);
    bench.write(
        "p.yaml",
        files(
            "paths: \"in/*.ndjson\", format: json, follow: true",
            "directory: out, format: json, lock_timeout: 300ms",
            "",
        ),
    );
    let mut running = bench.command(["run", "p.yaml"]).named("first").start();
    running.wait_for("assigned");
    bench.run(["run", "p.yaml"]).exits(2).says(&format!("process {} writes to", running.pid()));
    bench.run(["positions", "reset", "p.yaml"]).exits(2).says("only one may");
    bench.run(["positions", "show", "p.yaml"]).exits(0).says("held by process");
    running.terminate().exits(0);
    bench.run(["positions", "reset", "p.yaml"]).exits(0).says("nothing is committed");
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let bench = Bench::new("files-mistakes");
    for (source, sink, message) in [
        ("paths: \"a*\", format: orc", "directory: o, format: json", "orc"),
        ("paths: \"a*\", format: json, folow: true", "directory: o, format: json", "folow"),
        ("paths: \"-\", format: parquet", "directory: o, format: json", "cannot be read from `-`"),
        (
            "paths: a, format: json",
            "directory: o, path: \"../{table}\", format: json",
            "leads out of the directory",
        ),
        (
            "paths: a, format: json",
            "directory: o, format: { json: { deletes: tombstone } }",
            "no form in a line",
        ),
    ] {
        bench.write("p.yaml", files(source, sink, ""));
        bench.run(["validate", "p.yaml"]).exits(2).says(message);
    }
    bench.write("p.yaml", files("paths: \"none/*\", format: json", "directory: o, format: json", ""));
    bench.run(["run", "p.yaml"]).exits(2).says("no file matches none/*");
    bench.run(["run", "p.yaml", "--until", "2026-01-01T00:00:00Z"]).exits(2).says("have no time");
}

#[test]
fn bad_lines_go_to_the_dead_letters_with_their_bytes() {
    let bench = Bench::new("files-dead");
    bench.write("a.ndjson", "{\"n\":1}\nno json\n{\"n\":2}\n");
    bench.write(
        "p.yaml",
        files(
            "paths: a.ndjson, format: json",
            "directory: out, format: json",
            "dead_letters: { file: dead.ndjson }",
        ),
    );
    bench.run(["run", "p.yaml"]).exits(0).says("1 dead letters");
    let letter = fs::read_to_string(bench.path("dead.ndjson")).expect("letters");
    let letter = json(letter.trim());
    assert!(letter.to_string().contains("no json"), "{letter}");
    assert_eq!(lines(&bench.path("out")).len(), 2);
}
