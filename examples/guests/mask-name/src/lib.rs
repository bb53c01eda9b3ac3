//! A transform as a user would write it: masks names.
