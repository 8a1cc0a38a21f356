//! One document: its text, its value, and the places of its parts.

use source::yaml::Node;
use source::{Place, Text};

#[derive(Debug)]
pub(super) struct Sheet<T> {
    pub(super) text: Text,
    pub(super) document: T,
    pub(super) root: Node,
}

impl<T> Sheet<T> {
    /// The place of the value at the end of `path`; of the nearest part above it that exists otherwise.
    pub(super) fn place(&self, path: &[&str]) -> Place {
        let mut path = path;
        loop {
            if let Some(node) = self.root.at(path) {
                return Place::new(&self.text, node.span);
            }
            match path.split_last() {
                Some((_, above)) => path = above,
                None => return self.whole(),
            }
        }
    }

    /// The place of the last key of `path`.
    pub(super) fn key_place(&self, path: &[&str]) -> Place {
        self.root.key_span_at(path).map_or_else(|| self.place(path), |span| Place::new(&self.text, span))
    }

    pub(super) fn whole(&self) -> Place {
        Place::whole(&self.text)
    }
}
