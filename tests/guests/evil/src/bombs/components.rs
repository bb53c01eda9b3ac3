//! A component that makes two hundred of another, which makes two hundred of a third, which makes two hundred of a
//! module: eight million instances, in a few kilobytes.

pub(super) fn bomb() -> Vec<u8> {
    let many = |what: &str| what.repeat(200);
    let leaf = format!("(component $c (core module $m) {})", many("(core instance (instantiate $m))"));
    let middle = format!("(component $c {leaf} {})", many("(instance (instantiate $c))"));
    let root = format!("(component {middle} {})", many("(instance (instantiate $c))"));
    wat::parse_str(root).expect("a component")
}
