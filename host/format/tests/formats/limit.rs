//! Messages up to a size.

use serde_json::json;
use sluicegate_format::limited;

use crate::support::{changes, decode, decoder};

#[test]
fn a_larger_message_is_put_aside_alone_and_unread() {
    let exact = r#"{"id":1}"#;
    let messages = [exact, r#"{"id": 2}"#, "{}", "no JSON at all, and too large", "no JSON"];
    let decoded = decode(&*limited(decoder("json"), exact.len()), &messages);
    assert_eq!(changes(&decoded, "topic"), [("+I", json!({"id": 1})), ("+I", json!({}))]);
    let rejects: Vec<(u64, &str)> =
        decoded.rejects.iter().map(|reject| (reject.ordinal, reject.reason.as_str())).collect();
    assert_eq!(
        rejects[..2],
        [
            (101, "the message has 9 bytes, `max_record` is 8"),
            (103, "the message has 29 bytes, `max_record` is 8"),
        ]
    );
    assert_eq!((rejects.len(), rejects[2].0), (3, 104));
}
