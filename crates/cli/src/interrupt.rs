//! Ctrl-C: ends at once with 130, except where a step must be finished or undone first.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};

use crate::exit::Exit;

static PENDING: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static HELD: AtomicUsize = AtomicUsize::new(0);
static ASKING: AtomicUsize = AtomicUsize::new(0);

/// While one lives, Ctrl-C only makes [`pending`] true: whoever holds it looks, cleans up and ends by itself.
pub(crate) struct Hold(());

impl Hold {
    /// Takes hold.
    pub(crate) fn new() -> Self {
        HELD.fetch_add(1, SeqCst);
        Self(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        HELD.fetch_sub(1, SeqCst);
    }
}

/// While one lives, somebody is being asked: nothing is under way, so Ctrl-C ends at once, whoever holds it back.
pub(crate) struct Asking(());

impl Asking {
    /// Begins to ask; ends at once where Ctrl-C was pressed before.
    pub(crate) fn new() -> Self {
        ASKING.fetch_add(1, SeqCst);
        if pending() {
            leave();
        }
        Self(())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.fetch_sub(1, SeqCst);
    }
}

/// Whether Ctrl-C was pressed while somebody held it back.
pub(crate) fn pending() -> bool {
    PENDING.load(SeqCst)
}

/// The same as a flag, for lower floors that stop between two pieces of work.
pub(crate) fn flag() -> Arc<AtomicBool> {
    PENDING.clone()
}

/// Starts to listen. Without a handler (a platform that refuses one) the default stands, which ends the process too.
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| {
        let again = PENDING.swap(true, SeqCst);
        if HELD.load(SeqCst) == 0 || ASKING.load(SeqCst) > 0 || again {
            leave();
        }
    });
}

#[expect(
    clippy::exit,
    reason = "nothing is held or under way, so nothing can be left half-written; a second Ctrl-C insists"
)]
fn leave() {
    std::process::exit(Exit::Interrupted.code().into());
}
