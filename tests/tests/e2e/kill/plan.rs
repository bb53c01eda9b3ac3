//! Which faults, and when.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

/// The processes' session time-out. The broker takes lanes away from who was silent for so long.
pub const SESSION: Duration = Duration::from_secs(4);
/// The processes' transaction time-out. The broker aborts transactions that were open for so long.
pub const TRANSACTION: Duration = Duration::from_secs(6);
/// A lease that was not renewed for ten seconds is another's, who looks every two.
const LEASE: Duration = Duration::from_secs(12);

/// After how long a silence others take what a process had.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// Of one that is dead.
    dead: Duration,
    /// Of one that stands still, and what is more than that: it does not know what it lost.
    still: Duration,
}

/// Processes that a broker divides partitions among.
pub const OF_A_GROUP: Silence = Silence { dead: SESSION, still: TRANSACTION };
/// Processes of which one has a lease, and all lanes.
pub const OF_A_LEASE: Silence = Silence { dead: LEASE, still: LEASE };

/// What is done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL, and a start under the same instance at once.
    Kill,
    /// SIGKILL, and a start under the same instance after so long that others have its lanes.
    KillAndStayAway(Duration),
    /// SIGSTOP, and SIGCONT after so long that others have its lanes: a process that does not know what it lost.
    Pause(Duration),
}

/// A fault, and how long the process runs before it.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// From the end of the fault before.
    pub after: Duration,
    /// The fault.
    pub fault: Fault,
}

/// The faults of each process: a third of all are pauses, the others kills, one in four of which leaves the process
/// dead for a while.
pub fn plan(faults: usize, processes: usize, silence: &Silence, seed: u64) -> Vec<Vec<Step>> {
    let mut random = StdRng::seed_from_u64(seed);
    let pauses = (faults + 1) / 3;
    let away = (faults - pauses) / 4;
    let mut all: Vec<Fault> = (0..faults)
        .map(|number| {
            if number < pauses {
                Fault::Pause(silence.still + millis(&mut random, 500, 3_000))
            } else if number < pauses + away {
                Fault::KillAndStayAway(silence.dead + millis(&mut random, 500, 3_000))
            } else {
                Fault::Kill
            }
        })
        .collect();
    all.shuffle(&mut random);
    let mut plans = vec![Vec::new(); processes];
    for (number, fault) in all.into_iter().enumerate() {
        // From while it still starts to well after it has its lanes.
        let after = millis(&mut random, 300, 4_500);
        plans[number % processes].push(Step { after, fault });
    }
    plans
}

/// How long the faults take, at least.
pub fn duration(plans: &[Vec<Step>]) -> Duration {
    let of_step = |step: &Step| {
        step.after
            + match step.fault {
                Fault::Kill => Duration::ZERO,
                Fault::KillAndStayAway(time) | Fault::Pause(time) => time,
            }
    };
    plans.iter().map(|plan| plan.iter().map(of_step).sum()).max().unwrap_or_default()
}

fn millis(random: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(random.random_range(from..to))
}

#[test]
fn kill_plan_keeps_the_shares() {
    for (faults, pauses, away) in [(20, 7, 3), (200, 67, 33)] {
        let plans = plan(faults, 2, &OF_A_GROUP, 1);
        let all: Vec<Fault> = plans.iter().flatten().map(|step| step.fault).collect();
        let count = |of: fn(&Fault) -> bool| all.iter().filter(|fault| of(fault)).count();
        assert_eq!(all.len(), faults);
        assert_eq!(count(|fault| matches!(fault, Fault::Pause(_))), pauses);
        assert_eq!(count(|fault| matches!(fault, Fault::KillAndStayAway(_))), away);
        assert!(plans[0].len().abs_diff(plans[1].len()) <= 1);
    }
}
