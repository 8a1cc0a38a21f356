//! Providers that are programs.

use eval::gate::Conclusion;
use eval::recording::Recordings;
use eval::run::{Mode, Status};

use super::scene::{Scene, defined, go, questions};

fn program(script: &str) -> eval::provider::Providers {
    let script = script.replace('\'', "''");
    defined(&format!("{{ kind: command, command: [sh, -c, '{script}'], timeout: 2s }}"))
}

#[test]
fn a_program_answers_line_by_line() {
    let script = r#"while read -r line; do n=$((n+1)); echo "{\"output\":\"call $n: number 0? number 1? number 2?\",\"finish_reason\":\"stop\"}"; done"#;
    let (finished, verdict) = go(&Scene::new(&questions(3)), &program(script), &Recordings::default(), Mode::Record);
    assert_eq!(verdict.conclusion, Conclusion::Pass, "{:?}", finished.results.outcomes);
    let said: Vec<_> = finished.recorded.entries().map(|e| e.answer.text_output()).collect();
    assert!(said.iter().any(|said| said.starts_with("call 3:")), "one program serves the whole run: {said:?}");
    assert!(finished.recorded.entries().all(|e| e.answer.latency_ms.is_some()));
}

#[test]
fn a_program_that_fails_is_an_error_with_its_last_words() {
    for (script, says) in [
        ("echo no such model >&2; exit 3", "no such model"),
        ("read -r line; echo oops", "not one of ours"),
        ("read -r line; echo '{\"error\":\"model not found\"}'", "model not found"),
        ("read -r line; echo '{}'", "no `output`"),
        ("sleep 60", "no answer within 2 s"),
        ("exec no-such-program-anywhere", "no-such-program-anywhere"),
    ] {
        let (finished, verdict) = go(&Scene::new(&questions(1)), &program(script), &Recordings::default(), Mode::Live);
        assert_eq!((finished.results.outcomes.at(0).status, verdict.conclusion), (Status::Error, Conclusion::Error));
        assert!(
            finished.results.outcomes.at(0).reason.contains(says),
            "{script}: {}",
            finished.results.outcomes.at(0).reason
        );
    }
}

#[test]
fn a_program_that_stands_in_is_recorded_as_whom_it_stands_for() {
    let mut scene = Scene::new(&questions(2));
    scene.compiled.model = "openai/gpt".parse().unwrap();
    let script = r#"while read -r line; do echo "{\"output\":\"number 0? number 1?\"}"; done"#;
    let text = format!("format: 1\nproviders:\n  openai: {{ kind: command, command: [sh, -c, '{script}'] }}\n");
    let text = source::Text::new(source::RepoPath::new("providers.yaml").unwrap(), text);
    let layer = policy::providers::read(&text).unwrap();
    let stand_in = eval::provider::Providers::new([layer], eval::provider::Environment::empty());
    let (finished, _) = go(&scene, &stand_in, &Recordings::default(), Mode::Record);
    let mut recordings = Recordings::default();
    recordings.add(&finished.recorded);
    let nobody = eval::provider::Providers::new([], eval::provider::Environment::empty());
    let (_, verdict) = go(&scene, &nobody, &recordings, Mode::Replay);
    assert_eq!(verdict.conclusion, Conclusion::Pass);
}
