//! The splitter: messages are cut out of the body, never made; every byte is a message's, a marker's or the prelude's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use prompt::body::Part;
use source::Text;

fuzz_target!(|text: &str| {
    let id = "a".parse().expect("an id");
    let path = source::RepoPath::new("prompts/a.md").expect("a path");
    let whole = format!("{}{text}", fuzz::FRONT);
    let (prompt, findings) = prompt::parse(&id, &Text::new(path, whole));
    fuzz::hold(&findings);
    let Some(prompt) = prompt else { return };
    let body = text.replace("\r\n", "\n");
    let mut at = 0;
    let mut markers = 0;
    for part in &prompt.body.messages {
        let marker = match part {
            Part::Role { marker, source, template, .. } => {
                let found = body[at..].find(&**source).expect("a message is cut out of the body, in order");
                at += found + source.len();
                assert!(!source.ends_with([' ', '\t', '\n', '\r']), "a message ends in white space");
                assert!(template.source().ends_with(&**source), "the prelude stands in front");
                marker
            }
            Part::Turns { marker, .. } => marker,
        };
        assert!(marker.text.as_str().get(marker.span.range()).is_some());
        if marker.span.start < marker.span.end {
            markers += 1;
            let typed = marker.text.slice(marker.span);
            assert!(typed.starts_with("{{") && typed.ends_with("}}"), "a marker is {typed:?}");
        }
    }
    assert!(markers == prompt.body.messages.len() || (markers == 0 && prompt.body.messages.len() == 1));
    assert!(prompt.body.messages.len() <= prompt::limits::MESSAGES);
});
