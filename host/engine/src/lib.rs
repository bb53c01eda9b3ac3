//! Lanes, epochs, stages, retry, bisection, dead letters.
