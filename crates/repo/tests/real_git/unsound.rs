//! Objects that are damaged, or mean far more than their size says.

use repo::{Class, Error, Oid};
use source::{Files as _, RepoPath};

use crate::scratch::Scratch;

/// Writes `kind` over the kind in the header of `oid` in the only pack.
fn damage(scratch: &Scratch, oid: Oid, kind: u8) {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch.path("r/.git/objects/pack");
    let named = |ending: &str| {
        let mut files = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
        files.find(|p| p.extension().is_some_and(|e| e == ending)).unwrap()
    };
    let index = named("idx").display().to_string();
    let text = scratch.run("r", &["verify-pack", "-v", &index]).stdout;
    let text = String::from_utf8(text).unwrap();
    let line = text.lines().find(|l| l.starts_with(&oid.to_string())).unwrap();
    let offset: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    let pack = named("pack");
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[offset] = (bytes[offset] & 0x8f) | (kind << 4);
    std::fs::set_permissions(&pack, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&pack, bytes).unwrap();
}

#[test]
fn a_damaged_pack_is_told_as_damage() {
    // Kinds that there are none of; a delta that has no base.
    for kind in [0, 5, 6, 7] {
        let scratch = Scratch::with_repository();
        let blob: Oid = scratch.git("r", &["rev-parse", "HEAD:prompts/a.md"]).parse().unwrap();
        scratch.git("r", &["repack", "-adq"]);
        damage(&scratch, blob, kind);
        let repo = scratch.open("r");
        let mut errors = vec![repo.object(blob).unwrap_err()];
        if matches!(kind, 0 | 5) {
            errors.push(repo.kind(blob).unwrap_err());
        }
        for error in errors {
            assert!(matches!(error.class(), Class::Refused), "{kind}: {error:?}");
            assert!(error.to_string().contains(&blob.to_string()), "{error}");
        }
        let head = repo.head().unwrap().commit().unwrap();
        // Where the nonsense of a header claims more bytes than may be, the file is passed on as one that is too long.
        let read = repo.revision(&head.to_string()).map(|snapshot| snapshot.files["prompts/a.md"].bytes.len());
        assert!(read.as_ref().is_ok_and(|length| *length > 100_000) || read.is_err(), "{kind}: {read:?}");
    }
}

/// A tree of these entries, whatever git would say to them.
fn tree(scratch: &Scratch, entries: &[(&str, String, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, oid) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        bytes.extend_from_slice(oid.parse::<Oid>().unwrap().as_bytes());
    }
    std::fs::write(scratch.path("tree"), bytes).unwrap();
    scratch.git("r", &["hash-object", "-t", "tree", "-w", "--literally", "../tree"])
}

/// A commit whose `prompts/` is this tree.
fn with_prompts(scratch: &Scratch, prompts: &str) -> String {
    let top = tree(scratch, &[("40000", "prompts".to_owned(), prompts)]);
    scratch.git("r", &["commit-tree", "-m", "x", &top])
}

fn blob(scratch: &Scratch, bytes: &[u8]) -> String {
    std::fs::write(scratch.path("blob"), bytes).unwrap();
    scratch.git("r", &["hash-object", "-w", "../blob"])
}

#[test]
fn a_few_objects_that_mean_a_billion_files_are_refused() {
    let scratch = Scratch::with_repository();
    let mut below = tree(&scratch, &[("100644", "a.md".to_owned(), &blob(&scratch, b"x"))]);
    let many = |below: &str| (10..20).map(|n| ("40000", n.to_string(), below.to_owned())).collect::<Vec<_>>();
    for _ in 0..9 {
        let entries = many(&below);
        let entries: Vec<_> = entries.iter().map(|(mode, name, oid)| (*mode, name.clone(), oid.as_str())).collect();
        below = tree(&scratch, &entries);
    }
    let commit = with_prompts(&scratch, &below);
    let refused = scratch.open("r").revision(&commit).unwrap_err();
    assert_eq!(refused.to_string(), "read prompts: it holds more than 500000 files and folders");
    assert_eq!(refused.class(), Class::Setup);
}

#[test]
fn folders_deeper_than_any_path_are_refused() {
    let scratch = Scratch::with_repository();
    let name = "d".repeat(250);
    let mut below = tree(&scratch, &[("100644", "a.md".to_owned(), &blob(&scratch, b"x"))]);
    for _ in 0..20 {
        below = tree(&scratch, &[("40000", name.clone(), &below)]);
    }
    let refused = scratch.open("r").revision(&with_prompts(&scratch, &below)).unwrap_err();
    assert!(matches!(&refused, Error::TooMuch { why, .. } if why.contains("4096 bytes")), "{refused}");
}

#[test]
fn what_is_too_long_is_told_from_its_size() {
    let scratch = Scratch::with_repository();
    let long = blob(&scratch, &vec![b'x'; 9 << 20]);
    let entries: Vec<_> = (100..150).map(|n| ("100644", format!("{n}.md"), long.as_str())).collect();
    let commit = with_prompts(&scratch, &tree(&scratch, &entries));
    let repo = scratch.open("r");
    let snapshot = repo.revision(&commit).unwrap();
    assert_eq!(snapshot.files.len(), 50);
    assert!(snapshot.files.values().all(|file| (4 << 20..9 << 20).contains(&file.bytes.len())));
    // What is signed is read as it is, or not at all.
    let path = RepoPath::new("prompts/100.md").unwrap();
    let exact = repo.files_at(commit.parse().unwrap()).unwrap().file(&path).unwrap().unwrap();
    assert_eq!(exact.bytes.len(), 9 << 20);
    let entries: Vec<_> = (100..200).map(|n| ("100644", format!("{n}.md"), long.as_str())).collect();
    let refused = repo.revision(&with_prompts(&scratch, &tree(&scratch, &entries))).unwrap_err();
    assert_eq!(refused.to_string(), "read prompts: its files have more than 268435456 bytes together");
}
