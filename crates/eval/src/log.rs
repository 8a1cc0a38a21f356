//! Long lists that stay in order: the last few thousand in memory, what came before on the shelf.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::shelf::Put;

/// How many lie together on the shelf.
const BLOCK: usize = 256;

/// So many stay in memory before any is put aside: a run of ordinary size never does.
const HELD: usize = 8192;

/// How many blocks are kept after somebody looked into them.
const OPENED: usize = 4;

/// What can be put on the shelf.
pub trait Kept: Sized {
    /// What all of them share, and what stays in memory for that.
    type Shared: Clone + Default + Send + Sync;

    /// Learns of an item that is added.
    fn note(&self, _shared: &Self::Shared) {}

    /// `items` as bytes; `None` where they must stay in memory.
    fn pack(items: &[Self], shared: &Self::Shared) -> Option<Vec<u8>>;

    /// What was packed.
    fn unpack(bytes: &[u8], shared: &Self::Shared) -> Vec<Self>;
}

/// A list of `T` that only ever grows at its end.
pub struct Log<T: Kept> {
    shared: T::Shared,
    blocks: Vec<Put>,
    last: Vec<T>,
    /// Whether what comes is kept in memory whatever its number.
    stays: bool,
    opened: Mutex<VecDeque<(usize, Arc<[T]>)>>,
}

/// One of a list: in memory, or in a block that was read.
#[derive(Debug, Clone)]
pub enum Item<'a, T> {
    /// In memory.
    Here(&'a T),
    /// At this position of what was read.
    Read(Arc<[T]>, usize),
}

impl<T> Deref for Item<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Here(item) => item,
            Self::Read(block, at) => &block[*at],
        }
    }
}

impl<T: Kept> Log<T> {
    /// Adds to the end.
    pub fn push(&mut self, item: T) {
        item.note(&self.shared);
        self.last.push(item);
        let most = if self.blocks.is_empty() { HELD } else { BLOCK };
        if self.last.len() >= most && !self.stays {
            self.put_aside();
        }
    }

    fn put_aside(&mut self) {
        let mut put = 0;
        for block in self.last.chunks_exact(BLOCK) {
            let Some(place) = T::pack(block, &self.shared).and_then(|bytes| Put::aside(&bytes)) else {
                self.stays = true;
                break;
            };
            self.blocks.push(place);
            put += BLOCK;
        }
        self.last.drain(..put);
        if self.last.capacity() > 2 * HELD.min(BLOCK * 4) && !self.stays {
            self.last.shrink_to(BLOCK);
        }
    }

    /// Lets go of what comes after the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.blocks.len() * BLOCK > len {
            let (place, at) = (self.blocks.pop(), self.blocks.len() * BLOCK);
            let bytes = place.map(Put::back).unwrap_or_default();
            self.last = if at < len { T::unpack(&bytes, &self.shared) } else { Vec::new() };
        }
        self.last.truncate(len - self.blocks.len() * BLOCK);
        self.opened.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.blocks.len() * BLOCK + self.last.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one at position `at`.
    pub fn get(&self, at: usize) -> Option<Item<'_, T>> {
        let block = at / BLOCK;
        if block < self.blocks.len() {
            return Some(Item::Read(self.block(block), at % BLOCK));
        }
        self.last.get(at - self.blocks.len() * BLOCK).map(Item::Here)
    }

    /// The one at position `at`, which is one of the list.
    pub fn at(&self, at: usize) -> Item<'_, T> {
        self.get(at).expect("a position of the list")
    }

    /// All of them, in order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { log: self, at: 0, block: None }
    }

    /// What all of them share.
    pub(crate) fn shared(&self) -> &T::Shared {
        &self.shared
    }

    /// A block; one is read at a time, and whoever wants another one meanwhile waits: they are wanted in order.
    fn block(&self, at: usize) -> Arc<[T]> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = opened.iter().find(|(n, _)| *n == at) {
            return Arc::clone(block);
        }
        let block = self.read(at);
        if opened.len() >= OPENED {
            opened.pop_front();
        }
        opened.push_back((at, Arc::clone(&block)));
        block
    }

    fn read(&self, at: usize) -> Arc<[T]> {
        T::unpack(&self.blocks[at].back(), &self.shared).into()
    }
}

/// Walks over a [`Log`].
pub struct Iter<'a, T: Kept> {
    log: &'a Log<T>,
    at: usize,
    block: Option<(usize, Arc<[T]>)>,
}

impl<'a, T: Kept> Iterator for Iter<'a, T> {
    type Item = Item<'a, T>;

    fn next(&mut self) -> Option<Item<'a, T>> {
        let at = self.at;
        self.at += 1;
        let number = at / BLOCK;
        if number >= self.log.blocks.len() {
            self.block = None;
            return self.log.last.get(at - self.log.blocks.len() * BLOCK).map(Item::Here);
        }
        match &self.block {
            Some((n, block)) if *n == number => Some(Item::Read(Arc::clone(block), at % BLOCK)),
            _ => {
                let block = self.log.read(number);
                self.block = Some((number, Arc::clone(&block)));
                Some(Item::Read(block, at % BLOCK))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.log.len().saturating_sub(self.at);
        (left, Some(left))
    }
}

impl<'a, T: Kept> IntoIterator for &'a Log<T> {
    type Item = Item<'a, T>;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Kept> Default for Log<T> {
    fn default() -> Self {
        Self {
            shared: T::Shared::default(),
            blocks: Vec::new(),
            last: Vec::new(),
            stays: false,
            opened: Mutex::default(),
        }
    }
}

impl<T: Kept + Clone> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            blocks: self.blocks.clone(),
            last: self.last.clone(),
            stays: self.stays,
            opened: Mutex::default(),
        }
    }
}

impl<T: Kept + fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|item| format!("{:?}", &*item))).finish()
    }
}

impl<T: Kept + PartialEq> PartialEq for Log<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(a, b)| *a == *b)
    }
}

impl<T: Kept> Extend<T> for Log<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T: Kept> FromIterator<T> for Log<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut log = Self::default();
        log.extend(items);
        log
    }
}

impl<T: Kept + Serialize> Serialize for Log<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        struct One<'a, T>(Item<'a, T>);
        impl<T: Serialize> Serialize for One<'_, T> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                (*self.0).serialize(to)
            }
        }
        to.collect_seq(self.iter().map(One))
    }
}

impl<'de, T: Kept + Deserialize<'de>> Deserialize<'de> for Log<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All<T>(std::marker::PhantomData<T>);
        impl<'de, T: Kept + Deserialize<'de>> Visitor<'de> for All<T> {
            type Value = Log<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Log<T>, A::Error> {
                let mut log = Log::default();
                while let Some(item) = items.next_element()? {
                    log.push(item);
                }
                Ok(log)
            }
        }
        from.deserialize_seq(All(std::marker::PhantomData))
    }
}
