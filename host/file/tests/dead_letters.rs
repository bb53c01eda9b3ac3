//! Letters into a file and back.

use std::io::Write;
use std::path::Path;

use sluicegate_connector::{Class, DeadLetters};
use sluicegate_file::{FileDeadLetters, Letter, read_letters};
use sluicegate_model::dead_letter::Reason;
use sluicegate_model::{DeadLetter, Lane, Position, RawRecord, TableName};

fn letter(ordinal: u64) -> DeadLetter {
    let at = serde_json::Map::from_iter([("offset".to_owned(), ordinal.into())]);
    DeadLetter {
        pipeline: "orders".to_owned(),
        lane: Lane::from("ogg.orders/0"),
        position: Position { v: 1, source: "cluster/topic".to_owned(), at },
        ordinal,
        part: Some(2),
        output: Some(TableName::from("ods.orders")),
        why: Reason { step: "mask".to_owned(), reason: "no name".to_owned() },
        raw: RawRecord {
            key: Some(vec![0xff, 0]),
            value: Some(b"{\"NAME\": \"M\xc3\xbcller\"}".to_vec()),
            headers: vec![("a".to_owned(), Some(b"1".to_vec())), ("a".to_owned(), None)],
        },
    }
}

fn read(path: &Path) -> Vec<Letter> {
    read_letters(path).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn letters_come_back_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/orders.ndjson");
    let mut place = FileDeadLetters::open(&path).unwrap();
    assert!(place.put(vec![letter(1), letter(2)]).await.unwrap().is_empty());
    assert!(place.put(vec![letter(3)]).await.unwrap().is_empty());
    let mut another = FileDeadLetters::open(&path).unwrap();
    another.put(vec![letter(4)]).await.unwrap();

    let letters = read(&path);
    assert_eq!(letters.iter().map(|letter| letter.ordinal).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(letters[0].id, letter(1).id());
    assert!(letters[0].at.as_ref().unwrap().ends_with('Z'));
    let back = letters[0].clone().into_dead_letter();
    assert_eq!((&back.raw, &back.position, &back.why), (&letter(1).raw, &letter(1).position, &letter(1).why));
    assert_eq!((back.part, back.output, back.lane), (Some(2), letter(1).output, letter(1).lane));
}

#[tokio::test]
async fn text_stands_beside_base64_where_it_is_text() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    FileDeadLetters::open(&path).unwrap().put(vec![letter(1)]).await.unwrap();
    let line: serde_json::Value =
        serde_json::from_str(std::fs::read_to_string(&path).unwrap().trim()).unwrap();
    assert_eq!(line["value"]["text"], "{\"NAME\": \"Müller\"}");
    assert_eq!(line["key"], serde_json::json!({ "base64": "/wA=" }));
    assert_eq!(
        line["headers"],
        serde_json::json!([{"name": "a", "value": {"base64": "MQ==", "text": "1"}}, {"name": "a"}])
    );
}

#[tokio::test]
async fn sealed_letters_have_no_text() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    FileDeadLetters::open(&path).unwrap().sealed().put(vec![letter(1)]).await.unwrap();
    assert!(!std::fs::read_to_string(&path).unwrap().contains("\"text\""));
}

#[tokio::test]
async fn a_line_that_is_no_letter_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letters");
    let mut place = FileDeadLetters::open(&path).unwrap();
    place.put(vec![letter(1)]).await.unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"secret\": \"hush\"}\n").unwrap();
    place.put(vec![letter(2)]).await.unwrap();
    file.write_all(b"{\"torn").unwrap();

    let read: Vec<_> = read_letters(&path).unwrap().collect();
    assert_eq!(read.len(), 3);
    assert!(read[0].is_ok() && read[2].is_ok());
    let message = read[1].as_ref().unwrap_err().to_string();
    assert!(message.contains("letters:2:") && !message.contains("hush"), "{message}");
}

#[tokio::test]
async fn a_file_that_is_not_needed_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/letters");
    let mut place = FileDeadLetters::when_needed(&path);
    assert!(!path.parent().unwrap().exists());
    place.put(vec![letter(1)]).await.unwrap();
    assert_eq!(read(&path).len(), 1);
}

#[test]
fn a_file_that_cannot_be_made_is_the_users_to_mend() {
    let directory = tempfile::tempdir().unwrap();
    let error = FileDeadLetters::open(directory.path()).unwrap_err();
    assert_eq!(error.class(), Class::Configuration);
    let message = error.to_string();
    assert!(message.contains("cannot be opened") && message.contains("`dead_letters: file`"), "{message}");
}
