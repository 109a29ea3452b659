//! Whether an answer is the recorded one.

use hl7::Path;

/// Where two answers differ, as a report; nothing if they are the same but for what every program that answers makes anew: the
/// time (MSH-7) and the control id (MSH-10) of the answer itself, which must then have their form.
pub fn same_answer(recorded: &[u8], seen: &[u8]) -> Option<String> {
    let mut diff = hl7::diff(recorded, seen);
    diff.differences.retain(|difference| {
        let volatile = |path: &str, fits: fn(&[u8]) -> bool| {
            difference.path.is_some_and(|at| Ok(at) == path.parse::<Path>() && fits(&difference.actual))
        };
        !volatile("MSH-7", is_time) && !volatile("MSH-10", is_control_id)
    });
    if diff.differences.is_empty() { None } else { Some(diff.to_string()) }
}

/// A time stamp: a date at least, then digits, a fraction, an offset.
fn is_time(value: &[u8]) -> bool {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits >= 8 && value[digits..].iter().all(|byte| byte.is_ascii_digit() || b".+-".contains(byte))
}

/// 1 to 199 printable characters.
fn is_control_id(value: &[u8]) -> bool {
    (1..200).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACK: &[u8] = b"MSH|^~\\&|A|B|C|D|20170410145907||ACK|1|P|2.3\rMSA|AA|4711\r";

    #[test]
    fn time_and_id_of_an_answer_may_differ_if_they_keep_their_form() {
        let other = |from: &str, to: &str| String::from_utf8_lossy(ACK).replace(from, to).into_bytes();
        assert_eq!(same_answer(ACK, &other("20170410145907", "20260101120000.123+0100")), None);
        assert_eq!(same_answer(ACK, &other("|1|", "|ABC-2|")), None);
        assert!(same_answer(ACK, &other("20170410145907", "today")).is_some_and(|d| d.contains("MSH-7")));
        assert!(same_answer(ACK, &other("|1|", "||")).is_some_and(|d| d.contains("MSH-10")));
        assert!(same_answer(ACK, &other("4711", "4712")).is_some_and(|d| d.contains("MSA-2")));
        assert!(same_answer(ACK, &other("\r", "\r\n")).is_some());
    }
}
