//! Reads a topic through source and encoder into another: what this crate costs a row.
use sluicegate_connector::*;
use sluicegate_kafka::*;
use sluicegate_model::Item;
use sluicegate_test_servers::{Kafka, Record};
use std::time::{Duration, Instant};

fn cpu() -> Duration {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let kafka = Kafka::shared().unwrap();
    let n = 400_000_usize;
    let (a, b) = (sluicegate_test_servers::unique_name("a"), sluicegate_test_servers::unique_name("b"));
    kafka.create_topic(&a, 1, &[]).unwrap();
    kafka.create_topic(&b, 1, &[]).unwrap();
    kafka
        .client()
        .produce(
            &a,
            (0..n).map(|i| {
                Record::new(format!("{i}"), format!("{{\"id\":\"{i}\",\"pad\":\"{}\"}}", "x".repeat(150)))
            }),
        )
        .unwrap();
    let format: sluicegate_format::FormatOptions = serde_json::from_str("\"json\"").unwrap();
    let mut so = SourceOptions::new([a.as_str()], format.clone());
    so.start = sluicegate_kafka::source::Start::Earliest;
    let id = Identity::new(&a, "i");
    let c = Connection::plain(kafka.brokers());
    let mut ko = SinkOptions::new(format);
    ko.topic = b.clone();
    ko.key = sluicegate_kafka::sink::Key::Columns(vec!["id".into()]);
    let mut s = KafkaSource::new(&c, so, &id).unwrap();
    let mut k = KafkaSink::new(&c, ko, &id, Some(s.group())).unwrap();
    let mut w = k.open().await.unwrap();
    let inc = Incarnations::default();
    let Event::Assigned(l) = s.next(0).await.unwrap() else { panic!() };
    let lane = l[0].clone();
    let t = w.take(&[lane.clone()]).await.unwrap();
    let i = inc.begin(&lane);
    // read only
    let (t0, c0) = (Instant::now(), cpu());
    s.start(&[LaneStart { lane: lane.clone(), at: t[0].at.clone(), incarnation: i }]).await.unwrap();
    let mut rows = 0;
    while rows < n {
        if let Event::Rows(ch) = s.next(32 << 20).await.unwrap() {
            rows += ch.records;
        }
    }
    println!(
        "read {rows}: wall {:?} cpu {:?} = {:.0} ns/row",
        t0.elapsed(),
        cpu() - c0,
        (cpu() - c0).as_nanos() as f64 / n as f64
    );
    let i = inc.begin(&lane);
    s.start(&[LaneStart { lane: lane.clone(), at: StartAt::Beginning, incarnation: i }]).await.unwrap();
    let (t0, c0) = (Instant::now(), cpu());
    let (mut rows, mut dec, mut enc, mut wr, mut com, mut chunks) =
        (0, Duration::ZERO, Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
    let mut from = None;
    let mut since = 0;
    while rows < n {
        if let Event::Rows(ch) = s.next(4 << 20).await.unwrap() {
            if ch.incarnation != i {
                continue;
            }
            from.get_or_insert(ch.from.clone());
            chunks += 1;
            let x = Instant::now();
            let d = ch.payload.decode().unwrap();
            dec += x.elapsed();
            for item in d.items {
                if let Item::Rows(batch) = item {
                    let x = Instant::now();
                    let e = k.encoder().encode(&batch).unwrap();
                    enc += x.elapsed();
                    let x = Instant::now();
                    w.write(e).await.unwrap_or_else(|e| panic!("{e:?}"));
                    wr += x.elapsed();
                }
            }
            rows += ch.records;
            since += ch.records;
            if since > 60_000 || rows >= n {
                since = 0;
                let x = Instant::now();
                let span = LaneSpan {
                    lane: lane.clone(),
                    incarnation: i,
                    from: from.take().unwrap(),
                    to: ch.to.clone(),
                    released: false,
                    note: None,
                };
                w.commit(&Epoch { number: 1, lanes: vec![span], incarnations: inc.clone() })
                    .await
                    .unwrap_or_else(|e| panic!("{e:?}"));
                com += x.elapsed();
            }
        }
    }
    println!(
        "copy {rows} in {chunks} chunks: wall {:?} cpu {:?} = {:.0} ns/row; decode {dec:?} encode {enc:?} write {wr:?} commit {com:?}",
        t0.elapsed(),
        cpu() - c0,
        (cpu() - c0).as_nanos() as f64 / n as f64
    );
    println!("maxrss {}", {
        let mut u: libc::rusage = unsafe { std::mem::zeroed() };
        unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut u) };
        u.ru_maxrss
    });
}
