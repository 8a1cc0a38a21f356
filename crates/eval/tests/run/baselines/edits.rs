//! Cases that a change edits, renames or takes away: what is paired still, and what that costs.

use eval::gate::{Baseline, Conclusion, Standing, Verdict};

use super::{PROMPT, compared, files, kind_if, suite, texts};

#[test]
fn cases_that_differ_are_listed_and_taking_a_failing_one_away_is_noticed() {
    let old = suite(
        8,
        "  - { id: hard, vars: { question: hard }, assert: [{ type: contains, value: impossible }] }\n  - { id: must, vars: { question: must } }\ngate: { min_pass_rate: 0.5, must_pass: [must] }\n",
    );
    let new = "defaultTest:\n  assert: [{ type: icontains, value: kind }]\ntests:\n";
    let mut new = new.to_owned();
    for i in 1..9 {
        let question = if i == 2 { "another".to_owned() } else { format!("number {i}") };
        new.push_str(&format!("  - {{ id: q{i:02}, vars: {{ question: '{question}' }} }}\n"));
    }
    new.push_str("gate: { min_pass_rate: 0.5 }\n");
    let kinder = PROMPT.replace("Be kind", "Be very kind");
    let (baseline, verdict) = compared(&files(PROMPT, &old), &files(&kinder, &new));
    assert_eq!(baseline.added, ["q08"]);
    assert_eq!(baseline.changed, ["q02"]);
    assert_eq!(baseline.regraded.len(), 6, "answers of the baseline are graded by the assertions of today");
    assert_eq!(baseline.removed.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["hard", "must", "q00"]);
    assert_eq!(verdict.comparisons[0].pairs, 6);
    let said = texts(&verdict);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{said}");
    assert!(said.contains("the case hard, which fails in rev:then, was removed"), "{said}");
    assert!(said.contains("the case must, which had to pass in rev:then, was removed"), "{said}");
    assert!(!said.contains("q00"), "a case that passed may go");
    let agreed =
        new.replace("gate: {", "gate: { retired: [{ id: hard, reason: nobody asks }, { id: must, reason: gone }],");
    let (_, verdict) = compared(&files(PROMPT, &old), &files(&kinder, &agreed));
    assert_eq!(verdict.conclusion, Conclusion::Pass, "{}", texts(&verdict));
}

/// What a change of the suite by `edit` comes to beside a prompt that got worse for nine of twenty questions.
fn edited(edit: &dyn Fn(&str) -> String) -> (Baseline, Verdict) {
    let unkind = kind_if("'1' in question");
    let old = suite(20, "gate: { compare: { baseline: merge-base, min_effect: 0.02 } }\n");
    compared(&files(PROMPT, &old), &files(&unkind, &edit(&old)))
}

#[test]
fn no_edit_of_the_cases_hides_a_fall() {
    let (baseline, verdict) = edited(&|suite| suite.replace("id: q", "id: r"));
    assert_eq!((baseline.renamed.len(), baseline.renamed[0].was.as_str()), (20, "q00"));
    assert!(baseline.added.is_empty() && baseline.removed.is_empty());
    assert_eq!((verdict.conclusion, verdict.comparisons[0].pairs), (Conclusion::Fail, 20), "{}", texts(&verdict));
    assert_eq!(verdict.comparisons[0].renamed[0], "r00 (was q00)");

    let (baseline, verdict) = edited(&|suite| suite.replace("{ id: q", "{ cluster: all, id: q"));
    assert_eq!(baseline.reclustered.len(), 20);
    assert_eq!((verdict.conclusion, verdict.comparisons[0].units), (Conclusion::Fail, 20), "{}", texts(&verdict));

    let (baseline, verdict) = edited(&|suite| suite.replace("number", "another"));
    assert_eq!((baseline.standing, baseline.changed.len()), (Standing::Unpaired, 20));
    let said = texts(&verdict);
    assert!(said.contains("(with other variables q00, q01, q02 and 17 more): leave some as they are there"), "{said}");
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{said}");

    let (baseline, verdict) = edited(&|suite| suite.replace("{ id: q", "{ providerOutput: kind, id: q"));
    assert_eq!((baseline.standing, baseline.changed.len()), (Standing::Unpaired, 20), "an answer is put in, too");
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    let some = |suite: &str| suite.replace("{ id: q0", "{ providerOutput: kind, id: q0");
    let (baseline, verdict) = edited(&some);
    assert_eq!((baseline.changed.len(), verdict.comparisons[0].pairs), (10, 10));

    let other = |suite: &str| suite.replace("id: q", "id: r").replace("number", "another");
    let (_, verdict) = edited(&other);
    assert!(texts(&verdict).contains("(only here r00, r01, r02 and 17 more; only there q00,"), "{}", texts(&verdict));
    assert_eq!(verdict.conclusion, Conclusion::Fail);
    let retired: Vec<String> = (0..20).map(|i| format!("{{ id: q{i:02}, reason: rewritten }}")).collect();
    let (_, verdict) =
        edited(&|suite| other(suite).replace("gate: {", &format!("gate: {{ retired: [{}],", retired.join(", "))));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{}", texts(&verdict));

    let must = |suite: &str| suite.replace("gate: {", "gate: { must_pass: [q01],");
    let old = must(&suite(9, "gate: { min_pass_rate: 0.1 }\n"));
    let new = suite(9, "gate: { min_pass_rate: 0.1 }\n").replace("id: q01", "id: r01");
    let (_, verdict) = compared(&files(PROMPT, &old), &files(&PROMPT.replace("Be kind", "Be very kind"), &new));
    assert!(
        texts(&verdict).contains("the case q01, which had to pass in rev:then, was removed"),
        "{}",
        texts(&verdict)
    );
}

#[test]
fn a_prompt_that_takes_other_inputs_may_change_every_case() {
    let more = PROMPT.replace("  question: { type", "  name: { type: string }\n  question: { type");
    let (then, now) = (suite(9, ""), suite(9, "").replace("question: '", "name: Bo, question: '"));
    let more = more.replace("Be kind:", "Be kind, {{ name }}:");
    let (baseline, verdict) = compared(&files(PROMPT, &then), &files(&more, &now));
    assert_eq!((baseline.standing, verdict.conclusion), (Standing::Refused, Conclusion::Inconclusive));
    assert!(texts(&verdict).contains("the prompt takes other inputs than there"), "{}", texts(&verdict));
}
