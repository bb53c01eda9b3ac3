//! Taking lanes where the source is on another cluster, or is none of Kafka: lanes are claimed by name.
//!
//! A record names the transactional id of the writer that holds its lane. A taker
//!
//! 1. initialises the lane's own id, `PIPELINE/LANE/claim`: of two takers the earlier can write nothing any more;
//! 2. reads the record;
//! 3. initialises the id that it names, unless it is `released`: the holder can decide nothing any more, and what it
//!    had sent is decided or aborted by now;
//! 4. reads again, since the holder may have decided once more before; where the record changed, begins again;
//! 5. writes the record with its own id as the holder, in a transaction of the claim id.
//!
//! An id that is found to be the taker's own is left alone. It has nothing on its way while it takes: a writer makes one
//! decision at a time, and gives its producer up, with its id to be killed by the next take, where it has not seen the
//! end of one. (Renewing the id instead would leave the records of all its other lanes with a name that nobody
//! answers to.) Where somebody killed it meanwhile, its next decision is refused.

use std::collections::BTreeSet;
use std::thread;

use sluicegate_connector::{Class, Error, StartAt, Taken};
use sluicegate_model::Lane;

use super::Store;
use super::reader::Found;
use super::record::{LaneRecord, VERSION};
use super::store::taken;
use crate::producer::Producer;

/// Lanes that are claimed at the same time: each needs a connection of its own for a moment.
const AT_ONCE: usize = 8;

/// How often a taker begins again before it lets another have the lane.
const TRIES: usize = 5;

impl Store {
    /// Takes lanes for the writer `own`, whose id was initialised before. Blocks.
    ///
    /// # Errors
    /// [`Class::Fenced`] where another took a lane at the same time.
    pub fn take_claimed(&self, lanes: &[Lane], own: &str) -> Result<Vec<Taken>, Error> {
        let mut taken = Vec::with_capacity(lanes.len());
        for group in lanes.chunks(AT_ONCE) {
            taken.extend(self.take_some(group, own)?);
        }
        Ok(taken)
    }

    fn take_some(&self, lanes: &[Lane], own: &str) -> Result<Vec<Taken>, Error> {
        let mut reader = self.reader.lock();
        reader.catch_up()?;
        self.found(&mut reader, lanes)?;
        for _ in 0..TRIES {
            let claims =
                at_once(lanes, |lane| self.take_over(&self.transactional_id(&format!("{lane}/claim"))))?;
            reader.catch_up()?;
            let before: Vec<Option<Found>> = lanes.iter().map(|lane| reader.lane(lane).cloned()).collect();
            let holders: BTreeSet<&str> = before
                .iter()
                .flatten()
                .filter(|found| !found.record.released)
                .filter_map(|found| found.record.holder.as_deref())
                .filter(|holder| *holder != own)
                .collect();
            let holders: Vec<&str> = holders.into_iter().collect();
            at_once(&holders, |holder| self.kill(holder))?;
            reader.catch_up()?;
            if lanes.iter().zip(&before).any(|(lane, before)| reader.lane(lane) != before.as_ref()) {
                continue;
            }
            let taken: Vec<Taken> = lanes.iter().map(|lane| taken(&reader, lane)).collect();
            let claimed: Vec<_> = taken.iter().zip(claims).zip(before).collect();
            at_once(&claimed, |((taken, claim), before)| {
                self.write_claim(taken, claim, before.as_ref().map(|found| &found.record), own)
            })?;
            return Ok(taken);
        }
        Err(Error::fenced("other processes take the same lanes").lane(&lanes[0]))
    }

    fn write_claim(
        &self,
        taken: &Taken,
        claim: &Producer,
        before: Option<&LaneRecord>,
        own: &str,
    ) -> Result<(), Error> {
        let lane = &taken.lane;
        let record = match before {
            Some(before) => LaneRecord { holder: Some(own.to_owned()), released: false, ..before.clone() },
            None => LaneRecord {
                v: VERSION,
                position: None,
                holder: Some(own.to_owned()),
                released: false,
                from_beginning: taken.at == StartAt::Beginning,
                note: None,
            },
        };
        claim.begin()?;
        self.put_lane(claim, lane, &record)?;
        claim.commit(self.transaction_timeout).map_err(|error| match error.class() {
            // Nobody knows whether the claim stands: it is made again from the start.
            Class::Unknown => {
                Error::fenced("the claim of a lane was not answered").lane(lane).caused_by(error)
            }
            _ => error.lane(lane),
        })
    }
}

/// Does something for several at the same time, and waits for all.
fn at_once<T: Sync, R: Send>(
    each: &[T],
    work: impl Fn(&T) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> = each.iter().map(|one| scope.spawn(move || work(one))).collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Error::fatal("a claiming thread broke off"))))
            .collect()
    })
}
