//! The few data elements of a DICOM file that tell whose image it is (LIFE-054): Part 10, explicit VR, little endian.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Metadata {
    /// (0010,0020)
    pub(super) patient_id: Option<String>,
    /// `OD` or `OS`, from `R` or `L` of (0020,0062) or (0020,0060).
    pub(super) laterality: Option<String>,
    /// (0008,002A), taken as UTC.
    pub(super) taken: Option<Timestamp>,
}

/// `None`: no such file.
pub(super) fn read(file: &[u8]) -> Option<Metadata> {
    let mut rest = file.get(128..)?.strip_prefix(b"DICM")?;
    let mut metadata = Metadata::default();
    while let Some((tag, value, after)) = element(rest) {
        rest = after;
        let text = || String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned();
        match tag {
            (0x0008, 0x002A) => metadata.taken = time(&text()),
            (0x0010, 0x0020) => metadata.patient_id = Some(text()).filter(|id| !id.is_empty()),
            (0x0020, 0x0060 | 0x0062) => {
                metadata.laterality = match text().as_str() {
                    "R" => Some("OD".to_owned()),
                    "L" => Some("OS".to_owned()),
                    _ => metadata.laterality,
                }
            }
            (0x0021.., _) => break,
            _ => {}
        }
    }
    Some(metadata)
}

type Element<'a> = ((u16, u16), &'a [u8], &'a [u8]);

/// Tag, value and what follows; `None` at the end and at a length that is undefined or too long.
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let number = |at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let tag = (number(0)?, number(2)?);
    let (start, length) = match bytes.get(4..6)? {
        b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV" => {
            (12, usize::from(number(8)?) | usize::from(number(10)?) << 16)
        }
        _ => (8, usize::from(number(6)?)),
    };
    let end = start + length;
    Some((tag, bytes.get(start..end)?, bytes.get(end..)?))
}

fn time(text: &str) -> Option<Timestamp> {
    let local = DateTime::strptime("%Y%m%d%H%M%S", text.get(..14)?).ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
