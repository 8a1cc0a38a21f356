//! Writing down what was seen while the application goes on: an answer need not wait for the disk.
//!
//! Nothing is judged meanwhile: whoever reads next waits until what was seen before is on the disk, so a verdict always
//! rests on everything that came before it.

use std::cell::RefCell;
use std::thread::JoinHandle;

use crate::error::Error;
use crate::memory::News;

/// What is being written, and why it could not be.
#[derive(Default)]
pub(crate) struct Remembering {
    under_way: RefCell<Option<JoinHandle<Result<(), Error>>>>,
    failed: RefCell<Option<Error>>,
}

impl Remembering {
    /// Writes at once.
    pub(crate) fn now(&self, news: Result<News, Error>) {
        *self.failed.borrow_mut() = news.and_then(News::keep).err();
    }

    /// Writes while the caller goes on.
    pub(crate) fn begin(&self, news: Result<News, Error>) {
        self.finish();
        match news {
            Ok(news) if news.is_empty() => *self.failed.borrow_mut() = None,
            Ok(news) => {
                let thread = std::thread::Builder::new().name("what was seen".to_owned());
                let begun = thread.spawn(move || news.keep()).expect("a process that runs may start a thread");
                *self.under_way.borrow_mut() = Some(begun);
            }
            Err(why) => *self.failed.borrow_mut() = Some(why),
        }
    }

    /// Waits until everything is written.
    pub(crate) fn finish(&self) {
        let under_way = self.under_way.borrow_mut().take();
        if let Some(thread) = under_way {
            let ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            *self.failed.borrow_mut() = ended.err();
        }
    }

    /// Why what was seen last could not be written, told once.
    pub(crate) fn failed(&self) -> Option<Error> {
        self.finish();
        self.failed.take()
    }
}

/// A process that ends has remembered.
impl Drop for Remembering {
    fn drop(&mut self) {
        if let Some(thread) = self.under_way.get_mut().take() {
            // Nobody is left to be told.
            let _ = thread.join();
        }
    }
}
