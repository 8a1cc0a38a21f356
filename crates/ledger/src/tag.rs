//! A signed tag: its raw bytes and what they say, each from the other.
//!
//! `object`, `type`, `tag`, `tagger`, a blank line, the record, one signature, and nothing else. What git calls a tag is
//! looser; whatever we do not write ourselves is refused here. Who signed, and whether they may, is judged elsewhere.

use std::fmt;

use source::{Digest, Timestamp};

use crate::armor::Signature;
use crate::record::{Body, By, FORMAT, PAYLOAD_LIMIT, Record, is_unprintable};
use crate::signature::{self, External, OwnKey};
use crate::{Code, ObjectId, ObjectKind, RefName, Refusal};

/// The most bytes of a tag, signature included.
pub const TAG_LIMIT: usize = 80 * 1024;

/// Who git says made the tag, and when. Only the time counts for us, and the signer vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Tagger {
    name: String,
    email: String,
    time: Timestamp,
}

/// Why a tagger cannot be written. Displays as a fragment that fits after "could not …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "sign as `{0}`: a name and an e-mail address hold no control characters, no `<`, `>` and no blanks at their ends"
)]
pub struct TaggerError(pub String);

impl Tagger {
    /// A tagger; the name is not empty, the time lies between 1970 and 9999.
    pub fn new(name: &str, email: &str, time: Timestamp) -> Result<Self, TaggerError> {
        let sound =
            |t: &str| !t.contains(['<', '>']) && !t.chars().any(is_unprintable) && t.trim() == t && t.len() <= 512;
        let timely = (0..=253_402_300_799).contains(&time.0);
        if sound(name) && sound(email) && !name.is_empty() && timely {
            Ok(Self { name: name.to_owned(), email: email.to_owned(), time })
        } else {
            Err(TaggerError(format!("{name} <{email}>")))
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The e-mail address.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// When the signer says it was signed.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once(" <")?;
        let (email, time) = rest.split_once("> ")?;
        let seconds: i64 = time.strip_suffix(" +0000")?.parse().ok()?;
        Self::new(name, email, Timestamp(seconds)).ok()
    }
}

impl fmt::Display for Tagger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}> {} +0000", self.name, self.email, self.time.0)
    }
}

/// Everything of an entry but its signature: what a writer fills in and a program signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The object that the tag points at.
    pub target: ObjectId,
    /// The tag's name.
    pub name: RefName,
    /// Who and when.
    pub tagger: Tagger,
    /// What it states.
    pub record: Record,
}

/// An entry as it lies in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTag {
    draft: Draft,
    payload: Box<[u8]>,
    digest: Digest,
    signature: Signature,
    own: OwnKey,
}

impl Draft {
    /// The bytes to sign. Refuses a draft that [`SignedTag::parse`] would refuse.
    pub fn payload(&self) -> Result<Vec<u8>, Refusal> {
        if !self.record.is_named(&self.name) {
            return Err(Refusal::new(Code::NameMismatch, "the name and the fields disagree").about(&self.name));
        }
        let record = self.record.render().map_err(|r| r.about(&self.name))?;
        let kind = target_kind(&self.record.body);
        let payload = format!("{}\n\n{record}", self.headers(kind));
        match payload.len() {
            n if n > PAYLOAD_LIMIT => Err(Refusal::new(Code::TagTooLarge, format!("it would have {n} bytes"))),
            _ => Ok(payload.into_bytes()),
        }
    }

    fn headers(&self, kind: ObjectKind) -> String {
        format!("object {}\ntype {kind}\ntag {}\ntagger {}", self.target, self.name, self.tagger)
    }

    /// Joins the draft with what a signing program returned over [`Draft::payload`].
    pub fn sign(self, program_output: &str) -> Result<SignedTag, Refusal> {
        let payload = self.payload()?;
        let signature = Signature::from_program(program_output)?;
        let digest = Digest::of(&payload);
        Ok(SignedTag { draft: self, payload: payload.into(), digest, signature, own: OwnKey::default() })
    }
}

impl SignedTag {
    /// Reads a tag object's raw bytes. Accepts only what [`SignedTag::bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > TAG_LIMIT {
            return Err(Refusal::new(Code::TagTooLarge, format!("it has {} bytes", bytes.len())));
        }
        let Some(end) = Signature::start(bytes) else {
            // Whoever made it without a signature should hear that first.
            return Err(Refusal::new(Code::TagUnsigned, "there is no signature at its end"));
        };
        let (payload, armored) = bytes.split_at(end);
        if payload.len() > PAYLOAD_LIMIT {
            return Err(Refusal::new(Code::TagTooLarge, format!("{} bytes of it are signed", payload.len())));
        }
        let text = std::str::from_utf8(payload).map_err(|_| malformed("it is not UTF-8"))?;
        let (head, message) = text.split_once("\n\n").ok_or_else(|| malformed("it has headers only"))?;
        let headers = Headers::parse(head)?;
        let record = Record::parse(message).map_err(|r| r.about(&headers.name))?;
        let draft = Draft { target: headers.target, name: headers.name, tagger: headers.tagger, record };
        let about = |r: Refusal| r.about(&draft.name);
        if target_kind(&draft.record.body) != headers.kind {
            let wanted = target_kind(&draft.record.body);
            let detail = format!("it points at a {}, such an entry points at a {wanted}", headers.kind);
            return Err(about(Refusal::new(Code::TargetKind, detail)));
        }
        // The record was compared with its own rendering; no second spelling of the headers gets through either.
        if draft.headers(headers.kind) != head {
            return Err(about(malformed("its headers are spelled in another way than ours")));
        }
        if !draft.record.is_named(&draft.name) {
            return Err(about(Refusal::new(Code::NameMismatch, "the name and the fields disagree")));
        }
        let signature = Signature::parse(armored).map_err(about)?;
        let digest = Digest::of(payload);
        Ok(Self { draft, payload: payload.into(), digest, signature, own: OwnKey::default() })
    }

    /// The raw bytes of the tag object.
    pub fn bytes(&self) -> Vec<u8> {
        [&*self.payload, self.signature.to_armor().as_bytes()].concat()
    }

    /// The object that the tag points at.
    pub const fn target(&self) -> &ObjectId {
        &self.draft.target
    }

    /// The tag's name, as signed.
    pub const fn name(&self) -> &RefName {
        &self.draft.name
    }

    /// Who and when, as signed.
    pub const fn tagger(&self) -> &Tagger {
        &self.draft.tagger
    }

    /// When the signer says it was signed.
    pub const fn time(&self) -> Timestamp {
        self.draft.tagger.time
    }

    /// What it states.
    pub const fn record(&self) -> &Record {
        &self.draft.record
    }

    /// The entry's identity: the SHA-256 of the bytes that were signed.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The bytes that were signed.
    pub const fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Refuses unless the signature is `key`'s, made for git.
    pub(crate) fn verify(&self, key: &policy::Key, external: &dyn External) -> Result<(), Refusal> {
        signature::verify_once(&self.payload, &self.signature, key, self.time(), external, &self.own)
    }

    /// The fingerprint of the key inside an SSH signature, where the signature is right for that key.
    pub(crate) fn own_key(&self) -> Option<policy::KeyFingerprint> {
        signature::consistent_once(&self.payload, &self.signature, &self.own)
    }

    /// Computes, once, whether the signature is right for the key inside it.
    pub(crate) fn check_own_key(&self) {
        let _ = self.own_key();
    }
}

/// The kind of object that such an entry points at.
pub const fn target_kind(body: &Body) -> ObjectKind {
    match body {
        Body::Policy(_) | Body::Release(_) | Body::PolicyApproval(_) => ObjectKind::Commit,
        Body::Evidence(_) => ObjectKind::Blob,
        Body::Approval(_) | Body::Pointer(_) => ObjectKind::Tag,
    }
}

/// An entry of a newer format: only what every format shares is read.
pub(crate) struct Newer {
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Signature,
    pub(crate) repository: Option<Digest>,
    pub(crate) by: By,
    pub(crate) time: Timestamp,
}

impl Newer {
    /// Reads headers, `Repository` and `By`, where the record's format is newer than ours.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (payload, armored) = bytes.split_at_checked(Signature::start(bytes)?)?;
        let (head, message) = std::str::from_utf8(payload).ok()?.split_once("\n\n")?;
        let headers = Headers::parse(head).ok()?;
        let mut lines = message.split('\n').skip(2);
        let format: u32 = lines.next()?.strip_prefix("Format: ")?.parse().ok()?;
        lines.next()?.strip_prefix("Kind: ")?;
        let repository = Digest::from_tagged(lines.next()?.strip_prefix("Repository: ")?).ok();
        let by = lines.next()?.strip_prefix("By: ")?.parse().ok()?;
        let signature = Signature::parse(armored).ok()?;
        let newer = Self { payload: payload.to_vec(), signature, repository, by, time: headers.tagger.time };
        (format > FORMAT).then_some(newer)
    }
}

struct Headers {
    target: ObjectId,
    kind: ObjectKind,
    name: RefName,
    tagger: Tagger,
}

impl Headers {
    fn parse(head: &str) -> Result<Self, Refusal> {
        let lines: Vec<&str> = head.split('\n').collect();
        let [object, kind, tag, tagger] = lines[..] else {
            return Err(malformed("it has not exactly four headers"));
        };
        let value = |line: &'_ str, key: &str| -> Result<String, Refusal> {
            let value = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(' '));
            value.map(str::to_owned).ok_or_else(|| malformed(&format!("the header `{key}` is not where it belongs")))
        };
        let target = value(object, "object")?.parse().map_err(|_| malformed("`object` is no object id"))?;
        let kind = value(kind, "type")?.parse().map_err(|()| malformed("`type` is no kind of object"))?;
        let name = value(tag, "tag")?;
        let name: RefName =
            name.parse().map_err(|_| Refusal::new(Code::NameMismatch, "`tag` is no name of an entry"))?;
        let tagger = Tagger::parse(&value(tagger, "tagger")?);
        let tagger = tagger.ok_or_else(|| malformed("`tagger` is not `Name <address> seconds +0000`").about(&name))?;
        Ok(Self { target, kind, name, tagger })
    }
}

fn malformed(why: &str) -> Refusal {
    Refusal::new(Code::TagMalformed, why)
}
