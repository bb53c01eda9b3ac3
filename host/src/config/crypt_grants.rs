//! The keys that the built-in `crypt` names, against those that its step is granted. The guest itself would say so with
//! the first row.

use sluicegate_keys::{KeyRing, Use};

use super::error::Problem;
use super::locate::Node;
use super::nearest::{did_you_mean, listed};
use super::steps::StepEntry;

/// The blocks of `with:` and what they do with the key that they name.
const BLOCKS: [(&str, Use); 3] = [("seal", Use::Seal), ("open", Use::Open), ("mac", Use::Mac)];

/// What `crypt` names and does not have.
pub(super) fn check(name: &str, entry: &StepEntry, node: &Node, ring: &KeyRing) -> Vec<Problem> {
    let mut problems = Vec::new();
    if entry.uses != "crypt" {
        return problems;
    }
    for (block, wanted) in BLOCKS {
        let columns = node.at(&["with", block]).into_iter().flat_map(Node::entries);
        for key in columns.filter_map(|column| column.value.get("key")) {
            let Some(key_name) = key.text() else { continue };
            let shown = key.written.as_deref().unwrap_or(key_name);
            if !ring.has(key_name) {
                let near = did_you_mean(key_name, ring.names());
                let message =
                    format!("step `{name}` names the key `{shown}`, which the pipeline does not have{near}");
                let help = format!("`keys:` has {}", listed(ring.names()));
                problems.push(Problem::new(message).at(key.place).label("unknown").help(help));
            } else if !entry.keys.get(key_name).is_some_and(|granted| granted.contains(&wanted)) {
                let mut uses: Vec<String> =
                    entry.keys.get(key_name).into_iter().flatten().map(Use::to_string).collect();
                uses.push(wanted.to_string());
                let message = format!("step `{name}` was not granted to {wanted} with the key `{shown}`");
                let help = format!("grant it at the step: `keys: {{ {shown}: [{}] }}`", uses.join(", "));
                problems.push(Problem::new(message).at(key.place).label("not granted").help(help));
            }
        }
    }
    problems
}
