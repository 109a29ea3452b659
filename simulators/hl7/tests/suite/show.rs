//! Printable bytes.

use hl7::show;

#[test]
fn control_bytes_are_named_and_text_is_kept() {
    assert_eq!(show::bytes(b"\x0bMSH|A\r\nB\x1c\x07\x00\x7f\t"), "<VT>MSH|A<CR><LF>B<FS><0x07><0x00><0x7F><0x09>");
    assert_eq!(show::bytes(b"J\xc3\xb6rg J\xf6rg"), "J\u{f6}rg J<0xF6>rg");
    assert_eq!(show::bytes(b"\xc2\x85"), "<0xC2><0x85>");
}

#[test]
fn excerpts_keep_the_place_in_view() {
    let alphabet = b"abcdefghijklmnopqrstuvwxyz";
    assert_eq!(show::excerpt(alphabet, 0, 8), "abcdefgh...");
    assert_eq!(show::excerpt(alphabet, 12, 8), "...klmnopqr...");
    assert_eq!(show::excerpt(alphabet, 26, 8), "...stuvwxyz");
    assert_eq!(show::excerpt(alphabet, 99, 26), "abcdefghijklmnopqrstuvwxyz");
    assert_eq!(show::excerpt(alphabet, 99, 0), "...");
    assert_eq!(show::hex(b"A\x0d|", 0), "41 0d 7c                                         A.|");
}
