//! How often the gate's tests raise a false alarm, and how often they see a real fall, by simulation.
//!
//! `cargo run --release -p eval --example gate_simulation [RUNS]` prints a Markdown table; the seed is fixed.
//!
//! A/A: both sides answer equally well. Populations: easy (70 % of cases pass with .98, 30 % with .70) and bimodal (half
//! .85, half .45); single answers are tested by McNemar's test, repeats and clusters by the paired t-test.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use eval::stats::{Rng, mcnemar, paired, wilson};

struct Setting {
    cases: usize,
    repeats: usize,
    /// Cases that share one difficulty and one disturbance.
    cluster: usize,
    easy: bool,
    drop: f64,
}

const ALPHA: f64 = 0.05;

fn main() {
    let runs = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    println!("| cases | repeats | cluster | population | drop | alarms | 95 % | any drop | more than 5 points |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut rng = Rng::new(20_261_122);
    for (cases, repeats, cluster) in
        [(50, 1, 1), (100, 1, 1), (500, 1, 1), (50, 3, 1), (100, 5, 1), (120, 1, 4), (120, 3, 6)]
    {
        for easy in [true, false] {
            for drop in [0.0, 0.1] {
                row(&Setting { cases, repeats, cluster, easy, drop }, runs, &mut rng);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of runs")]
fn row(setting: &Setting, runs: u64, rng: &mut Rng) {
    let (mut alarms, mut any, mut five) = (0, 0, 0);
    for _ in 0..runs {
        let (alarm, fall) = once(setting, rng);
        alarms += u64::from(alarm);
        any += u64::from(fall > 0.0);
        five += u64::from(fall > 0.05);
    }
    let (low, high) = wilson(alarms, runs, 0.95);
    let share = |n: u64| n as f64 / runs as f64;
    println!(
        "| {} | {} | {} | {} | {:.0} % | {:.4} | {low:.4} to {high:.4} | {:.3} | {:.3} |",
        setting.cases,
        setting.repeats,
        setting.cluster,
        if setting.easy { "easy" } else { "bimodal" },
        setting.drop * 100.0,
        share(alarms),
        share(any),
        share(five)
    );
}

/// Whether the gate finds a fall, and how deep the rates fell.
#[expect(clippy::cast_precision_loss, reason = "counts of cases")]
fn once(setting: &Setting, rng: &mut Rng) -> (bool, f64) {
    let (mut differences, mut lost, mut won) = (Vec::new(), 0, 0);
    let units = setting.cases / setting.cluster;
    for _ in 0..units {
        let hard = rng.unit() < if setting.easy { 0.3 } else { 0.5 };
        let p = match (setting.easy, hard) {
            (true, false) => 0.98,
            (true, true) => 0.70,
            (false, false) => 0.85,
            (false, true) => 0.45,
        };
        let mut sum = 0.0;
        for _ in 0..setting.cluster {
            let mut side =
                |p: f64| (0..setting.repeats).filter(|_| rng.unit() < p).count() as f64 / setting.repeats as f64;
            let (before, now) = (side(p), side((p - setting.drop).max(0.0)));
            sum += now - before;
            lost += u64::from(before > now);
            won += u64::from(now > before);
        }
        differences.push(sum / setting.cluster as f64);
    }
    let fall = -differences.iter().sum::<f64>() / units as f64;
    let p = if setting.repeats == 1 && setting.cluster == 1 {
        mcnemar(lost, won, setting.cases as u64, ALPHA).p
    } else {
        paired(&differences).p
    };
    (p <= ALPHA && fall > 0.0, fall)
}
