//! Operations to rows.

use sluicegate_model::{ControlEvent, Decoded};

use super::OggOptions;
use super::document::{self, Operation};
use super::op_ts::Clock;
use crate::build::{Change, Dialect, Gatherer};
use crate::options::{DeclaredTypes, TimeZone};
use crate::scan::{Fault, Scanner};
use crate::{Decode, LaneInfo, Record};

/// Reads `ogg-json`.
pub(super) struct OggDecoder {
    zone: TimeZone,
    any_case: bool,
    declared: Option<DeclaredTypes>,
}

impl OggDecoder {
    pub(super) fn new(options: &OggOptions) -> Self {
        Self {
            zone: options.time_zone.unwrap_or(TimeZone::UTC),
            any_case: options.case_sensitive == Some(false),
            declared: options.schema.clone(),
        }
    }
}

impl Decode for OggDecoder {
    fn decode(&self, lane: &LaneInfo<'_>, records: &[Record<'_>]) -> Decoded {
        let gatherer = Gatherer::new(lane, records, self.declared.as_ref(), true)
            .speaking(Dialect { any_case: self.any_case, ..Dialect::default() });
        let mut stretch =
            Stretch { gatherer, clock: Clock::new(self.zone), scratch: [const { Vec::new() }; 2] };
        for (place, record) in (0..).zip(records) {
            // The tombstone behind a delete, which was an operation of its own.
            let Some(value) = record.value else { continue };
            if let Err(reason) = stretch.record(place, value) {
                stretch.gatherer.reject(place, None, reason);
            }
        }
        stretch.gatherer.finish()
    }
}

struct Stretch<'a> {
    gatherer: Gatherer<'a>,
    clock: Clock,
    /// For the position and the transaction.
    scratch: [Vec<u8>; 2],
}

impl Stretch<'_> {
    /// Reads one record; the reason where none of it can be read.
    fn record(&mut self, place: u32, value: &[u8]) -> Result<(), String> {
        self.gatherer.begin();
        self.gatherer.make_room(value.len())?;
        let mut scanner = Scanner::new(value).map_err(|fault| fault.to_string())?;
        scanner.skip_space();
        if scanner.is_at_end() {
            return Err("the message is empty".to_owned());
        }
        let mut operation = self.operation(&mut scanner)?;
        scanner.skip_space();
        if scanner.is_at_end() {
            self.apply(place, None, operation, &scanner);
            return Ok(());
        }

        // More operations of one transaction. What follows is checked first: if the message is cut off, none of
        // it is applied, for it comes again whole.
        check_rest(scanner.clone()).map_err(|fault| fault.to_string())?;
        for part in 0.. {
            self.apply(place, Some(part), operation, &scanner);
            if scanner.is_at_end() {
                break;
            }
            let start = scanner.at();
            operation = match self.operation(&mut scanner) {
                Ok(operation) => operation,
                Err(reason) => {
                    scanner.go_to(start);
                    scanner.value(0).map_err(|fault| fault.to_string())?;
                    Operation::Bad(reason)
                }
            };
            scanner.skip_space();
        }
        Ok(())
    }

    fn operation(&mut self, scanner: &mut Scanner<'_>) -> Result<Operation, String> {
        document::read(scanner, &mut self.gatherer, &mut self.clock)
    }

    fn apply(&mut self, record: u32, part: Option<u32>, operation: Operation, scanner: &Scanner<'_>) {
        match operation {
            Operation::Rows { table, kinds, event_time, position, transaction } => {
                let [first, second] = &mut self.scratch;
                let position = position.as_ref().map(|text| scanner.resolve(text, first));
                let transaction = transaction.as_ref().map(|text| scanner.resolve(text, second));
                let change = Change { part, event_time, position, transaction, ..Change::of(record) };
                self.gatherer.at(table).commit(kinds, change);
            }
            Operation::Truncate { table } => {
                let table = self.gatherer.at(table).name().clone();
                self.gatherer.control(ControlEvent::Truncate { table });
            }
            Operation::Bad(reason) => {
                self.gatherer.reject(record, part, reason);
            }
        }
    }
}

/// Passes objects to the end of the message.
fn check_rest(mut scanner: Scanner<'_>) -> Result<(), Fault> {
    while !scanner.is_at_end() {
        if scanner.peek() != b'{' {
            return Err(scanner.fault("an operation has ended, and what follows is no other one"));
        }
        scanner.value(0)?;
        scanner.skip_space();
    }
    Ok(())
}
