//! Writes a repository with a big ledger, the same for the same seed: what the figures about the ledger are measured on.
//!
//! ```text
//! cargo run --release -p ledger --example big_ledger -- DIR [--pointers 1000000] [--prompts 20000] [--chain 50]
//!     [--policies 20] [--approvals 0|2] [--loose 0] [--seed 7]
//! ```
//!
//! `support/triage` has a chain of `--chain` pointers in `prod`, the other prompts share the rest evenly; each pointer
//! promotes the one of two releases that is not live, under one of so many policies, with so many approvals. Entries are
//! real: records, ed25519 signatures, tag objects; only that they go straight into one pack and into packed-refs, where
//! git would take hours. `git index-pack` makes the index, so git has read every object. The newest `--loose` pointers
//! of `support/triage` and the newest policy become files of their own. The keys lie in `DIR/.git/generated-keys`, and
//! `user.signingKey` names the promoter's, so that the ledger can be written on.
//!
//! A million pointers take about a minute and a half and 700 MB.

#![expect(clippy::print_stdout, reason = "an example reports on its standard output")]

mod company;
mod pack;
mod plan;
mod refs;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;

use company::Company;
use pack::{Object, Pack};
use plan::{Plan, Subjects};
use refs::Named;

/// What may go wrong: the disk, git, or a record that our own grammar refuses.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What is asked for.
#[derive(Debug, Clone)]
struct Size {
    folder: PathBuf,
    pointers: usize,
    prompts: usize,
    chain: usize,
    policies: usize,
    approvals: usize,
    loose: usize,
    seed: u64,
}

fn main() -> Outcome<()> {
    let size = Size::read(std::env::args().skip(1))?;
    let begin = Instant::now();
    let company = Company::found(&size)?;
    let plan = Plan::draw(&company, &size)?;
    println!("{} prompts, {} policies: {:.1} s", size.prompts, size.policies, begin.elapsed().as_secs_f64());
    let mut pack = Pack::begin(&size.folder, plan.objects())?;
    let mut named = Vec::with_capacity(plan.objects());
    for (name, object) in plan.policies.iter().chain(&plan.releases) {
        pack.add(object)?;
        named.push(Named { name: name.clone(), id: object.id, peeled: object.peeled });
    }
    write_pointers(&plan, &size, &mut pack, &mut named)?;
    println!("{} tags signed and packed: {:.1} s", named.len(), begin.elapsed().as_secs_f64());
    pack.finish()?;
    println!("indexed by git: {:.1} s", begin.elapsed().as_secs_f64());
    refs::write(&size.folder.join(".git"), named, |name| plan.is_loose(name, size.loose))?;
    println!("{}: {:.1} s", size.folder.display(), begin.elapsed().as_secs_f64());
    Ok(())
}

/// Chains do not know of each other, so every core signs some of them; one thread writes what all of them made.
fn write_pointers(plan: &Plan, size: &Size, pack: &mut Pack, named: &mut Vec<Named>) -> Outcome<()> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let (made, taken) = mpsc::sync_channel::<Outcome<Vec<(String, Object)>>>(64);
        for thread in 0..threads {
            let made = made.clone();
            scope.spawn(move || {
                let mine = (thread..size.prompts).step_by(threads);
                for prompt in mine {
                    if made.send(plan.chain(&Subjects::of(size, prompt))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(made);
        for chain in taken {
            for (name, object) in chain? {
                pack.add(&object)?;
                named.push(Named { name, id: object.id, peeled: object.peeled });
            }
        }
        Ok(())
    })
}

impl Size {
    fn read(args: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut size = Self {
            folder: PathBuf::new(),
            pointers: 1_000_000,
            prompts: 20_000,
            chain: 50,
            policies: 20,
            approvals: 0,
            loose: 0,
            seed: 7,
        };
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut number = || -> Outcome<usize> { Ok(args.next().ok_or("a number is missing")?.parse()?) };
            match arg.as_str() {
                "--pointers" => size.pointers = number()?,
                "--prompts" => size.prompts = number()?.max(1),
                "--chain" => size.chain = number()?.max(1),
                "--policies" => size.policies = number()?.max(1),
                "--approvals" => size.approvals = number()?.min(2),
                "--loose" => size.loose = number()?,
                "--seed" => size.seed = number()? as u64,
                folder => size.folder = PathBuf::from(folder),
            }
        }
        if size.folder == Path::new("") {
            return Err("name a folder to write to".into());
        }
        Ok(size)
    }
}
