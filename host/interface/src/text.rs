//! Text that comes from guests, made fit for logs and messages.

/// Longest message that is taken from a guest, in bytes.
pub const MESSAGE: usize = 2_000;

/// Text on one line: control characters escaped, at most `most` bytes long.
pub fn line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most) + 4);
    for c in text.trim_end().chars() {
        if line.len() >= most {
            line.push_str("...");
            break;
        }
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        assert_eq!(line("a\nb\u{1b}[31m\n", 100), "a\\nb\\u{1b}[31m");
        assert_eq!(line(&"x".repeat(50), 10), "xxxxxxxxxx...");
    }
}
