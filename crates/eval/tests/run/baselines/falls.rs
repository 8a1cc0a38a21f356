//! What a comparison says of a fall: found, unclear, too small to matter, shared among suites.

use eval::gate::{Conclusion, Demands, Found, Verdict, across, judge};
use eval::run::Part;
use eval::session;
use source::Risk;

use super::{PROMPT, compared, files, judged, kind_if, opened, part, suite, texts};

#[test]
fn a_prompt_that_got_worse_fails_and_says_where() {
    let unkind = kind_if("'1' in question");
    let gate = "gate: { min_pass_rate: 0.1, compare: { baseline: merge-base } }\n";
    let (_, verdict) = compared(&files(PROMPT, &suite(20, gate)), &files(&unkind, &suite(20, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{}", texts(&verdict));
    let comparison = &verdict.comparisons[0];
    assert_eq!((comparison.finding, comparison.pairs), (Found::Fall, 20));
    assert_eq!(comparison.newly_failing.len(), 9);
    assert_eq!(comparison.commit.as_deref(), Some("c0ffee"));
}

#[test]
fn too_few_cases_are_inconclusive_and_say_what_would_have_been_seen() {
    let unkind = kind_if("'3' not in question");
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let (_, verdict) = compared(&files(PROMPT, &suite(6, gate)), &files(&unkind, &suite(6, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Inconclusive, "{}", texts(&verdict));
    assert_eq!((verdict.conclusion.exit_code(false), verdict.conclusion.exit_code(true)), (0, 3));
    assert!(
        texts(&verdict).contains("too few cases to tell; a fall of 86 points would be seen in 4 of 5 runs"),
        "{}",
        texts(&verdict)
    );
    let opened = opened(&files(&unkind, &suite(6, gate)));
    let Part { results, baseline } = part(&files(PROMPT, &suite(6, gate)), &opened, None);
    let strict = Demands { fail_inconclusive: true, ..Demands::default() };
    let verdict = judge(opened.suite.as_ref().unwrap(), &results, baseline.as_ref(), &strict);
    assert_eq!(verdict.conclusion, Conclusion::Fail, "policy may say that what cannot be told fails");
    let failing: Vec<_> = verdict.checks.iter().filter(|c| c.conclusion == Conclusion::Fail).collect();
    assert_eq!(failing.len(), 1, "{}", texts(&verdict));
    assert!(failing[0].text.contains("`on_inconclusive`"), "{}", failing[0].text);
    let demands = |risk| session::demands(None, &"ask".parse().unwrap(), risk, None);
    assert!(demands(Risk::High).fail_inconclusive && !demands(Risk::Medium).fail_inconclusive);
}

#[test]
fn nothing_that_turned_is_no_certainty() {
    let kinder = PROMPT.replace("Be kind", "Be very kind");
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let (_, verdict) = compared(&files(PROMPT, &suite(40, gate)), &files(&kinder, &suite(40, gate)));
    assert_eq!(verdict.conclusion, Conclusion::Pass);
    let said = texts(&verdict);
    assert!(
        said.contains("+0.0 points against rev:then over 40 pairs (95 % -8.8 to +8.8, p 1.000): nothing turned"),
        "{said}"
    );
    assert!(verdict.comparisons[0].detectable > 0.15, "five of forty must turn for anyone to see it");
}

#[test]
fn a_fall_that_does_not_matter_is_told_as_one() {
    let unkind = kind_if("'11' not in question and '22' not in question");
    let gate = "gate: { min_pass_rate: 0.5 }\n";
    let cases = suite(1000, gate);
    let (_, verdict) = compared(&files(PROMPT, &cases), &files(&unkind, &cases));
    let comparison = &verdict.comparisons[0];
    assert_eq!((comparison.finding, comparison.newly_failing.len()), (Found::Fall, 38));
    let mut small = comparison.clone();
    small.adjusted_p = 1e-4;
    small.min_effect = 0.06;
    small.finding = Found::NoFall;
    assert_eq!(small.in_words(), "it fell, by less than the 6 points that matter");
    (small.p, small.among) = (1e-5, 3);
    assert_eq!(small.p_values(), "p < 0.001, < 0.001 by Holm");
    small.adjusted_p = 0.3;
    assert_eq!(small.p_values(), "p < 0.001, 0.300 by Holm");
    assert_eq!(small.in_words(), "a fall of more than the 6 points that matter is ruled out");
}

#[test]
fn several_suites_share_one_rate_of_false_alarms() {
    let unkind = kind_if("'1' not in question or '10' in question");
    let gate = "gate: { min_pass_rate: 0.1 }\n";
    let (_, mut first) = compared(&files(PROMPT, &suite(14, gate)), &files(&unkind, &suite(14, gate)));
    assert_eq!(first.conclusion, Conclusion::Fail, "{}", texts(&first));
    let mut second = first.clone();
    let mut third = first.clone();
    assert!(first.comparisons[0].p < 0.05 && first.comparisons[0].p > 0.05 / 3.0);
    across(&mut [&mut first, &mut second, &mut third]);
    assert_eq!(first.conclusion, Conclusion::Inconclusive, "{}", texts(&first));
    let said = texts(&first);
    assert!(said.contains("by Holm") && !said.contains("too few cases"), "{said}");
    assert!(
        said.contains("by itself it would have fallen, but 3 comparisons share one rate of false alarms"),
        "{said}"
    );
    assert!(said.contains("it had to reach p 0.0167; a fall of") && said.contains("(power 80 %, p 0.0167)"), "{said}");
    assert!(first.comparisons[0].detectable > -(first.comparisons[0].now - first.comparisons[0].before), "{said}");

    let (_, mut fell) = compared(&files(PROMPT, &suite(14, gate)), &files(&unkind, &suite(14, gate)));
    let (_, still) = compared(&files(PROMPT, &suite(6, gate)), &files(&PROMPT.replace("Be", "Do be"), &suite(6, gate)));
    let mut padding = vec![still; 99];
    let mut all: Vec<&mut Verdict> = padding.iter_mut().collect();
    all.push(&mut fell);
    across(&mut all);
    assert_eq!(fell.conclusion, Conclusion::Fail, "suites in which nothing turned share nothing: {}", texts(&fell));
}

#[test]
fn a_suite_that_cannot_fall_shares_nothing() {
    let gate = "gate: { min_pass_rate: 0.1 }\n";
    let fell = kind_if("'8' not in question and '9' not in question");
    let (_, mut first) = compared(&files(PROMPT, &suite(20, gate)), &files(&fell, &suite(20, gate)));
    assert_eq!(first.comparisons[0].newly_failing, ["q08", "q09", "q18", "q19"]);
    let (one, turned) = (suite(4, gate).replace("{ id: q", "{ cluster: all, id: q"), kind_if("'3' not in question"));
    let (_, mut second) = compared(&files(PROMPT, &one), &files(&turned, &one));
    assert_eq!((second.comparisons[0].units, second.comparisons[0].p), (1, 1.0), "one unit shows nothing");
    across(&mut [&mut first, &mut second]);
    assert_eq!(first.conclusion, Conclusion::Fail, "{}", texts(&first));
    assert_eq!((first.comparisons[0].among, second.comparisons[0].among), (1, 1));
}

#[test]
fn suites_that_are_new_hide_no_fall_in_those_that_were_there() {
    let gate = "gate: { min_pass_rate: 0.1 }\n";
    let fell = kind_if("'8' not in question and '9' not in question");
    let (baseline, mut old) = compared(&files(PROMPT, &suite(20, gate)), &files(&fell, &suite(20, gate)));
    assert!(!baseline.new_suite && old.conclusion == Conclusion::Fail);
    let there = source::Snapshot::of_texts("the test", [("prompts/ask.md", PROMPT)]);
    let (baseline, added) = compared(&there, &files(&fell, &suite(20, gate)));
    assert!(baseline.new_suite && added.comparisons[0].new_suite);
    let mut others = vec![added; 2];
    let mut all: Vec<&mut Verdict> = others.iter_mut().collect();
    all.push(&mut old);
    across(&mut all);
    assert_eq!((old.conclusion, old.comparisons[0].among), (Conclusion::Fail, 1), "{}", texts(&old));
    assert_eq!((others[0].conclusion, others[0].comparisons[0].among), (Conclusion::Inconclusive, 2));
    assert!(texts(&others[0]).contains("2 comparisons of new suites share one rate"), "{}", texts(&others[0]));
}

#[test]
fn a_fall_of_just_what_matters_is_one() {
    let question = |i: usize| match i {
        ..810 => format!("both {i}"),
        810..830 => format!("then {i}"),
        _ => format!("none {i}"),
    };
    let mut cases = "defaultTest:\n  assert: [{ type: contains, value: kind }]\ntests:\n".to_owned();
    for i in 0..1000 {
        cases += &format!("  - {{ id: q{i:03}, vars: {{ question: '{}' }} }}\n", question(i));
    }
    cases += "gate: { min_pass_rate: 0.5 }\n";
    let (then, now) = (kind_if("'none' not in question"), kind_if("'both' in question"));
    let opened = opened(&files(&now, &cases));
    let Part { results, mut baseline } = part(&files(&then, &cases), &opened, None);
    baseline.as_mut().unwrap().compare.min_effect = 0.02;
    let verdict = judged(&opened, &results, baseline.as_ref());
    assert_eq!((verdict.comparisons[0].before, verdict.comparisons[0].now), (0.83, 0.81));
    assert_eq!(verdict.conclusion, Conclusion::Fail, "{}", texts(&verdict));
}
