//! The few things that are read from XML answers.

use roxmltree::{Document, Node};

/// A parsed answer; none if it is no XML, truncated for example.
pub(super) fn parse(body: &[u8]) -> Option<Document<'_>> {
    Document::parse(std::str::from_utf8(body).ok()?).ok()
}

/// The first element of that name, at any depth.
pub(super) fn find<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.descendants().find(|node| node.tag_name().name() == name)
}

/// The text of the child of that name.
pub(super) fn child(node: Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.children().find(|node| node.tag_name().name() == name)?;
    Some(found.text().unwrap_or_default().to_owned())
}

/// The items `<list><item>…` below an element; the answer's own names for both.
pub(super) fn items<'a, 'i>(node: Node<'a, 'i>, list: &str, item: &'static str) -> Vec<Node<'a, 'i>> {
    let found = find(node, list).into_iter();
    found.flat_map(|list| list.children().filter(move |node| node.tag_name().name() == item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_whatever_their_namespace() {
        let body = br#"<A xmlns="http://x"><B><set><item><id>1</id></item><item><id/></item></set></B></A>"#;
        let document = parse(body).unwrap();
        let items = items(document.root(), "set", "item");
        assert_eq!(items.len(), 2);
        assert_eq!(child(items[0], "id").as_deref(), Some("1"));
        assert_eq!(child(items[1], "id").as_deref(), Some(""));
        assert_eq!(child(items[1], "name"), None);
        assert!(parse(b"<A><B></A").is_none());
    }
}
