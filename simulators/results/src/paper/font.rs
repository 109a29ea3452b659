use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// Stands for a character that the fonts lack.
const REPLACEMENT: char = '\u{fffd}';

/// A weight of the fonts.
pub struct Face {
    font: Font,
    characters: Charmap<'static>,
    /// For a type of size 1.
    metrics: GlyphMetrics<'static>,
}

/// For texts.
pub static REGULAR: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("../../assets/NotoSans-Regular.ttf")));
/// For headings and what matters.
pub static SEMIBOLD: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("../../assets/NotoSans-SemiBold.ttf")));

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        let embedded = "the embedded fonts are checked by tests";
        let parsed = FontRef::new(bytes).expect(embedded);
        Self {
            font: Font::new(bytes.into(), 0).expect(embedded),
            characters: parsed.charmap(),
            metrics: parsed.glyph_metrics(Size::new(1.0), LocationRef::default()),
        }
    }

    /// The font itself.
    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, c): (usize, char)| {
            let id = self.characters.map(c).unwrap_or_default();
            let advance = self.metrics.advance_width(id).unwrap_or_default();
            KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(glyph).collect()
    }

    /// The width of a text in one row.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    fn advance(&self, c: char) -> f32 {
        self.characters.map(c).and_then(|id| self.metrics.advance_width(id)).unwrap_or_default()
    }

    /// The rows of a text, at most `limit`, and whether all of it fits into them. Lines break between words, words that are too
    /// long anywhere.
    pub fn wrapped(&self, text: &str, size: f32, width: f32, limit: usize) -> (Vec<String>, bool) {
        let (space, mut rows) = (self.advance(' ') * size, Vec::new());
        for line in text.lines() {
            let (mut row, mut used) = (String::new(), 0.0);
            for word in line.split_whitespace() {
                let wide = self.width(word, size);
                if !row.is_empty() && used + space + wide <= width {
                    row.push(' ');
                    row.push_str(word);
                    used += space + wide;
                    continue;
                }
                if !row.is_empty() {
                    rows.push(std::mem::take(&mut row));
                    used = 0.0;
                }
                for c in word.chars() {
                    let advance = self.advance(c) * size;
                    if used + advance > width && !row.is_empty() {
                        rows.push(std::mem::take(&mut row));
                        used = 0.0;
                        if rows.len() > limit {
                            break;
                        }
                    }
                    row.push(c);
                    used += advance;
                }
                if rows.len() > limit {
                    break;
                }
            }
            rows.push(row);
            if rows.len() > limit {
                break;
            }
        }
        let fits = rows.len() <= limit;
        rows.truncate(limit);
        (rows, fits)
    }
}

/// Text that both weights can show: a guess at the charset (ORU-ENC-08) that damages nothing but this page, line breaks as LF
/// (ORU-ENC-06), no other control characters, and a visible replacement for what the fonts lack.
pub fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let shown = |c: char| match c {
        '\n' | '\r' => '\n',
        c if c.is_control() => ' ',
        c if REGULAR.characters.map(c).is_none() => REPLACEMENT,
        c => c,
    };
    text.chars().map(shown).collect()
}
