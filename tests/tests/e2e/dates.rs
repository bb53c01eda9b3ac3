//! Dates in pipeline files: of today in a time zone, of another day, of days one after another.

use std::fs;

use sluicegate_tests::Bench;

/// Rows of a day, into the folder of the day before.
const DAILY: &str = "pipeline: daily
time_zone: Asia/Shanghai
source: { file: { paths: \"in/$[yyyyMMdd].ndjson\", format: { json: { table: orders } } } }
sink: { file: { directory: \"out/$[yyyy-MM-dd-1]\", path: \"$[yyyyMM]-rows.ndjson\", format: json } }
";

fn bench(name: &str, days: &[&str]) -> Bench {
    let bench = Bench::new(name);
    bench.write("daily.yaml", DAILY);
    fs::create_dir_all(bench.path("in")).expect("a folder");
    for day in days {
        bench.write(&format!("in/{day}.ndjson"), format!("{{\"day\":\"{day}\"}}\n"));
    }
    bench
}

#[test]
fn days_are_run_one_after_another() {
    let bench = bench("dates-range", &["20261031", "20261101", "20261102"]);
    let ended = bench.run(["run", "daily.yaml", "--date", "2026-10-31..2026-11-02", "--output", "json"]);
    ended.exits(0);
    let dates: Vec<String> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an object")["date"].to_string())
        .collect();
    assert_eq!(dates, ["\"2026-10-31\"", "\"2026-11-01\"", "\"2026-11-02\""]);
    for (folder, file, day) in [
        ("2026-10-30", "202610-rows.ndjson", "20261031"),
        ("2026-10-31", "202611-rows.ndjson", "20261101"),
        ("2026-11-01", "202611-rows.ndjson", "20261102"),
    ] {
        let text = fs::read_to_string(bench.path(&format!("out/{folder}/{file}"))).expect(folder);
        assert!(text.contains(day), "{folder}: {text}");
    }
}

#[test]
fn a_day_that_fails_ends_the_range() {
    let bench = bench("dates-fail", &["20261101", "20261103"]);
    bench.write("in/20261102.ndjson", "no json\n");
    let ended = bench.run(["run", "daily.yaml", "--date", "2026-11-01..2026-11-03"]);
    ended.exits(1).says("daily (2026-11-02)");
    assert!(bench.path("out/2026-10-31").exists() && !bench.path("out/2026-11-02").exists());
}

#[test]
fn days_that_cannot_be_run_are_refused() {
    let bench = bench("dates-refused", &["20261101"]);
    bench.write("same.yaml", DAILY.replace("$[", "$$["));
    bench.run(["run", "same.yaml", "--date", "2026-11-01..2026-11-02"]).exits(2).says("would be the same");
    bench.write("endless.yaml", DAILY.replace("ndjson\", format: {", "ndjson\", follow: true, format: {"));
    bench.run(["run", "endless.yaml", "--date", "2026-11-01..2026-11-02"]).exits(2).says("--until end");
    bench.run(["run", "daily.yaml", "--date", "2026-11-02..2026-11-01"]).exits(2).says("is after");
    bench.run(["validate", "daily.yaml", "--date", "yesterday"]).exits(2).says("2026-11-01");
}
