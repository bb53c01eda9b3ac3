//! A transform with a defect: it panics on an amount that is no number.
