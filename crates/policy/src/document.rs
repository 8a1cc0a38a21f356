//! The three documents as their files spell them.
//!
//! These types are what serde reads and what the JSON Schemas are generated from; [`crate::Policy`] is what one asks.

pub mod models;
pub mod policy;
pub mod principals;
