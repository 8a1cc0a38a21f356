//! Rules over one catalog and over a pair; contract comparison; impact; diff.
//!
//! Everything is pure: catalogs, policies, released versions and the date are handed in as values.

pub mod contract;
