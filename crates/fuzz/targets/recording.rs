//! Recordings: what is read is written back, sorted, and reads alike.

#![no_main]

use eval::recording::Recordings;
use libfuzzer_sys::fuzz_target;
use source::Text;

fuzz_target!(|text: &str| {
    let path = source::RepoPath::new("evals/recordings/a.jsonl").expect("a path");
    match Recordings::read(&Text::new(path.clone(), text)) {
        Err(findings) => fuzz::hold(&findings),
        Ok(read) => {
            let written = read.to_text();
            let again = Recordings::read(&Text::new(path, written.as_str())).expect("our own spelling");
            assert_eq!(again.to_text(), written);
            assert_eq!(again.len(), read.len());
        }
    }
});
