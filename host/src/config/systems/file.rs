//! Files, standard input and output.

use std::path::Path;
use std::sync::Arc;

use sluicegate_connector::{Encoder, Error, PositionAdmin, Sink};
use sluicegate_file::{
    FileFormat, FilePositions, FileSink, FileSource, FileTerms, SinkOptions, SourceOptions, StdinSource,
};
use sluicegate_format::FormatOptions;
use sluicegate_model::{Decoded, Lane};

use super::super::assemble::RunUntil;
use super::{BuiltSource, Setting, Terms};

pub(super) fn source(
    options: &SourceOptions,
    setting: &Setting<'_>,
    until: Option<&RunUntil>,
) -> Result<BuiltSource, Error> {
    if let Some(RunUntil::Time(_)) = until {
        return Err(Error::configuration("lines of a file have no time to stop at")
            .help("`--until end` stops at the end of the files as they are now"));
    }
    if options.is_stdin() {
        let source = Box::new(StdinSource::new(options)?);
        return Ok(BuiltSource { source, group: None, ends: true });
    }
    let source = FileSource::new(options.clone(), setting.directory)?;
    let source = if until.is_some() { source.bounded() } else { source };
    Ok(BuiltSource { ends: source.ends(), source: Box::new(source), group: None })
}

pub(super) async fn sample(
    options: &SourceOptions,
    directory: &Path,
    count: usize,
) -> Result<Vec<(Lane, Decoded)>, Error> {
    FileSource::sample(options.clone(), directory.to_owned(), count).await
}

pub(super) fn terms(options: &SourceOptions, directory: &Path) -> Terms {
    Terms::File(Box::new(FileTerms::new(options.clone(), directory)))
}

pub(super) fn messages(format: &FileFormat) -> Option<&FormatOptions> {
    match format {
        FileFormat::Messages(format) => Some(format),
        FileFormat::Parquet(_) | FileFormat::Arrow(_) => None,
    }
}

/// The names of the files that are named and no patterns, up to their first dot, as their tables are called.
pub(super) fn names(options: &SourceOptions) -> Vec<String> {
    let stem = |path: &String| {
        let name = Path::new(path).file_name()?.to_str()?;
        let stem = name.split('.').next()?;
        (!stem.is_empty() && !stem.contains(['*', '?', '[', '{'])).then(|| stem.to_owned())
    };
    options.paths.all().iter().filter_map(stem).collect()
}

pub(super) fn sink(options: &SinkOptions, setting: &Setting<'_>) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(FileSink::new(options.clone(), setting.directory, &setting.identity.pipeline)?))
}

pub(super) fn encoder(options: &SinkOptions, directory: &Path) -> Result<Arc<dyn Encoder>, Error> {
    Ok(FileSink::new(options.clone(), directory, "")?.encoder())
}

pub(super) fn positions(
    options: &SinkOptions,
    setting: &Setting<'_>,
) -> Result<Box<dyn PositionAdmin>, Error> {
    Ok(Box::new(FilePositions::new(options, setting.directory, &setting.identity.pipeline)?))
}
