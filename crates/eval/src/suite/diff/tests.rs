use source::Snapshot;

use super::*;

const ROUTES: &str = "routes: { strict: openai/gpt-5, lenient: x/y }\n";

fn suite(text: &str, rows: &str) -> Suite {
    let files = [("evals/ask.yaml", text), ("evals/data/rows.jsonl", rows)];
    let loaded = crate::suite::load(&Snapshot::of_texts("it", files), &RepoPath::new("evals/ask.yaml").unwrap());
    loaded.suite.unwrap_or_else(|| panic!("{:?}", loaded.findings))
}

fn changes(old: &Suite, new: &Suite, routes: [&str; 2]) -> Vec<String> {
    let routes = routes.map(|text| {
        let snapshot = Snapshot::of_texts("it", [("prompts/routes.yaml", text)]);
        prompt::Catalog::load(&snapshot).routes().clone()
    });
    let side = |suite, at: usize| Side { suite, routes: &routes[at] };
    let told = |change: Change| {
        let sign = match change.effect {
            Effect::Weaker => '-',
            Effect::Other => '~',
            Effect::Stronger => '+',
        };
        format!("{sign} {}", change.told())
    };
    diff(&side(old, 0), &side(new, 1)).into_iter().map(told).collect()
}

/// What became of a suite that has `gate` and further keys below its tests.
fn rest(old: &str, new: &str) -> Vec<String> {
    let of = |rest: &str| suite(&format!("tests:\n{}{rest}\n", "a b c".split(' ').map(case).collect::<String>()), "");
    changes(&of(old), &of(new), [ROUTES, ROUTES])
}

fn case(id: &str) -> String {
    format!("  - {{ id: {id}, vars: {{ q: {id} }}, assert: [{{ type: contains, value: x }}], metadata: {{ k: v }} }}\n")
}

/// What became of one case, each written as the keys besides its id.
fn one(old: &str, new: &str) -> Vec<String> {
    let of = |keys: &str| suite(&format!("tests:\n  - {{ id: it, {keys} }}\n"), "");
    changes(&of(old), &of(new), [ROUTES, ROUTES])
}

#[test]
fn a_gate_that_asks_less_is_told_key_by_key() {
    for (old, new, told) in [
        ("gate: { min_pass_rate: 0.9 }", "gate: { min_pass_rate: 0.5 }", "- `gate.min_pass_rate`: 0.9 → 0.5"),
        ("", "gate: { min_pass_rate: 0.5 }", "- `gate.min_pass_rate`: 1 → 0.5"),
        (
            "gate: { min_pass_rate: 0.4, bound: wilson }",
            "gate: { min_pass_rate: 0.4 }",
            "- `gate.bound`: wilson → point",
        ),
        (
            "gate: { min_pass_rate: 0.9, compare: { baseline: merge-base } }",
            "gate: { min_pass_rate: 0.9 }",
            "- `gate.compare`: merge-base → none",
        ),
        (
            "gate: { min_pass_rate: 1, compare: { baseline: merge-base } }",
            "gate: { min_pass_rate: 1, compare: { baseline: merge-base, min_effect: 0.2 } }",
            "- `gate.compare.min_effect`: 0 → 0.2",
        ),
        (
            "gate: { min_pass_rate: 1, compare: { baseline: merge-base } }",
            "gate: { min_pass_rate: 1, compare: { baseline: merge-base, alpha: 0.001 } }",
            "- `gate.compare.alpha`: 0.05 → 0.001",
        ),
        (
            "gate: { min_pass_rate: 1, compare: { baseline: merge-base } }",
            "gate: { min_pass_rate: 1, compare: { baseline: 'rev:x' } }",
            "~ `gate.compare.baseline`: merge-base → rev:x",
        ),
        ("gate: { must_pass: [a, b] }", "gate: { must_pass: [b] }", "- 1 case need not pass any more: `a`"),
        ("gate: {}", "gate: { max_error_rate: 0.2 }", "- `gate.max_error_rate`: 0 → 0.2"),
        (
            "gate: {}",
            "gate: { quarantine: [{ id: a, owner: o, until: 2027-01-01 }] }",
            "- 1 case is in quarantine: `a`",
        ),
        (
            "gate: { quarantine: [{ id: a, owner: o, until: 2027-01-01 }] }",
            "gate: { quarantine: [{ id: a, owner: o, until: 2028-01-01 }] }",
            "- 1 case stays in quarantine longer: `a`",
        ),
        ("budget: { max_usd: 1 }", "budget: { max_usd: 5 }", "- `budget.max_usd`: 1 → 5"),
        ("budget: { max_requests: 9 }", "", "- `budget.max_requests`: 9 → none"),
        ("", "sample: { n: 2, seed: 4 }", "- `sample`: all cases → 2 of 3 cases"),
        ("sample: { n: 2, seed: 4 }", "sample: { n: 2, seed: 5 }", "~ `sample`: seed 4 → seed 5"),
        (
            "models: [strict, lenient]",
            "models: [lenient]",
            "- `models`: strict (openai/gpt-5), lenient (x/y) → lenient (x/y)",
        ),
        ("models: [strict]", "models: [lenient]", "~ `models`: strict (openai/gpt-5) → lenient (x/y)"),
        (
            "judge: { model: strict }",
            "judge: { model: lenient }",
            "~ `judge.model`: strict (openai/gpt-5) → lenient (x/y)",
        ),
        ("judge: { model: strict, repeat: 5 }", "judge: { model: strict, repeat: 3 }", "- `judge.repeat`: 5 → 3"),
    ] {
        assert_eq!(rest(old, new), [told], "{old} to {new}");
        let back = rest(new, old);
        assert!(back.iter().all(|what| !what.starts_with('-')), "{new} to {old}: {back:?}");
        assert!(rest(old, old).is_empty() && rest(new, new).is_empty());
    }
}

#[test]
fn a_judge_is_who_its_route_means() {
    let suite = suite(&format!("tests:\n{}judge: {{ model: strict }}\n", case("a")), "");
    let swapped = "routes: { strict: x/y }\n";
    assert_eq!(changes(&suite, &suite, [ROUTES, swapped]), ["~ `judge.model`: strict (openai/gpt-5) → strict (x/y)"]);
}

#[test]
fn cases_that_are_gone_are_told_by_their_ids() {
    let of = |ids: &str, gate: &str| {
        let cases: String = ids.split(' ').map(case).collect();
        suite(&format!("tests:\n{cases}gate: {{ min_pass_rate: 1{gate} }}\n"), "")
    };
    let between = |old: &Suite, new: &Suite| changes(old, new, [ROUTES, ROUTES]);
    let all = of("a b c d e", "");
    assert_eq!(between(&all, &of("a", "")), ["- 4 cases were removed: `b`, `c`, `d` and 1 more"]);
    assert_eq!(between(&of("a", ""), &all), ["+ 4 cases are new: `b`, `c`, `d` and 1 more"]);
    let retired = of("a b c d", ", retired: [{ id: e, reason: moved }]");
    assert_eq!(between(&all, &retired), ["~ 1 case was retired: `e` (moved)"]);
    let renamed =
        suite(&format!("tests:\n{}gate: {{ min_pass_rate: 1 }}\n", case("a").replace("id: a", "id: other")), "");
    assert_eq!(between(&of("a", ""), &renamed), ["~ 1 case has another id: `other`"]);
}

#[test]
fn cases_that_ask_or_assert_otherwise_are_told() {
    let (x, y) = ("{ type: contains, value: x }", "{ type: contains, value: y }");
    let informative = "{ type: contains, value: x, weight: 0 }";
    let of = |asserts: &[&str], more: &str| format!("vars: {{ q: 1 }}, assert: [{}]{more}", asserts.join(", "));
    for (old, new, told) in [
        (of(&[x], ""), of(&[x], "").replace("q: 1", "q: 2"), "~ 1 case asks something else: `it`"),
        (of(&[x, y], ""), of(&[x], ""), "- 1 case asserts less: `it`"),
        (of(&[x, y], ""), of(&[informative, y], ""), "- 1 case asserts less: `it`"),
        (of(&[x], ""), of(&[x, y], ""), "+ 1 case asserts more: `it`"),
        (of(&[x], ""), of(&[y], ""), "~ 1 case is graded otherwise: `it`"),
        (of(&[x, y], ""), of(&[x, y], ", threshold: 0.5"), "- 1 case passes from a lower score: `it`"),
        (of(&[x, y], ", threshold: 0.5"), of(&[x, y], ""), "+ 1 case passes only from a higher score: `it`"),
        (of(&[x], ", threshold: 0.5"), of(&[x, y], ", threshold: 0.5"), "~ 1 case is graded otherwise: `it`"),
        (
            of(&[x], ""),
            of(&[x], ", providerOutput: x"),
            "- 1 case is no longer asked: the suite gives its answer: `it`",
        ),
        (of(&[x], ", providerOutput: a"), of(&[x], ", providerOutput: x"), "~ 1 case has another given answer: `it`"),
        (of(&[x], ", cluster: c"), of(&[x], ""), "- 1 case counts by itself, out of its cluster: `it`"),
        (of(&[x], ""), of(&[x], ", cluster: c"), "~ 1 case counts in another cluster: `it`"),
        (of(&[x], ", options: { repeat: 5 }"), of(&[x], ""), "- 1 case is asked less often: `it`"),
        (
            of(&[x], ", options: { repeat: 5 }"),
            of(&[x], ", options: { repeat: 5 }, flaky: { min_pass: 3 }"),
            "- 1 case passes although more repeats fail: `it`",
        ),
    ] {
        assert_eq!(one(&old, &new), [told], "{old} to {new}");
        assert!(one(&old, &old).is_empty());
    }
}

#[test]
fn whoever_is_sampled_is_told_of_what_chooses_the_sample() {
    let told = |old: &Suite, new: &Suite| -> Vec<String> {
        let (routes, then) = (Routes::default(), Routes::default());
        let changes = diff(&Side { suite: old, routes: &then }, &Side { suite: new, routes: &routes });
        changes.iter().filter_map(|change| Some(change.finding("main")?.message)).collect()
    };
    let of = |cases: &str, sample: &str| suite(&format!("tests:\n{cases}{sample}\n"), "");
    let (cases, sample) = (case("a") + &case("b"), "sample: { n: 1, stratify_by: k }");
    let other = cases.replace("id: a", "id: z");
    assert!(told(&of(&cases, ""), &of(&other, "")).is_empty());
    assert_eq!(told(&of(&cases, sample), &of(&other, sample)), ["1 case has another id since main: `z`"]);
    let other = cases.replacen("k: v", "k: w", 1);
    assert!(told(&of(&cases, ""), &of(&other, "")).is_empty());
    assert_eq!(told(&of(&cases, sample), &of(&other, sample)), ["1 case is in another stratum since main: `a`"]);
}

#[test]
fn what_rows_and_defaults_say_is_seen() {
    let row = |more: &str| format!("{{\"id\":\"it\",\"vars\":{{\"q\":\"1\"}}{more}}}\n");
    let text = |asserts: &str| format!("defaultTest: {{ assert: [{asserts}] }}\ntests: file://data/rows.jsonl\n");
    let both = "{ type: contains, value: x }, { type: contains, value: y }";
    let old = suite(&text(both), &row(",\"cluster\":\"c\""));
    let new = suite(&text("{ type: contains, value: x }"), &row(",\"cluster\":\"c\""));
    assert_eq!(changes(&old, &new, [ROUTES, ROUTES]), ["- 1 case asserts less: `it`"]);
    let new = suite(&text(both), &row(""));
    assert_eq!(old.dataset, new.dataset, "how cases count is no part of that digest");
    assert!(!same_cases(&old, &new));
    assert_eq!(changes(&old, &new, [ROUTES, ROUTES]), ["- 1 case counts by itself, out of its cluster: `it`"]);
}
