//! The table that an output is written to.

use sluicegate_connector::Error;
use sluicegate_tables::Destination;

/// The longest name of a table or database, in characters (dev.mysql.com/doc/refman/8.4/en/identifier-length.html).
const LONGEST: usize = 64;

/// The destinations of a template.
///
/// # Errors
/// [`sluicegate_connector::Class::Configuration`] for a placeholder that there is not, or that does not end.
pub fn destination(template: &str) -> Result<Destination, Error> {
    Destination::parse(template, is_name)
}

/// dev.mysql.com/doc/refman/8.4/en/identifiers.html
fn is_name(name: &str) -> Result<(), &'static str> {
    if name.chars().count() > LONGEST {
        return Err("is longer than 64 characters");
    }
    if name.ends_with(' ') {
        return Err("ends in a space");
    }
    if name.contains('\0') { Err("has a NUL in it") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_name_is() {
        for (name, fine) in [("orders of 2024", true), ("orders ", false), ("a\0", false), ("订单", true)] {
            assert_eq!(is_name(name).is_ok(), fine, "{name:?}");
        }
        assert!(is_name(&"单".repeat(64)).is_ok() && is_name(&"x".repeat(65)).is_err());
    }
}
