//! What a pipeline does to rows, as a hash: processes of one pipeline must agree in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluicegate_connector::TransformFactory as _;
use sluicegate_wasm::{GuestSource, Step};

use super::load::Loaded;

/// Digits of the hash that are kept: enough to tell two files apart, short enough for a message.
const DIGITS: usize = 16;

/// The plan of a pipeline: its steps with their guests and configurations, and the keys that they may use. Limits,
/// connections and secrets are no part of it: they may differ between processes, and change while others run.
pub(super) fn hash(loaded: &Loaded, steps: &[Step]) -> String {
    let file = &loaded.pipeline;
    let steps: Vec<Value> = file
        .steps
        .iter()
        .zip(steps)
        .map(|(entry, step)| {
            json!({
                "name": step.name(),
                "guest": hex::encode(step.sha256()),
                "with": sorted(&entry.with),
                "keys": entry.keys.keys().collect::<Vec<_>>(),
            })
        })
        .collect();
    let zone = file.time_zone.as_ref().map(|zone| &zone.0);
    let plan = json!({ "steps": steps, "time_zone": zone }).to_string();
    // The hash of a guest is the same function over other bytes.
    let mut digits = hex::encode(GuestSource::new("plan", plan.into_bytes()).sha256());
    digits.truncate(DIGITS);
    digits
}

/// The order of keys says nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<_, _> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn plan(steps: &str, rest: &str) -> String {
        let text = format!(
            "pipeline: p\nsource: {{ kafka: {{ brokers: b:1, topics: [t], format: json }} }}\nsteps: [{steps}]\n\
             sink: {{ kafka: {{ brokers: b:1, topic: o, format: json }} }}\n{rest}"
        );
        let config = Config::parse(&text, Path::new("p.yaml"));
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        super::hash(&config.loaded, config.steps().unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn steps_make_the_plan() {
        let split = "{ use: split, with: { by: [id], into: 3 } }";
        let turned = "{ use: split, with: { into: 3, by: [id] } }";
        let more = "{ use: split, with: { by: [id], into: 4 } }";
        assert_eq!(plan(split, "").len(), super::DIGITS);
        assert_eq!(plan(split, ""), plan(turned, "instance: other\n"));
        assert_ne!(plan(split, ""), plan(more, ""));
        assert_ne!(plan(split, ""), plan("", ""));
        assert_ne!(plan("", ""), plan("", "time_zone: Asia/Shanghai\n"));
    }
}
