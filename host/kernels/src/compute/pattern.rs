//! Regular expressions.

use std::cell::RefCell;

use arrow_array::Array;
use regex::{Regex, RegexBuilder};

use super::call::Call;
use super::text::map_with_options;
use crate::{Checked, KernelError};

/// Patterns that a thread keeps compiled: a guest asks for the same few with every batch.
const KEPT: usize = 16;

/// Bytes of a compiled pattern: each byte of a text may be looked at as often as the pattern has states.
const LARGEST: usize = 1 << 20;

thread_local! {
    static COMPILED: RefCell<Vec<Regex>> = const { RefCell::new(Vec::new()) };
}

fn compiled(pattern: &str) -> Result<Regex, KernelError> {
    let known = COMPILED.with_borrow(|kept| kept.iter().find(|regex| regex.as_str() == pattern).cloned());
    if let Some(regex) = known {
        return Ok(regex);
    }
    let regex = RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| {
        // The last line of the message says what is wrong; those before it point into the pattern.
        let message = error.to_string();
        let why = message.lines().last().unwrap_or_default().trim().to_owned();
        KernelError::bad_option("pattern", pattern, why)
    })?;
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(regex.clone());
    });
    Ok(regex)
}

pub(super) fn matches(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["pattern"])?;
    let regex = compiled(given.required("pattern", "a regular expression")?)?;
    call.only()?;
    let text = call.text(0)?;
    Ok(call.answers(|row| text.is_valid(row).then(|| regex.is_match(text.value(row)))))
}

pub(super) fn regex_replace(call: &Call<'_>) -> Result<Checked, KernelError> {
    let given = call.given(&["pattern", "with"])?;
    let regex = compiled(given.required("pattern", "a regular expression")?)?;
    let with = given.required("with", "the text to put there, which may be empty")?;
    map_with_options(call, |text, out| {
        let mut end = 0;
        let mut expanded = String::new();
        for found in regex.captures_iter(text) {
            let whole = found.get_match();
            out.push(&text.as_bytes()[end..whole.start()])?;
            expanded.clear();
            found.expand(with, &mut expanded);
            out.push(expanded.as_bytes())?;
            end = whole.end();
        }
        out.push(&text.as_bytes()[end..])
    })
}
