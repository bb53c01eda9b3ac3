//! What the built-ins cost against the same work done natively, in one run: `cargo bench -p sluicegate-transforms`.
//!
//! Each line is one step over a batch of 8,192 rows of ten columns. `native` is the same kernels called from here;
//! the ratio is what the sandbox adds. The two take turns, and the fastest of many rounds counts for each: what else
//! the machine does can only add.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{StringArray, UInt64Array};
use serde_json::{Value, json};
use sluicegate_connector::Transform;
use sluicegate_kernels::{HashAlgorithm, cast, hash};
use sluicegate_keys::{Algorithm, KeyRing, KeySpec, Secret, SecretEncoding};
use sluicegate_model::data_type;
use sluicegate_model::{ChangeBatch, Column};
use support::{batch, step};

const ROWS: usize = 8192;
const ROUNDS: usize = 300;

fn main() {
    let given = orders();
    println!("{ROWS} rows, 10 columns, fastest of {ROUNDS} rounds\n");
    println!("{:<40} {:>10} {:>10} {:>7}", "step", "ns a row", "native", "ratio");
    for (name, guest, with, native) in cases() {
        let step = step(guest, with);
        let mut instance = step.start().expect("the guest starts");
        let (mut in_guest, mut natively) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            in_guest = in_guest.min(time(|| {
                black_box(instance.transform(&given).expect("an outcome"));
            }));
            natively = natively.min(time(|| native(&given)));
        }
        let row = |time: Duration| time.as_nanos() as f64 / ROWS as f64;
        let ratio = row(in_guest) / row(natively);
        println!("{name:<40} {:>10.2} {:>10.2} {ratio:>7.3}", row(in_guest), row(natively));
    }
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn orders() -> ChangeBatch {
    let column = |text: &dyn Fn(usize) -> String| {
        let cells: StringArray = (0..ROWS).map(|row| Some(text(row))).collect();
        Column::new(Arc::new(cells))
    };
    let mut fields = vec![
        ("ORDER_ID", column(&|row| (100_000 + row * 7).to_string())),
        ("AMOUNT", column(&|row| format!("{}.{:02}", row % 5000, row % 100))),
        ("name", column(&|row| format!("customer {}", row * 31 % 9973))),
        ("phone", column(&|row| format!("+49-555-{:07}", row * 7919 % 10_000_000))),
    ];
    for name in ["c5", "c6", "c7", "c8", "c9", "c10"] {
        fields.push((name, column(&|row| format!("{name} value {row}"))));
    }
    batch("SHOP.ORDERS_07", &["ORDER_ID"], &"I".repeat(ROWS), fields)
}

type Native = Box<dyn Fn(&ChangeBatch)>;

fn cases() -> Vec<(&'static str, &'static str, Value, Native)> {
    let mapping = json!({"tables": [{
        "match": r"SHOP\.ORDERS_(\d+)", "to": "ods.orders", "rename": {"ORDER_ID": "id", "AMOUNT": "amount"},
        "drop": ["c10"], "cast": {"id": "int64", "amount": "decimal(18,2)"},
    }]});
    vec![
        ("schema-map: rename, drop, two casts", "schema-map", mapping, Box::new(map_natively)),
        (
            "crypt: XAES-256-GCM of one column",
            "crypt",
            json!({"seal": {"phone": {"key": "card"}}}),
            Box::new(seal_natively()),
        ),
        (
            "split: murmur2 of a key, 1 -> 3",
            "split",
            json!({"by": ["ORDER_ID"], "into": 3}),
            Box::new(|given| split_natively(given, HashAlgorithm::Murmur2)),
        ),
        (
            "split: xxh3 of a key, 1 -> 3",
            "split",
            json!({"by": ["ORDER_ID"], "into": 3, "hash": "xxh3"}),
            Box::new(|given| split_natively(given, HashAlgorithm::Xxh3)),
        ),
        ("mask-name: text made in the guest", "mask-name", json!({}), Box::new(mask_natively)),
    ]
}

fn map_natively(given: &ChangeBatch) {
    let options = [("time-zone".to_owned(), "UTC".to_owned())];
    for (name, to) in [("ORDER_ID", "int64"), ("AMOUNT", "decimal(18,2)")] {
        let to = data_type::parse(to).expect("a type");
        black_box(cast(given.column(name).expect("a column"), &to, &options).expect("a cast"));
    }
    let mut parts = given.clone().into_parts();
    parts.columns.pop();
    black_box(parts.columns);
}

fn seal_natively() -> impl Fn(&ChangeBatch) {
    let secret = Secret::new("01".repeat(32));
    let spec =
        KeySpec { secret_encoding: SecretEncoding::Hex, ..KeySpec::new(Algorithm::Xaes256Gcm, "v1", secret) };
    let ring =
        KeyRing::build(&std::collections::BTreeMap::from([("card".to_owned(), spec)])).expect("a ring");
    move |given| {
        black_box(ring.seal(given.column("phone").expect("a column"), "card", "", &[]).expect("sealed"));
    }
}

fn split_natively(given: &ChangeBatch, algorithm: HashAlgorithm) {
    let hashes = hash(&[given.column("ORDER_ID").expect("a column")], algorithm).expect("hashes");
    let hashes = hashes.values().as_any().downcast_ref::<UInt64Array>().expect("uint64");
    // A number that the compiler does not know, as the configuration's.
    let outputs: u64 = black_box(3);
    let mut rows = vec![Vec::new(); outputs as usize];
    for (row, hash) in (0u32..).zip(hashes.values()) {
        rows[(hash % outputs) as usize].push(row);
    }
    for rows in rows {
        black_box(given.take(&rows.into()).expect("rows"));
    }
}

fn mask_natively(given: &ChangeBatch) {
    let names = given.column("name").expect("a column").values();
    let names = names.as_any().downcast_ref::<StringArray>().expect("text");
    let masked: StringArray = names
        .iter()
        .map(|name| {
            name.map(|name| {
                name.chars().enumerate().map(|(at, c)| if at < 1 { c } else { '*' }).collect::<String>()
            })
        })
        .collect();
    black_box(masked);
}
