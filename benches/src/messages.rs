//! The messages of all benchmarks, as records of Kafka.

// The package that decodes them measures by them too.
#[path = "../../host/format/benches/formats/updates.rs"]
mod updates;

use sluicegate_test_servers::Record;

pub use updates::{TABLE, keys};

/// The update of this number.
pub fn update(number: u64) -> Record {
    let (key, value) = updates::update(number);
    Record::new(key, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_json_of_about_600_bytes() {
        let mut bytes = 0;
        for number in 0..1_000 {
            let value = update(number).value.unwrap();
            bytes += value.len();
            let message: serde_json::Value = serde_json::from_slice(&value).unwrap();
            assert_eq!(message["before"]["ORDER_ID"], message["after"]["ORDER_ID"]);
            assert_eq!(message["after"].as_object().unwrap().len(), 9);
        }
        assert!((550..650).contains(&(bytes / 1_000)), "{}", bytes / 1_000);
    }
}
