//! What a remote's refusal of a push means: our own hook's verdict, a rule of the remote's, or a failure of its machinery.

use ledger::{Code, Refusal};

use crate::error::{Class, of_refusal};

/// A push that the remote took in and did not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// git's one line.
    pub reason: String,
    /// What the server said, line by line, as it came.
    pub said: Vec<String>,
    /// What our hook there found, where it was ours that refused.
    pub refusals: Vec<Refusal>,
}

/// How git words it when somebody, and not something, says no.
const RULINGS: [&str; 7] = ["declined", "denied", "not allowed", "prohibited", "protected", "refusing", "rule"];

impl Rejection {
    /// Reads what the server said: `promptuary hook` there tells a tag and then why, with the code.
    pub fn new(reason: String, said: Vec<String>) -> Self {
        let mut refusals = Vec::new();
        let mut about = None;
        for line in &said {
            if let Some(tag) = line.strip_prefix("promptuary: refused ") {
                about = Some(tag);
            }
            let why = line.strip_prefix("why: ").and_then(|why| why.split_once(": "));
            if let Some((Ok(code), detail)) = why.map(|(code, detail)| (code.parse::<Code>(), detail))
                && let Some(tag) = about.take()
            {
                refusals.push(Refusal::new(code, detail).about(tag));
            }
        }
        Self { reason, said, refusals }
    }

    /// Which exit it leads to: our hook's verdict is a verifier's, a rule of the remote's is a demand that is not met, and
    /// the rest is the remote's trouble.
    pub fn class(&self) -> Class {
        let moved = |r: &Refusal| matches!(r.code, Code::PolicyOutdated | Code::ApprovalVoid);
        let classes: Vec<Class> =
            self.refusals.iter().map(|r| if moved(r) { Class::Race } else { of_refusal(r) }).collect();
        for class in [Class::Refused, Class::CannotVerify, Class::Race] {
            if classes.contains(&class) {
                return class;
            }
        }
        // The hook itself could not do its job, and so let nothing in.
        let failed = self.said.iter().any(|line| line.starts_with("promptuary: could not "));
        let reason = self.reason.to_lowercase();
        match !failed && RULINGS.iter().any(|word| reason.contains(word)) {
            true => Class::Unmet,
            false => Class::Infrastructure,
        }
    }

    /// What to do.
    pub fn remedy(&self) -> String {
        let nothing = "nothing was written here";
        match self.refusals.first() {
            Some(refusal) => format!("{} ({nothing})", refusal.remedy().trim_end_matches('.')),
            None if self.class() == Class::Unmet => {
                format!("{nothing}; the remote's own hooks and rules decide that: ask whoever looks after them")
            }
            None => format!("{nothing}; the remote could not take it in: try again, or ask whoever looks after it"),
        }
    }

    /// Who says no, and what was said, each line escaped.
    pub fn told(&self) -> String {
        let escaped = |line: &String| format!("\n  {}", source::escape::terminal(line));
        if self.refusals.is_empty() {
            let lines: String = self.said.iter().map(escaped).collect();
            return format!("it refused: {}{lines}", source::escape::terminal(&self.reason));
        }
        let found: Vec<String> = self.refusals.iter().map(ToString::to_string).collect();
        format!("its hook refused it{}", found.iter().map(escaped).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(reason: &str, said: &[&str]) -> Rejection {
        Rejection::new(reason.to_owned(), said.iter().map(|line| (*line).to_owned()).collect())
    }

    #[test]
    fn our_hook_gives_its_code_and_others_a_demand() {
        let lines = ["promptuary: refused env/prod/a@00000002", "why: approvals-missing: 1 needed", "help: ask"];
        let ours = rejection("pre-receive hook declined", &lines);
        assert_eq!((ours.class(), ours.refusals.len()), (Class::Refused, 1));
        assert_eq!(ours.told(), "its hook refused it\n  approvals-missing: 1 needed (env/prod/a@00000002)");
        let outdated = ["promptuary: refused env/prod/a@00000002", "why: policy-outdated: it cites policy 1"];
        assert_eq!(rejection("pre-receive hook declined", &outdated).class(), Class::Race);
        let theirs = rejection("pre-receive hook declined", &["no promotion on Fridays", "\u{1b}[2J"]);
        assert_eq!(theirs.class(), Class::Unmet);
        assert!(theirs.told().contains("no promotion on Fridays") && !theirs.told().contains('\u{1b}'));
        assert_eq!(rejection("push declined due to repository rule violations", &[]).class(), Class::Unmet);
        assert_eq!(rejection("unpacker error", &[]).class(), Class::Infrastructure);
        let failed = rejection("pre-receive hook declined", &["promptuary: could not find a repository"]);
        assert_eq!(failed.class(), Class::Infrastructure);
        // A code that is told of no tag, or none of ours, proves nothing.
        assert_eq!(rejection("hook declined", &["why: approvals-missing: x"]).class(), Class::Unmet);
    }
}
