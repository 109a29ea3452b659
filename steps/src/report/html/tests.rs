use super::*;

#[test]
fn data_cannot_end_its_script_element() {
    let hostile = serde_json::to_string("</script><script>alert(1)</script><!-- \u{2028}&").unwrap();
    let safe = script_safe(&hostile);
    assert!(!safe.contains(['<', '>', '&', '\u{2028}']), "{safe}");
    let read: String = serde_json::from_str(&safe).unwrap();
    assert_eq!(read, "</script><script>alert(1)</script><!-- \u{2028}&");
}

#[test]
fn the_page_names_its_script_and_style_in_its_policy_and_fetches_nothing() {
    let run = RunReport { contract: "<b>x</b>".to_owned(), ..RunReport::default() };
    let page = write(&run).unwrap();
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains(&hash(SCRIPT)) && policy.contains(&hash(STYLE)) && !policy.contains("unsafe"), "{policy}");
    assert!(page.contains(SCRIPT) && page.contains(STYLE));
    assert!(!page.contains("<b>x</b>"));
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src=\""));
}
