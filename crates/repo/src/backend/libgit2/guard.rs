//! A panic of a library on bytes that somebody else wrote is an answer: they are damaged.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; `None` where it panics, which is told to nobody else.
///
/// `work` only reads through a handle that its panic leaves as it was.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |why| {
            if !GUARDED.get() {
                told(why);
            }
        }));
    });
    GUARDED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_no_answer() {
        assert_eq!(caught(|| 1), Some(1));
        assert_eq!(caught(|| -> i32 { panic!("as libgit2's reader does") }), None);
        assert_eq!(caught(|| 2), Some(2));
    }
}
