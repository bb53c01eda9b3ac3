//! A process and what is done to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sluicegate_test_servers::Signal;
use sluicegate_tests::{Bench, Running};

use super::plan::{Fault, Step};

/// A process of the group, by its instance.
pub struct Process<'a> {
    bench: &'a Bench,
    instance: &'a str,
    running: Running,
}

impl<'a> Process<'a> {
    /// Starts the pipeline of the file `INSTANCE.yaml`.
    pub fn start(bench: &'a Bench, instance: &'a str) -> Self {
        Process { bench, instance, running: start(bench, instance) }
    }

    /// Does to it what is planned. Stops early when `failed` is set.
    ///
    /// # Errors
    /// When it ends by itself, which it never should.
    pub fn torment(&mut self, plan: &[Step], failed: &AtomicBool) -> Result<(), String> {
        for (number, step) in plan.iter().enumerate() {
            self.run_for(step.after)?;
            if failed.load(Ordering::Relaxed) {
                break;
            }
            eprintln!("{}: fault {number}, {:?}", self.instance, step.fault);
            match step.fault {
                Fault::Kill => self.kill_and_start(Duration::ZERO),
                Fault::KillAndStayAway(time) => self.kill_and_start(time),
                Fault::Pause(time) => {
                    self.running.signal(Signal::STOP);
                    std::thread::sleep(time);
                    self.running.signal(Signal::CONT);
                }
            }
        }
        Ok(())
    }

    fn kill_and_start(&mut self, after: Duration) {
        self.running.kill();
        std::thread::sleep(after);
        self.running = start(self.bench, self.instance);
    }

    /// Lets it run.
    ///
    /// # Errors
    /// When it ends by itself.
    pub fn run_for(&mut self, time: Duration) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.running.ended() {
                let log = self.running.stderr();
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                return Err(format!(
                    "process {} ended by itself, {status}:\n{}",
                    self.instance,
                    tail.join("\n")
                ));
            }
            let Some(left) = time.checked_sub(start.elapsed()) else { return Ok(()) };
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// SIGTERM, and waits for the end, which is to be a good one.
    pub fn end(&mut self) {
        self.running.terminate().exits(0);
    }
}

fn start(bench: &Bench, instance: &str) -> Running {
    bench.command(["run", &format!("{instance}.yaml")]).named(instance).start()
}
