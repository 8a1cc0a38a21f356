//! How long it takes to read and validate the sample's policies, and to answer from them. `cargo bench -p policy`.

#![expect(clippy::print_stdout, reason = "a bench reports on its standard output")]

use std::time::Instant;

use policy::{Action, Policy};
use source::{Risk, Snapshot};

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}{name}")).expect("the sample is there");
    let texts = ["policy.yaml", "models.yaml", "principals.yaml"].map(|n| (format!("policies/{n}"), read(n)));
    let files = Snapshot::of_texts("bench", texts.iter().map(|(p, t)| (p.as_str(), t.as_str())));
    let bytes: usize = texts.iter().map(|(_, t)| t.len()).sum();
    let policy = Policy::load(&files).policy.expect("the sample is sound");
    let (env, id) = ("prod".parse().expect("a name"), "billing/refund-decision".parse().expect("an id"));
    report(&format!("load {bytes} bytes"), 300, || {
        std::hint::black_box(Policy::load(&files));
    });
    report("demands of a promotion", 20_000, || {
        std::hint::black_box(policy.demands(&env, &id, Risk::High, Action::Promote));
    });
    report("limits and levels of a prompt", 20_000, || {
        std::hint::black_box((policy.limits_for(&id), policy.level("text-duplicated", Some(&id))));
    });
}

fn report(what: &str, times: u32, work: impl Fn()) {
    let mut runs: Vec<_> = (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..times).for_each(|_| work());
            start.elapsed() / times
        })
        .collect();
    runs.sort();
    println!("{what}: {:?} (median of 5 runs of {times}; best {:?})", runs[2], runs[0]);
}
