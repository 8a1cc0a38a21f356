//! How reports tell of a comparison: what turned, for which model, and how many did not.

use eval::report::{Reported, html, markdown, table};
use eval::run::{Part, Status};

use super::{PROMPT, files, judged, kind_if, opened, part, suite};

#[test]
fn what_newly_fails_is_listed_first() {
    let mut text = "tests:\n".to_owned();
    for i in 0..30 {
        let wanted = if i < 29 { "never" } else { "kind" };
        text += &format!(
            "  - {{ id: q{i:02}, vars: {{ question: 'number {i}' }}, assert: [{{ type: contains, value: {wanted} }}] }}\n"
        );
    }
    let (then, now) = (files(PROMPT, &text), files(&PROMPT.replace("Be kind", "Be curt"), &text));
    let opened = opened(&now);
    let Part { results, baseline } = part(&then, &opened, None);
    let suite = opened.suite.as_ref();
    let verdict = judged(&opened, &results, baseline.as_ref());
    let reported = Reported { results: &results, verdict: &verdict, baseline: baseline.as_ref(), suite };
    let table = table(&[reported], false);
    let first = table.lines().find(|line| line.starts_with("  failed")).unwrap();
    assert!(first.starts_with("  failed   q29: ") && table.contains("… and 10 more"), "{table}");
}

#[test]
fn what_turned_with_one_model_did_not_with_another() {
    let text = suite(3, "models: [echo/x, echo/y]\ngate: { min_pass_rate: 0.1 }\n");
    let opened = opened(&files(&kind_if("'1' not in question"), &text));
    let Part { results, mut baseline } = part(&files(PROMPT, &text), &opened, None);
    // With the second model it failed before as well.
    let before = baseline.as_mut().unwrap().results.as_mut().unwrap();
    let failed = |o: eval::Item<'_, eval::run::Outcome>| {
        let mut outcome = (*o).clone();
        if outcome.model == 1 && outcome.case == "q01" {
            outcome.status = Status::Failed;
        }
        outcome
    };
    before.outcomes = before.outcomes.iter().map(failed).collect();
    let verdict = judged(&opened, &results, baseline.as_ref());
    let text = markdown(
        &[Reported { results: &results, verdict: &verdict, baseline: baseline.as_ref(), suite: None }],
        &source::Report::default(),
    );
    let (turned, others) = text.split_once("1 answer not passed").unwrap();
    assert!(turned.contains("- `q01` of `echo/x`: ") && !turned.contains("- `q01` of `echo/y`"), "{text}");
    assert!(others.contains("- `q01` of `echo/y`: "), "{text}");
}

#[test]
fn pairs_that_did_not_turn_are_counted() {
    let never = "  - { id: z, vars: { question: z }, assert: [{ type: contains, value: never }] }\n";
    let text =
        suite(9, &format!("{never}gate: {{ min_pass_rate: 0.1 }}\n")).replace("{ id: q", "{ cluster: all, id: q");
    let opened = opened(&files(&PROMPT.replace("Be kind", "Do be kind"), &text));
    let Part { results, baseline } = part(&files(PROMPT, &text), &opened, None);
    let verdict = judged(&opened, &results, baseline.as_ref());
    assert_eq!((verdict.comparisons[0].now, verdict.comparisons[0].units), (0.5, 2));
    let mut page = String::new();
    let reported = Reported { results: &results, verdict: &verdict, baseline: baseline.as_ref(), suite: None };
    html(&[reported], &source::Report::default(), "it", &mut |piece| page.push_str(piece));
    assert!(page.contains("<b>9</b><b class=\"fell\">0</b>"), "{page}");
    assert!(page.contains("<b class=\"rose\">0</b><b>1</b>"), "{page}");
}
