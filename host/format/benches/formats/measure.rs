//! What reading and writing each format costs, beside two readers of JSON that know nothing of rows.

use std::error::Error;
use std::hint::black_box;

use sluicegate_format::{Decode, Encode, FormatOptions, LaneInfo, Messages, Record};
use sluicegate_model::{ChangeBatch, Item, Lane};

type Fallible<T> = Result<T, Box<dyn Error>>;

/// Messages in a stretch: what a worker gets at a time.
pub const MESSAGES: u64 = 4_096;

/// The columns of the table.
pub const HEAD: [&str; 8] =
    ["format", "decode, MB/s", "/ tape", "/ value", "/ ogg-json", "encode, MB/s", "/ decode", "ns a message"];

/// What the table shows.
pub fn about(rounds: usize, updates: &[Vec<u8>]) -> String {
    let mean = updates.iter().map(Vec::len).sum::<usize>() / updates.len();
    format!(
        "{MESSAGES} updates of 9 columns with the row before and after, {mean} bytes each as OGG JSON, and the same rows in the \
         other formats; one thread, {rounds} rounds in turns, medians of the thread's CPU time. Decode: messages to Arrow \
         columns; encode: back. tape: `simd-json` with its buffers kept, which finds the structure and keeps no rows; value: \
         `serde_json::Value` of each message; delimited text has both rows of an update, a record each. MB are of the messages."
    )
}

/// A format with its options of writing, and those of reading what was written.
const FORMATS: &[(&str, &str, &str)] = &[
    ("ogg-json", "ogg-json", "ogg-json"),
    ("canal-json", "canal-json", "canal-json"),
    ("debezium-json", "debezium-json", "debezium-json"),
    ("maxwell-json", "maxwell-json", "maxwell-json"),
    ("json", "json", "json: { table: SHOP.ORDERS, kind: upsert }"),
    (
        "delimited",
        "delimited: { header: false, kind_column: op }",
        "delimited: { table: SHOP.ORDERS, kind_column: op, columns: [op, COLUMNS] }",
    ),
];

/// Times of one format, in nanoseconds a stretch.
#[derive(Default)]
struct Times {
    decode: Vec<f64>,
    encode: Vec<f64>,
    tape: Vec<f64>,
    value: Vec<f64>,
}

/// A row of the table for every format that there is, or for those of some names and the one that they are compared with.
///
/// # Errors
/// Where a format does not read or write the messages.
pub fn measure(updates: &[Vec<u8>], rounds: usize, only_of: &[String]) -> Fallible<Vec<[String; 8]>> {
    let rows = only(&decode(&*options("ogg-json")?.decoder()?, updates)?)?;
    let names: Vec<&str> = rows.schema().fields().iter().map(|field| field.name().as_str()).collect();
    let mut table = Vec::new();
    let mut ogg = None;
    let wanted = |name: &str| only_of.is_empty() || name == "ogg-json" || only_of.iter().any(|of| of == name);
    for (name, written, read) in FORMATS.iter().filter(|(name, ..)| wanted(name)) {
        let read = options(&read.replace("COLUMNS", &names.join(", ")))?;
        let (decoder, encoder) = (read.decoder()?, options(written)?.encoder()?);
        let sent = if *name == "ogg-json" { updates.to_vec() } else { encode(&*encoder, &rows)? };
        let bytes = sent.iter().map(Vec::len).sum::<usize>() as f64;
        let batch = only(&decode(&*decoder, &sent)?)?;
        let out = encode(&*encoder, &batch)?.iter().map(Vec::len).sum::<usize>() as f64;
        let times = of(&*decoder, &*encoder, &sent, &batch, rounds, name.ends_with("json"))?;
        let each = median(&times.decode) / sent.len() as f64;
        let speed = |bytes: f64, times: &[f64]| bytes / median(times) * 1e3;
        let decoded = speed(bytes, &times.decode);
        let encoded = speed(out, &times.encode);
        let ratio = |others: &[f64]| {
            if others.is_empty() { String::new() } else { format!("{:.2}", decoded / speed(bytes, others)) }
        };
        table.push([
            (*name).to_owned(),
            format!("{decoded:.0}"),
            ratio(&times.tape),
            ratio(&times.value),
            format!("{:.2}", decoded / *ogg.get_or_insert(decoded)),
            format!("{encoded:.0}"),
            format!("{:.2}", encoded / decoded),
            format!("{each:.0}"),
        ]);
    }
    Ok(table)
}

/// The middle one of some times.
fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The CPU time that work takes of this thread, in nanoseconds: what a busy machine does beside it does not count.
fn time<T>(work: impl FnOnce() -> Fallible<T>) -> Fallible<f64> {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let start = now();
    drop(black_box(work()?));
    Ok(now() - start)
}

fn of(
    decoder: &dyn Decode,
    encoder: &dyn Encode,
    sent: &[Vec<u8>],
    batch: &ChangeBatch,
    rounds: usize,
    json: bool,
) -> Fallible<Times> {
    let mut times = Times::default();
    let (mut out, mut buffers) = (Messages::default(), simd_json::Buffers::default());
    let warm = rounds / 10 + 1;
    for round in 0..rounds + warm {
        let decoded = time(|| decode(decoder, sent))?;
        let encoded = time(|| {
            out.clear();
            Ok(encoder.encode(batch, &mut out)?.len())
        })?;
        let (mut tape, mut value) = (0.0, 0.0);
        if json {
            // It writes into what it reads.
            let mut copies = sent.to_vec();
            tape = time(|| tapes(&mut copies, &mut buffers))?;
            value = time(|| {
                for message in sent {
                    black_box(serde_json::from_slice::<serde_json::Value>(message)?);
                }
                Ok(())
            })?;
        }
        if round >= warm {
            times.decode.push(decoded);
            times.encode.push(encoded);
            if json {
                times.tape.push(tape);
                times.value.push(value);
            }
        }
    }
    Ok(times)
}

fn tapes(messages: &mut [Vec<u8>], buffers: &mut simd_json::Buffers) -> Fallible<()> {
    let mut tape = simd_json::Tape::null();
    for message in messages {
        simd_json::fill_tape(message, buffers, &mut tape)?;
        black_box(&tape);
    }
    Ok(())
}

fn options(yaml: &str) -> Fallible<FormatOptions> {
    Ok(serde_saphyr::from_str(yaml)?)
}

fn decode(decoder: &dyn Decode, messages: &[Vec<u8>]) -> Fallible<Vec<Item>> {
    let lane = Lane::from("orders/0");
    let records: Vec<Record<'_>> = (0..)
        .zip(messages)
        .map(|(ordinal, message)| Record {
            ordinal,
            key: Some(b"1"),
            value: Some(message),
            timestamp_us: Some(1),
            headers: &[],
        })
        .collect();
    let decoded = decoder.decode(&LaneInfo { lane: &lane, topic: "orders", partition: 0 }, &records);
    match decoded.rejects.first() {
        None => Ok(decoded.items),
        Some(reject) => Err(format!("a message of the benchmark is bad: {}", reject.reason).into()),
    }
}

fn only(items: &[Item]) -> Fallible<ChangeBatch> {
    match items {
        [Item::Rows(batch)] => Ok(batch.clone()),
        _ => Err("the messages are not rows of one table".into()),
    }
}

fn encode(encoder: &dyn Encode, batch: &ChangeBatch) -> Fallible<Vec<Vec<u8>>> {
    let mut out = Messages::default();
    let rejects = encoder.encode(batch, &mut out)?;
    match rejects.first() {
        None => {
            Ok(out.messages.iter().filter_map(|message| out.value(message)).map(<[u8]>::to_vec).collect())
        }
        Some(reject) => Err(format!("a row of the benchmark cannot be written: {}", reject.reason).into()),
    }
}
