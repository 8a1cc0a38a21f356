//! Encrypted data files: who reads them, and that nobody else learns a word of them.
//!
//! `cargo test --workspace --features promptuary/age --test sealed`; without the feature only what a plain build says is tested.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use eval::Keys;
use source::{File, RepoPath, Snapshot};

const PROMPT: &str = "---\nversion: 1.0.0\ndescription: Echo.\nowner: team\nrisk: low\nmodel: echo/echo\ninputs: { question: string }\n---\n{{ question }}\n";

/// A prompt, and a suite whose cases stand in `evals/data/q.csv.age`.
fn scene(data: &[u8]) -> Snapshot {
    let suite = "tests: file://data/q.csv.age\n";
    let mut files =
        Snapshot::of_texts("t", [("prompts/ask.md", PROMPT), ("evals/ask.yaml", suite), ("evals/data/q.csv.age", "x")]);
    let path = RepoPath::new("evals/data/q.csv.age").unwrap();
    let file = files.files.get(&path).unwrap().clone();
    files.files.insert(path, File { bytes: data.to_vec().into(), ..file });
    files
}

fn found(files: &Snapshot, keys: &Keys) -> Vec<(&'static str, String, u32)> {
    let loaded = eval::suite::load_with(files, keys, &RepoPath::new("evals/ask.yaml").unwrap());
    loaded.findings.iter().map(|f| (f.rule, format!("{f:?} {:?}", f.at.text.as_str()), f.at.start().line)).collect()
}

#[test]
fn without_a_key_it_is_said_what_is_missing() {
    let found = found(&scene(b"age-encryption.org/v1\n-> X25519 abc\n"), &Keys::default());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "data-sealed");
    let help = if cfg!(feature = "age") { "--identity FILE" } else { "--features age" };
    assert!(found[0].1.contains(help) && found[0].1.contains("evals/data/q.csv.age"), "{}", found[0].1);
}

#[test]
fn rows_that_only_seem_encrypted_are_told() {
    assert_eq!(found(&scene(b"question,__expected\nq,a\n"), &Keys::default())[0].0, "data-unsealed");
}

#[cfg(not(feature = "age"))]
#[test]
fn an_identity_is_no_use_to_a_build_without_the_feature() {
    let error = Keys::default().add("key.txt", b"AGE-SECRET-KEY-1").unwrap_err();
    assert!(error.to_string().contains("without the feature `age`"));
}

#[cfg(feature = "age")]
mod opened {
    use std::io::Write as _;
    use std::sync::atomic::AtomicBool;

    use age::secrecy::ExposeSecret as _;
    use eval::gate::{Demands, judge};
    use eval::provider::{Environment, Providers};
    use eval::report::{self, Reported};
    use eval::run::{Event, Keep, Mode, Plan, Status, run};
    use eval::session;

    use super::*;

    const ROWS: &str = "question,__expected,__description\n\
        Mrs Miller of Dover,contains: Miller,about Mrs Miller\n\
        Mr Baker of Deal,contains: Nobody of Deal,about Mr Baker\n";

    /// What must be told nowhere.
    const WORDS: [&str; 4] = ["Miller", "Baker", "Dover", "Deal"];

    fn sealed(rows: &str, to: &dyn age::Recipient) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = age::Encryptor::with_recipients([to].into_iter()).unwrap().wrap_output(&mut out).unwrap();
        writer.write_all(rows.as_bytes()).unwrap();
        writer.finish().unwrap();
        out
    }

    fn keys(identity: &age::x25519::Identity) -> Keys {
        let mut keys = Keys::default();
        keys.add("key.txt", format!("# mine\n{}\n", identity.to_string().expose_secret()).as_bytes()).unwrap();
        keys
    }

    fn silent(said: &str) {
        for word in WORDS {
            assert!(!said.contains(word), "{word} in {said}");
        }
    }

    #[test]
    fn results_tell_verdicts_and_not_a_word() {
        let identity = age::x25519::Identity::generate();
        let files = scene(&sealed(ROWS, &identity.to_public()));
        let opened = session::open_with(&files, &keys(&identity), &RepoPath::new("evals/ask.yaml").unwrap()).unwrap();
        assert!(opened.is_sound(), "{:?}", opened.findings);
        let (suite, compiled) = (opened.suite.as_ref().unwrap(), opened.compiled.as_ref().unwrap());
        for mode in [Mode::Live, Mode::Record, Mode::Renew] {
            let mut plan = Plan::new(suite, compiled, &opened.recordings, mode).unwrap();
            (plan.keep, plan.journal) = (Keep::All, true);
            let mut told = String::new();
            let mut watch = |event: Event<'_>| told += &format!("{event:?}");
            let providers = Providers::new(Vec::new(), Environment::empty());
            let finished = run(&plan, &providers, &mut watch, &AtomicBool::new(false)).unwrap();
            let statuses: Vec<_> = finished.results.outcomes.iter().map(|o| o.status).collect();
            assert_eq!(statuses, [Status::Passed, Status::Failed]);
            assert!(finished.recorded.is_empty());
            assert!(finished.results.outcomes.at(1).reason.contains("`contains` does not hold"));
            silent(&told);
            silent(&format!("{finished:?}"));
            let verdict = judge(suite, &finished.results, None, &Demands::default());
            let suite = Some(suite);
            let reported = [Reported { results: &finished.results, verdict: &verdict, baseline: None, suite }];
            // Pieces end where they like: what is searched is what is written.
            let mut written =
                report::table(&reported, false) + &report::markdown(&reported, &source::Report::default());
            let mut take = |piece: &str| written.push_str(piece);
            report::json(&reported, &source::Report::default(), serde_json::Map::new(), &mut take);
            report::html(&reported, &source::Report::default(), "t", &mut take);
            report::junit(&reported, &source::Report::default(), &mut take);
            report::lines(&reported, &mut take);
            silent(&written);
        }
        let plan = Plan::new(suite, compiled, &opened.recordings, Mode::Replay).unwrap();
        let providers = Providers::new(Vec::new(), Environment::empty());
        let finished = run(&plan, &providers, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        assert!(
            finished.results.outcomes.iter().all(|o| o.status == Status::Missing && o.reason.contains("never on file"))
        );
        silent(&format!("{finished:?}"));
    }

    #[test]
    fn faults_in_it_have_a_rule_and_a_line() {
        let identity = age::x25519::Identity::generate();
        let rows =
            "question,__expected\nMrs Miller of Dover,contians: Baker\nMr Baker,contains: a\nMr Baker,contains: a\n";
        let found = found(&scene(&sealed(rows, &identity.to_public())), &keys(&identity));
        let rules: Vec<_> = found.iter().map(|(rule, _, line)| (*rule, *line)).collect();
        assert!(rules.contains(&("cell-invalid", 2)) || rules.contains(&("assertion-unknown", 2)), "{rules:?}");
        assert!(rules.contains(&("case-id-twin", 4)), "{rules:?}");
        found.iter().for_each(|(_, said, _)| silent(said));
    }

    #[test]
    fn an_ssh_key_opens_it_and_others_do_not() {
        let folder = std::env::temp_dir().join(format!("promptuary-sealed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let key = |name: &str, phrase: &str| {
            let path = folder.join(name);
            let made = std::process::Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", phrase, "-C", "", "-f"])
                .arg(&path)
                .status()
                .unwrap();
            assert!(made.success());
            (std::fs::read(&path).unwrap(), std::fs::read_to_string(path.with_extension("pub")).unwrap())
        };
        let ((own, public), (other, _), (locked, _)) = (key("a", ""), key("b", ""), key("c", "secret"));
        std::fs::remove_dir_all(&folder).unwrap();
        let recipient: age::ssh::Recipient = public.parse().unwrap();
        let files = scene(&sealed(ROWS, &recipient));
        let with = |content: &[u8]| {
            let mut keys = Keys::default();
            keys.add("id_ed25519", content).map(|()| keys)
        };
        assert_eq!(found(&files, &with(&own).unwrap()), []);
        let others = found(&files, &with(&other).unwrap());
        assert!(others[0].1.contains("encrypted for others"), "{others:?}");
        let why = with(&locked).unwrap_err().to_string();
        assert!(why.contains("passphrase"), "{why}");
        assert!(with(b"question\n").unwrap_err().to_string().contains("age-keygen"));
    }

    #[test]
    fn what_was_cut_or_changed_is_damaged() {
        let identity = age::x25519::Identity::generate();
        let mut data = sealed(ROWS, &identity.to_public());
        let last = data.len() - 1;
        data[last] ^= 1;
        assert!(found(&scene(&data), &keys(&identity))[0].1.contains("damaged"));
        data.truncate(last - 20);
        assert!(found(&scene(&data), &keys(&identity))[0].1.contains("damaged"));
    }
}
