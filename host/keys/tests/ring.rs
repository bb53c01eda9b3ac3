//! A ring as its callers see it.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, DurationMicrosecondArray, Int64Array,
    NullArray, StringArray, cast::AsArray,
};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use sluicegate_keys::{
    Algorithm, Encoding, KeyError, KeyRing, KeySpec, Plaintext, Secret, SecretEncoding, digest,
};
use sluicegate_model::{Column, column::Cell};

const OLD: &str = "an old secret, thirty-two bytes.";
const NEW: &str = "a newer secret of 32 bytes, too.";

fn spec(algorithm: Algorithm, encoding: Encoding, plaintext: Plaintext) -> KeySpec {
    KeySpec {
        secret_encoding: SecretEncoding::Utf8,
        encoding: Some(encoding),
        plaintext: Some(plaintext),
        ..KeySpec::new(algorithm, "v1", Secret::new(OLD))
    }
}

fn ring(specs: impl IntoIterator<Item = (&'static str, KeySpec)>) -> KeyRing {
    let specs: BTreeMap<String, KeySpec> =
        specs.into_iter().map(|(name, spec)| (name.to_owned(), spec)).collect();
    KeyRing::build(&specs).unwrap()
}

/// Keys by the short names that the tests use: algorithm, then `-binary` or `-hex` where not base64.
fn all() -> KeyRing {
    let text = |algorithm, encoding| spec(algorithm, encoding, Plaintext::Text);
    let mac = KeySpec {
        secret_encoding: SecretEncoding::Utf8,
        ..KeySpec::new(Algorithm::HmacSha256, "v1", Secret::new(OLD))
    };
    ring([
        ("xaes", text(Algorithm::Xaes256Gcm, Encoding::Base64)),
        ("xaes-binary", text(Algorithm::Xaes256Gcm, Encoding::Binary)),
        ("xaes-hex", text(Algorithm::Xaes256Gcm, Encoding::Hex)),
        ("siv", text(Algorithm::Aes256GcmSiv, Encoding::Base64)),
        ("siv-binary", text(Algorithm::Aes256GcmSiv, Encoding::Binary)),
        ("ecb", text(Algorithm::AesEcbPkcs5, Encoding::Base64)),
        ("ecb-hex", text(Algorithm::AesEcbPkcs5, Encoding::Hex)),
        ("mac", mac),
    ])
}

fn text<'a>(cells: impl IntoIterator<Item = Option<&'a str>>) -> Column {
    Column::new(Arc::new(cells.into_iter().collect::<StringArray>()))
}

fn bytes(cells: &[&[u8]]) -> Column {
    Column::new(Arc::new(cells.iter().map(Some).collect::<BinaryArray>()))
}

fn opened(ring: &KeyRing, sealed: &Column, key: &str) -> Column {
    let checked = ring.open(sealed, key, "", &[]).unwrap();
    assert_eq!(checked.failed, vec![]);
    checked.column
}

/// The one reason why a column of one cell does not open.
fn reason(ring: &KeyRing, sealed: &Column, key: &str, context: &str, bound_to: &[Column]) -> String {
    let checked = ring.open(sealed, key, context, bound_to).unwrap();
    assert!(checked.column.values().is_null(0));
    assert_eq!((checked.failed.len(), checked.failed[0].0), (1, 0));
    checked.failed[0].1.clone()
}

#[test]
fn every_algorithm_opens_what_it_sealed() {
    let ring = all();
    let column = text([Some("555-0100"), None, Some(""), Some("电话"), Some(&"x".repeat(100_000))]);
    for key in ["xaes", "xaes-binary", "xaes-hex", "siv", "siv-binary", "ecb", "ecb-hex"] {
        let sealed = ring.seal(&column, key, "", &[]).unwrap();
        assert_eq!(*sealed.data_type(), ring.sealed_type(key).unwrap(), "{key}");
        assert!(sealed.values().is_valid(2) && sealed.values().is_null(1), "{key}");
        assert_eq!(opened(&ring, &sealed, key), column, "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_cells_come_back(
        cells in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..70)), 0..40),
        context in ".{0,8}",
        cut in 0usize..40,
    ) {
        let values: ArrayRef = Arc::new(cells.iter().map(|cell| cell.as_deref()).collect::<BinaryArray>());
        let whole = Column::new(values);
        let cut = cut.min(whole.len());
        let column = whole.slice(cut, whole.len() - cut);
        let bound: ArrayRef = Arc::new((0..column.len() as i64).map(Some).collect::<Int64Array>());
        let bound = [Column::new(bound), column.clone()];
        for algorithm in [Algorithm::Xaes256Gcm, Algorithm::Aes256GcmSiv, Algorithm::AesEcbPkcs5] {
            for encoding in [Encoding::Binary, Encoding::Base64, Encoding::Hex] {
                let ring = ring([("k", spec(algorithm, encoding, Plaintext::Binary))]);
                let (context, bound): (_, &[Column]) =
                    if algorithm.binds() { (context.as_str(), &bound) } else { ("", &[]) };
                let sealed = ring.seal(&column, "k", context, bound).unwrap();
                let back = ring.open(&sealed, "k", context, bound).unwrap();
                prop_assert!(back.failed.is_empty());
                prop_assert_eq!(&back.column, &column);
            }
        }
    }

    /// Text that nobody sealed: a reason for each cell, no panic.
    #[test]
    fn any_text_is_refused(cells in prop::collection::vec("[\\x00-\\x12A-Za-z0-9+/=]{0,80}", 1..20)) {
        let ring = all();
        let column = text(cells.iter().map(|cell| Some(cell.as_str())));
        for key in ["xaes", "xaes-hex", "siv"] {
            prop_assert_eq!(ring.open(&column, key, "", &[]).unwrap().failed.len(), cells.len());
        }
        let binary = bytes(&cells.iter().map(String::as_bytes).collect::<Vec<_>>());
        prop_assert_eq!(ring.open(&binary, "xaes-binary", "", &[]).unwrap().failed.len(), cells.len());
        ring.open(&column, "ecb", "", &[]).unwrap();
    }
}

#[test]
fn null_stays_null_and_missing_stays_missing() {
    let ring = all();
    let values: ArrayRef =
        Arc::new(StringArray::from(vec![Some("a"), None, Some("never sealed"), Some("b")]));
    let column = Column::with_presence(values, Some(BooleanBuffer::from(vec![true, true, false, true])));
    let states = [Cell::Value, Cell::Null, Cell::Missing, Cell::Value];
    for key in ["xaes", "xaes-binary", "siv", "ecb"] {
        let sealed = ring.seal(&column, key, "", &[]).unwrap();
        let back = opened(&ring, &sealed, key);
        for (row, state) in states.into_iter().enumerate() {
            assert_eq!((sealed.cell(row), back.cell(row)), (state, state), "{key} {row}");
        }
    }
    for hashed in [ring.mac(&column, "mac").unwrap(), digest(&column).unwrap()] {
        assert_eq!(states.map(|_| ()).len(), hashed.len());
        assert!((0..4).all(|row| hashed.cell(row) == states[row]));
    }
}

#[test]
fn a_batch_of_no_rows_tells_the_types() {
    let ring = all();
    let none = text([]);
    assert_eq!(*ring.seal(&none, "xaes", "c", &[]).unwrap().data_type(), DataType::Utf8);
    assert_eq!(*ring.seal(&none, "xaes-binary", "c", &[]).unwrap().data_type(), DataType::Binary);
    assert_eq!(*ring.open(&none, "xaes", "c", &[]).unwrap().column.data_type(), DataType::Utf8);
    assert_eq!(*ring.mac(&none, "xaes").unwrap().data_type(), DataType::Binary);
}

#[test]
fn other_types_open_as_their_text() {
    let ring = all();
    let decimal = Decimal128Array::from(vec![Some(-1250), None]).with_precision_and_scale(18, 2).unwrap();
    let columns: [(ArrayRef, [Option<&str>; 2]); 4] = [
        (Arc::new(Int64Array::from(vec![Some(i64::MIN), None])), [Some("-9223372036854775808"), None]),
        (Arc::new(decimal), [Some("-12.50"), None]),
        (Arc::new(Date32Array::from(vec![Some(0), None])), [Some("1970-01-01"), None]),
        (Arc::new(NullArray::new(2)), [None, None]),
    ];
    for (values, expected) in columns {
        let sealed = ring.seal(&Column::new(values), "xaes", "", &[]).unwrap();
        assert_eq!(opened(&ring, &sealed, "xaes"), text(expected));
    }
    let duration = Column::new(Arc::new(DurationMicrosecondArray::from(vec![1])));
    let refused = ring.seal(&duration, "xaes", "", &[]).unwrap_err();
    assert!(refused.to_string().contains("cast the column to utf8"), "{refused}");
}

#[test]
fn every_changed_byte_is_noticed() {
    let ring = all();
    for key in ["xaes-binary", "siv-binary"] {
        let sealed = ring.seal(&text([Some("555-0100")]), key, "t.c", &[]).unwrap();
        let cell = sealed.values().as_binary::<i32>().value(0);
        for place in 0..cell.len() {
            for flip in [1, 0x80] {
                let mut changed = cell.to_vec();
                changed[place] ^= flip;
                reason(&ring, &bytes(&[&changed]), key, "t.c", &[]);
            }
        }
        for length in 0..cell.len() {
            reason(&ring, &bytes(&[&cell[..length]]), key, "t.c", &[]);
        }
        reason(&ring, &bytes(&[&[cell, b"x"].concat()]), key, "t.c", &[]);
    }
    for key in ["xaes", "siv"] {
        let sealed = ring.seal(&text([Some("555-0100")]), key, "", &[]).unwrap();
        let cell = sealed.values().as_string::<i32>().value(0);
        for place in 0..cell.len() {
            let mut changed = cell.as_bytes().to_vec();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            reason(&ring, &bytes(&[&changed]), key, "", &[]);
        }
    }
}

#[test]
fn a_sealed_cell_opens_only_in_its_place() {
    let ring = all();
    let phone = text([Some("555-0100")]);
    let id = |id: i64| Column::new(Arc::new(Int64Array::from(vec![id])));
    for key in ["xaes", "siv"] {
        let sealed = ring.seal(&phone, key, "shop.orders.phone", &[id(7)]).unwrap();
        let open = |context: &str, bound: &[Column]| {
            ring.open(&sealed, key, context, bound).unwrap().failed.is_empty()
        };
        assert!(open("shop.orders.phone", &[id(7)]));
        assert!(open("shop.orders.phone", &[text([Some("7")])]), "a number binds as its text");
        assert!(!open("shop.orders.phone", &[id(8)]));
        assert!(!open("shop.orders.phone", &[text([None])]));
        assert!(!open("shop.orders.phone", &[]));
        assert!(!open("shop.orders.phone", &[id(7), id(7)]));
        assert!(!open("shop.orders.mail", &[id(7)]));
        assert!(!open("", &[]));
        let refused = reason(&ring, &sealed, key, "", &[]);
        assert!(refused.contains(&format!("key `{key}`")) && refused.contains("authenticate"), "{refused}");
    }
}

#[test]
fn null_binds_other_than_the_empty_text() {
    let ring = all();
    let sealed = ring.seal(&text([Some("x")]), "xaes", "", &[text([None])]).unwrap();
    assert!(ring.open(&sealed, "xaes", "", &[text([None])]).unwrap().failed.is_empty());
    reason(&ring, &sealed, "xaes", "", &[text([Some("")])]);
}

#[test]
fn a_cell_is_not_bound_to_a_missing_one() {
    let ring = all();
    let id: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let id = Column::with_presence(id, Some(BooleanBuffer::from(vec![true, false])));
    let refused =
        ring.seal(&text([Some("a"), Some("b")]), "xaes", "", std::slice::from_ref(&id)).unwrap_err();
    assert_eq!(refused, KeyError::BoundMissing { row: 1, index: 0 });
    assert!(refused.is_data());
    // Nothing is bound where nothing is sealed.
    let sealed = ring.seal(&text([Some("a"), None]), "xaes", "", std::slice::from_ref(&id)).unwrap();
    assert!(ring.open(&sealed, "xaes", "", &[id]).unwrap().failed.is_empty());

    let refused = ring.seal(&text([Some("a")]), "xaes", "", &[text([])]).unwrap_err();
    assert_eq!(refused, KeyError::BoundLength { index: 0, rows: 0, expected: 1 });
}

#[test]
fn equal_cells_join_under_siv_and_never_under_xaes() {
    let ring = all();
    let column = text([Some("a"), Some("a"), Some("b")]);
    let siv = ring.seal(&column, "siv", "c", &[]).unwrap();
    let cells = siv.values().as_string::<i32>();
    assert_eq!(cells.value(0), cells.value(1));
    assert_ne!(cells.value(0), cells.value(2));
    assert_eq!(siv, ring.seal(&column, "siv", "c", &[]).unwrap());
    assert_ne!(siv, ring.seal(&column, "siv", "d", &[]).unwrap());

    let xaes = ring.seal(&column, "xaes", "c", &[]).unwrap();
    let cells = xaes.values().as_string::<i32>();
    assert_ne!(cells.value(0), cells.value(1));
    assert_ne!(xaes, ring.seal(&column, "xaes", "c", &[]).unwrap());
}

#[test]
fn no_nonce_comes_twice() {
    let ring = all();
    let column = text(std::iter::repeat_n(Some("x"), 300));
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let sealed = ring.seal(&column, "xaes-binary", "", &[]).unwrap();
        for cell in sealed.values().as_binary::<i32>().iter().flatten() {
            nonces.insert(cell[4..28].to_vec());
        }
    }
    assert_eq!(nonces.len(), 300 * 50);
}

#[test]
fn versions_rotate() {
    for (algorithm, encoding) in [
        (Algorithm::Xaes256Gcm, Encoding::Base64),
        (Algorithm::Aes256GcmSiv, Encoding::Hex),
        (Algorithm::AesEcbPkcs5, Encoding::Base64),
    ] {
        let before = spec(algorithm, encoding, Plaintext::Text);
        let mut after = before.clone();
        after.versions.insert("v2".into(), Secret::new(NEW));
        after.current = Some("v2".into());
        let mut later = after.clone();
        later.versions.remove("v1");
        let (before, after, later) = (ring([("k", before)]), ring([("k", after)]), ring([("k", later)]));

        let column = text([Some("555-0100")]);
        let (old, new) =
            (before.seal(&column, "k", "", &[]).unwrap(), after.seal(&column, "k", "", &[]).unwrap());
        assert_ne!(old, new);
        assert_eq!(opened(&after, &old, "k"), column);
        assert_eq!(opened(&after, &new, "k"), column);
        assert_eq!(opened(&later, &new, "k"), column);
        let refused = reason(&later, &old, "k", "", &[]);
        if algorithm.binds() {
            assert!(refused.contains("version `v1`"), "{refused}");
        }
    }
}

#[test]
fn a_cell_of_another_algorithm_is_named_as_such() {
    let ring = all();
    let sealed = ring.seal(&text([Some("x")]), "siv", "", &[]).unwrap();
    let refused = reason(&ring, &sealed, "xaes", "", &[]);
    assert!(refused.contains("not one that xaes-256-gcm sealed"), "{refused}");
    let refused = reason(&ring, &text([Some("555-0100")]), "xaes", "", &[]);
    assert!(refused.contains("no base64 text") && !refused.contains("555"), "{refused}");
}

#[test]
fn bytes_do_not_open_as_text() {
    let with = |plaintext| ring([("k", spec(Algorithm::Xaes256Gcm, Encoding::Base64, plaintext))]);
    let (texts, binary) = (with(Plaintext::Text), with(Plaintext::Binary));
    let column = bytes(&[b"\xff\xfe"]);
    let refused = texts.seal(&column, "k", "", &[]).unwrap_err();
    assert!(refused.to_string().contains("plaintext: binary"), "{refused}");
    let sealed = binary.seal(&column, "k", "", &[]).unwrap();
    assert_eq!(opened(&binary, &sealed, "k"), column);
    assert!(reason(&texts, &sealed, "k", "", &[]).contains("no UTF-8"));
}

#[test]
fn pseudonyms_join_and_belong_to_their_key() {
    let ring = all();
    let number: ArrayRef = Arc::new(Int64Array::from(vec![42]));
    let of_text = ring.mac(&text([Some("42")]), "mac").unwrap();
    assert_eq!(of_text, ring.mac(&Column::new(number), "mac").unwrap());
    // The entries share a secret: one uses it as it is, the other two derive the same key from it.
    assert_ne!(of_text, ring.mac(&text([Some("42")]), "xaes").unwrap());
    assert_eq!(ring.mac(&text([Some("42")]), "siv").unwrap(), ring.mac(&text([Some("42")]), "xaes").unwrap());
    let digest = digest(&text([Some("abc")])).unwrap();
    assert_eq!(
        hex::encode(digest.values().as_binary::<i32>().value(0)),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn what_an_algorithm_cannot_do_is_refused() {
    let ring = all();
    let column = text([Some("x")]);
    for (refused, says) in [
        (
            ring.seal(&column, "none", "", &[]).unwrap_err(),
            "there is no key `none`; there are: ecb, ecb-hex, mac",
        ),
        (ring.seal(&column, "mac", "", &[]).unwrap_err(), "key `mac` is of hmac-sha-256 and cannot seal"),
        (ring.open(&column, "mac", "", &[]).unwrap_err(), "key `mac` is of hmac-sha-256 and cannot open"),
        (ring.mac(&column, "ecb").unwrap_err(), "key `ecb` is of aes-ecb-pkcs5 and cannot mac"),
        (
            ring.seal(&column, "ecb", "c", &[]).unwrap_err(),
            "key `ecb` is of aes-ecb-pkcs5, which cannot bind",
        ),
        (ring.open(&column, "ecb", "", std::slice::from_ref(&column)).unwrap_err(), "which cannot bind"),
        (ring.open(&column, "xaes-binary", "", &[]).unwrap_err(), "whose encoding is binary"),
        (KeyRing::default().mac(&column, "k").unwrap_err(), "the configuration has no `keys:`"),
    ] {
        assert!(refused.to_string().contains(says), "{refused}");
        assert!(!refused.is_data());
    }
}

#[test]
fn single_values_go_with_the_columns() {
    let ring = all();
    for (key, context) in [("xaes", "dead"), ("xaes-binary", ""), ("siv", "dead"), ("ecb", "")] {
        let sealed = ring.seal_value(b"\xff raw", key, context).unwrap();
        assert_eq!(ring.open_value(&sealed, key, context).unwrap().unwrap(), b"\xff raw", "{key}");
        assert!(ring.open_value(b"\xff raw", key, context).unwrap().is_err());
    }
    let sealed = ring.seal_value(b"text", "xaes", "c").unwrap();
    let column = ring.open(&bytes(&[&sealed]), "xaes", "c", &[]).unwrap().column;
    assert_eq!(column, text([Some("text")]));
}

/// The message of a DataX Kafka writer, made by `openssl enc -aes-128-ecb` with the key in hex:
/// `printf '{"id":1,"name":"sluice"}' | openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -base64 -A`
#[test]
fn what_openssl_sealed_opens() {
    let key = BASE64_STANDARD.encode("0123456789abcdef");
    let ring = ring([("java", KeySpec::new(Algorithm::AesEcbPkcs5, "v1", Secret::new(key)))]);
    let plain = text([Some("{\"id\":1,\"name\":\"sluice\"}")]);
    let sealed = text([Some("6LsdpNCKhcjU1iQY4Omx9UOUQLBMYd6cEds5EsSwS5Q=")]);
    assert_eq!(opened(&ring, &sealed, "java"), plain);
    assert_eq!(ring.seal(&plain, "java", "", &[]).unwrap(), sealed);
}
