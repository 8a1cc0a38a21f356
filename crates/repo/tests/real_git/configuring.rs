//! Which scope of the configuration says what.

use repo::{Error, Repo};

use crate::scratch::Scratch;

#[test]
fn a_repository_s_own_word_is_data_and_never_trusted() {
    let scratch = Scratch::with_repository();
    scratch.git("r", &["config", "gpg.ssh.program", "/evil"]);
    scratch.git("r", &["config", "user.signingKey", "key::ssh-ed25519 AAAA"]);
    let repo = scratch.open("r");
    let config = repo.config().unwrap();
    assert_eq!(config.data("gpg.ssh.program").as_deref(), Some("/evil"));
    assert_eq!(config.trusted("gpg.ssh.program"), None);
    assert!(config.is_set_by_repository("gpg.ssh.program"));
    assert_eq!(config.data("user.signingKey").as_deref(), Some("key::ssh-ed25519 AAAA"));
    scratch.git("r", &["config", "--global", "gpg.ssh.program", "/usr/bin/ssh-keygen"]);
    let repo = scratch.open("r");
    assert_eq!(repo.config().unwrap().trusted("gpg.ssh.program").as_deref(), Some("/usr/bin/ssh-keygen"));
    assert_eq!(repo.config().unwrap().data("gpg.ssh.program").as_deref(), Some("/evil"));
}

#[test]
fn what_a_repository_includes_is_the_repository_s() {
    let scratch = Scratch::with_repository();
    scratch.write("r/.gitconfig", "[gpg]\n\tprogram = /evil\n[user]\n\temail = shared@example.com\n");
    scratch.git("r", &["config", "include.path", "../.gitconfig"]);
    scratch.git("r", &["config", "extensions.worktreeConfig", "true"]);
    scratch.git("r", &["config", "--worktree", "gpg.openpgp.program", "/evil"]);
    let repo = scratch.open("r");
    let config = repo.config().unwrap();
    assert_eq!(config.data("gpg.program").as_deref(), Some("/evil"));
    assert_eq!(config.trusted("gpg.program"), None);
    assert_eq!(config.data("gpg.openpgp.program").as_deref(), Some("/evil"));
    assert_eq!(config.trusted("gpg.openpgp.program"), None);
    assert_eq!(repo.identity().unwrap().email, "shared@example.com");
}

#[test]
fn what_a_user_includes_is_the_user_s_also_on_condition() {
    let scratch = Scratch::with_repository();
    scratch.write("home/work.config", "[gpg]\n\tprogram = /work/gpg\n");
    scratch.write("home/branch.config", "[user]\n\tname = Ada on main\n");
    let condition = format!("includeIf.gitdir:{}/.path", scratch.path("r").display());
    scratch.git("r", &["config", "--global", &condition, "~/work.config"]);
    scratch.git("r", &["config", "--global", "includeIf.onbranch:main.path", "~/branch.config"]);
    scratch.git("r", &["config", "--global", "includeIf.onbranch:other.path", "/none"]);
    let repo = scratch.open("r");
    assert_eq!(repo.config().unwrap().trusted("gpg.program").as_deref(), Some("/work/gpg"));
    assert_eq!(repo.identity().unwrap().name, "Ada on main");
}

#[test]
fn the_command_line_and_the_environment_count_last() {
    let scratch = Scratch::with_repository();
    let more = [
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", "gpg.ssh.program"),
        ("GIT_CONFIG_VALUE_0", "/env"),
        ("GIT_CONFIG_KEY_1", "url.https://x/.insteadOf"),
        ("GIT_CONFIG_VALUE_1", "y:"),
        ("GIT_CONFIG_PARAMETERS", "'gpg.program'='/cli'"),
        ("GIT_COMMITTER_NAME", "Countess"),
    ];
    let repo = Repo::open(&scratch.path("r"), &scratch.environment_with(&more)).unwrap();
    let config = repo.config().unwrap();
    assert_eq!(config.trusted("gpg.ssh.program").as_deref(), Some("/env"));
    assert_eq!(config.trusted("gpg.program").as_deref(), Some("/cli"));
    assert_eq!(config.data("url.https://x/.insteadOf").as_deref(), Some("y:"));
    assert_eq!(repo.identity().unwrap().name, "Countess");
}

#[test]
fn a_missing_identity_is_named() {
    let scratch = Scratch::with_repository();
    scratch.write("home/.gitconfig", "[user]\n\tname = Ada\n");
    assert!(matches!(scratch.open("r").identity(), Err(Error::NoIdentity("user.email"))));
    scratch.write("home/.gitconfig", "[user\n");
    assert!(matches!(scratch.open("r").identity(), Err(Error::Config(_))));
}

#[test]
fn a_global_file_named_by_the_environment_stands_alone() {
    let scratch = Scratch::with_repository();
    scratch.write("only", "[user]\n\tname = Other\n\temail = o@example.com\n");
    let only = scratch.path("only").display().to_string();
    let repo = Repo::open(&scratch.path("r"), &scratch.environment_with(&[("GIT_CONFIG_GLOBAL", &only)])).unwrap();
    assert_eq!(repo.identity().unwrap().name, "Other");
}
