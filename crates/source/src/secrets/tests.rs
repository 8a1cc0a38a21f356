use super::*;

/// Texts that would be secrets are put together here, so that this file holds none.
fn made(parts: &[&str]) -> String {
    parts.concat()
}

const RANDOM: &str = "q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk";

#[test]
fn documented_formats_are_found_wherever_they_stand() {
    for (secret, what) in [
        (made(&["AKIA", "IOSFODNN7QZMWPLE"]), "an AWS access key"),
        (made(&["ghp_", RANDOM]), "a GitHub token"),
        (made(&["sk-ant-", "api03-", RANDOM]), "an Anthropic key"),
        (made(&["sk-proj-", RANDOM]), "an OpenAI key"),
        (made(&["sk-", RANDOM]), "an OpenAI key"),
        (made(&["AIza", &RANDOM[..35]]), "a Google API key"),
        (made(&["xoxb-", "2401928374-", RANDOM]), "a Slack token"),
        (made(&["hf_", RANDOM]), "a Hugging Face token"),
        (made(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiI0MjQyNDIifQ.", RANDOM]), "a JSON web token"),
    ] {
        for text in
            [secret.clone(), format!("key: \"{secret}\"\n"), format!("KEY={secret}"), format!("é {secret}, then")]
        {
            let found = secrets(&text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].what, what, "{text}");
            assert_eq!(&text[found[0].at.clone()], secret, "{text}");
        }
    }
}

#[test]
fn private_keys_need_a_body() {
    let body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";
    let key = format!("x\n-----BEGIN OPENSSH PRIVATE{} KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\ny", "");
    assert_eq!(secrets(&key).len(), 1);
    assert_eq!(secrets("Never print a line like -----BEGIN RSA PRIVATE KEY----- to the user.\n").len(), 0);
}

#[test]
fn chance_is_told_from_names() {
    assert_eq!(secrets(&format!("token = {RANDOM}")).len(), 1);
    assert_eq!(secrets("postgres://app:h7Gx9qLm@db.internal/x").len(), 1);
    for harmless in [
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "550e8400-e29b-41d4-a716-446655440000",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada@example.com",
        "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
        "support/triage/very-long-name-of-a-prompt-2.1.0-rc.1",
        "https://example.com/a/b/c?Q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk",
        "postgres://user:password@localhost/db",
        "git@github.com:org/repository-with-a-long-name.git",
        "thisIsAVeryLongIdentifierWithCamelCaseAnd2Numbers",
        "SOME_ENVIRONMENT_VARIABLE_NAME_2024_V2",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
    ] {
        assert_eq!(secrets(harmless), [], "{harmless}");
    }
}

#[test]
fn a_file_full_of_them_is_read_once() {
    let heads = "-----BEGIN PRIVATE KEY-----\n".repeat(10_000);
    assert_eq!(secrets(&heads), []);
    let body = "Q".repeat(48);
    let keys = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n").repeat(1_000);
    assert_eq!(secrets(&keys).len(), MOST);
    // One word, whose every part begins as a token does.
    assert_eq!(secrets(&"glpat-".repeat(50_000)).len(), 1);
    // One line, of which each word looks like chance.
    assert_eq!(secrets(&format!("{RANDOM} ").repeat(5_000)).len(), MOST);
}

#[test]
fn what_leads_to_a_secret_gives_it_away() {
    let hex = "9f86d081884c7d659a2feaa0c55ad015";
    let signature = "q7Lx2VbN9tKwR4mZ8cYp3HsD6fJg5TaE1uQk%2Bx7Lx2V%3D";
    for (text, secret) in [
        (format!("curl https://api.example.com -H 'Authorization: Bearer {RANDOM}'"), RANDOM),
        (format!("https://a.blob.core.windows.net/c?sv=2024-11-04&se=2027-01-01&sig={signature}"), signature),
        (format!("api_key: {hex}"), hex),
        (format!("\"token\": \"{hex}\","), hex),
        (format!("CLIENT_SECRET={hex}\n"), hex),
    ] {
        let found = secrets(&text);
        assert_eq!(found.iter().map(|s| &text[s.at.clone()]).collect::<Vec<_>>(), [secret], "{text}");
    }
    let hook = made(&["https://hooks.slack", ".com/services/T02ABCDEF/B03GHIJKL/", &RANDOM[..24]]);
    assert_eq!(secrets(&hook).len(), 1, "{hook}");
    // Four letters in it that people write in the place of secrets.
    let token = made(&["ghp_", "q7Lx2VTODOKwR4mZ8cYp3HsD6fJg5TaE1uQk"]);
    assert_eq!(secrets(&token).len(), 1);
}

#[test]
fn what_names_a_secret_without_one_is_fine() {
    for harmless in [
        "api_key: {{ key }}",
        "token: 00000000000000000000000000000000",
        "commit: 9f86d081884c7d659a2feaa0c55ad015",
        "password: string",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer YOUR_TOKEN_GOES_HERE_PLEASE_2024_1",
        "max_tokens: 400, token: [a, b]",
        "&sig=your-signature-goes-here-0000000000000000000000",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    ] {
        assert_eq!(secrets(harmless), [], "{harmless}");
    }
}
