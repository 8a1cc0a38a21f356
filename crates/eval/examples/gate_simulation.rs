//! How often the gate's tests raise a false alarm, how often they see a real fall, and how often their intervals hold the
//! truth, by simulation.
//!
//! `cargo run --release -p eval --example gate_simulation [RUNS]` prints two Markdown tables; the seed is fixed. Where a
//! false alarm is too frequent, that is where the upper 95 % limit of their rate lies above alpha + 0.01, it says so and ends
//! with 1.
//!
//! A drop of 0 is an A/A comparison: both sides answer equally well. Populations: easy (70 % of cases pass with .98, 30 %
//! with .70) and bimodal (half .85, half .45). Cases of a cluster share their difficulty; where they are stirred, each
//! cluster also lost 20 points on one side or the other, as a coin says, which is what makes a cluster one unit. Single
//! answers are tested by McNemar's test, repeats and clusters by the paired t-test. Every tenth run also makes the 95 %
//! interval of the difference.
//!
//! The second table is of suites that are run together and share alpha: how often any of them raises a false alarm, and how
//! often a fall of 10 points in the first alone is seen there, beside what no correction and Holm's over all of them give.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::process::ExitCode;

use eval::stats::{Rng, Test, difference_interval, mcnemar, paired, share, wilson};

#[derive(Clone, Copy)]
struct Setting {
    cases: usize,
    repeats: usize,
    /// Cases that share one difficulty and one disturbance.
    cluster: usize,
    /// What each cluster lost on one side.
    stirred: f64,
    easy: bool,
    drop: f64,
}

/// What came of one comparison.
struct Once {
    alarm: bool,
    /// What the same test says where clusters are ignored.
    naive: bool,
    fall: f64,
    /// Whether the interval holds the truth, where it was made.
    covered: Option<bool>,
}

const ALPHA: f64 = 0.05;

fn main() -> ExitCode {
    let runs = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    println!(
        "| cases | repeats | cluster | stirred | population | drop | alarms | 95 % | clusters ignored | any drop | more than 5 points | covered |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut rng = Rng::new(20_261_122);
    let mut holds = true;
    for (cases, repeats, cluster, stirred) in [
        (20, 1, 1, 0.0),
        (50, 1, 1, 0.0),
        (100, 1, 1, 0.0),
        (500, 1, 1, 0.0),
        (20, 3, 1, 0.0),
        (50, 3, 1, 0.0),
        (100, 5, 1, 0.0),
        (48, 1, 4, 0.0),
        (120, 1, 4, 0.0),
        (120, 3, 6, 0.0),
        (120, 1, 4, 0.2),
        (120, 3, 6, 0.2),
    ] {
        for easy in [true, false] {
            for drop in [0.0, 0.1] {
                holds &= row(&Setting { cases, repeats, cluster, stirred, easy, drop }, runs, &mut rng);
            }
        }
    }
    holds &= together(runs, &mut Rng::new(20_261_123));
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Suites in one run.
#[expect(clippy::cast_precision_loss, reason = "counts of runs")]
fn together(runs: u64, rng: &mut Rng) -> bool {
    println!(
        "\n| suites | alarms, uncorrected | together | 95 % | sees a fall of 10 points in the first: together | over all |"
    );
    println!("|---|---|---|---|---|---|");
    let of = |cases, repeats, cluster, stirred, easy| Setting { cases, repeats, cluster, stirred, easy, drop: 0.0 };
    let (single, few) = (of(50, 1, 1, 0.0, true), of(4, 3, 1, 0.0, true));
    let (large, clustered) = (of(100, 5, 1, 0.0, false), of(48, 1, 4, 0.2, true));
    let mut holds = true;
    for (name, suites) in [
        ("4 of 50 answers", vec![single; 4]),
        ("one of 50 answers, 7 of 4 cases asked 3 times", [vec![single], vec![few; 7]].concat()),
        ("20 of 4 cases asked 3 times", vec![few; 20]),
        ("8 of 12 clusters", vec![clustered; 8]),
        ("one of 100 cases asked 5 times, 4 of 50 answers, 4 of 12 clusters, 4 of 4 cases asked 3 times", {
            [vec![large], vec![single; 4], vec![clustered; 4], vec![few; 4]].concat()
        }),
    ] {
        let [mut alone, mut alarms, mut seen, mut over_all] = [0; 4];
        for _ in 0..runs {
            let mut tests: Vec<Test> = suites.iter().map(|setting| tested(setting, &drawn(setting, rng).0)).collect();
            alone += u64::from(tests.iter().any(|t| t.p <= ALPHA));
            alarms += u64::from(share(&tests).iter().any(|shared| shared.p <= ALPHA));
            let first = Setting { drop: 0.1, ..suites[0] };
            tests[0] = tested(&first, &drawn(&first, rng).0);
            seen += u64::from(share(&tests)[0].p <= ALPHA);
            tests.iter_mut().for_each(|test| test.least = 0.0);
            over_all += u64::from(share(&tests)[0].p <= ALPHA);
        }
        let (low, high) = wilson(alarms, runs, 0.95);
        let share = |n: u64| n as f64 / runs as f64;
        let fits = high <= ALPHA + 0.01;
        println!(
            "| {name} | {:.4} | {:.4} | {low:.4} to {high:.4}{} | {:.4} | {:.4} |",
            share(alone),
            share(alarms),
            if fits { "" } else { " (too many)" },
            share(seen),
            share(over_all)
        );
        holds &= fits;
    }
    holds
}

#[expect(clippy::cast_precision_loss, reason = "counts of runs")]
fn row(setting: &Setting, runs: u64, rng: &mut Rng) -> bool {
    let (mut alarms, mut naive, mut any, mut five, mut covered, mut intervals) = (0, 0, 0, 0, 0, 0);
    for run in 0..runs {
        let once = once(setting, run % 10 == 0, rng);
        alarms += u64::from(once.alarm);
        naive += u64::from(once.naive);
        any += u64::from(once.fall > 0.0);
        five += u64::from(once.fall > 0.05);
        covered += u64::from(once.covered == Some(true));
        intervals += u64::from(once.covered.is_some());
    }
    let (low, high) = wilson(alarms, runs, 0.95);
    let share = |n: u64| n as f64 / runs as f64;
    let holds = setting.drop > 0.0 || high <= ALPHA + 0.01;
    println!(
        "| {} | {} | {} | {:.0} % | {} | {:.0} % | {:.4} | {low:.4} to {high:.4}{} | {} | {:.3} | {:.3} | {:.3} |",
        setting.cases,
        setting.repeats,
        setting.cluster,
        setting.stirred * 100.0,
        if setting.easy { "easy" } else { "bimodal" },
        setting.drop * 100.0,
        share(alarms),
        if holds { "" } else { " (too many)" },
        if setting.cluster > 1 { format!("{:.4}", share(naive)) } else { "–".to_owned() },
        share(any),
        share(five),
        covered as f64 / intervals.max(1) as f64
    );
    holds
}

/// The differences of a comparison's units, and of its cases.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn drawn(setting: &Setting, rng: &mut Rng) -> (Vec<f64>, Vec<f64>) {
    let (mut units, mut singles) = (Vec::new(), Vec::new());
    for _ in 0..setting.cases / setting.cluster {
        let hard = rng.unit() < if setting.easy { 0.3 } else { 0.5 };
        let p = match (setting.easy, hard) {
            (true, false) => 0.98,
            (true, true) => 0.70,
            (false, false) => 0.85,
            (false, true) => 0.45,
        };
        let lost = setting.stirred;
        let (before, now) = match lost > 0.0 && rng.unit() < 0.5 {
            true => (p - lost, p),
            false => (p, p - lost),
        };
        let first = singles.len();
        for _ in 0..setting.cluster {
            let mut side =
                |p: f64| (0..setting.repeats).filter(|_| rng.unit() < p).count() as f64 / setting.repeats as f64;
            let (before, now) = (side(before), side(now - setting.drop));
            singles.push(now - before);
        }
        units.push(singles[first..].iter().sum::<f64>() / setting.cluster as f64);
    }
    (units, singles)
}

/// The test of such differences, as the gate makes it.
fn tested(setting: &Setting, units: &[f64]) -> Test {
    if setting.repeats == 1 && setting.cluster == 1 {
        let turned = |to: f64| units.iter().filter(|d| **d == to).count() as u64;
        let (lost, won) = (turned(-1.0), turned(1.0));
        let p = |lost, won| mcnemar(lost, won, setting.cases as u64, ALPHA).p;
        return Test { p: p(lost, won), least: p(lost + won, 0), alpha: ALPHA };
    }
    let worst: Vec<f64> = units.iter().map(|d| -d.abs()).collect();
    Test { p: paired(units).p, least: paired(&worst).p, alpha: ALPHA }
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn once(setting: &Setting, with_interval: bool, rng: &mut Rng) -> Once {
    let (units, singles) = drawn(setting, rng);
    let fall = -units.iter().sum::<f64>() / units.len() as f64;
    let alarm = |p: f64| p <= ALPHA && fall > 0.0;
    let covered = with_interval.then(|| {
        let (low, high) = difference_interval(&units, &paired(&units), rng.bits());
        low <= -setting.drop && -setting.drop <= high
    });
    Once { alarm: alarm(tested(setting, &units).p), naive: alarm(paired(&singles).p), fall, covered }
}
