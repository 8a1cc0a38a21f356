//! What a verdict rests on besides the prompt, the suite and its cases.
//!
//! All of it may be absent: statements from before it was told read, and are written, as they were.

use serde::{Deserialize, Serialize};
use source::{Digest, ModelName, Timestamp};

/// What a verdict rests on besides the prompt, the suite and its cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Who judged, where assertions are model-graded.
    pub judge: Option<Helper>,
    /// Who embedded, where assertions compare meanings.
    pub embeddings: Option<Helper>,
    /// The providers, of those that were asked, which whoever ran it defined otherwise than policy does: sorted.
    pub own_providers: Vec<String>,
    /// What it was compared with.
    pub baseline: Option<Against>,
    /// When its oldest answer was asked for, where that is not when it was signed.
    pub asked_at: Option<Timestamp>,
    /// How many independent units its cases make, where some share a cluster: fewer than there are cases.
    pub units: Option<u64>,
}

/// A model that helped to grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Helper {
    /// The model that was asked.
    pub model: ModelName,
    /// The route by which the suite names it; absent where the suite's own file names the model, so that its digest binds it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub route: Option<String>,
    /// How often it was asked about each answer, where more than once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeat: Option<u32>,
}

/// What a run was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Against {
    /// As the suite or the command names it: `env:prod`.
    pub name: String,
    /// The commit that it was read from; absent where there was nothing yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// The content of the prompt there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<Digest>,
}

impl Terms {
    /// Whether every name in it is one, in the only order, and `cases` of each model can make so many units.
    pub(super) fn are_sound(&self, cases: u64) -> bool {
        let named = |text: &str| !text.is_empty() && text.len() <= 256 && !text.chars().any(char::is_control);
        let helper = |h: &Helper| h.route.as_deref().is_none_or(named) && h.repeat.is_none_or(|n| n > 1);
        let against = |a: &Against| named(&a.name) && a.commit.as_deref().is_none_or(named);
        self.judge.iter().chain(&self.embeddings).all(helper)
            && self.own_providers.iter().all(|name| named(name))
            && self.own_providers.is_sorted_by(|a, b| a < b)
            && self.baseline.iter().all(against)
            && self.units.is_none_or(|units| (1..cases).contains(&units))
    }
}

impl std::fmt::Display for Helper {
    /// `openai/gpt-4.1 (the route accurate), asked 3 times`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.model.as_str())?;
        if let Some(route) = &self.route {
            write!(f, " (the route {route})")?;
        }
        self.repeat.map_or(Ok(()), |n| write!(f, ", asked {n} times"))
    }
}
