//! What standard output is: how wide, and whether it takes colours.

use std::io::{IsTerminal, stdout};

use anstream::{AutoStream, ColorChoice};
use terminal_size::{Width, terminal_size_of};

/// Standard output, as far as a layout depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Columns of characters; `None` where lines may be as long as they like: a file, a pipe.
    pub(super) width: Option<usize>,
    /// Whether colours are shown. They are not where `NO_COLOR` is set.
    pub(super) colour: bool,
}

/// A terminal that does not say how wide it is.
const WIDTH: usize = 80;
/// Narrower than this no table can be read.
const NARROWEST: usize = 20;

impl Terminal {
    /// The standard output of this process. `COLUMNS` overrides its width, for scripts.
    pub(super) fn of_stdout() -> Self {
        let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
        let width = told.or_else(|| {
            let asked = terminal_size_of(stdout()).map(|(Width(width), _)| usize::from(width));
            stdout().is_terminal().then(|| asked.unwrap_or(WIDTH))
        });
        Self {
            width: width.map(|width| width.max(NARROWEST)),
            colour: AutoStream::choice(&stdout()) != ColorChoice::Never,
        }
    }
}
