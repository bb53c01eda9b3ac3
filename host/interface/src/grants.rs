//! What a step may do with which key.

use std::collections::{BTreeMap, BTreeSet};

use sluicegate_keys::{KeyRing, Use};

use crate::{Failure, text};

/// Uses by the name of a key; nothing by default.
pub type Grants = BTreeMap<String, BTreeSet<Use>>;

/// Whether a step may put a key to a use.
///
/// # Errors
/// Where it was not granted: the pipeline stops, and the message says what to write.
pub fn check(step: &str, grants: &Grants, keys: &KeyRing, key: &str, wanted: Use) -> Result<(), Failure> {
    let granted = grants.get(key);
    if granted.is_some_and(|uses| uses.contains(&wanted)) {
        return Ok(());
    }
    let key = text::line(key, 100);
    let mut uses: Vec<String> = granted.into_iter().flatten().map(ToString::to_string).collect();
    let has = if uses.is_empty() {
        "it was granted nothing of it".to_owned()
    } else {
        format!("it was granted {}", uses.join(", "))
    };
    uses.push(wanted.to_string());
    if granted.is_none() && !keys.has(&key) {
        let known: Vec<&str> = keys.names().collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Failure::stop(format!(
            "step {step} wants to {wanted} with the key {key}, which the pipeline does not have (it has: {known}): \
             add it to `keys:`, then grant it to the step with `keys: {{{key}: [{wanted}]}}`"
        )));
    }
    Err(Failure::stop(format!(
        "step {step} may not {wanted} with the key {key} ({has}): grant it with `keys: {{{key}: [{}]}}` in the step",
        uses.join(", ")
    )))
}
