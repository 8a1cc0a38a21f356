//! What was recorded replays the same, needs nobody, and says why something is missing.

use eval::gate::Conclusion;
use eval::provider::{Environment, Providers};
use eval::recording::Recordings;
use eval::run::{Mode, Origin, Status};
use source::{RepoPath, Text};

use super::scene::{Scene, defined, go, providers, questions};
use super::server::{Server, says};

fn file(text: &str) -> Text {
    Text::new(RepoPath::new("evals/recordings/ask.jsonl").unwrap(), text)
}

fn record(scene: &Scene) -> (Server, Recordings) {
    let server = Server::start(|request| says(&format!("sk-very-secret {}", request.body["messages"][1]["content"])));
    let (finished, _) = go(scene, &providers(&server.address, 4), &Recordings::default(), Mode::Record);
    let mut recordings = Recordings::default();
    recordings.add(&finished.recorded);
    (server, recordings)
}

#[test]
fn a_replay_says_what_the_recording_run_said() {
    let scene = Scene::new(&questions(9));
    let (server, recordings) = record(&scene);
    let text = recordings.to_text();
    assert_eq!(text.lines().count(), 9);
    assert!(text.lines().is_sorted() && !text.contains("sk-very-secret") && text.contains("[key of local]"));
    assert!(!text.contains("127.0.0.1") && !text.contains("\"Answer.\""), "neither host nor request is kept");
    let again = Recordings::read(&file(&text)).unwrap();
    assert_eq!(again.to_text(), text);
    // Another address, no key: the key of a recording knows neither.
    let elsewhere = defined("{ kind: openai, base_url: 'http://127.0.0.1:9/v1', key_variable: NOT_SET }");
    let (finished, verdict) = go(&scene, &elsewhere, &again, Mode::Replay);
    assert_eq!((verdict.conclusion, server.requests()), (Conclusion::Pass, 9));
    assert!(finished.results.outcomes.iter().all(|o| o.origin == Some(Origin::Recorded)));
    assert_eq!((finished.results.spent.requests, finished.results.spent.replayed), (0, 9));
    assert_eq!(finished.used.len(), 9);
}

#[test]
fn a_miss_never_becomes_a_call_and_is_explained() {
    let scene = Scene::new(&questions(3));
    let (server, recordings) = record(&scene);
    let changed = Scene::new(&questions(4).replace("number 1?", "other 1?"));
    let (finished, verdict) = go(&changed, &providers(&server.address, 4), &recordings, Mode::Replay);
    assert_eq!((verdict.conclusion, verdict.conclusion.exit_code(false)), (Conclusion::RecordingMissing, 6));
    assert_eq!(server.requests(), 3);
    let status: Vec<_> = finished.results.outcomes.iter().map(|o| o.status).collect();
    assert_eq!(status, [Status::Passed, Status::Missing, Status::Passed, Status::Missing]);
    let said = &finished.results.misses[0].nearest;
    assert!(said.contains("the messages differ"), "{said}");
    let mut hotter = Scene::new(&questions(3));
    hotter.compiled.parameters.temperature = Some(1.0);
    let (finished, _) = go(&hotter, &providers(&server.address, 4), &recordings, Mode::Replay);
    let said = &finished.results.misses[0].nearest;
    assert!(said.ends_with("the parameters differ"), "{said}");
}

#[test]
fn more_repeats_never_pay_again_for_earlier_ones() {
    let twice = questions(2).replace("defaultTest:\n", "defaultTest:\n  options: { repeat: 2 }\n");
    let scene = Scene::new(&twice);
    let (server, recordings) = record(&scene);
    assert_eq!((server.requests(), recordings.len()), (4, 4));
    let scene = Scene::new(&twice.replace("repeat: 2", "repeat: 5"));
    let (finished, _) = go(&scene, &providers(&server.address, 4), &recordings, Mode::Record);
    assert_eq!((server.requests(), finished.recorded.len(), finished.used.len()), (10, 6, 10));
}

#[test]
fn pruning_keeps_what_was_used() {
    let (_, mut recordings) = record(&Scene::new(&questions(5)));
    let nobody = defined("{ kind: openai, base_url: 'http://127.0.0.1:9/v1' }");
    let (finished, _) = go(&Scene::new(&questions(3)), &nobody, &recordings, Mode::Replay);
    assert_eq!((recordings.prune(&finished.used), recordings.len()), (2, 3));
    let (_, all) = record(&Scene::new(&questions(5)));
    assert_eq!((recordings.prune(&all.entries().map(|entry| entry.key).collect()), recordings.len()), (0, 3));
    let other = all.entries().find(|entry| !recordings.has(&entry.key)).unwrap();
    recordings.insert(&other);
    assert_eq!((recordings.len(), recordings.by_key(&other.key)), (4, Some(other)));
}

#[test]
fn what_a_merge_left_behind_is_a_finding() {
    let (_, recordings) = record(&Scene::new(&questions(2)));
    let text = recordings.to_text();
    let (one, two) = text.split_once('\n').unwrap();
    let merged = format!("<<<<<<< HEAD\n{one}\n=======\n{}\n>>>>>>> branch\n{two}", one.replace("number", "another"));
    let findings = Recordings::read(&file(&merged)).unwrap_err();
    let said: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(
        said[0].contains("left from a merge") && said[2].contains("stands twice with different answers"),
        "{said:?}"
    );
    assert!(Recordings::read(&file(&format!("{two}{one}\n{one}\n"))).is_ok(), "order and copies do no harm");
}

#[test]
fn without_a_definition_there_is_a_clear_refusal() {
    let scene = Scene::new(&questions(1));
    let suite = scene.suite();
    let recordings = Recordings::default();
    let plan = eval::run::Plan::new(&suite, &scene.compiled, &recordings, Mode::Live).unwrap();
    let nobody = Providers::new([], Environment::empty());
    let error = eval::run::run(&plan, &nobody, &mut |_| {}, &std::sync::atomic::AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().starts_with("ask local/tiny: no provider `local` is defined"), "{error}");
}
