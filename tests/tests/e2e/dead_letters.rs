//! Dead letters listed, shown and sent again.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use sluicegate_test_servers::{Kafka, KafkaClient, Message, Record, unique_name};
use sluicegate_tests::pipeline::{PipelineText, secret};
use sluicegate_tests::{Bench, Finished, Order, guests};

/// An amount that no cast takes.
const BOOM: &str = "12x";

/// A pipeline from one topic to another, with a topic for its dead letters.
struct Job {
    client: KafkaClient,
    source: String,
    out: String,
    dead: String,
    bench: Bench,
}

impl Job {
    fn new(name: &str, records: impl IntoIterator<Item = Record>) -> Self {
        Self::with_dead_topic(name, records, 1, &[])
    }

    fn with_dead_topic(
        name: &str,
        records: impl IntoIterator<Item = Record>,
        partitions: i32,
        settings: &[(&str, &str)],
    ) -> Self {
        let client = Kafka::shared().expect("a broker").client().clone();
        let source = unique_name(name);
        let (out, dead) = (format!("{source}-out"), format!("{source}-dead"));
        client.create_topic(&source, 1, &[]).expect("a topic");
        client.create_topic(&out, 1, &[]).expect("a topic");
        client.create_topic(&dead, partitions, settings).expect("a topic");
        client.produce(&source, records).expect("messages");
        Job { client, source, out, dead, bench: Bench::new(name) }
    }

    fn text(&self) -> PipelineText {
        PipelineText::new(&self.source, self.client.brokers(), &self.source)
            .to(&self.out)
            .section(&self.letters(""))
    }

    fn letters(&self, more: &str) -> String {
        format!("dead_letters: {{ kafka: {{ connection: out, topic: {} }}{more} }}", self.dead)
    }

    fn write(&self, text: &PipelineText) {
        self.bench.write("job.yaml", text.text());
    }

    fn run(&self, text: &PipelineText) -> Finished {
        self.write(text);
        self.bench.run(["run", "job.yaml", "--until", "end"])
    }

    fn letters_verb(&self, verb: &str, more: &[&str]) -> Finished {
        let arguments = ["dead-letters", verb, "job.yaml"].into_iter().chain(more.iter().copied());
        self.bench.run(arguments.collect::<Vec<_>>())
    }

    fn list(&self, more: &[&str]) -> Finished {
        let listed = self.letters_verb("list", more);
        listed.exits(0);
        listed
    }

    fn replay(&self, more: &[&str]) -> Finished {
        self.letters_verb("replay", more)
    }

    fn id(&self, offset: u64) -> String {
        format!("{0}/{0}/0/{offset}", self.source)
    }

    fn output(&self) -> Vec<Message> {
        self.client.read_all_committed(&self.out).expect("what came out")
    }

    /// Where each row that came out was in the source, in the order in which they came out.
    fn origins(&self) -> Vec<u64> {
        let prefix = format!("{}/0:", self.source);
        let origin = |message: &Message| {
            let header = String::from_utf8_lossy(message.header("origin").unwrap_or_default()).into_owned();
            let offset = header.strip_prefix(&prefix).unwrap_or_else(|| panic!("{header:?}"));
            offset.parse().expect("an offset")
        };
        self.output().iter().map(origin).collect()
    }
}

fn cast() -> &'static str {
    "{ use: schema-map, with: { tables: [ { match: '.*', cast: { AMOUNT: \"decimal(18,2)\" } } ] } }"
}

fn fine(id: u64) -> Record {
    Order { id, version: 1 }.insert()
}

/// An order whose amount is no number.
fn bad(id: u64, version: u32) -> Record {
    padded(id, version, "")
}

fn padded(id: u64, version: u32, note: &str) -> Record {
    let image =
        format!(r#"{{"ORDER_ID":{id},"AMOUNT":"{BOOM}","STATUS":"v{version}","INTERNAL_NOTE":"{note}"}}"#);
    Order { id, version }.insert_as(&image)
}

#[test]
fn rows_that_failed_are_written_once_the_pipeline_is_repaired() {
    let order = Order { id: 2, version: 1 };
    let trapping = order.insert_as(&order.image_with_coupon("boom"));
    let broken = Record::new("9", "{\"table\": oops");
    let job = Job::new("again", [fine(1), trapping, broken, bad(3, 1), fine(4)]);
    job.bench.write("fragile.wasm", guests::example("fragile"));
    let text = job.text().step("{ use: ./fragile.wasm, with: { column: COUPON } }").step(cast());
    job.run(&text).exits(0).says("3 dead letters");
    assert_eq!(job.origins(), [0, 4]);

    let listed = job.list(&[]);
    listed.says("ID WHEN LANE: POSITION PART OUTPUT STEP REASON");
    for (offset, step) in [(1, "fragile"), (2, "decode"), (3, "schema-map")] {
        let line = listed.stdout.lines().find(|line| line.starts_with(&job.id(offset)));
        let line = line.unwrap_or_else(|| panic!("{} is not in\n{listed}", job.id(offset)));
        assert!(line.contains(&format!("{}/0: offset {offset}", job.source)), "{line}");
        assert!(line.contains(&format!("  {step}  ")), "{line}");
    }
    assert!(!listed.stdout.contains("INTERNAL_NOTE"), "no bytes of a row: {listed}");
    let one = job.list(&["--step", "schema-map", "--output", "json"]);
    let letter: Value = serde_json::from_str(one.stdout.trim()).expect("one object");
    let third = format!("{}/SHOP.ORDERS_3", job.id(3));
    assert_eq!((&letter["id"], &letter["ordinal"]), (&Value::from(third.as_str()), &Value::from(3)));
    assert!(letter["reason"].as_str().is_some_and(|reason| reason.contains(BOOM)), "{letter}");
    job.list(&["--reason", "IS NO NUMBER"]).says(&job.id(1));
    job.list(&["--since", "2999-01-01T00:00:00Z"]).says("no dead letters");
    let summary = job.list(&["--summary"]);
    assert_eq!(summary.stdout.lines().count(), 4, "{summary}");
    summary.says("COUNT STEP FIRST LAST REASON").says("1 fragile");

    let shown = job.letters_verb("show", &[&job.id(1)]);
    shown
        .exits(0)
        .says("step: fragile")
        .says("rows of SHOP.ORDERS_2, as the format reads them now: +I ORDER_ID = 2");
    shown.says("\"COUPON\": \"boom\"");
    job.letters_verb("show", &[&job.id(2)])
        .exits(0)
        .says("value, 14 bytes: {\"table\": oops")
        .says("position");
    let raw = job.letters_verb("show", &[&job.id(2), "--raw"]);
    assert_eq!(raw.stdout, "{\"table\": oops");
    job.letters_verb("show", &["elsewhere"]).exits(2).says("there is no dead letter \"elsewhere\"");

    // Repaired: another guest, and no cast. A message that is none stays none.
    job.bench.write("mask.wasm", guests::example("mask-name"));
    job.write(&job.text().step("{ use: ./mask.wasm, with: { columns: [CUSTOMER_NAME] } }"));
    let dry = job.replay(&["--dry-run"]);
    dry.exits(0).says(&format!("{third}: would be sent again: 1 row to SHOP.ORDERS_3"));
    dry.says(&format!("{}: would be sent again: fails again at decode", job.id(2)))
        .says("nothing was written");
    assert_eq!(job.origins(), [0, 4]);

    job.replay(&["--step", "fragile"])
        .exits(0)
        .says("1 letters sent again, 1 rows written")
        .says("2 not asked for");
    assert_eq!(job.origins(), [0, 4, 1]);
    job.replay(&[])
        .exits(1)
        .says("2 letters sent again, 1 rows written, 1 failed again, 0 kept back")
        .says("1 dead letters are left of those that were asked for");
    assert_eq!(job.origins(), [0, 4, 1, 3]);
    job.replay(&[]).exits(1).says("0 rows written, 1 failed again");
    job.replay(&["--step", "fragile"]).exits(0).says("0 letters sent again");
    assert_eq!(job.origins(), [0, 4, 1, 3], "a row is written once");

    // What failed again is the letter that it was.
    let left = job.list(&["--output", "json"]);
    let letter: Value = serde_json::from_str(left.stdout.trim()).expect("one object");
    assert_eq!(letter["id"], job.id(2));
    assert_eq!(letter["lane"], format!("{}/0", job.source));
    assert_eq!(letter["position"]["offset"], 2);
    job.list(&["--all"]).says(&format!("{} (sent again)", job.id(1)));
    // The pipeline itself has nothing to do.
    job.bench.run(["run", "job.yaml", "--until", "end"]).exits(0).says("0 rows written");
}

#[test]
fn a_row_whose_key_changed_later_is_kept_back() {
    let changed = Order { id: 1, version: 2 }.insert();
    // Two rows of order 5 failed: neither was written, so neither is newer than what is there.
    let job = Job::new("later", [bad(1, 1), bad(2, 1), changed, bad(5, 1), fine(6), bad(5, 2)]);
    job.run(&job.text().step(cast())).exits(0).says("4 dead letters");
    job.write(&job.text());
    let later = format!("{}: kept back: its key was changed later, at {}/0, offset 2", job.id(0), job.source);
    job.replay(&["--dry-run"]).exits(0).says("would be kept back: its key was changed later");
    job.replay(&[])
        .exits(1)
        .says(&later)
        .says("3 letters sent again, 3 rows written, 0 failed again, 1 kept back");
    let sent = job.origins();
    assert_eq!(sent[..2], [2, 4]);
    let place = |offset: u64| sent.iter().position(|sent| *sent == offset).expect("it was sent");
    assert!(sent.len() == 5 && place(1) > 1 && place(3) < place(5), "{sent:?}");
    let again = job.replay(&["--output", "json"]);
    again.exits(1);
    let summary: Value = serde_json::from_str(again.stdout.trim()).expect("JSON");
    assert_eq!(summary["written"], 0);
    assert_eq!(summary["refused"][0]["why"], "changed-later");
    assert_eq!(summary["refused"][0]["later"]["ordinal"], 2);
    job.list(&[]).says(&job.id(0));

    job.replay(&["--force"]).exits(0).says("1 letters sent again, 1 rows written");
    assert_eq!(job.origins(), [sent, vec![0]].concat());
    job.list(&[]).says("no dead letters");
    job.replay(&["--force"]).exits(0).says("0 letters sent again");
}

#[test]
fn where_messages_are_gone_nobody_can_tell() {
    let job = Job::new("gone", [bad(1, 1), fine(2), fine(3), bad(4, 1)]);
    job.run(&job.text().step(cast())).exits(0).says("2 dead letters");
    job.client.delete_records(&job.source, 0, 3).expect("messages deleted");
    job.write(&job.text());
    job.replay(&[])
        .exits(1)
        .says("cannot be told: the messages from offset 1 to 2 are gone")
        .says("1 letters sent again, 1 rows written");
    job.replay(&["--force"]).exits(0).says("1 rows written");
    assert_eq!(job.origins(), [1, 2, 3, 0]);
}

#[test]
fn a_killed_replay_goes_on_where_it_was() {
    let count = 60;
    let job = Job::new("killed", (0..count).map(|id| bad(id, 1)));
    job.run(&job.text().step(cast())).exits(0).says("60 dead letters");
    let slow = "engine: { max_delay: 50ms, throttle: { rows_per_second: 5 } }";
    job.write(&job.text().section(slow));
    // Where its readers end: whoever reads what is there meets no end while more is written.
    let end = || job.client.stable_offsets(&job.out).expect("the end")[&0];
    for _ in 0..2 {
        let before = end();
        let mut running = job.bench.command(["dead-letters", "replay", "job.yaml"]).start();
        while end() < before + 4 {
            assert!(running.ended().is_none(), "{}{}", running.stdout(), running.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(running.ended().is_none(), "it was killed too late");
        running.kill();
    }
    let sent = job.origins().len();
    assert!((2..count as usize).contains(&sent), "{sent} were sent before the kills");
    job.write(&job.text());
    let rest = job.replay(&[]);
    rest.exits(0).says(&format!("{} letters sent again", count as usize - sent));
    let origins = job.origins();
    assert_eq!(origins.len(), count as usize, "{rest}");
    assert_eq!(origins.iter().copied().collect::<BTreeSet<_>>(), (0..count).collect());
    job.replay(&[]).exits(0).says("0 letters sent again, 0 rows written");
}

#[test]
fn letters_that_are_too_large_for_their_topic_are_sent_from_their_file() {
    let large = "n".repeat(20_000);
    // Large and small ones of one order: they lie in two places, and are written in the order of the source.
    let records = [padded(1, 1, &large), bad(1, 2), padded(1, 3, &large), fine(2)];
    let job = Job::with_dead_topic("large", records, 1, &[("max.message.bytes", "10000")]);
    job.run(&job.text().step(cast())).exits(0).says("3 dead letters");
    let file = job.bench.path(&format!("sluicegate-dead-letters/{}.ndjson", job.source));
    let lines = || std::fs::read_to_string(&file).expect("the file").lines().count();
    assert_eq!(lines(), 2);
    let listed = job.list(&[]);
    assert_eq!(listed.stdout.lines().count(), 4, "{listed}");
    let shown = job.letters_verb("show", &[&job.id(0)]);
    shown.exits(0).says("more; --full shows all");
    assert!(job.letters_verb("show", &[&job.id(0), "--full"]).stdout.contains(&large));

    // Not repaired: they fail again, and are in their file again.
    job.replay(&[]).exits(1).says("0 rows written, 3 failed again");
    assert_eq!(lines(), 4);
    job.write(&job.text());
    job.replay(&[]).exits(0).says("3 letters sent again, 3 rows written");
    assert_eq!(job.origins(), [3, 0, 1, 2]);
    job.replay(&[]).exits(0).says("0 letters sent again");
}

#[test]
fn sealed_letters_are_opened_with_the_key_of_the_pipeline() {
    let job = Job::with_dead_topic("sealed", [bad(1, 1), bad(1, 2), bad(2, 1)], 2, &[]);
    let text = |seed: u8| {
        let keys = format!(
            "keys: {{ card: {{ algorithm: xaes-256-gcm, versions: {{ v1: \"{}\" }} }} }}",
            secret(seed)
        );
        PipelineText::new(&job.source, job.client.brokers(), &job.source)
            .to(&job.out)
            .section(&job.letters(", seal: card"))
            .section(&keys)
    };
    job.run(&text(1).step(cast())).exits(0).says("3 dead letters");
    let stored = job.client.read_all_committed(&job.dead).expect("the letters");
    assert!(stored.iter().all(|letter| !letter.value_text().contains(BOOM)), "they are sealed");
    let listed = job.list(&[]);
    listed.says(&job.id(0)).says("schema-map");
    assert!(!listed.stdout.contains(BOOM), "{listed}");

    // Another key under the same name opens nothing, and nothing is lost by it.
    job.write(&text(2));
    job.letters_verb("show", &[&job.id(0)]).exits(2).says("the dead letter cannot be opened").says("card");
    job.replay(&[]).exits(1).says("it cannot be opened").says("0 letters sent again").says("3 kept back");

    job.write(&text(1));
    job.letters_verb("show", &[&job.id(0)]).exits(0).says("AMOUNT = 12x");
    job.replay(&[]).exits(0).says("3 letters sent again, 3 rows written");
    let origins = job.origins();
    let of_order_1: Vec<u64> = origins.iter().copied().filter(|offset| *offset < 2).collect();
    assert_eq!((origins.len(), of_order_1), (3, vec![0, 1]));
}

#[test]
fn a_letter_about_an_output_goes_there_and_nowhere_else() {
    let job = Job::new("output", [fine(1), padded(2, 1, &"n".repeat(2_000))]);
    job.run(&job.text().sink("max_message_bytes: 1500B")).exits(0).says("1 dead letters");
    job.list(&["--table", "SHOP.ORDERS_2"]).says("encode").says("the message has");
    let id = format!("{}/SHOP.ORDERS_2", job.id(1));
    let to = "{ use: schema-map, with: { tables: [ { match: '.*', to: ods.orders } ] } }";
    job.write(&job.text().step(to));
    job.replay(&[]).exits(1).says(&format!(
        "{id}: kept back: it was on its way to SHOP.ORDERS_2, and the row goes to ods.orders now"
    ));
    job.write(&job.text());
    job.replay(&[]).exits(0).says("1 rows written");
    assert_eq!(job.origins(), [0, 1]);
}

#[test]
fn a_pipeline_without_dead_letters_has_none_to_show() {
    let job = Job::new("none", [fine(1)]);
    let text = PipelineText::new(&job.source, job.client.brokers(), &job.source).to(&job.out);
    job.write(&text);
    for verb in ["list", "replay"] {
        job.letters_verb(verb, &[]).exits(2).says("the pipeline has no `dead_letters:`");
    }
    job.write(&job.text());
    job.list(&[]).says("no dead letters");
    job.replay(&[]).exits(0).says("0 letters sent again");
}

#[test]
fn letters_of_a_pipeline_into_files_are_sent_again_too() {
    let job = Job::new("to-files", [fine(1), bad(2, 1), fine(3)]);
    let write = |steps: &str| {
        let text = format!(
            r#"pipeline: {0}
source: {{ kafka: {{ brokers: "{1}", topics: [{0}], format: ogg-json, start: earliest }} }}
{steps}
sink: {{ file: {{ directory: rows, path: orders.ndjson, format: json }} }}
dead_letters: {{ file: dead.ndjson }}
"#,
            job.source,
            job.client.brokers()
        );
        job.bench.write("job.yaml", text);
    };
    let rows =
        || std::fs::read_to_string(job.bench.path("rows/orders.ndjson")).expect("rows").lines().count();
    write(&format!("steps: [ {} ]", cast()));
    job.bench.run(["run", "job.yaml", "--until", "end"]).exits(0).says("1 dead letters");
    assert_eq!(rows(), 2);
    write("");
    job.replay(&[]).exits(0).says("1 letters sent again, 1 rows written");
    job.replay(&[]).exits(0).says("0 letters sent again");
    assert_eq!(rows(), 3);
    job.bench.run(["run", "job.yaml", "--until", "end"]).exits(0).says("0 rows written");
}

#[test]
fn letters_of_files_are_read_as_their_files_were() {
    let bench = Bench::new("from-files");
    std::fs::create_dir(bench.path("in")).expect("a folder");
    // The columns are named by the first record, and the names of people are in another character set.
    let rows: [&[u8]; 4] = [b"id,name,amount\n", b"1,a,10\n", b"2,\xc4\xe3\xba\xc3,12x\n", b"3,c,30\n"];
    bench.write("in/orders.csv", rows.concat());
    let write = |steps: &str, format: &str| {
        let text = format!(
            r"pipeline: from-files
source: {{ file: {{ paths: in/*.csv, format: {format}, encoding: gbk }} }}
{steps}
sink: {{ file: {{ directory: rows, path: orders.ndjson, format: json }} }}
dead_letters: {{ file: dead.ndjson }}
"
        );
        bench.write("job.yaml", text);
    };
    let replay = |more: &str| {
        let arguments = ["dead-letters", "replay", "job.yaml", more];
        bench.run(arguments.into_iter().filter(|argument| !argument.is_empty()).collect::<Vec<_>>())
    };
    let rows = || std::fs::read_to_string(bench.path("rows/orders.ndjson")).expect("rows");
    let steps = format!("steps: [ {} ]", cast());
    let cast_amount = steps.replace("AMOUNT", "amount");
    write(&cast_amount, "{ csv: { primary_key: [id] } }");
    bench.run(["run", "job.yaml", "--until", "end"]).exits(0).says("1 dead letters");
    assert_eq!(rows().lines().count(), 2);
    let id = "from-files/orders.csv/3";
    bench.run(["dead-letters", "list", "job.yaml"]).exits(0).says(id);
    bench
        .run(["dead-letters", "show", "job.yaml", id])
        .exits(0)
        .says("rows of orders, as the format reads them now: +I id = 2 name = 你好 amount = 12x");

    // Files are not searched for later changes.
    write("", "{ csv: { primary_key: [id] } }");
    replay("").exits(1).says("cannot be told: the source is no topic");
    replay("--force").exits(0).says("1 letters sent again, 1 rows written");
    replay("--force").exits(0).says("0 letters sent again");
    let written = rows();
    assert_eq!(written.lines().count(), 3);
    let last: Value = serde_json::from_str(written.lines().last().expect("a row")).expect("JSON");
    assert_eq!((&last["id"], &last["name"]), (&Value::from("2"), &Value::from("你好")));
    bench.run(["run", "job.yaml", "--until", "end"]).exits(0).says("0 rows written");
}
