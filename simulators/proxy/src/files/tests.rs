use super::*;

fn at(text: &str) -> DateTime {
    text.parse().unwrap()
}

#[test]
fn the_published_tokens_are_replaced_as_the_table_shows_file_050_to_061() {
    let now = at("2024-09-01T09:04:21"); // the example column of 09 section 2.2
    for (id, token, value) in [
        ("FILE-050", "yyyy", "2024"),
        ("FILE-051", "MM", "09"),
        ("FILE-052", "dd", "01"),
        ("FILE-053", "yyyyMMdd_HHmmss", "20240901_090421"),
        ("FILE-054", "yyyyMMdd", "20240901"),
        ("FILE-055", "MMddyyyy", "09012024"),
        ("FILE-056", "YEST_yyyy", "2024"),
        ("FILE-057", "YEST_MM", "08"),
        ("FILE-058", "YEST_dd", "31"),
        ("FILE-059", "YEST_yyyyMMdd_HHmmss", "20240831_090421"),
        ("FILE-060", "YEST_yyyyMMdd", "20240831"),
        ("FILE-061", "YEST_MMddyyyy", "08312024"),
    ] {
        assert_eq!(expand(&format!("a{{{token}}}b"), now), format!("a{value}b"), "{id}, FILE-024");
    }
    // FILE-070, with the order's tokens replaced by the cloud (CON-047)
    let template = r"C:\results\{MMddyyyy}\HarborviewClinic\P0112X00123.pdf";
    assert_eq!(expand(template, now), r"C:\results\09012024\HarborviewClinic\P0112X00123.pdf", "FILE-070");
    // FILE-071, delivery 1 January 2025 00:30:05
    let now = at("2025-01-01T00:30:05");
    for (template, expected) in [
        (r"D:\in\ITCC20170410_{yyyyMMdd_HHmmss}.pdf", r"D:\in\ITCC20170410_20250101_003005.pdf"),
        (r"D:\in\{YEST_yyyy}\{YEST_MM}\{YEST_dd}\2017041006.pdf", r"D:\in\2024\12\31\2017041006.pdf"),
        (r"D:\in\DOE_JOHN_{YEST_MMddyyyy}.json", r"D:\in\DOE_JOHN_12312024.json"),
        (
            r"\\srv\share\POC01\{YEST_yyyyMMdd_HHmmss}_2017041006.pdf",
            r"\\srv\share\POC01\20241231_003005_2017041006.pdf",
        ),
        (r"D:\in\{yyyyMMdd}20170410062017041006.pdf", r"D:\in\2025010120170410062017041006.pdf"),
    ] {
        assert_eq!(expand(template, now), expected, "FILE-071");
    }
}

#[test]
fn yesterday_is_the_calendar_day_before_file_063() {
    for (now, expected) in [
        ("2024-03-01T12:00:00", "20240229"),
        ("2023-03-01T12:00:00", "20230228"),
        ("2024-01-01T00:00:00", "20231231"),
        ("2024-09-01T00:00:01", "20240831"),
    ] {
        assert_eq!(expand("{YEST_yyyyMMdd}", at(now)), expected, "FILE-063");
    }
}

#[test]
fn what_is_no_token_stays_as_it_is() {
    let now = at("2024-09-01T09:04:21");
    for text in [
        "{mm}",
        "{YYYY}",
        "{yyyy-MM-dd}",
        "{HHmm}",
        "{Yest_yyyy}",
        "{}",
        "{",
        "}",
        "[[YYYY]]",
        "%TEMP%",
        "${X}",
        "{orderId}",
    ] {
        assert_eq!(expand(text, now), text, "FILE-021, FILE-022, FILE-025, FILE-027, FILE-093");
    }
    assert_eq!(expand("{yyyy}{MM}{dd}", now), "20240901", "FILE-023");
    assert_eq!(expand("{{yyyy}}", now), "{2024}", "FILE-026: one pass");
}

#[test]
fn no_path_leads_out_of_the_root_file_080() {
    let root = Path::new("/data/results");
    let inside = |path: &str| place(root, path).map(|path| path.strip_prefix(root).unwrap().to_owned());
    assert_eq!(inside(r"09012024\POC01/x.pdf"), Ok("09012024/POC01/x.pdf".into()), "CON-078: both slashes");
    assert_eq!(inside("/data/results/x.pdf"), Ok("x.pdf".into()), "CON-078: it may begin with the root");
    assert_eq!(inside("O'NEIL, A&B;#1.pdf"), Ok("O'NEIL, A&B;#1.pdf".into()), "FILE-094");
    assert_eq!(inside(" leading.pdf"), Ok(" leading.pdf".into()), "FILE-094");
    assert_eq!(inside(".leading.pdf"), Ok(".leading.pdf".into()), "FILE-094");
    assert_eq!(inside("MÜLLER/NUÑEZ.pdf"), Ok("MÜLLER/NUÑEZ.pdf".into()), "FILE-092");
    for (id, path) in [
        ("FILE-081", "12:30.pdf"),
        ("FILE-081", "P?1.pdf"),
        ("FILE-081", "\"X\".pdf"),
        ("FILE-081", "O|NEIL.pdf"),
        ("FILE-081", "a\u{1}.pdf"),
        ("FILE-082", "X:Y.pdf"),
        ("FILE-083", r"..\..\Windows\x.pdf"),
        ("FILE-083", "../x.pdf"),
        ("FILE-083", "../pdf"),
        ("FILE-083", "a/../x.pdf"),
        ("FILE-084", r"C:\x.pdf"),
        ("FILE-084", r"\\srv\share\x.pdf"),
        ("FILE-084", "/etc/x.pdf"),
        ("FILE-084", "/data/resultsx/x.pdf"),
        ("FILE-085", "CON.pdf"),
        ("FILE-085", "nul.pdf"),
        ("FILE-085", "a/COM1/x.pdf"),
        ("FILE-085", "lpt9"),
        ("FILE-086", "CLINIC./x.pdf"),
        ("FILE-086", "CLINIC /x.pdf"),
        ("FILE-042", r"results\\x.pdf"),
        ("FILE-043", "a/.pdf"),
        ("FILE-091", "  /x.pdf"),
        ("FILE-042", ""),
    ] {
        assert!(inside(path).is_err(), "{id}: {path}");
    }
}

#[test]
fn a_file_is_written_whole_and_replaces_none() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b/x.pdf");
    write(&path, b"one").unwrap();
    write(&path, b"one").unwrap(); // FILE-098
    write(&path, b"two").unwrap(); // FILE-088
    write(&path, b"two").unwrap();
    let mut names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["x (2).pdf", "x.pdf"], "FILE-008, FILE-010, FILE-088");
    assert_eq!(fs::read(&path).unwrap(), b"one", "FILE-006");
    assert_eq!(fs::read(path.with_file_name("x (2).pdf")).unwrap(), b"two", "FILE-006");
    let blocked = path.join("below-a-file.pdf");
    assert!(write(&blocked, b"x").is_err(), "FILE-095");
    assert!(write(&root.path().join("x".repeat(300)), b"x").is_err(), "FILE-090");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "FILE-010: nothing is left behind");
}
