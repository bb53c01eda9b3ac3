//! The lines of a file that a problem is in, and no others.

use miette::{MietteError, MietteSpanContents, NamedSource, SourceCode, SourceSpan, SpanContents};

/// The text of a file. What is shown of it is the whole line that is meant; lines around it may be nobody's business.
pub(super) struct Excerpt {
    name: String,
    text: NamedSource<String>,
}

impl Excerpt {
    pub(super) fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: NamedSource::new(name, text.to_owned()) }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context it is asked where the span itself begins.
        if before == 0 && after == 0 {
            return self.text.read_span(span, 0, 0);
        }
        let text = self.text.inner();
        let end = span.offset() + span.len();
        let (Some(head), Some(tail)) = (text.get(..span.offset()), text.get(end..)) else {
            return Err(MietteError::OutOfBounds);
        };
        let start = head.rfind('\n').map_or(0, |line_end| line_end + 1);
        let end = tail.find('\n').map_or(text.len(), |line_end| end + line_end);
        let line = head.matches('\n').count();
        let lines = &text[start..end];
        let count = lines.lines().count().max(1);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            lines.as_bytes(),
            SourceSpan::from((start, end - start)),
            line,
            0,
            count,
        )))
    }
}
