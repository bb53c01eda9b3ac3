//! The configuration of keys, as it is written.

use std::collections::BTreeMap;

use serde_json::json;
use sluicegate_keys::{KeyRing, KeySpec, RingError};

/// Stands for a secret wherever one must not show. 32 bytes as text.
const MARK: &str = "hunter2-hunter2-hunter2-hunter2-";

fn build(spec: serde_json::Value) -> Result<KeyRing, String> {
    let spec: KeySpec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let specs = BTreeMap::from([("card".to_owned(), spec)]);
    KeyRing::build(&specs).map_err(|error| {
        assert_eq!(error.key(), "card");
        assert!(!error.path().is_empty());
        format!("{error} {error:?}")
    })
}

#[test]
fn the_entry_of_the_documentation_builds() {
    let ring = build(json!({
        "algorithm": "xaes-256-gcm", "current": "v2",
        "versions": {
            "v1": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "v2": " 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        },
    }));
    assert!(ring.unwrap_err().contains("has 48 bytes, read as base64; xaes-256-gcm takes 32 bytes"));
    for (encoding, secret) in [
        ("base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"),
        ("base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        ("hex", "000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\n"),
        ("utf8", "hunter2-hunter2-hunter2-hunter2-\r\n"),
    ] {
        let ring = build(json!({
            "algorithm": "xaes-256-gcm", "versions": { "v1": secret }, "secret_encoding": encoding,
        }));
        assert!(ring.unwrap().has("card"), "{encoding}");
    }
}

#[test]
fn mistakes_are_named_without_the_secret() {
    let v1 = json!({ "v1": MARK });
    for (spec, says) in [
        (json!({ "algorithm": "xaes-256-gcm", "versions": {} }), "has no versions"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": v1, "current": "v3" }), "there are: v1"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": { "a": MARK, "b": "x" } }), "which one seals"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": { "v 1": MARK } }), "cannot name a version"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": v1 }), "is no base64"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": v1, "secret_encoding": "hex" }), "is no hex"),
        (
            json!({ "algorithm": "aes-256-gcm-siv", "versions": { "v1": "hunter2" }, "secret_encoding": "utf8" }),
            "has 7 bytes, read as utf8; aes-256-gcm-siv takes 32 bytes",
        ),
        (
            json!({ "algorithm": "aes-ecb-pkcs5", "versions": { "v1": "hunter2" }, "secret_encoding": "utf8" }),
            "takes 16, 24 or 32 bytes",
        ),
        (
            json!({ "algorithm": "hmac-sha-256", "versions": { "v1": "hunter2" }, "secret_encoding": "utf8" }),
            "takes 32 bytes or more",
        ),
        (
            json!({
                "algorithm": "xaes-256-gcm", "current": "b", "secret_encoding": "utf8",
                "versions": { "a": MARK, "b": MARK },
            }),
            "`a` and `b` hold the same secret",
        ),
        (
            json!({ "algorithm": "hmac-sha-256", "versions": v1, "secret_encoding": "utf8", "encoding": "hex" }),
            "`encoding` says how cells are sealed",
        ),
        (json!({ "algorithm": "rot13", "versions": v1 }), "unknown variant `rot13`"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": v1, "currant": "v1" }), "unknown field `currant`"),
        (json!({ "algorithm": "xaes-256-gcm", "versions": { "v1": 1_234_567 } }), "put it in quotes"),
    ] {
        let refused = build(spec).unwrap_err();
        assert!(refused.contains(says), "{refused}");
        assert!(!refused.contains("hunter2") && !refused.contains("1234567"), "{refused}");
    }
}

#[test]
fn nothing_prints_a_secret() {
    let spec: KeySpec = serde_json::from_value(json!({
        "algorithm": "xaes-256-gcm", "versions": { "v1": MARK }, "secret_encoding": "utf8",
    }))
    .unwrap();
    let specs = BTreeMap::from([("card".to_owned(), spec)]);
    let ring = KeyRing::build(&specs).unwrap();
    assert_eq!(format!("{ring:?}"), "{\"card\": \"xaes-256-gcm\"}");
    assert!(format!("{specs:?}").contains("[secret]"));
    for printed in [format!("{specs:?}"), format!("{specs:#?}"), format!("{ring:#?}")] {
        assert!(!printed.contains("hunter"), "{printed}");
        // Nor its bytes as numbers: 104, 117, 110 ...
        assert!(!printed.contains("117"), "{printed}");
    }
}

#[test]
fn the_schema_documents_every_setting() {
    let schema = schemars::schema_for!(KeySpec);
    let schema = schema.as_value();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 6);
    for (name, property) in properties {
        assert!(property["description"].is_string(), "{name}");
    }
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["$defs"]["Secret"]["type"], json!("string"));
}

#[test]
fn an_error_says_where_it_is() {
    let spec: KeySpec =
        serde_json::from_value(json!({ "algorithm": "xaes-256-gcm", "versions": { "v1": "AAAA" } })).unwrap();
    let specs = BTreeMap::from([("card".to_owned(), spec)]);
    let error = KeyRing::build(&specs).unwrap_err();
    assert_eq!(error.path(), ["versions", "v1"]);
    assert!(matches!(error, RingError::SecretLength { bytes: 3, .. }));
}
