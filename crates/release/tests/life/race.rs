//! Two who promote at the same moment.

use super::desks::Office;
use super::{env, id, version};
use release::Class;

#[test]
fn of_two_at_once_one_wins_and_the_other_is_told() {
    let office = Office::with_remote();
    office.publish_policy();
    office.release();
    office.edit("r", "1.1.0", "Name the most probable root cause.");
    office.git("r", &["push", "-q"]);
    office.release();
    office.git("", &["clone", "-q", "hub.git", "s"]);
    // Somebody else: the same words by the same person in the same second would be the same entry, and no race.
    office.git("s", &["config", "user.name", "Bob"]);
    let mut written = 0;
    for round in 0..50 {
        let of = if round % 2 == 0 { "1.0.0" } else { "1.1.0" };
        let both_have_read = std::sync::Barrier::new(2);
        let promote = |folder: &str| {
            let desk = office.desk(folder);
            both_have_read.wait();
            release::promote(&desk, &[(id(), version(of))], &env("dev"), None).map(|moved| moved[0].sequence)
        };
        let outcomes = std::thread::scope(|scope| {
            let other = scope.spawn(|| promote("s"));
            [promote("r"), other.join().unwrap()]
        });
        let won: Vec<_> = outcomes.iter().flatten().collect();
        let lost: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().err()).collect();
        assert_eq!((won.len(), lost.len()), (1, 1), "round {round}: {outcomes:?}");
        assert_eq!(lost[0].class(), Class::Race, "{}", lost[0]);
        written += 1;
        assert_eq!(won[0].get(), written);
    }
    let there = office.git("hub.git", &["tag", "-l", "env/dev/*"]);
    assert_eq!(there.lines().count(), 50);
    for clone in ["r", "s"] {
        for tag in office.git(clone, &["tag", "-l", "env/dev/*"]).lines() {
            assert_eq!(office.git(clone, &["rev-parse", tag]), office.git("hub.git", &["rev-parse", tag]));
        }
    }
    assert_eq!(release::verify(&office.desk("r"), None, false).unwrap().class(), None);
}
