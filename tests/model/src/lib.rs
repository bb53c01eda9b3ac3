//! The commit protocols as a model that is searched for lost and doubled rows.
