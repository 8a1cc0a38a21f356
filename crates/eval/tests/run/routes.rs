//! Several models beside one another: what they cost, which to take, and budgets that need prices.

use eval::gate::{Demands, Verdict, judge};
use eval::recording::Recordings;
use eval::report::{Reported, markdown, table};
use eval::run::{Ended, Helper, Mode, Plan, PlanError, Results, Shard, Target, estimate, run};

use super::scene::{Scene, providers};
use super::server::{Reply, Server, says};

const SUITE: &str = "tests:
  - { id: a, vars: { question: qa }, assert: [{ type: contains, value: good }] }
  - { id: b, vars: { question: qb }, assert: [{ type: contains, value: good }] }
gate: { min_pass_rate: 0.5 }
";

/// `silent` is right and says half of the time what it took, `tiny` is always right, `half` half of the time, `bad` never.
fn server() -> Server {
    Server::start(|request| match request.body["model"].as_str() {
        Some("bad") => says("no"),
        Some("half") if request.body.to_string().contains("qa") => says("no"),
        Some("silent") if request.body.to_string().contains("qa") => {
            let body = r#"{"choices":[{"message":{"content":"good"},"finish_reason":"stop"}]}"#;
            Reply::Full(200, "content-type: application/json\r\n".into(), body.into())
        }
        _ => says("good"),
    })
}

fn go(models: &[(&str, Option<f64>)]) -> (Results, Verdict) {
    go_part(models, None)
}

fn go_part(models: &[(&str, Option<f64>)], shard: Option<Shard>) -> (Results, Verdict) {
    let (server, scene, none) = (server(), Scene::new(SUITE), Recordings::default());
    let suite = scene.suite();
    let mut plan = Plan::new(&suite, &scene.compiled, &none, Mode::Live).unwrap();
    let target = |(model, price): &(&str, Option<f64>)| {
        let model = format!("local/{model}").parse().unwrap();
        Target::new(&scene.compiled, &model, price.map(|usd| (usd, usd))).unwrap()
    };
    plan.targets = models.iter().map(target).collect();
    plan.shard = shard;
    let finished = run(&plan, &providers(&server.address, 4), &mut |_| {}, &false.into()).unwrap();
    let verdict = judge(&suite, &finished.results, None, &Demands::default());
    (finished.results, verdict)
}

#[test]
fn what_part_of_the_answers_cost_is_no_price_of_all() {
    let (results, verdict) = go(&[("tiny", Some(1.0)), ("silent", Some(1.8))]);
    let reported = [Reported { results: &results, verdict: &verdict, baseline: None, suite: None }];
    let (text, page) = (table(&reported, false), markdown(&reported, &source::Report::default()));
    let said = "the cheapest of known cost that meets the gate is local/tiny; local/silent meets it too, at a cost that is \
                not known (of 1 of 2 answers of local/silent no tokens were told)";
    assert!(text.contains(said) && page.contains(said), "{text}");
    assert!(
        text.contains("· $0.000027 for 1 of 2 answers\n") && page.contains("| $0.000027 for 1 of 2 answers |"),
        "{text}"
    );
    assert!(text.contains("  spent    $0.000057 in 4 requests, and 1 answer whose cost is not known\n"), "{text}");
    assert_eq!(verdict.routes[1].usd_per_thousand, None);
}

#[test]
fn the_choice_among_models_is_told_with_what_is_not_known() {
    for (models, said) in [
        (&[("tiny", Some(9.0)), ("half", Some(1.0))][..], "the cheapest that meets the gate is local/half"),
        (&[("half", Some(1.0)), ("tiny", Some(1.0))], "the cheapest that meets the gate is local/tiny"),
        (&[("tiny", Some(9.0)), ("bad", Some(1.0))], "the cheapest that meets the gate is local/tiny"),
        (
            &[("bad", Some(9.0)), ("bad2", None)],
            "local/bad2 alone meets the gate, at a cost that is not known (no price of local/bad2 is known)",
        ),
        (&[("bad", Some(9.0)), ("bad", None)], "none of them meets the gate"),
        (
            &[("tiny", Some(9.0)), ("half", None)],
            "the cheapest of known cost that meets the gate is local/tiny; local/half meets it too, at a cost that is not known (no price of local/half is known)",
        ),
        (
            &[("tiny", None), ("half", None)],
            "which is the cheapest that meets the gate cannot be told: no price of local/tiny is known; no price of local/half is known",
        ),
    ] {
        let (results, verdict) = go(models);
        let reported = [Reported { results: &results, verdict: &verdict, baseline: None, suite: None }];
        let text = table(&reported, false);
        assert!(text.contains(&format!("  route    {said}\n")), "{models:?}: {text}");
        assert!(markdown(&reported, &source::Report::default()).contains(&format!("- {said}\n")), "{models:?}");
    }
}

#[test]
fn of_a_part_or_what_was_cut_off_no_model_is_said_to_meet_the_gate() {
    let bad = &[("bad", Some(2.0)), ("half", Some(1.0))];
    let (results, verdict) = go_part(bad, Some(Shard { index: 1, count: 2 }));
    assert_eq!((verdict.cheapest.as_deref(), verdict.routes.len()), (None, 0));
    let reported = [Reported { results: &results, verdict: &verdict, baseline: None, suite: None }];
    let (table, markdown) = (table(&reported, false), markdown(&reported, &source::Report::default()));
    assert!(!table.contains("meets the gate") && !markdown.contains("meets the gate"), "{table}{markdown}");
    assert!(markdown.contains("| `ask` | part 1 of 2 |") && !markdown.contains("pass |"), "{markdown}");
    let (mut results, _) = go(bad);
    results.ended = Ended::Interrupted;
    let verdict = judge(&Scene::new(SUITE).suite(), &results, None, &Demands::default());
    assert!(verdict.routes.is_empty() && verdict.cheapest.is_none(), "{:?}", verdict.routes);
}

#[test]
fn models_that_say_the_same_are_told_to() {
    let (results, verdict) = go(&[("tiny", Some(2.0)), ("twin", Some(1.0))]);
    let text = table(&[Reported { results: &results, verdict: &verdict, baseline: None, suite: None }], false);
    assert!(
        text.contains("local/tiny meets the gate · passes as often as local/twin (95 % -65.8 to +65.8 points) · $0.03"),
        "{text}"
    );
    assert!(text.contains("2.00 times its cost"), "{text}");
}

#[test]
fn of_several_models_each_case_is_named_with_its_own() {
    let (results, verdict) = go(&[("half", None), ("bad", None)]);
    let text = markdown(
        &[Reported { results: &results, verdict: &verdict, baseline: None, suite: None }],
        &source::Report::default(),
    );
    assert!(text.contains("- `a` of `local/half`: ") && text.contains("- `a` of `local/bad`: "), "{text}");
}

#[test]
fn a_budget_in_dollars_needs_every_price() {
    let (server, scene, none) = (server(), Scene::new(SUITE), Recordings::default());
    let suite = scene.suite();
    let mut plan = Plan::new(&suite, &scene.compiled, &none, Mode::Live).unwrap();
    plan.budget.max_usd = Some(1.0);
    let nobody = providers(&server.address, 1);
    let refused = |error: PlanError| {
        let said = "hold the budget of ask in dollars: the price of local/tiny is not known";
        assert_eq!(error.to_string(), said);
    };
    refused(estimate(&plan, &nobody).unwrap_err());
    refused(run(&plan, &nobody, &mut |_| {}, &false.into()).unwrap_err());
    assert_eq!(server.requests(), 0);
    plan.targets[0].price = Some((1.0, 1.0));
    // A judge whom no assertion asks need not even be anybody.
    plan.judge = Some(Helper::of("nobody/knows".parse().unwrap()));
    run(&plan, &nobody, &mut |_| {}, &false.into()).unwrap();
}
