//! From a record to its message: one spelling, the fields in their fixed order.

use std::fmt::{Display, Write as _};

use source::Digest;

use super::{Body, FORMAT, Position, Record};

impl Record {
    /// The message, whatever the fields say; callers have checked them.
    pub(super) fn render_unchecked(&self) -> String {
        let mut out = Out(String::with_capacity(1024));
        let _ = write!(out.0, "{}\n\n", self.subject());
        out.line("Format", FORMAT);
        out.line("Kind", self.kind());
        out.line_or_none("Repository", self.repository.map(|d| d.tagged()));
        out.line("By", &self.by);
        body(&mut out, &self.body);
        out.line_or_none("Policy", self.policy);
        if let Some(reason) = &self.reason {
            out.line("Reason", reason);
        }
        out.0
    }
}

fn body(out: &mut Out, body: &Body) {
    match body {
        Body::Policy(b) => {
            out.line("Sequence", b.position.sequence);
            position(out, &b.position);
            out.line("Root", &b.root);
            out.digest("Documents", &b.documents);
            out.line("Minimum-Format", b.minimum_format);
            out.digests("Approval", &b.approvals);
        }
        Body::Release(b) => {
            out.line("Prompt", &b.prompt);
            out.line("Version", &b.version);
            out.digest("Content", &b.content);
            out.line("Risk", b.risk);
        }
        Body::Approval(b) => {
            out.line("Environment", &b.environment);
            out.line("Prompt", &b.prompt);
            out.line("Sequence", b.sequence);
            out.line_or_none("Previous", b.previous);
            out.digest("Release", &b.release);
            out.digest("Content", &b.content);
            out.line("Decision", b.decision.as_str());
            out.line_or_none("Expires", b.expires);
        }
        Body::PolicyApproval(b) => {
            out.line("Sequence", b.sequence);
            out.line("Previous", b.previous);
            out.digest("Documents", &b.documents);
            out.line("Decision", b.decision.as_str());
            out.line_or_none("Expires", b.expires);
        }
        Body::Evidence(b) => {
            out.digest("Content", &b.content);
            out.line("Sequence", b.position.sequence);
            position(out, &b.position);
            out.line("Suite", &b.suite);
            out.digest("Dataset", &b.dataset);
            out.line("Mode", b.mode.as_str());
            out.line("Models", &b.models);
            out.line("Cases", b.cases);
            out.line("Verdict", b.verdict.as_str());
            out.digest("Report", &b.report);
        }
        Body::Pointer(b) => {
            out.line("Environment", &b.environment);
            out.line("Prompt", &b.prompt);
            out.line("Sequence", b.position.sequence);
            out.line("Action", b.action.as_str());
            out.line("Version", &b.version);
            out.digest("Release", &b.release);
            out.digest("Content", &b.content);
            out.line("Risk", b.risk);
            position(out, &b.position);
            b.after.iter().for_each(|upstream| out.line("After", upstream));
            out.digests("Approval", &b.approvals);
            out.digests("Evidence", &b.evidence);
        }
    }
}

fn position(out: &mut Out, position: &Position) {
    out.line_or_none("Previous", position.previous);
    position.skip.iter().for_each(|range| out.line("Skip", range));
}

struct Out(String);

impl Out {
    fn line(&mut self, key: &str, value: impl Display) {
        let _ = writeln!(self.0, "{key}: {value}");
    }

    fn line_or_none(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.line(key, value),
            None => self.line(key, "none"),
        }
    }

    fn digest(&mut self, key: &str, digest: &Digest) {
        self.line(key, digest.tagged());
    }

    fn digests(&mut self, key: &str, digests: &[Digest]) {
        digests.iter().for_each(|digest| self.digest(key, digest));
    }
}
