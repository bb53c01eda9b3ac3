//! Dates and times in a form that the user gives.

use std::fmt::Write as _;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{NaiveDateTime, NaiveTime, Timelike as _};

use super::moment::Moment;
use super::read::Stamp;
use super::zone::{Zone, naive};
use crate::KernelError;
use crate::cast::failing::Why;

/// A pattern in chrono's notation, which is strftime's: `%d.%m.%Y %H:%M:%S%.f`.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    items: Vec<Item<'static>>,
}

impl Pattern {
    /// Longer patterns are a mistake.
    const LONGEST: usize = 256;

    pub fn new(text: &str) -> Result<Self, KernelError> {
        let bad = |why: &str| KernelError::bad_option("format", text, why);
        if text.len() > Self::LONGEST {
            return Err(bad("it is longer than 256 bytes"));
        }
        let items = StrftimeItems::new(text).parse_to_owned();
        let items = items.map_err(|_| bad("it is a pattern as strftime has them, %Y-%m-%d %H:%M:%S"))?;
        Ok(Self { text: text.to_owned(), items })
    }

    /// Reads a date, or a date and a time; a time that the pattern leaves out is midnight.
    pub(super) fn read(&self, text: &str) -> Option<Stamp> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        let offset = parsed.offset();
        let local = match parsed.to_naive_datetime_with_offset(offset.unwrap_or(0)) {
            Ok(local) => local,
            Err(_) if has_no_time(&parsed) => {
                NaiveDateTime::new(parsed.to_naive_date().ok()?, NaiveTime::MIN)
            }
            Err(_) => return None,
        };
        let time = local.and_utc();
        // Chrono writes a leap second as one of more than a billion nanoseconds; no column can hold it.
        let nanos = (time.nanosecond() < 1_000_000_000).then(|| time.nanosecond())?;
        Some(Stamp { local: Moment { seconds: time.timestamp(), nanos }, offset })
    }

    /// Appends what the clock on the wall shows.
    pub fn write_local(&self, local: Moment, into: &mut Vec<u8>) -> Result<(), Why> {
        let local = naive(local)?;
        self.write(format_args!("{}", local.format_with_items(self.items.iter())), into)
    }

    /// Appends an instant as a clock in a zone shows it.
    pub fn write_instant(&self, instant: Moment, zone: &Zone, into: &mut Vec<u8>) -> Result<(), Why> {
        let time = zone.date_time(instant)?;
        self.write(format_args!("{}", time.format_with_items(self.items.iter())), into)
    }

    /// Refuses a pattern with an offset for a time that has none.
    pub fn check_local(&self) -> Result<(), KernelError> {
        let epoch = Moment { seconds: 0, nanos: 0 };
        self.write_local(epoch, &mut Vec::new()).map_err(|_| {
            KernelError::bad_option("format", &self.text, "it names a time zone, the column has none")
        })
    }

    fn write(&self, text: std::fmt::Arguments<'_>, into: &mut Vec<u8>) -> Result<(), Why> {
        let mut written = String::with_capacity(self.text.len() * 2);
        // Chrono's Display fails for an item that the time lacks.
        written.write_fmt(text).map_err(|_| Why::Malformed)?;
        into.extend_from_slice(written.as_bytes());
        Ok(())
    }
}

fn has_no_time(parsed: &Parsed) -> bool {
    parsed.hour_div_12().is_none()
        && parsed.hour_mod_12().is_none()
        && parsed.minute().is_none()
        && parsed.second().is_none()
        && parsed.timestamp().is_none()
}
