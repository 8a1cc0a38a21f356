//! The bytes of a file: at hand, or still on a disk because they are too many to hold.

use std::fmt;
use std::io::{self, BufReader, Read};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A file's bytes. Cheap to clone.
///
/// They are a slice wherever one is asked for; of a [`Large`] file that is its beginning, read then and kept. Who can do
/// with one piece after another asks for a [`reader`](Self::reader).
#[derive(Clone)]
pub enum Bytes {
    /// At hand.
    Here(Arc<[u8]>),
    /// On a disk.
    There(Arc<Large>),
}

/// Reads at any position of an open file.
pub trait ReadAt: Send + Sync {
    /// Fills `into` from position `at`; tells how much there was, 0 at the end.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;
}

/// A file that is open, and longer than what is worth holding.
pub struct Large {
    file: Box<dyn ReadAt>,
    len: u64,
    most: usize,
    whole: OnceLock<Arc<[u8]>>,
}

impl Large {
    /// `file`, which has `len` bytes; whoever asks for a slice of it gets at most the first `most`.
    pub fn new(file: Box<dyn ReadAt>, len: u64, most: usize) -> Self {
        Self { file, len, most, whole: OnceLock::new() }
    }

    /// Fills `into` from position `at`; less where the file ends, or cannot be read any more.
    pub fn read_at(&self, into: &mut [u8], at: u64) -> usize {
        let mut done = 0;
        while done < into.len() {
            match self.file.read_at(&mut into[done..], at + done as u64) {
                Ok(n) if n > 0 => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        done
    }

    /// How many bytes it has.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn whole(&self) -> &Arc<[u8]> {
        self.whole.get_or_init(|| {
            let mut bytes = vec![0; usize::try_from(self.len).unwrap_or(usize::MAX).min(self.most)];
            let read = self.read_at(&mut bytes, 0);
            bytes.truncate(read);
            bytes.into()
        })
    }
}

impl Bytes {
    /// The bytes from the first to the last, a piece at a time; all of them, however many.
    pub fn reader(&self) -> BufReader<impl Read> {
        BufReader::with_capacity(64 << 10, Reader { bytes: self.clone(), at: 0 })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Here(bytes) => bytes.len(),
            Self::There(large) => usize::try_from(large.len).unwrap_or(usize::MAX),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

struct Reader {
    bytes: Bytes,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &self.bytes {
            Bytes::Here(bytes) => {
                let rest = bytes.get(usize::try_from(self.at).unwrap_or(usize::MAX)..).unwrap_or_default();
                let n = rest.len().min(into.len());
                into[..n].copy_from_slice(&rest[..n]);
                n
            }
            Bytes::There(large) => large.file.read_at(into, self.at)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Here(bytes) => bytes,
            Self::There(large) => large.whole(),
        }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Here(a), Self::Here(b)) => a == b,
            (a, b) if a.len() != b.len() => false,
            (a, b) => {
                let (mut ours, mut theirs) = (a.reader(), b.reader());
                let (mut one, mut two) = (vec![0; 64 << 10], vec![0; 64 << 10]);
                loop {
                    let Ok(n) = ours.read(&mut one) else { return false };
                    if theirs.read_exact(&mut two[..n]).is_err() || one[..n] != two[..n] {
                        return false;
                    }
                    if n == 0 {
                        return true;
                    }
                }
            }
        }
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

impl From<Arc<[u8]>> for Bytes {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::Here(bytes)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Here(bytes.into())
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self::Here(bytes.into())
    }
}

impl<const N: usize> From<[u8; N]> for Bytes {
    fn from(bytes: [u8; N]) -> Self {
        Self::Here(bytes.as_slice().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pretended(Vec<u8>);

    impl ReadAt for Pretended {
        fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
            let rest = &self.0[usize::try_from(at).unwrap().min(self.0.len())..];
            let n = rest.len().min(into.len()).min(7);
            into[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        }
    }

    #[test]
    fn what_lies_on_a_disk_is_what_it_is_in_memory() {
        let bytes: Vec<u8> = (0..200_u8).collect();
        let there = |most| Bytes::There(Arc::new(Large::new(Box::new(Pretended(bytes.clone())), 200, most)));
        assert_eq!(there(1000), Bytes::from(bytes.clone()));
        assert_ne!(there(1000), Bytes::from(bytes[1..].to_vec()));
        assert_eq!((there(50).len(), &*there(50)), (200, &bytes[..50]));
        let mut read = Vec::new();
        there(1).reader().read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
    }
}
