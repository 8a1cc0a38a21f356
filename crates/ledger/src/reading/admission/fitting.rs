//! What of somebody else's tags goes on from a ledger: asked before any of it is believed, or handed on.

use std::collections::BTreeSet;

use super::{Arrival, Server, admit};
use crate::refname::TAGS;

/// Those of `more` that would be let in together with `own`, which are taken for granted. One that is refused is left out
/// with whatever rests on it; nothing that is left out speaks against the others.
pub fn fitting(server: &Server<'_>, own: &[Arrival], mut more: Vec<Arrival>) -> Vec<Arrival> {
    while !more.is_empty() {
        let all: Vec<Arrival> = own.iter().chain(&more).cloned().collect();
        let admission = admit(server, &all);
        if admission.is_unread {
            return Vec::new();
        }
        let refused: BTreeSet<&str> = admission.refusals.iter().filter_map(|refusal| refusal.tag.as_deref()).collect();
        let before = more.len();
        more.retain(|arrival| !refused.contains(arrival.name.strip_prefix(TAGS).unwrap_or(&arrival.name)));
        if more.len() == before {
            break;
        }
    }
    more
}
