//! Where lines and records end.

use memchr::{memchr_iter, memrchr};
use sluicegate_format::delimited::Dialect;

/// How text is cut.
#[derive(Clone, Copy, Debug)]
pub(super) enum Split {
    /// A line a record.
    Lines,
    /// Records of `csv`, which may go over several lines.
    Records {
        /// Where they end.
        dialect: Dialect,
        /// Whether a byte begins a character of two.
        wide: fn(u8) -> bool,
    },
}

/// A record within a stretch of text, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Lines of the stretch before it.
    pub(super) line: u32,
}

/// Whole records at the beginning of a stretch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// Those that are not empty.
    pub(super) spans: Vec<Span>,
    /// Bytes up to the end of the last.
    pub(super) bytes: usize,
    /// Lines up to there.
    pub(super) lines: u32,
    /// Whether the last has no line end.
    pub(super) unterminated: bool,
}

impl Split {
    /// Cuts whole records. `last`: nothing follows the bytes, so what has no line end is a record too.
    pub(super) fn cut(self, bytes: &[u8], last: bool) -> Cut {
        let mut cut = Cut::default();
        match self {
            Self::Lines => {
                for end in memchr_iter(b'\n', bytes) {
                    cut.add(bytes, end, 1);
                    cut.bytes = end + 1;
                }
            }
            Self::Records { dialect, wide } => {
                // Beyond the last line end no record ends.
                let whole = memrchr(b'\n', bytes).map_or(0, |end| end + 1);
                while let Some(end) = dialect.record_end(&bytes[..whole], cut.bytes, wide) {
                    let lines = memchr_iter(b'\n', &bytes[cut.bytes..end]).count() as u32;
                    cut.add(bytes, end - 1, lines);
                    cut.bytes = end;
                }
            }
        }
        if last && cut.bytes < bytes.len() {
            let lines = memchr_iter(b'\n', &bytes[cut.bytes..]).count() as u32 + 1;
            cut.add(bytes, bytes.len(), lines);
            cut.bytes = bytes.len();
            cut.unterminated = true;
        }
        cut
    }
}

impl Cut {
    fn add(&mut self, bytes: &[u8], end: usize, lines: u32) {
        let start = self.bytes;
        let end = if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
        if end > start {
            self.spans.push(Span { start: start as u32, end: end as u32, line: self.lines });
        }
        self.lines += lines;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sluicegate_format::delimited::Delimiter;

    use super::*;

    const CSV: Split = Split::Records {
        dialect: Dialect { delimiter: Delimiter::byte(b','), quote: Some(b'"'), escape: None, trim: false },
        wide: |_| false,
    };

    fn texts(split: Split, text: &str, last: bool) -> (Vec<&str>, Cut) {
        let cut = split.cut(text.as_bytes(), last);
        let texts = cut.spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
        (texts, cut)
    }

    #[test]
    fn empty_lines_are_counted_and_no_records() {
        let (lines, cut) = texts(Split::Lines, "a\r\n\n\r\nb\nc", false);
        assert_eq!(lines, ["a", "b"]);
        assert_eq!((cut.bytes, cut.lines, cut.spans[1].line), (8, 4, 3));
        let (lines, cut) = texts(Split::Lines, "a\nc", true);
        assert_eq!(lines, ["a", "c"]);
        assert!(cut.unterminated);
    }

    #[test]
    fn a_record_may_go_over_lines() {
        let (records, cut) = texts(CSV, "a,\"x\ny\"\nb,c\nd,\"", false);
        assert_eq!(records, ["a,\"x\ny\"", "b,c"]);
        assert_eq!((cut.lines, cut.spans[1].line), (3, 2));
    }

    proptest! {
        /// However text is cut into stretches, the records are the same.
        #[test]
        fn stretches_make_no_difference(text in "[a,\"\n\r]{0,40}", at in 0usize..40) {
            for split in [Split::Lines, CSV] {
                let whole = texts(split, &text, true).0;
                let cut = split.cut(&text.as_bytes()[..at.min(text.len())], false);
                let mut parts: Vec<&str> = cut.spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
                parts.extend(texts(split, &text[cut.bytes..], true).0);
                prop_assert_eq!(parts, whole);
            }
        }
    }
}
