//! Text that comes from guests, made fit for logs and messages.

/// Longest message that is taken from a guest, in bytes.
pub const MESSAGE: usize = 2_000;

/// Whether a character does more than stand where it is: it moves a cursor, ends a line, or turns the direction of
/// what follows, so that a reader sees another text than there is.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Text on one line: hidden characters escaped, at most `most` bytes long.
pub fn line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most) + 4);
    for c in text.trim_end().chars() {
        if line.len() >= most {
            line.push_str("...");
            break;
        }
        if is_hidden(c) {
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
        assert_eq!(line("a\u{202e}b\u{2028}c größe", 100), "a\\u{202e}b\\u{2028}c größe");
    }
}
