//! The documents in policies/: parsed, validated, answered.
//!
//! Everything is pure: files come in as [`source::Files`], clocks and identities as values. Nothing here verifies a
//! signature, knows which policy is in effect, or decides what a rule finds; it says what the documents demand.

pub mod action;
pub mod demand;
pub mod diff;
pub mod document;
pub mod duration;
pub mod explain;
pub mod fingerprint;
pub mod level;
pub mod limit;
mod literal;
pub mod pattern;
pub mod policy;
pub mod principal;
pub mod providers;
pub mod rate;
pub mod rules;
pub mod scaffold;
pub mod schema;
pub mod ssh;
pub mod window;

pub use action::Action;
pub use demand::{
    ApprovalDemand, Demands, EffectiveRisk, EvidenceDemand, PinnedSuite, ReleaseDemands, SuiteDemand, Upstream,
};
pub use document::models::{Model, Price, Provider, ProviderKind};
pub use document::policy::{
    AskedOf, BannedPhrase, Bound, Budget, Environment, Family, Inconclusive, Mode, UpstreamRule,
};
pub use duration::Duration;
pub use fingerprint::{FingerprintError, KeyFingerprint};
pub use level::Level;
pub use limit::{Limits, Sourced};
pub use pattern::Pattern;
pub use policy::{Loaded, Objection, Policy};
pub use principal::{Grant, Key, KeyKind, KeyState, Principal};
pub use rate::Rate;
pub use window::Windows;
