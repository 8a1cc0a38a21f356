//! Threads with room: minijinja's parser and code generator recurse as deep as [`crate::limits`] allow, so they run on
//! a stack that holds it, whatever thread the caller is on.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The stack of every thread on which a parser runs.
const STACK_BYTES: usize = 16 << 20;

thread_local! {
    static ROOMY: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` on a stack with room: on this thread where it has one, else on a new one.
pub(crate) fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if ROOMY.get() {
        return work();
    }
    thread::scope(|scope| {
        let worker = spawn(scope, work);
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Does `work` for each item, on as many threads as the machine runs at once; the results are in the items' order.
pub(crate) fn for_each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, usize::from).clamp(1, 16).min(items.len().div_ceil(CHUNK));
    if threads <= 1 {
        return with_room(|| items.iter().map(&work).collect());
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            if start >= items.len() {
                return done;
            }
            let end = (start + CHUNK).min(items.len());
            done.push((start, items[start..end].iter().map(&work).collect::<Vec<T>>()));
        }
    };
    let mut done: Vec<(usize, Vec<T>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| spawn(scope, share)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    done.sort_by_key(|&(start, _)| start);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

/// Large enough that threads seldom meet at the counter, small enough that they end together.
const CHUNK: usize = 16;

fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> thread::ScopedJoinHandle<'scope, T> {
    let roomy = move || {
        ROOMY.set(true);
        work()
    };
    thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn_scoped(scope, roomy)
        .expect("a process that runs may start a thread")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(for_each(&items, |&i| i * 2), items.iter().map(|i| i * 2).collect::<Vec<_>>());
        assert!(for_each(&[] as &[usize], |&i| i).is_empty());
    }
}
