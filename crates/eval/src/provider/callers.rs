//! Threads for calls that nothing interrupts, so that a cancelled run need not wait for them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use super::limit::TICK;

/// Threads that make calls. There are as many as calls were ever under way at once; each ends with the client.
#[derive(Debug, Default)]
pub(super) struct Callers {
    idle: Mutex<Vec<mpsc::Sender<Job>>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Callers {
    /// Runs `work` on a thread that may outlive this call; `None` where `cancel` is set before it is done.
    pub(super) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        cancel: &AtomicBool,
    ) -> Option<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job: Job = Box::new(move || drop(answer.send(work())));
        let caller = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let caller = caller.unwrap_or_else(start_caller);
        if caller.send(job).is_err() {
            return None;
        }
        loop {
            match answered.recv_timeout(TICK) {
                Ok(value) => {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(caller);
                    return Some(value);
                }
                Err(mpsc::RecvTimeoutError::Timeout) if !cancel.load(Ordering::Relaxed) => {}
                Err(_) => return None,
            }
        }
    }
}

fn start_caller() -> mpsc::Sender<Job> {
    let (jobs, received) = mpsc::channel::<Job>();
    // Where no thread can be started, the job is dropped and the call ends as cancelled.
    let _ = std::thread::Builder::new().name("provider call".to_owned()).stack_size(512 << 10).spawn(move || {
        for job in received {
            job();
        }
    });
    jobs
}
