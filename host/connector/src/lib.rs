//! What a system implements: sources, sinks, writers, positions, dead letters.
