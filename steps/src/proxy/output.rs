//! What a proxy process writes: kept for the search for canaries, and in lines for the journal.

/// Output of one process that is kept, in bytes.
const MAX_OUTPUT: usize = 16 * 1024 * 1024;
/// Output without a line end is cut into lines of so many bytes.
const MAX_LINE: usize = 8 * 1024;

/// Standard output and error of one process together.
#[derive(Debug, Default)]
pub(super) struct Output {
    kept: Vec<u8>,
    is_cut: bool,
}

impl Output {
    /// How many of these bytes are kept; and whether they are the first of which some are not.
    pub fn keep(&mut self, bytes: &[u8]) -> (usize, bool) {
        let kept = bytes.len().min(MAX_OUTPUT - self.kept.len());
        self.kept.extend_from_slice(&bytes[..kept]);
        let cuts = kept < bytes.len();
        (kept, cuts && !std::mem::replace(&mut self.is_cut, cuts))
    }

    pub fn kept(&self) -> &[u8] {
        &self.kept
    }
}

/// One of the two, taken apart into lines.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// The lines that are complete with these bytes, without their ends.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.0.extend_from_slice(bytes);
        let mut lines = Vec::new();
        loop {
            let window = &self.0[..self.0.len().min(MAX_LINE + 1)];
            let (length, end) = match window.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at, 1),
                None if window.len() > MAX_LINE => (MAX_LINE, 0),
                None => return lines,
            };
            lines.push(self.0[..length].to_vec());
            self.0.drain(..length + end);
        }
    }

    /// The last line, if it has no end.
    pub fn rest(self) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_have_its_length_and_of_a_longer_one_no_byte_is_lost() {
        let long = |length| vec![b'x'; length];
        let mut lines = Lines::default();
        assert_eq!(lines.push(&[&long(MAX_LINE)[..], b"\nnext"].concat()), [long(MAX_LINE)]);
        assert_eq!(lines.push(b"\n"), [b"next"]);
        assert_eq!(lines.push(&[&long(MAX_LINE + 1)[..], b"\n"].concat()), [long(MAX_LINE), long(1)]);
        assert!(lines.push(&long(MAX_LINE)).is_empty());
        assert_eq!(lines.push(b"y"), [long(MAX_LINE)]);
        assert_eq!(lines.rest(), Some(b"y".to_vec()));
    }

    #[test]
    fn so_much_output_is_kept_and_the_first_byte_that_is_not_is_told_once() {
        let mut output = Output::default();
        assert_eq!(output.keep(&vec![b'x'; MAX_OUTPUT - 1]), (MAX_OUTPUT - 1, false));
        assert_eq!(output.keep(b"x"), (1, false));
        assert_eq!(output.keep(b"x"), (0, true));
        assert_eq!(output.keep(b"x"), (0, false));
        assert_eq!(output.kept().len(), MAX_OUTPUT);
    }
}
