//! The table of an output.

use sluicegate_connector::Error;
use sluicegate_tables::Destination;

/// The longest name of a table or database, in characters (docs.starrocks.io, "System limits").
const LONGEST: usize = 256;

/// The destinations of a template.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] for a placeholder that there is not, or that does not end.
pub fn destination(template: &str) -> Result<Destination, Error> {
    Destination::parse(template, is_name)
}

/// docs.starrocks.io, "System limits": letters, digits, underscores and some more.
fn is_name(name: &str) -> Result<(), &'static str> {
    if name.chars().count() > LONGEST {
        return Err("is longer than 256 characters");
    }
    let fine = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    if fine { Ok(()) } else { Err("has characters that are no letters, digits, `_`, `-` or `$`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_name_is() {
        for (name, fine) in [("ods_orders$1", true), ("订单", true), ("a b", false), ("a`", false)] {
            assert_eq!(is_name(name).is_ok(), fine, "{name:?}");
        }
        assert!(is_name(&"x".repeat(256)).is_ok() && is_name(&"x".repeat(257)).is_err());
    }
}
