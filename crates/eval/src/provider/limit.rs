//! How many requests may be under way at once, and the pauses that a provider asks for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a waiting thread looks whether it is cancelled.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// Places for requests.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    /// How many wait for one.
    waiting: usize,
    paused_until: Option<Instant>,
}

/// A place, given back when dropped.
pub(super) struct Place<'a>(&'a Places);

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), state: Mutex::default(), freed: Condvar::new() }
    }

    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// Waits for a place; `None` where `cancel` is set first.
    pub(super) fn take(&self, cancel: &AtomicBool) -> Option<Place<'_>> {
        let mut state = self.lock();
        loop {
            if cancel.load(Ordering::Relaxed) {
                return None;
            }
            let pause = state.paused_until.and_then(|until| until.checked_duration_since(Instant::now()));
            match pause {
                None if state.taken < self.most => {
                    state.taken += 1;
                    return Some(Place(self));
                }
                pause => {
                    let wait = pause.map_or(TICK, |p| p.min(TICK)).max(Duration::from_micros(100));
                    state.waiting += 1;
                    state = self.freed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
                    state.waiting -= 1;
                }
            }
        }
    }

    /// Lets nobody start for `pause`.
    pub(super) fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.lock();
        state.paused_until = Some(state.paused_until.map_or(until, |old| old.max(until)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.taken -= 1;
        // To wake nobody takes a call to the system too.
        if state.waiting > 0 {
            drop(state);
            self.0.freed.notify_one();
        }
    }
}

/// Sleeps for `pause`; `false` where `cancel` is set first.
pub(super) fn sleep(pause: Duration, cancel: &AtomicBool) -> bool {
    let end = Instant::now() + pause;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|d| !d.is_zero()) {
        if cancel.load(Ordering::Relaxed) {
            return false;
        }
        std::thread::sleep(left.min(TICK));
    }
    !cancel.load(Ordering::Relaxed)
}
