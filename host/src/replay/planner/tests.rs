//! Letters in a file, whose source is not read again.

use std::path::PathBuf;

use sluicegate_connector::DeadLetters;
use sluicegate_file::FileDeadLetters;
use sluicegate_format::FormatOptions;
use sluicegate_model::dead_letter::Reason;
use sluicegate_model::{Position, RawRecord};

use super::super::narrow::tests::Fan;
use super::super::places::LetterPlaces;
use super::*;

fn at(offset: u64) -> Position {
    let at = serde_json::Map::from_iter([("offset".to_owned(), offset.into())]);
    Position { v: 1, source: "c/t".into(), at }
}

/// A letter about a row of a table with a key.
fn letter(ordinal: u64, step: &str, output: Option<&str>) -> DeadLetter {
    let value = format!(
        r#"{{"table":"T","op_type":"I","op_ts":"2026-03-01 00:00:00.000000","pos":"1","primary_keys":["ID"],"after":{{"ID":{ordinal}}}}}"#
    );
    DeadLetter {
        pipeline: "p".into(),
        lane: "t/0".into(),
        position: at(ordinal),
        ordinal,
        part: None,
        output: output.map(Into::into),
        why: Reason { step: step.into(), reason: "no".into() },
        raw: RawRecord { value: Some(value.into_bytes()), ..RawRecord::default() },
    }
}

/// Puts letters into a file and plans, with two outputs a row and offset 9 committed.
fn planned(letters: Vec<DeadLetter>, force: bool) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("dead.ndjson");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(FileDeadLetters::open(&file).unwrap().put(letters)).unwrap();
    let options: FormatOptions = serde_json::from_str("\"ogg-json\"").unwrap();
    let tools = Tools {
        places: LetterPlaces { pipeline: "p".into(), topic: None, file: Some(file) },
        opener: None,
        decode: options.decoder().unwrap(),
        changes: None,
    };
    let steps: Vec<Arc<dyn TransformFactory>> = vec![Arc::new(Fan)];
    let decided = Decided { pipeline: BTreeMap::from([("t/0".into(), at(9))]), ..Decided::default() };
    plan(&tools, &steps, &Asked { force, ..Asked::default() }, &decided).unwrap()
}

fn fates(plan: &Plan) -> Vec<&str> {
    plan.entries.iter().map(|entry| entry.fate.name()).collect()
}

#[test]
fn force_writes_the_output_of_the_letter_and_no_other() {
    let letters = || vec![letter(1, "encode", Some("T-a")), letter(2, "encode", Some("T-gone"))];
    let plan = planned(letters(), false);
    assert_eq!(fates(&plan), ["cannot-tell", "elsewhere"]);
    let plan = planned(letters(), true);
    assert_eq!(fates(&plan), ["send", "send"]);
    let stage = &plan.stages[&(Lane::from("t/0"), 1, 0)];
    assert_eq!((stage.stage, stage.outputs.clone()), (1, vec![TableName::from("T-a")]));
    assert_eq!(plan.stages.len(), 1, "where the output is gone, all are written");
}

#[test]
fn what_the_pipeline_will_read_itself_is_never_sent() {
    let plan = planned(vec![letter(8, "fan", None), letter(9, "fan", None)], true);
    assert_eq!(fates(&plan), ["send", "not-passed"]);
}

#[test]
fn letters_about_a_row_go_together_or_one_after_the_other() {
    let of = |step: &str, output: &str| letter(1, step, Some(output));
    let plan = planned(vec![of("encode", "T-a"), of("encode", "T-b"), of("fan", "T")], true);
    assert_eq!(fates(&plan), ["send", "send", "waits"]);
    assert_eq!(plan.units.len(), 1);
    assert_eq!(
        plan.stages[&(Lane::from("t/0"), 1, 0)].outputs,
        [TableName::from("T-a"), TableName::from("T-b")]
    );
}

#[test]
fn the_same_letter_twice_is_one() {
    let again =
        DeadLetter { why: Reason { step: "fan".into(), reason: "again".into() }, ..letter(1, "fan", None) };
    let plan = planned(vec![letter(1, "fan", None), again], true);
    assert_eq!(
        (plan.entries.len(), plan.entries[0].copies.len(), plan.entries[0].reason.as_str()),
        (1, 2, "again")
    );
    assert_eq!(plan.copies(&plan.units[0]).count(), 2);
}
