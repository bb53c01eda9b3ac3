//! A failure with a hundred thousand properties, all the same megabyte.

use crate::*;

pub fn run(_: &mut Call<'_>) -> Result<Outcome, Failure> {
    let texts = shared(&"p".repeat(1 << 20), 100_000);
    let texts = std::mem::ManuallyDrop::into_inner(texts);
    let properties = texts.into_iter().map(|text| ("column".to_owned(), text)).collect();
    Err(Failure { kind: FailureKind::Reject, message: "many".to_owned(), properties })
}
