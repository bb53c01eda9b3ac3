//! Messages that are encrypted whole, under a format.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::{batches, changes, decode_records, decoder, encoder};
use serde_json::json;
use sluicegate_format::options::Direction;
use sluicegate_format::{Encryption, Messages, Record, SealedForm};
use sluicegate_keys::{Algorithm, KeyRing, KeySpec, Secret};
use sluicegate_model::Decoded;

/// `openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -base64 -A` of the texts in the tests.
const LEGACY_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";
/// `{"id":1,"name":"caf\u00e9 phone 13800138000"}`
const FIRST: &str = "6LsdpNCKhcjU1iQY4Omx9fcabEgxhk97bRPtBCb6XWmkb9Ep8xALJnrx+DkK9kI2";
/// `{"id":2}`
const SECOND: &str = "iJUSSfI+Xjm95JalV3W62g==";

fn ring() -> KeyRing {
    let mac = Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let raw = KeySpec {
        encoding: Some(sluicegate_keys::Encoding::Binary),
        ..KeySpec::new(Algorithm::AesEcbPkcs5, "v1", Secret::new(LEGACY_KEY))
    };
    let specs = BTreeMap::from([
        ("legacy".to_owned(), KeySpec::new(Algorithm::AesEcbPkcs5, "v1", Secret::new(LEGACY_KEY))),
        ("raw".to_owned(), raw),
        ("card".to_owned(), KeySpec::new(Algorithm::Xaes256Gcm, "v1", mac.clone())),
        ("mac".to_owned(), KeySpec::new(Algorithm::HmacSha256, "v1", mac)),
    ]);
    KeyRing::build(&specs).unwrap()
}

fn under(key: &str) -> Encryption {
    let mut encryption = Encryption::new(key);
    encryption.set_keys(&ring());
    encryption
}

fn bare(mut encryption: Encryption) -> Encryption {
    encryption.form = Some(SealedForm::Bare);
    encryption
}

fn bound(mut encryption: Encryption) -> Encryption {
    encryption.context = Some("orders".to_owned());
    encryption
}

fn opened(encryption: &Encryption, messages: &[Option<&str>]) -> Decoded {
    let records: Vec<Record<'_>> = (100..)
        .zip(messages)
        .map(|(ordinal, message)| Record {
            ordinal,
            key: Some(br#"{"id":9}"#),
            value: message.map(str::as_bytes),
            timestamp_us: None,
            headers: &[],
        })
        .collect();
    let format = decoder("json: { table: t, primary_key: [id], on_tombstone: delete }");
    decode_records(&*encryption.decoder(format).unwrap(), &records)
}

#[test]
fn the_messages_of_other_writers_are_opened() {
    let string = format!("\"{FIRST}\"");
    // Escaped as Gson does it, and with line breaks as older encoders of Java do it.
    let escaped = format!(" \"{}\" ", SECOND.replace('=', "\\u003d").replace('+', "\\n+"));
    let bad = ["\"AAAA\"", FIRST, "\"not base64!\"", "", "{\"id\":13800138000}"];
    let messages: Vec<Option<&str>> =
        [Some(string.as_str()), Some(&escaped), None].into_iter().chain(bad.map(Some)).collect();
    let decoded = opened(&under("legacy"), &messages);
    assert_eq!(
        changes(&decoded, "t"),
        [
            ("+I", json!({"id": 1, "name": "café phone 13800138000"})),
            ("+I", json!({"id": 2})),
            ("-D", json!({"id": 9}))
        ]
    );
    let ordinals: Vec<u64> = decoded.rejects.iter().map(|reject| reject.ordinal).collect();
    assert_eq!(ordinals, [103, 104, 105, 106, 107]);
    for reject in &decoded.rejects {
        assert!(reject.reason.starts_with("the message does not open: "), "{}", reject.reason);
        assert!(!reject.reason.contains("138") && !reject.reason.contains("6Lsd"), "{}", reject.reason);
    }

    assert_eq!(changes(&opened(&bare(under("legacy")), &[Some(SECOND)]), "t"), [("+I", json!({"id": 2}))]);
}

#[test]
fn what_is_sealed_is_opened() {
    let yaml = "json: { table: t, primary_key: [id], on_tombstone: delete }";
    let records = [
        Record {
            ordinal: 1,
            key: None,
            value: Some(b"{\"id\":1,\"a\":\"x\"}"),
            timestamp_us: None,
            headers: &[],
        },
        Record { ordinal: 2, key: Some(b"1"), value: None, timestamp_us: None, headers: &[] },
    ];
    let decoded = decode_records(&*decoder(yaml), &records);
    let batch = batches(&decoded)[0];
    for encryption in [under("legacy"), bare(under("raw")), under("card"), bound(under("card"))] {
        let mut messages = Messages::default();
        let writer = encryption.encoder(encoder("json")).unwrap();
        assert_eq!(writer.encode(batch, &mut messages).unwrap(), []);
        let values: Vec<Option<&[u8]>> = messages.messages.iter().map(|one| messages.value(one)).collect();
        assert!(values[1].is_none());
        let sealed = values[0].unwrap();
        assert!(!sealed.windows(4).any(|part| part == b"\"id\""));
        assert_eq!(encryption.is_binary(), encryption.key == "raw");
        let again = [Record { value: Some(sealed), ..records[0] }, records[1]];
        let found = decode_records(&*encryption.decoder(decoder(yaml)).unwrap(), &again);
        assert_eq!(found.rejects, []);
        assert_eq!(changes(&found, "t"), changes(&decoded, "t"), "{}", encryption.key);

        let other = if encryption.context.is_some() { under("card") } else { bound(under("card")) };
        let found = decode_records(&*other.decoder(decoder(yaml)).unwrap(), &again[..1]);
        assert_eq!((found.items.len(), found.rejects.len()), (0, 1), "{}", encryption.key);
    }
}

#[test]
fn a_key_that_cannot_do_it_is_refused() {
    for (encryption, part) in [
        (under("gone"), "`decrypt`: there is no key `gone`"),
        (under("mac"), "cannot seal"),
        (under("raw"), "set `form: bare`"),
        (bound(under("legacy")), "authenticates nothing"),
    ] {
        let error = encryption.check(&ring(), Direction::Reading).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(encryption.decoder(decoder("json")).is_err());
    }
    let none = Encryption::new("card");
    assert!(none.encoder(encoder("json")).is_err());
    let shown = format!("{:?}", Arc::new(under("legacy")));
    assert!(!shown.contains("MDEy"), "{shown}");
}
