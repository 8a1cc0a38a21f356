//! The same work on many things, spread over the processors, on threads with room: minijinja's parser and code generator
//! recurse as deep as [`crate::limits`] allow, so they run on a stack that holds it, whatever thread the caller is on.
//!
//! The order of results never depends on the threads.

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
///
/// A program that lives on such a stack spares a thread for every text that is parsed.
pub fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if ROOMY.get() {
        return work();
    }
    thread::scope(|scope| {
        let worker = spawn(scope, work);
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Does `work` for each item, on as many threads as the machine runs at once; the results are in the items' order.
pub fn for_each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let chunks: Vec<&[I]> = items.chunks(CHUNK).collect();
    let done = shared(&chunks, |chunk| chunk.iter().map(&work).collect::<Vec<T>>());
    let mut all = Vec::with_capacity(items.len());
    done.into_iter().for_each(|results| all.extend(results));
    all
}

/// Every task once, each on some thread, those that come first soonest; the results are in the tasks' order.
pub fn each<R: Send>(tasks: &[Task<'_, R>]) -> Vec<R> {
    shared(tasks, |task| task())
}

/// Something to do.
pub type Task<'t, R> = Box<dyn Fn() -> R + Sync + Send + 't>;

/// Large enough that threads seldom meet at the counter, small enough that they end together.
const CHUNK: usize = 16;

fn shared<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    // How many cores there are is asked of the file system, which takes longer than a few prompts do.
    let cores = || thread::available_parallelism().map_or(1, usize::from).clamp(1, 16);
    let threads = if items.len() <= 1 { 1 } else { cores().min(items.len()) };
    if threads <= 1 {
        return with_room(|| items.iter().map(&work).collect());
    }
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| spawn(scope, share)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    done.sort_unstable_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, result)| result).collect()
}

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
        let tasks: Vec<Task<'_, i32>> = (0..9).map(|n| Box::new(move || n) as Task<'_, i32>).collect();
        assert_eq!(each(&tasks), (0..9).collect::<Vec<_>>());
    }
}
