//! Pipelines whose messages are encrypted whole, and events that are no rows.

use std::path::Path;

use super::support::{Finished, run_in};

/// `openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -base64 -A` of three documents, the first
/// `{"id":1,"name":"caf\u00e9 phone 13800138000"}`, the last `{"id":"x"}`.
const LEGACY: &str = "\"6LsdpNCKhcjU1iQY4Omx9fcabEgxhk97bRPtBCb6XWmkb9Ep8xALJnrx+DkK9kI2\"
\"iJUSSfI+Xjm95JalV3W62g==\"
\"8TEYjQue/lYu4ldf+WA8nQ==\"
\"8TEYjQue/lYu4ldf+WA8nA==\"
";

const KEYS: &str = "keys:
  legacy: { algorithm: aes-ecb-pkcs5, versions: { v1: '${file:legacy.key}' } }
  card: { algorithm: xaes-256-gcm, versions: { v1: '${file:card.key}' } }
";

fn run(folder: &Path, name: &str, pipeline: &str) -> Finished {
    std::fs::write(folder.join(name), format!("{pipeline}{KEYS}")).unwrap();
    run_in(folder, &["run", name, "--until", "end"])
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("legacy.key", "MDEyMzQ1Njc4OWFiY2RlZg==");
    write("card.key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    write("orders.ndjson", LEGACY);
    folder
}

#[test]
fn encrypted_lines_are_opened_sealed_again_and_opened() {
    let folder = folder();
    let here = folder.path();
    let opened = run(
        here,
        "open.yaml",
        "pipeline: opened
source: { file: { paths: orders.ndjson, format: { json: { table: t, schema: { t: { id: int } } } }, decrypt: { key: legacy } } }
sink: { file: { directory: clear, format: json } }
dead_letters: { file: dead.ndjson }
",
    );
    assert_eq!(opened.code, 0, "{}", opened.transcript());
    let clear = std::fs::read_to_string(here.join("clear/t.ndjson")).unwrap();
    assert_eq!(clear, "{\"id\":1,\"name\":\"café phone 13800138000\"}\n{\"id\":2}\n");
    let letters = std::fs::read_to_string(here.join("dead.ndjson")).unwrap();
    assert_eq!(letters.lines().count(), 2, "{letters}");
    // As it came: the quotes and the base64 of the third line.
    assert!(letters.contains("8TEYjQue/lYu4ldf+WA8nQ=="), "{letters}");
    assert!(letters.contains("does not open") && !letters.contains("\\\"x\\\""), "{letters}");

    let sealed = run(
        here,
        "seal.yaml",
        "pipeline: sealed
source: { file: { paths: clear/t.ndjson, format: json } }
sink: { file: { directory: sealed, format: json, encrypt: { key: card, context: orders } } }
",
    );
    assert_eq!(sealed.code, 0, "{}", sealed.transcript());
    let text = std::fs::read_to_string(here.join("sealed/t.ndjson")).unwrap();
    assert!(text.lines().count() == 2 && !text.contains("name") && !text.contains('{'), "{text}");
    let again = run(
        here,
        "again.yaml",
        "pipeline: again
source: { file: { paths: sealed/t.ndjson, format: json, decrypt: { key: card, context: orders } } }
sink: { file: { directory: again, format: json } }
",
    );
    assert_eq!(again.code, 0, "{}", again.transcript());
    assert_eq!(std::fs::read_to_string(here.join("again/t.ndjson")).unwrap(), clear);
}

#[test]
fn truncates_and_unreadable_messages_follow_their_policies() {
    let folder = folder();
    let here = folder.path();
    let insert = r#"{"table":"T","op_type":"I","pos":"1","after":{"ID":1}}"#;
    let truncate = r#"{"table":"T","op_type":"T","pos":"2"}"#;
    std::fs::write(here.join("ogg.ndjson"), format!("{insert}\n{truncate}\n{insert}\nnot json 4711\n"))
        .unwrap();
    let pipeline = |name: &str, engine: &str| {
        format!(
            "pipeline: {name}
source: {{ file: {{ paths: ogg.ndjson, format: ogg-json }} }}
sink: {{ file: {{ directory: {name}, format: json }} }}
dead_letters: {{ file: {name}.dead }}
engine: {{ {engine} }}
"
        )
    };
    let stopped = run(here, "a.yaml", &pipeline("a", "on_truncate: stop"));
    assert_eq!(stopped.code, 1, "{}", stopped.transcript());
    assert!(stopped.err.contains("all rows of the table were removed"), "{}", stopped.err);

    let passed = run(here, "b.yaml", &pipeline("b", "on_truncate: ignore"));
    assert_eq!(passed.code, 0, "{}", passed.transcript());
    assert_eq!(std::fs::read_to_string(here.join("b/T.ndjson")).unwrap().lines().count(), 2);
    assert_eq!(std::fs::read_to_string(here.join("b.dead")).unwrap().lines().count(), 1);

    let unreadable = run(here, "c.yaml", &pipeline("c", "on_truncate: ignore, on_error: stop"));
    assert_eq!(unreadable.code, 1, "{}", unreadable.transcript());
    assert!(unreadable.err.contains("a message cannot be read: byte 0"), "{}", unreadable.err);

    let refused = run(here, "d.yaml", &pipeline("d", "on_truncate: apply"));
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert!(refused.err.contains("cannot remove all rows"), "{}", refused.err);
}
