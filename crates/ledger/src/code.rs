//! Every way in which the ledger says no: a stable code, what it means, what to do, and the exit it leads to.
//!
//! One table, from which `docs/ledger-codes.md` and the `explain` texts are made. Codes are never reused.

use std::fmt;
use std::str::FromStr;

/// What a refusal means for whoever asked: the exit codes of the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// 1: something that policy demands is not met (for a writer; a verifier refuses with 7).
    Unmet,
    /// 2: the request makes no sense here.
    Usage,
    /// 7: the entry or the chain is wrong.
    Refused,
    /// 8: what is here does not suffice to say yes or no.
    CannotVerify,
    /// 9: somebody else has moved on meanwhile.
    Race,
}

impl Class {
    /// The exit code.
    pub const fn exit(self) -> u8 {
        match self {
            Self::Unmet => 1,
            Self::Usage => 2,
            Self::Refused => 7,
            Self::CannotVerify => 8,
            Self::Race => 9,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// Its name, kebab-case.
    pub name: &'static str,
    /// What it means for a verifier.
    pub class: Class,
    /// What is wrong, in one sentence.
    pub meaning: &'static str,
    /// What to do, in one sentence.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($(#[$head:meta])* $variant:ident $name:literal $class:ident $meaning:literal $remedy:literal)*) => {
        /// One way in which the ledger says no. Displays as its kebab-case name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        /// The whole table, in the order of the documentation.
        pub const TABLE: &[Entry] = &[
            $(Entry {
                code: Code::$variant,
                name: $name,
                class: Class::$class,
                meaning: $meaning,
                remedy: $remedy,
            },)*
        ];
    };
}

codes! {
    // The tag
    TagLightweight "tag-lightweight" Refused
        "The ref points at something that is no annotated tag."
        "Fetch it again from the remote (`promptuary sync`); some checkout actions replace tags by their commits."
    TagMalformed "tag-malformed" Refused
        "The tag's headers are not exactly `object`, `type`, `tag` and `tagger`, in this order, in plain form, at +0000."
        "Write entries with promptuary only; this one counts for nothing."
    TagTooLarge "tag-too-large" Refused
        "The tag is larger than an entry may be (64 KiB of text, 80 KiB in all)."
        "Write entries with promptuary only; this one counts for nothing."
    TargetKind "target-kind" Refused
        "The tag points at another kind of object than its kind of entry does."
        "Write entries with promptuary only; this one counts for nothing."
    RefMismatch "ref-mismatch" Refused
        "The tag stands under another ref name than the one that was signed."
        "Delete the copy and fetch the original again; somebody moved or copied a signed tag."
    NameMismatch "name-mismatch" Refused
        "The tag's signed name and the fields of its record disagree."
        "Write entries with promptuary only; this one counts for nothing."
    StrayTag "stray-tag" Refused
        "A tag lies where only entries may, and may stand in their way."
        "Delete it: `git tag -d NAME` here, `git push REMOTE :refs/tags/NAME` there."
    TagMoved "tag-moved" Refused
        "The tag names another object here than the one that the remote showed first."
        "Find out who changed it; `promptuary sync --give-up NAME` puts what the remote showed first in its place."
    TagUnsigned "tag-unsigned" Refused
        "The tag carries no signature."
        "Write entries with promptuary only; this one counts for nothing."
    ArmorNotCanonical "armor-not-canonical" Refused
        "The signature is not in its one right spelling, or something follows it."
        "Fetch the original again; somebody changed the tag around its signature."
    // The record
    RecordMalformed "record-malformed" Refused
        "The record has a line that is missing, unknown, doubled, out of order or unreadable."
        "Write entries with promptuary only; this one counts for nothing."
    RecordNotCanonical "record-not-canonical" Refused
        "The record reads well but is spelled in another way than the one right way."
        "Write entries with promptuary only; this one counts for nothing."
    RecordContradicts "record-contradicts" Refused
        "The record's fields contradict one another."
        "Write entries with promptuary only; this one counts for nothing."
    SubjectMismatch "subject-mismatch" Refused
        "The record's first line says something else than its fields."
        "Do not trust what git shows of this tag; it counts for nothing."
    ReasonMissing "reason-missing" Refused
        "Roll back, hold, retire, seal and reject need a reason."
        "Give one: `--reason \"…\"`."
    ReasonUnfit "reason-unfit" Refused
        "A reason is one line of at most 1024 bytes without control, invisible or direction characters."
        "Shorten it to one plain line."
    SkipMismatch "skip-mismatch" Refused
        "`Skip` does not cover exactly the numbers between the entry and the one before it."
        "Write entries with promptuary only; this one counts for nothing."
    FormatNewer "format-newer" CannotVerify
        "The entry has a newer format than this program reads."
        "Upgrade promptuary, then run the command again."
    FormatTooOld "format-too-old" Refused
        "The entry has an older format than the policy it cites accepts."
        "Upgrade promptuary where the entry was written and write it again."
    // The signature
    SignatureMalformed "signature-malformed" Refused
        "The signature's bytes are no signature."
        "Fetch the original again; the tag was damaged or forged."
    SignatureWrong "signature-wrong" Refused
        "The signature does not belong to what the tag says."
        "Fetch the original again; the tag was changed after it was signed."
    SignatureWeak "signature-weak" Refused
        "The signature uses an algorithm, hash or key size that does not count."
        "Sign with ed25519, ECDSA, a hardware key, or RSA of 2048 to 4096 bits with SHA-2."
    SignatureNamespace "signature-namespace" Refused
        "The signature was made for another purpose than git."
        "Sign with promptuary or git; `ssh-keygen -Y sign` needs `-n git`."
    SignerMismatch "signer-mismatch" Refused
        "The key that signed is not the one that `By` names."
        "Do not trust the tag: its author pretended to be somebody else."
    KeyUnknown "key-unknown" Refused
        "The policy that the entry cites knows no such key."
        "Sign with a key that policy lists (`git config user.signingKey`), or have a maintainer add this one to policies/principals.yaml and publish; in a fork, begin a ledger of your own: `promptuary init --new-ledger`."
    PrincipalMismatch "principal-mismatch" Refused
        "The policy that the entry cites gives this key to another principal than `By` names."
        "Do not trust the tag: its author pretended to be somebody else."
    KeyRetired "key-retired" Refused
        "The key was retired in the policy that the entry cites; it signs nothing new."
        "Sign with an active key."
    KeyRevoked "key-revoked" Refused
        "The key was revoked in the policy that the entry cites."
        "Sign with an active key; find out who used this one."
    CertificateRefused "certificate-refused" Refused
        "ssh-keygen refuses the certificate or what it signed."
        "Look at the certificate's names and validity: `ssh-keygen -L -f KEY-cert.pub`."
    OpenpgpRefused "openpgp-refused" Refused
        "gpg refuses the signature: it is bad, or its key is expired, revoked or another one."
        "Sign with a key that policy lists and that has not expired."
    VerifierMissing "verifier-missing" CannotVerify
        "The program that verifies this kind of signature is not there or failed."
        "Install OpenSSH (for certificates) or GnuPG (for OpenPGP)."
    // Policy
    RootMissing "root-missing" CannotVerify
        "There is no policy entry 1: nothing says who may sign."
        "Fetch the ledger: `promptuary sync`. Where none has begun yet: `promptuary policy publish`; where it has, and the remote lacks it, `promptuary sync --push` there."
    RootMismatch "root-mismatch" Refused
        "Policy entry 1 is another one than the pinned root."
        "Find out which is right; `promptuary trust pin` trusts another root from now on."
    RootUnpinned "root-unpinned" CannotVerify
        "Nothing says which root to trust here."
        "Pin it once: `promptuary trust pin DIGEST`, or pass `--root DIGEST`."
    LockMissing "lock-missing" CannotVerify
        "A lock file was asked for, and there is none, or it does not name what is read."
        "Write it where the ledger is known to be right, and commit it: `promptuary trust lock`."
    RepositoryMismatch "repository-mismatch" Refused
        "The entry belongs to another ledger."
        "Delete the tag if it was copied here; in a fork with a ledger of its own, pin that one: `promptuary trust pin DIGEST`."
    PolicyUnknown "policy-unknown" Refused
        "The entry cites a policy entry that is none of this ledger."
        "Fetch again (`promptuary sync`); if it stays so, the entry is forged."
    PolicyMissing "policy-missing" CannotVerify
        "The entry cites a policy entry that is not here."
        "Fetch the ledger: `promptuary sync`."
    PolicyOutdated "policy-outdated" Refused
        "The entry cites a policy that was no longer in effect when it was signed, or when it was first seen here."
        "Write it again under the policy in effect."
    PolicyDocuments "policy-documents" Refused
        "The policy entry binds other documents than its commit holds, or documents that cannot be used."
        "Publish the policy again from a commit whose policies/ pass `promptuary check`."
    PolicyRejected "policy-rejected" Refused
        "A maintainer rejected this policy entry."
        "Talk to whoever rejected it; their approval lifts it, and, once it is published, a later policy that they sign or approve."
    NotAllowed "not-allowed" Refused
        "The policy that the entry cites does not allow its signer to do this."
        "Ask somebody who may: `promptuary policy explain` lists them."
    // The chain
    ChainGap "chain-gap" CannotVerify
        "A signed entry follows one that is not here."
        "Fetch the ledger: `promptuary sync`. If the remote lacks it too, `promptuary sync --push` in a clone that has it gives it back; `git push --tags` leaves out what was fetched beside the clone."
    PreviousMismatch "previous-mismatch" Refused
        "A signed entry follows another entry than the one that is here: the ledger was forked or an entry replaced."
        "Compare the remotes and clones; keep the history that the others have seen. A writer who has looked passes over the rest with `--over-conflicts`; revoking the key behind it does so for everybody."
    SkipValid "skip-valid" Refused
        "The entry passes over a valid entry as if it were junk."
        "Write it again on top of the entry that it passes over."
    JunkBeyondTip "junk-beyond-tip" Refused
        "Tags that are no valid entries stand after the newest valid one."
        "Fetch again; if they are junk, the next entry passes over them (`promptuary promote`, `hold` or `seal`)."
    NumbersExhausted "numbers-exhausted" Usage
        "No number is left for another entry."
        "Start a new ledger: `promptuary init --new-ledger`."
    TimeBeforeCited "time-before-cited" Refused
        "The entry claims to be older than something that it cites."
        "Set the clock of the signing machine and write it again."
    ClockBehind "clock-behind" CannotVerify
        "This machine's clock is behind the ledger by more than 300 seconds."
        "Set the clock, then run the command again. Where this clock is right, the entry's date is made up: a writer who has looked passes over it with `--over-conflicts`."
    ObjectMissing "object-missing" CannotVerify
        "An object that the entry needs is not here."
        "Fetch it: `promptuary sync`; where that is not enough, `promptuary sync --refetch` fetches every object again."
    // Releases
    ReleaseMissing "release-missing" CannotVerify
        "The release that the entry names is not here."
        "Fetch the ledger: `promptuary sync`."
    ReleaseMismatch "release-mismatch" Refused
        "The entry and the release it points at disagree about prompt, version, content or risk."
        "Do not trust the entry; write it again with promptuary."
    ReleaseKeyRevoked "release-key-revoked" Refused
        "The release was signed with a key that is revoked."
        "Nothing goes to it or back to it any more: release its content again, under a new version and with a sound key, and promote that. Where it is live, `promptuary seal` confirms it."
    ContentMismatch "content-mismatch" Refused
        "The prompt in the released commit is not what the release was signed for."
        "Do not use it; release again from a reviewed commit."
    ContentUnusable "content-unusable" Refused
        "The prompt in the released commit does not compile."
        "Release again from a commit that passes `promptuary check`."
    TipKeyRevoked "tip-key-revoked" Refused
        "What is live was signed with a key that is revoked now."
        "Look at it, then confirm it with a sound key: `promptuary seal`."
    // What policy demands
    OrderUnmet "order-unmet" Refused
        "The release is not live where policy wants it live first."
        "Promote it there first."
    SoakUnmet "soak-unmet" Refused
        "The release has not been live long enough where policy wants it live first."
        "Wait, or roll back if something is burning."
    WindowClosed "window-closed" Refused
        "Policy allows no promotion there at that time."
        "Wait for the window; rollback and hold are never held up."
    ApprovalsMissing "approvals-missing" Refused
        "Too few of those who may have approved this entry."
        "Ask for approval: `promptuary approve ID@VERSION --env ENV`."
    ApprovalRejected "approval-rejected" Refused
        "Somebody who may approve this entry rejected it."
        "Talk to them: their approval lifts it before the entry is written. Later, promote another release or roll back: nobody's word stops a rollback."
    ApprovalOwn "approval-own" Unmet
        "Nobody approves what they released or promote themselves."
        "Ask somebody else: `promptuary status ID` names those who may approve."
    ApprovalByAutomation "approval-by-automation" Unmet
        "Machines do not approve; an approval is a person's word."
        "A person approves, with a key of their own."
    ApprovalContent "approval-content" Unmet
        "What was looked at is not what would be approved."
        "Look again (`promptuary approve` without `--content` shows it), then approve that content."
    ApprovalOvertaken "approval-overtaken" Race
        "The environment has moved on since the approver looked: another entry has the number."
        "Look again and decide anew; nothing was written."
    ApprovalExpired "approval-expired" Unmet
        "The approval would have ended before anybody could use it."
        "Name a later moment, or leave `--expires` out: policy ends it in time."
    EvidenceMissing "evidence-missing" Refused
        "No attested eval run meets what policy demands for this content."
        "Run `promptuary eval --attest` as somebody who may attest."
    EvidenceMismatch "evidence-mismatch" Refused
        "An attested eval run and its statement disagree."
        "Do not trust the run; attest another."
    Held "held" Refused
        "Automation stands still here since a rollback or a hold."
        "A person promotes and says why; that ends it."
    NotUnderTop "not-under-top" Refused
        "A rollback goes only to a release that was live under the present one."
        "Promote it instead."
    NothingLive "nothing-live" Refused
        "Nothing is live there."
        "Promote a release."
    LiveMismatch "live-mismatch" Refused
        "The entry speaks of another release than the one that is live."
        "Fetch (`promptuary sync`) and write it again."
    AlreadyLive "already-live" Refused
        "The release is live there already."
        "There is nothing to do."
    // What a server lets in
    EntryReplaced "entry-replaced" Refused
        "An entry's tag is created once and never moved."
        "Nothing was changed; write the next entry with promptuary instead."
    EntryDeleted "entry-deleted" Refused
        "An entry's tag is never deleted."
        "Nothing was changed; roll back, retire or hold instead. Junk is passed over by the next entry."
    SignedLate "signed-late" Refused
        "The entry was signed too long before it was pushed, or its date was set back."
        "Set the clock and write it again; whoever keeps the server can let old entries in with `--late`."
    SkipFree "skip-free" Refused
        "The entry passes over numbers that nobody has taken."
        "Write it again with promptuary, under the first free number."
    ApprovalVoid "approval-void" Refused
        "The decision is not about the entry that comes next."
        "Fetch (`promptuary sync`), look again, and decide about the next entry."
    CommitElsewhere "commit-elsewhere" Refused
        "The released commit is not on the branch that policy releases from, as the server has it."
        "Push or merge the commit there first, then release again."
    SealMissing "seal-missing" Refused
        "The policy revokes a key that something live rests on, and no seal comes with it."
        "Publish it with `promptuary policy publish`, which writes the seals in the same push."
    // What this machine has seen
    Stale "stale" CannotVerify
        "This machine has seen newer entries than the ones that are here."
        "Fetch the ledger: `promptuary sync`. If the remote lacks it too, `promptuary sync --push` in a clone that has it gives it back."
    RolledBack "rolled-back" Refused
        "This machine has seen other entries under these numbers: the ledger was rewritten."
        "Compare with other clones and find out who rewrote it; do not deploy from here. `promptuary sync` says if it was your own and never published."
    SyncTooOld "sync-too-old" CannotVerify
        "The ledger was last fetched longer ago than asked for."
        "Fetch it: `promptuary sync`."
    Unreadable "unreadable" CannotVerify
        "The repository could not be read."
        "Look at the message; a file of an object that is damaged is put aside (`git fsck` names it), then `promptuary sync --refetch`; of a pack that is damaged, clone again."
}

impl Code {
    /// The code's row.
    pub fn entry(self) -> &'static Entry {
        // The table is written in the order of the variants.
        &TABLE[self as usize]
    }

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What it means for a verifier.
    pub fn class(self) -> Class {
        self.entry().class
    }
}

impl FromStr for Code {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        TABLE.iter().find(|e| e.name == name).map(|e| e.code).ok_or(())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

/// The table as the Markdown that `docs/ledger-codes.md` holds.
pub fn to_markdown() -> String {
    let mut out = String::from("| code | exit | meaning | what to do |\n|---|---|---|---|\n");
    for e in TABLE {
        out.push_str(&format!("| `{}` | {} | {} | {} |\n", e.name, e.class.exit(), e.meaning, e.remedy));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_row() {
        for (i, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.code as usize, i);
            assert_eq!(entry.name.parse(), Ok(entry.code));
            assert!(entry.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", entry.name);
            assert!(entry.meaning.ends_with('.') && entry.remedy.ends_with(['.', '!']), "{}", entry.name);
            assert!(!format!("{}{}", entry.meaning, entry.remedy).contains(['|', '\n']), "{}", entry.name);
        }
    }
}
