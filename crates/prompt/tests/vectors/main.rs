//! The vectors published under `docs/vectors/`: source files in, canonical bytes, digest and rendered bytes out.
//!
//! They pin what may never change: the file format, the content digest and the template language. They are computed
//! three times: by this crate, by [`independent`] and, where python3 is at hand, by `docs/vectors/verify.py`, which
//! shares nothing with us but the page it was written from. `BLESS=1 cargo test -p prompt --test vectors` writes them.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves do")]

mod independent;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prompt::{Catalog, Compiled, request};
use serde_json::{Map, Value};
use source::{File, Mode, RepoPath, Snapshot};

struct Vector {
    name: String,
    folder: PathBuf,
}

impl Vector {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors");
        let mut found: Vec<Self> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .map(|folder| Self { name: folder.file_name().unwrap().to_str().unwrap().to_owned(), folder })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(found.len() >= 5, "vectors are missing");
        found
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_else(|e| panic!("{}/{file}: {e}", self.name))
    }

    fn inputs(&self) -> Map<String, Value> {
        serde_json::from_str(&self.read("inputs.json")).unwrap()
    }

    fn compiled(&self) -> Compiled {
        let mut snapshot = Snapshot { name: self.name.clone(), ..Snapshot::default() };
        gather(&self.folder.join("source"), "", &mut snapshot);
        let catalog = Catalog::load(&snapshot);
        let found: Vec<_> =
            catalog.findings().iter().map(|f| format!("{} {}: {}", f.at.path(), f.rule, f.message)).collect();
        assert!(found.is_empty(), "{}: {found:?}", self.name);
        catalog.compile(&self.read("id").trim().parse().unwrap()).unwrap()
    }

    fn rendered(&self, compiled: &Compiled) -> String {
        let messages = compiled.render(&self.inputs()).unwrap_or_else(|e| panic!("{}: could not {e}", self.name));
        independent::canonical(&request::messages_json(&messages))
    }

    /// Compares with the published file, or writes it.
    fn holds(&self, file: &str, computed: &str) {
        if std::env::var_os("BLESS").is_some() {
            fs::write(self.folder.join(file), computed).unwrap();
        }
        assert_eq!(self.read(file), computed, "{}/{file}", self.name);
    }
}

fn gather(folder: &Path, below: &str, snapshot: &mut Snapshot) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            gather(&entry.path(), &format!("{path}/"), snapshot);
        } else {
            let bytes = fs::read(entry.path()).unwrap().into();
            snapshot.files.insert(RepoPath::new(&path).unwrap(), File { mode: Mode::Regular, bytes });
        }
    }
}

#[test]
fn prompts_compile_to_the_published_bytes() {
    for vector in Vector::all() {
        let compiled = vector.compiled();
        vector.holds("canonical.json", &compiled.canonical());
        vector.holds("digest", &format!("{}\n", compiled.digest()));
    }
}

#[test]
fn prompts_render_to_the_published_bytes() {
    for vector in Vector::all() {
        vector.holds("rendered.json", &vector.rendered(&vector.compiled()));
    }
}

#[test]
fn published_bytes_read_back_and_render_alike() {
    for vector in Vector::all() {
        let compiled = vector.compiled();
        let read = Compiled::of_canonical(compiled.canonical().as_bytes()).unwrap();
        assert_eq!(read, compiled, "{}", vector.name);
        assert_eq!(vector.rendered(&read), vector.rendered(&compiled), "{}", vector.name);
    }
}

#[test]
fn digests_are_recomputed_without_our_code() {
    for vector in Vector::all() {
        let bytes = vector.compiled().canonical();
        let value: Value = serde_json::from_str(&bytes).unwrap();
        assert_eq!(independent::canonical(&value), bytes, "{}", vector.name);
        assert_eq!(independent::sha256(bytes.as_bytes()), vector.compiled().digest().to_string(), "{}", vector.name);
    }
}

#[test]
fn python_recomputes_everything_from_the_source_files() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors/verify.py");
    let Ok(output) = Command::new("python3").arg(script).output() else {
        eprintln!("python3 is not on this machine: docs/vectors/verify.py was not run");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.lines().count(), Vector::all().len());
}
