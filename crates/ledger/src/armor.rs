//! Signatures as text: taken from whatever a signing program returned, written in our one spelling.
//!
//! SSH: base64 at 70 columns, as ssh-keygen writes it. OpenPGP: no armor headers, base64 at 64 columns, CRC-24, as gpg
//! writes it. git appends such a block to a tag's text and finds it by its first line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Code, Refusal};

/// What kind of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `SSH SIGNATURE`.
    Ssh,
    /// `PGP SIGNATURE`.
    OpenPgp,
}

/// A signature without its armor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// What kind.
    pub scheme: Scheme,
    /// Its bytes: an SSHSIG blob, or OpenPGP packets.
    pub bytes: Vec<u8>,
}

/// The most bytes of a signature: RSA of 4096 bits and a certificate fit several times.
const LIMIT: usize = 12 * 1024;

impl Scheme {
    const ALL: [Self; 2] = [Self::Ssh, Self::OpenPgp];

    const fn label(self) -> &'static str {
        match self {
            Self::Ssh => "SSH SIGNATURE",
            Self::OpenPgp => "PGP SIGNATURE",
        }
    }

    const fn columns(self) -> usize {
        match self {
            Self::Ssh => 70,
            Self::OpenPgp => 64,
        }
    }

    fn begin(self) -> String {
        format!("-----BEGIN {}-----", self.label())
    }

    fn end(self) -> String {
        format!("-----END {}-----", self.label())
    }
}

impl Signature {
    /// Takes what a signing program returned: either line end, any line length, armor headers, blanks around.
    pub fn from_program(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let scheme = Scheme::ALL.into_iter().find(|s| text.starts_with(&s.begin()));
        let scheme = scheme.ok_or_else(|| malformed("it is neither an SSH nor an OpenPGP signature"))?;
        let inner = text[scheme.begin().len()..].strip_suffix(&scheme.end());
        let inner = inner.ok_or_else(|| malformed("its end is missing, or something follows it"))?;
        let mut lines: Vec<&str> = inner.lines().map(str::trim).collect();
        if lines.first().is_some_and(|l| l.is_empty()) {
            lines.remove(0);
        }
        let is_header = |l: &&str| l.contains(": ") || l.ends_with(':');
        if let Some(blank) = lines.iter().position(|l| l.is_empty())
            && lines[..blank].iter().all(is_header)
        {
            lines.drain(..=blank);
        }
        let crc = match lines.last() {
            Some(last) if scheme == Scheme::OpenPgp && last.len() == 5 && last.starts_with('=') => lines.pop(),
            _ => None,
        };
        let bytes = STANDARD.decode(lines.concat()).map_err(|_| malformed("it is no base64"))?;
        if crc.is_some_and(|crc| crc != checksum(&bytes)) {
            return Err(malformed("its checksum is wrong"));
        }
        Self { scheme, bytes }.sized()
    }

    /// Reads the one right spelling and nothing else, from its first line to the end of `text`.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(Code::ArmorNotCanonical, "the signature is spelled in another way than ours");
        let read = std::str::from_utf8(text).ok().and_then(|t| Self::from_program(t).ok()).ok_or_else(wrong)?;
        if read.to_armor().as_bytes() == text { Ok(read) } else { Err(wrong()) }
    }

    /// Writes the one right spelling, ending with a line feed.
    pub fn to_armor(&self) -> String {
        let encoded = STANDARD.encode(&self.bytes);
        let mut out = String::with_capacity(encoded.len() + encoded.len() / 64 + 80);
        out.push_str(&self.scheme.begin());
        out.push('\n');
        if self.scheme == Scheme::OpenPgp {
            out.push('\n');
        }
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(self.scheme.columns()));
            out.push_str(line);
            out.push('\n');
            rest = after;
        }
        if self.scheme == Scheme::OpenPgp {
            out.push_str(&checksum(&self.bytes));
            out.push('\n');
        }
        out.push_str(&self.scheme.end());
        out.push('\n');
        out
    }

    /// Where the signature begins in a tag's bytes: the first line that opens one of any kind that git knows.
    pub fn start(bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            // git looks for more kinds than we accept; any such line ends what is signed for it, so it does for us.
            if line.starts_with(b"-----BEGIN ") {
                return Some(at);
            }
            at += line.len();
        }
        None
    }

    fn sized(self) -> Result<Self, Refusal> {
        match self.bytes.len() {
            0 => Err(malformed("it is empty")),
            n if n > LIMIT => Err(malformed("it is too large")),
            _ => Ok(self),
        }
    }
}

fn malformed(why: &str) -> Refusal {
    Refusal::new(Code::SignatureMalformed, format!("what should be a signature cannot be read: {why}"))
}

/// `=` and the base64 of CRC-24, RFC 4880 section 6.1.
fn checksum(bytes: &[u8]) -> String {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    let [_, a, b, c] = crc.to_be_bytes();
    format!("={}", STANDARD.encode([a, b, c]))
}
