//! What a Rust transform for Sluicegate is written with.
