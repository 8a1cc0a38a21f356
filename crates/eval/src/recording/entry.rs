//! One line of a recording.

use serde::{Deserialize, Serialize};
use source::Digest;

use super::Asked;
use crate::Answer;

/// One answer with what finds it again and what explains a miss; the request itself is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SHA-256 of what was asked.
    pub key: Digest,
    /// The case that asked it.
    pub case: String,
    /// Which repeat, from 0.
    pub sample: u32,
    /// Digests of its parts.
    pub asked: Traits,
    /// What came back, secrets cut out.
    pub answer: Answer,
}

/// What was asked, part by part: enough to say how two requests differ, too little to read either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// The provider's kind.
    pub kind: String,
    /// The path below its address.
    pub path: String,
    /// The model.
    pub model: String,
    /// 16 hex digits over the messages.
    pub messages: String,
    /// 16 hex digits over tools and the form of the answer.
    pub shape: String,
    /// 16 hex digits over everything else.
    pub parameters: String,
}

impl Entry {
    /// An entry for `answer`, out of which every known secret was cut, under the key of what was asked.
    pub(crate) fn new(asked: &Asked<'_>, key: Digest, case: &str, answer: Answer) -> Self {
        Self { key, case: case.to_owned(), sample: asked.sample, asked: asked.traits(), answer }
    }

    /// The line, without its end: the key first, so that sorted lines are sorted keys; objects within by name.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
