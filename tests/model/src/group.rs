//! The consumer group's coordinator: members, generation, which lane belongs to whom.
//!
//! Classic protocol, cooperative assignment, static members. A generation is only ever compared with the current one,
//! so a metadata keeps whether it still names it ([`Stamp`]), not its number.

use crate::broker::{LANES, PROCESSES};

/// What a group metadata says about its holder, seen from the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// It names the current generation.
    pub generation: bool,
    /// It names the member id that is registered for its instance.
    pub member: bool,
}

/// The coordinator's side of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Which process is a member.
    pub members: [bool; PROCESSES],
    /// The process that a lane is assigned to.
    pub owner: [Option<u8>; LANES],
    /// The owner was asked to give the lane up and has not confirmed it.
    pub revoking: [bool; LANES],
}

impl Group {
    /// Whether `lane` is assigned to `process` to stay.
    pub fn assigned(&self, process: usize, lane: usize) -> bool {
        self.members[process] && self.owner[lane] == Some(process as u8) && !self.revoking[lane]
    }

    /// Whether `process` was asked to give `lane` up.
    pub fn asked_back(&self, process: usize, lane: usize) -> bool {
        self.members[process] && self.owner[lane] == Some(process as u8) && self.revoking[lane]
    }

    /// Adds a member; lanes of nobody become its own. The caller begins a new generation.
    pub fn join(&mut self, process: usize) {
        self.members[process] = true;
        for owner in &mut self.owner {
            *owner = owner.or(Some(process as u8));
        }
    }

    /// Throws a member out; its lanes go to the other one, when there is one. The caller begins a new generation.
    pub fn expel(&mut self, process: usize) {
        self.members[process] = false;
        for lane in 0..LANES {
            if self.owner[lane] == Some(process as u8) {
                self.pass_on(lane, process);
            }
        }
    }

    /// The owner has confirmed that it gave the lane up. The caller begins a new generation.
    pub fn hand_over(&mut self, process: usize, lane: usize) {
        self.pass_on(lane, process);
        if self.owner[lane].is_none() {
            self.owner[lane] = Some(process as u8);
        }
    }

    fn pass_on(&mut self, lane: usize, from: usize) {
        let heir = (0..PROCESSES).find(|&other| other != from && self.members[other]);
        self.owner[lane] = heir.map(|heir| heir as u8);
        self.revoking[lane] = false;
    }
}
