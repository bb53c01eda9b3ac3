//! The rules of the host, met by transforms that are tested natively.

use sluicegate_sdk::prelude::*;
use sluicegate_sdk::testing::{Case, Keys, Level, Ran, rows, start};
use sluicegate_sdk::{bindings, cells, crypto, info, kernels};

/// A transform of one function, for a test.
struct Does<F>(F);

impl<F: FnMut(&Batch) -> Result<Outcome, Failure> + 'static> Transform for Does<F> {
    type Config = ();
    const NAME: &'static str = "does";
    const SUMMARY: &'static str = "Does what a test wants.";

    fn new((): (), _: &About) -> Result<Self, Failure> {
        Err(Failure::stop("it is made in place"))
    }

    fn transform(&mut self, batch: &Batch) -> Result<Outcome, Failure> {
        (self.0)(batch)
    }
}

fn run(case: Case, does: impl FnMut(&Batch) -> Result<Outcome, Failure> + 'static) -> Ran {
    case.run(&mut Does(does))
}

fn people() -> Case {
    Case::of("people").rows(rows![{ "id": 1, "name": "Ann" }, { "id": 2, "name": null }, { "id": 3 }])
}

#[test]
fn what_is_untouched_goes_through() {
    let ran = run(people().primary_key(["id"]), |batch| Ok(Output::new(batch).into()));
    ran.only()
        .assert_rows(rows![{ "id": 1, "name": "Ann" }, { "id": 2, "name": null }, { "id": 3 }])
        .assert_fields(&[("id", "bigint"), ("name", "text")])
        .assert_kinds("+I +I +I");
    assert_eq!(ran.only().primary_key(), ["id"]);
}

#[test]
fn a_column_without_presence_takes_that_of_the_field() {
    let ran = run(people(), |batch| {
        let output = Output::new(batch);
        output.set("name", &Column::texts(vec!["x"; batch.len() as usize])?);
        Ok(output.into())
    });
    ran.only().assert_rows(rows![{ "id": 1, "name": "x" }, { "id": 2, "name": "x" }, { "id": 3 }]);
}

#[test]
fn fields_are_renamed_and_removed_and_the_key_follows() {
    let ran = run(people().primary_key(["id"]), |batch| {
        let output = Output::to(batch, "humans");
        assert!(output.rename("id", "number") && output.remove("name") && !output.remove("name"));
        Ok(output.into())
    });
    ran.output("humans").assert_rows(rows![{ "number": 1 }, { "number": 2 }, { "number": 3 }]);
    assert_eq!(ran.only().primary_key(), ["number"]);
}

#[test]
fn rejected_rows_leave_every_output_with_their_other_halves() {
    let case =
        Case::of("t").rows(rows![{ "id": 1 }, { "id": 2 }, { "id": 2 }, { "id": 3 }]).kinds("+I -U +U -D");
    let ran = run(case, |batch| {
        let twice = [Output::new(batch), Output::to(batch, "copy")];
        Ok(if batch.is_empty() { twice.into() } else { Outcome::from(twice).reject_row(2, "too dear") })
    });
    ran.assert_rejects(&[(1, "other half"), (2, "too dear")]);
    for table in ["t", "copy"] {
        ran.output(table).assert_rows(rows![{ "id": 1 }, { "id": 3 }]).assert_kinds("+I -D");
    }
}

#[test]
fn halves_that_are_kept_alone_are_settled() {
    let case = Case::of("t").rows(rows![{ "id": 1 }, { "id": 1 }]).kinds("-U +U");
    let ran = run(case, |batch| {
        let output = Output::new(batch);
        output.keep_where(&batch.meta("kind").expect("there is always one"), 1)?;
        Ok(output.into())
    });
    ran.only().assert_kinds("-D");
}

#[test]
fn rows_are_divided_by_a_column_of_the_host() {
    let ran = run(people(), |batch| {
        let bucket = kernels::compute("mod", &[&batch.require("id")?], &[("value", "2")])?.column;
        let outputs = Output::split(batch, &bucket, 2)?;
        outputs.iter().zip(["even", "odd"]).for_each(|(output, table)| output.set_table(table));
        Ok(outputs.into())
    });
    ran.output("even").assert_rows(rows![{ "id": 2, "name": null }]);
    ran.output("odd").assert_rows(rows![{ "id": 1, "name": "Ann" }, { "id": 3 }]);
}

#[test]
fn cells_are_compared_as_values_of_their_type() {
    let case = Case::of("t").fields([("amount", "decimal(18,2)"), ("day", "date")]);
    let case = case.rows(rows![{ "amount": 12.5, "day": "2024-02-29" }, { "amount": "-0.05", "day": null }]);
    let ran = run(case, |batch| {
        let output = Output::new(batch);
        let mut doubled = DecimalBuilder::new(19, 2);
        for cell in batch.require("amount")?.decimals()?.iter() {
            doubled.push(cell.map(|amount| amount.checked_add(amount).expect("it is small")))?;
        }
        output.set("doubled", &doubled.finish()?);
        let days = batch.require("day")?.dates()?;
        let february: BooleanBuilder = days.iter().map(|day| day.map(|day| day.ymd().1 == 2)).collect();
        output.set("february", &february.finish()?);
        Ok(output.into())
    });
    ran.only().assert_rows(rows![
        { "amount": "12.50", "day": "2024-02-29", "doubled": 25, "february": true },
        { "amount": -0.05, "day": null, "doubled": "-0.1", "february": null },
    ]);
    assert_eq!(ran.only().rows()[0]["doubled"], "25.00");
}

#[test]
fn keys_do_what_they_were_granted_for() {
    let seal = |batch: &Batch| {
        let output = Output::new(batch);
        let id = batch.require("id")?;
        output.set("name", &crypto::seal(&batch.require("name")?, "names", "people.name", &[&id])?);
        Ok(output.into())
    };
    let ran = run(people().keys(Keys::new().seal("names")), seal);
    let sealed = ran.only();
    assert_eq!(sealed.opened("name", "names", "people.name", &["id"]), rows!["Ann", null, null]);
    assert_ne!(sealed.rows()[0]["name"], "Ann");

    let failure = people().keys(Keys::new().open("names")).failure(&mut Does(seal));
    assert!(failure.message.contains("may not seal with the key names"), "{}", failure.message);
    let failure = people().failure(&mut Does(seal));
    assert!(failure.message.contains("which the pipeline does not have"), "{}", failure.message);
}

#[test]
fn lines_of_the_log_are_kept() {
    let ran = run(people(), |batch| {
        info!("{} rows", batch.len());
        Ok(Outcome::nothing())
    });
    assert_eq!(ran.log(), [(Level::Info, "0 rows".to_owned()), (Level::Info, "3 rows".to_owned())]);
    assert!(ran.outputs().is_empty());
}

#[test]
#[should_panic(expected = "belongs to an earlier call of `transform`")]
fn a_column_that_is_kept_over_calls_is_finished() {
    let mut kept: Option<Column> = None;
    run(people(), move |batch| {
        if let Some(kept) = &kept {
            kept.len();
        }
        kept = batch.find("name");
        Ok(Output::new(batch).into())
    });
}

#[test]
#[should_panic(expected = "is aligned to the input, which has 3")]
fn a_column_of_another_length_does_not_go_in() {
    run(people(), |batch| {
        let output = Output::new(batch);
        output.set("name", &Column::texts(vec!["x"; batch.len() as usize / 2])?);
        Ok(output.into())
    });
}

#[test]
#[should_panic(expected = "a batch of no rows asks for tables and schemas")]
fn the_answer_without_rows_tells_the_columns() {
    run(people(), |batch| {
        let output = Output::new(batch);
        if !batch.is_empty() {
            output.set("more", &batch.require("id")?);
        }
        Ok(output.into())
    });
}

#[test]
#[should_panic(
    expected = "- row 0    {\"id\":1,\"name\":\"Bob\"}\n+ row 0 +I {\"id\":1,\"name\":\"Ann\"}\n  row 1 +I"
)]
fn a_difference_is_shown_row_by_row() {
    let ran = run(people(), |batch| Ok(Output::new(batch).into()));
    ran.only().assert_rows(rows![{ "id": 1, "name": "Bob" }, { "id": 2, "name": null }, { "id": 3 }]);
}

#[test]
fn offsets_and_text_of_a_guest_are_checked() {
    let failure = people().failure(&mut Does(|_: &Batch| {
        let variable = cells::Variable { offsets: vec![0, 2, 1], data: b"ab".to_vec() };
        let cells =
            cells::Cells { validity: None, presence: None, values: cells::Values::Variable(variable) };
        Column::of("utf8", 2, &cells)?;
        Ok(Outcome::nothing())
    }));
    assert!(failure.message.contains("offset 2 is 1, less than the one before"), "{}", failure.message);
    assert_eq!(failure.kind, bindings::sluicegate::transform::types::FailureKind::Reject);
}

#[test]
fn a_refused_block_is_told() {
    let refused =
        std::panic::catch_unwind(|| start::<Does<fn(&Batch) -> Result<Outcome, Failure>>>(())).err();
    let said = refused.and_then(|panic| panic.downcast::<String>().ok()).expect("a message");
    assert_eq!(*said, "does does not start: it is made in place");
}
