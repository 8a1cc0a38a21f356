//! A run of evals that is killed goes on where it was, and says in the end what an uninterrupted one says.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use crate::sandbox::Sandbox;

const CASES: usize = 40;

/// A program that answers each question with its last word, one at a time.
const PROVIDERS: &str = r#"format: 1
providers:
  slow:
    kind: command
    command: [sh, -c, 'while read -r line; do echo asked >> asked; while [ -e hold ] && [ $(wc -l < asked) -gt 15 ]; do sleep 0.01; done; n=${line##*number }; echo "{\"output\":\"kind ${n%%\"*}\"}"; done']
"#;

/// The same provider, as somebody who wants to try things out defines it.
const MOCK: &str = "format: 1
providers:
  slow: { kind: command, command: [sh, -c, 'while read -r line; do echo \"{\\\"output\\\":\\\"kind of\\\"}\"; done'] }
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("providers.yaml", PROVIDERS);
    sandbox.write(
        "prompts/routes.yaml",
        "routes: { fast: slow/one }\ndefaults: { low: fast, medium: fast, high: fast }\n",
    );
    let front =
        "---\nversion: 1.0.0\ndescription: Answer.\nowner: docs\nrisk: low\ninputs: { question: string }\n---\n";
    sandbox.write("prompts/ask.md", &format!("{front}{{{{ question }}}}\n"));
    let mut suite = "defaultTest: { assert: [{ type: starts-with, value: kind }] }\ntests:\n".to_owned();
    for i in 0..CASES {
        suite.push_str(&format!("  - {{ id: q{i:02}, vars: {{ question: number {i} }} }}\n"));
    }
    suite.push_str("sample: { n: 30, seed: 7 }\n");
    sandbox.write("evals/ask.yaml", &suite);
    assert_eq!(sandbox.run("git init -q -b main").code, 0);
    sandbox
}

/// Results without what differs from run to run: times, and what the last of several runs took.
fn steady(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            for key in ["latency_ms", "latency_p50_ms", "latency_p95_ms", "spent", "asked_at"] {
                map.remove(key);
            }
            map.values_mut().for_each(|v| *v = steady(v.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|v| *v = steady(v.take())),
        _ => {}
    }
    value
}

fn results(sandbox: &Sandbox, arguments: &str) -> Value {
    let line = format!("promptuary -q eval --providers providers.yaml --format json {arguments}");
    let outcome = sandbox.run(&line);
    assert_eq!(outcome.code, 0, "{}", outcome.raw);
    steady(serde_json::from_str(&outcome.raw).unwrap())
}

fn lines(sandbox: &Sandbox, path: &str) -> usize {
    std::fs::read_to_string(sandbox.work().join(path)).map_or(0, |text| text.lines().count())
}

/// Starts a run, and kills it once it has been asked 16 times and cannot go on.
fn killed(sandbox: &Sandbox, arguments: &[&str]) {
    sandbox.write("hold", "");
    let mut command = sandbox.command("promptuary");
    command.args(["eval", "--providers", "providers.yaml"]).args(arguments);
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let journal = ".git/promptuary/eval/ask.jsonl";
    while lines(sandbox, journal) < 16 {
        assert!(run.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let mut said = String::new();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    std::fs::remove_file(sandbox.work().join("hold")).unwrap();
}

#[test]
fn a_recording_run_that_was_killed_goes_on_and_says_the_same() {
    let whole = sandbox();
    let expected = results(&whole, "--record");
    let sandbox = sandbox();
    killed(&sandbox, &["--record"]);
    let asked = lines(&sandbox, "asked");
    let said = sandbox.run("promptuary eval --providers providers.yaml --record --format jsonl 2>&1 >/dev/null").raw;
    assert!(said.contains("15 requests, 15 on file; at most"), "the estimate knows what need not be asked: {said}");
    assert!(said.contains("ask: 15 answers of a run that was cut off need not be asked for again"), "{said}");
    assert!(lines(&sandbox, "asked") - asked <= 30 - 15, "what was answered is not asked for again");
    let replayed = results(&whole, "--replay");
    assert_eq!(results(&sandbox, "--replay"), replayed);
    assert_eq!(expected["suites"][0]["verdict"], replayed["suites"][0]["verdict"]);
    assert!(!sandbox.work().join(".git/promptuary/eval/ask.jsonl").exists(), "nothing is left to go on with");
}

#[test]
fn a_live_run_goes_on_only_when_told_and_as_the_same_run() {
    let whole = sandbox();
    let expected = results(&whole, "--live");
    let sandbox = sandbox();
    killed(&sandbox, &["--live"]);
    let other = sandbox.run("promptuary eval --providers providers.yaml --live --resume --sample 20");
    assert_eq!(other.code, 2);
    assert!(other.raw.contains("the run that was cut off had another --sample"), "{}", other.raw);
    let asked = lines(&sandbox, "asked");
    let spent = sandbox.run("promptuary eval --providers providers.yaml --live --resume --max-requests 15");
    assert_eq!((spent.code, lines(&sandbox, "asked")), (5, asked), "a budget is one for the whole run: {}", spent.raw);
    assert!(spent.raw.contains("and a larger budget: it is one for the whole run"), "{}", spent.raw);
    let going_on = "--live --resume --max-requests 30";
    assert_eq!(results(&sandbox, going_on), expected, "the sample and every answer are the same");
    assert!(lines(&sandbox, "asked") - asked <= 30 - 15, "what a run that may not ask went on with is kept");
    assert!(!sandbox.work().join("evals/recordings").exists(), "a live run keeps nothing");
}

#[test]
fn suites_that_were_not_begun_are_told_as_not_run() {
    let sandbox = sandbox();
    let suite = std::fs::read_to_string(sandbox.work().join("evals/ask.yaml")).unwrap();
    sandbox.write("evals/ask.a.yaml", &suite.replace("n: 30", "n: 10"));
    sandbox.write("evals/ask.b.yaml", &suite);
    sandbox.write("hold", "");
    let mut command = sandbox.command("promptuary");
    command.args(["eval", "--providers", "providers.yaml", "--live", "--format", "json"]);
    for file in ["r.xml", "r.md", "r.html", "r.txt"] {
        command.args(["--report", file]);
    }
    let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while lines(&sandbox, ".git/promptuary/eval/ask.b.jsonl") < 6 {
        assert!(run.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(sandbox.run(&format!("kill -INT {}", run.id())).code, 0);
    let (mut answer, mut said) = (String::new(), String::new());
    run.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("what was answered is kept; go on with the same command and --resume"), "{said}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let suites = answer["suites"].as_array().unwrap();
    let of = |at: usize| (&suites[at]["results"]["suite"], &suites[at]["verdict"]["conclusion"]);
    assert_eq!(of(0), (&"ask.a".into(), &"pass".into()));
    assert_eq!(of(1), (&"ask.b".into(), &"interrupted".into()));
    assert_eq!(of(2), (&"ask".into(), &"interrupted".into()));
    let statuses =
        |at: usize| suites[at]["results"]["outcomes"].as_array().unwrap().iter().map(|o| o["status"].clone());
    assert!(statuses(2).all(|status| status == "skipped") && statuses(2).count() == 30);
    assert!(statuses(1).all(|status| status == "skipped" || status == "passed"), "what is cut off is no failure");
    let text = suites[1]["verdict"]["checks"][0]["text"].as_str().unwrap();
    let again = "promptuary eval --providers providers.yaml --format json --report r.xml --report r.md --report r.html";
    assert!(text.ends_with(&format!("to go; to go on: {again} --report r.txt --live --resume")), "{text}");
    let not_run = "not run: interrupted before it began, with 30 answers to go";
    for file in ["r.xml", "r.md", "r.html", "r.txt"] {
        let text = std::fs::read_to_string(sandbox.work().join(file)).unwrap();
        assert_eq!(text.matches(not_run).count(), if file == "r.xml" { 2 } else { 1 }, "{file}: {text}");
    }
    // The whole goes on: nobody is asked again for the suite that was through.
    std::fs::remove_file(sandbox.work().join("hold")).unwrap();
    let whole = sandbox.run("promptuary eval --providers providers.yaml --live --resume");
    assert!(whole.code == 0 && whole.raw.contains("ask.a: going on with 10 answers"), "{}", whole.raw);
    assert!(lines(&sandbox, "asked") <= 10 + 30 + 30 + 1, "at most what was under way is asked again");
    assert!(sandbox.run("ls .git/promptuary/eval | grep jsonl").raw.is_empty(), "nothing is left to go on with");
}

#[test]
fn what_was_run_before_a_failure_is_told() {
    let sandbox = sandbox();
    let suite = std::fs::read_to_string(sandbox.work().join("evals/ask.yaml")).unwrap();
    sandbox.write("evals/ask.a.yaml", &suite);
    sandbox.write("evals/ask.b.yaml", &suite);
    sandbox.write(".git/promptuary/eval/ask.b.jsonl", "{}\nno answer\n");
    let eval = "promptuary eval --providers providers.yaml --live";
    let failed = sandbox.run(&format!("{eval} --report r.md 2>&1"));
    let said = &failed.raw;
    assert!(failed.code == 2 && said.contains("ask.a pass") && said.contains("wrote r.md"), "{said}");
    assert!(said.contains("not run: evals/ask.b.yaml, evals/ask.yaml"), "{said}");
    assert!(said.contains("could not read the answers of a run that was cut off"), "{said}");
    // What was answered is not asked for again.
    assert_eq!(sandbox.run("rm .git/promptuary/eval/ask.b.jsonl").code, 0);
    assert_eq!((sandbox.run(&format!("{eval} --resume")).code, lines(&sandbox, "asked")), (0, 90));
    assert!(sandbox.run("ls .git/promptuary/eval | grep jsonl").raw.is_empty(), "nothing is left to go on with");
}

#[test]
fn a_run_that_its_budget_ended_goes_on_as_it_says() {
    let sandbox = sandbox();
    let suite = std::fs::read_to_string(sandbox.work().join("evals/ask.yaml")).unwrap();
    let eval = "promptuary eval --providers providers.yaml --live";
    sandbox.write("evals/ask.yaml", &format!("{suite}budget:\n  max_requests: 10\n"));
    let line = suite.lines().count() + 2;
    let spent = sandbox.run(&format!("{eval} --max-requests 20"));
    let said = format!(
        "20 answers to go: max_requests 10 (evals/ask.yaml:{line}): 10 sent; to go on, raise it there, to 31 or so, then "
    );
    let again = "promptuary eval ask --providers providers.yaml --live --resume --max-requests 31";
    assert!(spent.code == 5 && spent.raw.contains(&format!("{said}{again}")), "{}", spent.raw);
    // Of a suite that allows more the same run goes on, and of a flag it is the flag that is raised.
    sandbox.write("evals/ask.yaml", &format!("{suite}budget:\n  max_requests: 31\n"));
    let flag = sandbox.run(&format!("{eval} --resume --max-requests 20"));
    let said = "max_requests 20 (--max-requests), of which this run had 10: 10 sent; to go on: ";
    assert!(flag.code == 5 && flag.raw.contains(&format!("{said}{again}")), "{}", flag.raw);
    assert_eq!((sandbox.run(again).code, lines(&sandbox, "asked")), (0, 30));
}

#[test]
fn a_budget_of_the_command_line_is_for_all_suites_together() {
    let sandbox = sandbox();
    let suite = std::fs::read_to_string(sandbox.work().join("evals/ask.yaml")).unwrap();
    for name in ["evals/ask.again.yaml", "evals/ask.more.yaml"] {
        sandbox.write(name, &suite);
    }
    let spent = sandbox.run("promptuary -q eval --providers providers.yaml --live --max-requests 40");
    assert_eq!((spent.code, lines(&sandbox, "asked")), (5, 40), "{}", spent.raw);
}

#[test]
fn nobody_goes_on_with_what_somebody_else_answered() {
    let sandbox = sandbox();
    killed(&sandbox, &["--live"]);
    let asked = lines(&sandbox, "asked");
    // What is only about keys, places and patience is the same provider.
    let patient = PROVIDERS.replace("command: [sh", "timeout: 5m\n    concurrency: 1\n    command: [sh");
    sandbox.write("providers.yaml", &patient);
    assert_eq!(sandbox.run("promptuary -q eval --providers providers.yaml --live --resume --max-requests 16").code, 5);
    assert_eq!(lines(&sandbox, "asked"), asked + 1);

    sandbox.write("providers.yaml", MOCK);
    let other = sandbox.run("promptuary eval --providers providers.yaml --live --resume");
    assert_eq!(other.code, 2);
    let said = "could not resume ask: the run that was cut off had the provider slow defined otherwise (its command)";
    assert!(other.raw.contains(said) && other.raw.contains("give the same --providers"), "{}", other.raw);
    // A recording takes over what is known by its question, but not from somebody else.
    let other = sandbox.run("promptuary eval --providers providers.yaml --record --format jsonl");
    assert!(other.raw.contains("16 answers of a run that was cut off are left aside"), "{}", other.raw);
    let kept = std::fs::read_to_string(sandbox.work().join("evals/recordings/ask.jsonl")).unwrap();
    assert_eq!(kept.matches("kind of").count(), 30, "{kept}");
}
