//! Where in a manifest something stands.

use std::fmt;

/// A path into a JSON document, kept on the stack while it is walked; shown as a JSON pointer (RFC 6901).
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl Place<'_> {
    pub(crate) const ROOT: Self = Place { parent: None, step: Step::Root };
}

impl<'a> Place<'a> {
    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) => write!(f, "/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => write!(f, "/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn pointers_are_escaped_as_rfc_6901_says() {
        let nodes = Place::ROOT.key("a/b~c");
        assert_eq!(nodes.index(3).key("id").to_string(), "/a~1b~0c/3/id");
        assert_eq!(Place::ROOT.to_string(), "");
    }
}
