//! Asks to be tried again, in half a billion years.

use crate::*;

pub fn run(_: &mut Call<'_>) -> Result<Outcome, Failure> {
    let after = ("retry-after-ms".to_owned(), u64::MAX.to_string());
    Err(Failure { properties: vec![after], ..fail(FailureKind::Retry, "later") })
}
