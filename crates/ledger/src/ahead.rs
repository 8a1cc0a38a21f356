//! Reading ahead: what is asked of each tag by itself, on all processors, before the walk comes by.
//!
//! A chain is judged entry by entry, because each rests on the one before. But two questions concern the bytes of one tag
//! and nothing else: what it says, and whether its signature is right for the key inside it. Most of the time goes there.
//! Both answers are functions of those bytes, so it changes no verdict who computes them, or when: the walk asks whose
//! key it is and whether that one may, in its own order, and finds the arithmetic done. A tag that cannot be read is left
//! to the walk, which reads it again and says why in its turn. Nothing is kept beyond one reading.

use prompt::stack;

use crate::judge::{Found, Judge};
use crate::{ObjectId, RefName, SignedTag};

/// Below so many tags, threads cost more than they spare.
const WORTH: usize = 6;

/// How many tags are held as bare bytes at a time.
const AT_ONCE: usize = 4096;

/// The tags that these refs hold, each with the verdict on its signature, as far as they can be read; in the order of
/// the refs. Nothing where there are only a few.
pub(crate) fn read(judge: &Judge<'_>, refs: &[(RefName, ObjectId)]) -> Vec<Found> {
    if refs.len() < WORTH {
        return Vec::new();
    }
    let mut found = Vec::with_capacity(refs.len());
    for some in refs.chunks(AT_ONCE) {
        // A repository belongs to one thread; what it gave does not.
        let bytes: Vec<_> = some.iter().filter_map(|(name, id)| Some((name, id, judge.tag_bytes(id).ok()?))).collect();
        let read = stack::for_each(&bytes, |(name, id, bytes)| {
            let tag = SignedTag::parse(bytes).ok().filter(|tag| tag.name() == *name)?;
            tag.check_own_key();
            Some(Found { id: **id, tag })
        });
        found.extend(read.into_iter().flatten());
    }
    found
}
