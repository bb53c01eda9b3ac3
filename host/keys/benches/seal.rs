//! What the ring costs over the bare cipher, on columns of 8,192 short cells.
//!
//! `bare` is the floor: AES-256-GCM under one key with a counted nonce, one buffer, no envelope, no Arrow.

use std::{hint::black_box, sync::Arc};

use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use arrow_array::{Array, BinaryArray, Int64Array, StringArray, cast::AsArray};
use base64::{Engine, prelude::BASE64_STANDARD};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sluicegate_keys::{Algorithm, Encoding, KeyRing, KeySpec, Plaintext, Secret, SecretEncoding, digest};
use sluicegate_model::Column;

const ROWS: usize = 8_192;

fn phones() -> StringArray {
    (0..ROWS).map(|row| Some(format!("+86 138-{:04}-{:04}", row % 10_000, row * 7 % 10_000))).collect()
}

fn spec(algorithm: Algorithm, encoding: Encoding) -> KeySpec {
    let secret = "0123456789abcdef0123456789abcdef";
    KeySpec {
        secret_encoding: SecretEncoding::Utf8,
        encoding: Some(encoding),
        plaintext: Some(Plaintext::Text),
        ..KeySpec::new(algorithm, "v1", Secret::new(secret))
    }
}

fn ring() -> KeyRing {
    let specs = [
        ("xaes", spec(Algorithm::Xaes256Gcm, Encoding::Base64)),
        ("xaes-binary", spec(Algorithm::Xaes256Gcm, Encoding::Binary)),
        ("siv", spec(Algorithm::Aes256GcmSiv, Encoding::Base64)),
        ("ecb", spec(Algorithm::AesEcbPkcs5, Encoding::Base64)),
    ]
    .map(|(name, spec)| (name.to_owned(), spec));
    KeyRing::build(specs.iter().map(|(name, spec)| (name, spec))).expect("the specs are right")
}

fn bare(cells: &StringArray, gcm: &Aes256Gcm, out: &mut Vec<u8>, text: bool) {
    out.clear();
    let mut scratch = Vec::new();
    for row in 0..cells.len() {
        let cell = cells.value(row).as_bytes();
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&(row as u64).to_be_bytes());
        let target = if text { &mut scratch } else { &mut *out };
        if text {
            target.clear();
        }
        let start = target.len();
        target.extend_from_slice(cell);
        let tag = gcm
            .encrypt_inout_detached(&nonce.into(), b"", (&mut target[start..]).into())
            .expect("the cell is short");
        target.extend_from_slice(&tag);
        if text {
            let start = out.len();
            out.resize(start + scratch.len().div_ceil(3) * 4, 0);
            BASE64_STANDARD.encode_slice(&scratch, &mut out[start..]).expect("there is room");
        }
    }
}

fn benches(criterion: &mut Criterion) {
    let ring = ring();
    let cells = phones();
    let column = Column::new(Arc::new(cells.clone()));
    let ids = Column::new(Arc::new((0..ROWS as i64).map(Some).collect::<Int64Array>()));
    let mut group = criterion.benchmark_group("8192 cells of 17 bytes");
    group.throughput(Throughput::Elements(ROWS as u64));

    let gcm = Aes256Gcm::new(&[7; 32].into());
    let mut out = Vec::with_capacity(1 << 20);
    group.bench_function("bare gcm, binary", |b| b.iter(|| bare(black_box(&cells), &gcm, &mut out, false)));
    group.bench_function("bare gcm, base64", |b| b.iter(|| bare(black_box(&cells), &gcm, &mut out, true)));

    for key in ["xaes-binary", "xaes", "siv", "ecb"] {
        let sealed = ring.seal(&column, key, "", &[]).expect("the column seals");
        group.bench_function(format!("seal {key}"), |b| {
            b.iter(|| ring.seal(black_box(&column), key, "", &[]));
        });
        group.bench_function(format!("open {key}"), |b| {
            b.iter(|| ring.open(black_box(&sealed), key, "", &[]));
        });
    }
    group.bench_function("seal xaes, context and a bound int64", |b| {
        b.iter(|| ring.seal(black_box(&column), "xaes", "shop.orders.phone", std::slice::from_ref(&ids)));
    });

    // Cells of many batches mixed: each derives its own key.
    let mixed: BinaryArray = (0..ROWS)
        .map(|row| {
            let one = ring.seal(&column.slice(row, 1), "xaes-binary", "", &[]).expect("the cell seals");
            Some(one.values().as_binary::<i32>().value(0).to_vec())
        })
        .collect();
    let mixed = Column::new(Arc::new(mixed));
    group.bench_function("open xaes-binary, each cell of another batch", |b| {
        b.iter(|| ring.open(black_box(&mixed), "xaes-binary", "", &[]));
    });
    group.bench_function("mac", |b| b.iter(|| ring.mac(black_box(&column), "xaes")));
    group.bench_function("digest", |b| b.iter(|| digest(black_box(&column))));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
