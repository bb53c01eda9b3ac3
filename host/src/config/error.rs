//! What is wrong with a pipeline file, and where.

use std::error::Error;
use std::fmt;
use std::path::Path;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use serde_json::{Value, json};

use super::excerpt::Excerpt;
use super::locate::Place;

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    message: String,
    label: Option<String>,
    help: Option<String>,
    place: Option<Place>,
    /// Whether the line itself must not be shown.
    hidden: bool,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), label: None, help: None, place: None, hidden: false }
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Keeps the line out of the message.
    pub(crate) fn hidden(mut self, hidden: bool) -> Self {
        self.hidden |= hidden;
        self
    }

    /// For order: what has no place comes last.
    fn start(&self) -> usize {
        self.place.map_or(usize::MAX, |place| place.start)
    }
}

/// All that is wrong with a pipeline file. As text it is what a person reads, with the lines that are meant.
pub struct ConfigErrors {
    file: String,
    problems: Vec<Shown>,
}

impl ConfigErrors {
    /// `source` is the text of the file with its secrets covered.
    pub(crate) fn new(file: &Path, source: &str, mut problems: Vec<Problem>) -> Self {
        let file = file.display().to_string();
        problems.sort_by_key(Problem::start);
        let problems = problems.into_iter().map(|problem| Shown::new(problem, &file, source)).collect();
        Self { file, problems }
    }

    /// Whether nothing is wrong.
    pub(crate) fn check(file: &Path, source: &str, problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self::new(file, source, problems)) }
    }

    /// What is wrong, for programs: `message`, `help`, `line`, `column`, an object each.
    pub(crate) fn to_json(&self) -> Vec<Value> {
        let problem = |shown: &Shown| {
            let (line, column) = shown.place.map(|place| (place.line, place.column)).unzip();
            json!({ "message": shown.message, "help": shown.help, "line": line, "column": column })
        };
        self.problems.iter().map(problem).collect()
    }

    /// What is wrong, a sentence each, without places.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|shown| shown.message.as_str())
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => writeln!(f, "{} has a problem", self.file)?,
            count => writeln!(f, "{} has {count} problems", self.file)?,
        }
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_wrap_lines(false)
            .with_links(false)
            .without_syntax_highlighting();
        for problem in &self.problems {
            f.write_str("\n")?;
            handler.render_report(f, problem)?;
        }
        Ok(())
    }
}

/// As [`fmt::Display`]: a failed test or an unwrap should be as clear.
impl fmt::Debug for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ConfigErrors {}

impl Diagnostic for ConfigErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

impl From<ConfigErrors> for sluicegate_connector::Error {
    fn from(errors: ConfigErrors) -> Self {
        Self::configuration(errors.to_string())
    }
}

/// A problem with the text that it is in.
struct Shown {
    message: String,
    /// Where, for programs; the label says it to people.
    place: Option<Place>,
    help: Option<String>,
    label: Option<LabeledSpan>,
    source: Option<Excerpt>,
}

impl Shown {
    fn new(problem: Problem, file: &str, source: &str) -> Self {
        let Problem { mut message, label, help, place, hidden } = problem;
        let told = place;
        let place = match place {
            Some(place) if hidden => {
                message = format!("{message} ({file}:{}:{})", place.line, place.column);
                None
            }
            place => place,
        };
        let label = place.filter(|_| !source.trim().is_empty()).map(|place| {
            // The last line of a file may be empty, and a place may be its end.
            let start = place.start.min(source.len());
            LabeledSpan::new(label, start, place.length.min(source.len() - start))
        });
        let source = label.is_some().then(|| Excerpt::new(file, source));
        Self { message, place: told, help, label, source }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display + 'a>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label
            .clone()
            .map(|label| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
