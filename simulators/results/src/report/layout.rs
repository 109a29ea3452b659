use krilla::geom::Rect;
use krilla::tagging::TagKind;

use super::font::Face;

/// US letter, in points like every length here.
pub(super) const PAGE_WIDTH: f32 = 612.0;
pub(super) const PAGE_HEIGHT: f32 = 792.0;

/// Stands where a text was cut.
pub(super) const CUT: &str = "(continued in the message)";

/// Red, green, blue.
pub(super) type Color = [u8; 3];

/// Baseline to baseline, per point of type size.
const LEADING: f32 = 1.34;
/// Top of a row to its baseline, per point of type size.
const ASCENT: f32 = 1.02;

/// A page in the making: what is drawn where, the origin at the top left.
pub(super) struct Sheet {
    /// Every type size and distance is multiplied by this.
    pub(super) scale: f32,
    /// A text had more rows than it may.
    pub(super) cut: bool,
    /// Backgrounds and rules, drawn first.
    pub(super) shapes: Vec<(Rect, Color)>,
    /// The texts in reading order.
    pub(super) nodes: Vec<Node>,
}

/// A part of the document's logical structure.
pub(super) enum Node {
    Group(TagKind, Vec<Node>),
    Text(Vec<Line>),
}

pub(super) struct Line {
    pub(super) x: f32,
    pub(super) baseline: f32,
    pub(super) style: Style,
    pub(super) text: String,
}

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) face: &'static Face,
    pub(super) size: f32,
    pub(super) color: Color,
}

/// Where a text goes: the left end of its first row's top, its width, and the rows it may take.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) rows: usize,
}

impl Sheet {
    pub(super) fn new(scale: f32) -> Self {
        Self { scale, cut: false, shapes: Vec::new(), nodes: Vec::new() }
    }

    /// A style at this sheet's scale.
    pub(super) fn style(&self, face: &'static Face, size: f32, color: Color) -> Style {
        Style { face, size: size * self.scale, color }
    }

    /// The text set into its place, and where the next one may begin.
    pub(super) fn text(&mut self, text: &str, style: Style, place: Place) -> (Node, f32) {
        let (mut rows, fits) = style.face.wrapped(text, style.size, place.width, place.rows);
        if !fits {
            self.cut = true;
            rows.pop();
            rows.push(CUT.into());
        }
        let height = style.size * LEADING;
        let mut baseline = place.top + style.size * ASCENT;
        let mut bottom = place.top;
        let mut lines = Vec::with_capacity(rows.len());
        for text in rows {
            // The blank sets the last word apart from the next row's first one for those who read by ear.
            lines.push(Line { x: place.x, baseline, style, text: text + " " });
            baseline += height;
            bottom += height;
        }
        (Node::Text(lines), bottom)
    }

    pub(super) fn fill(&mut self, [left, top, right, bottom]: [f32; 4], color: Color) {
        self.shapes.extend(Rect::from_ltrb(left, top, right, bottom).map(|area| (area, color)));
    }
}

impl Style {
    /// How many rows a height holds.
    pub(super) fn rows_within(self, height: f32) -> usize {
        std::iter::successors(Some(0.0), |bottom| Some(bottom + self.size * LEADING))
            .skip(1)
            .take_while(|bottom| *bottom <= height)
            .count()
    }

    /// The height of a text that takes `rows` at most.
    pub(super) fn height(self, text: &str, width: f32, rows: usize) -> f32 {
        self.face.wrapped(text, self.size, width, rows).0.iter().map(|_| self.size * LEADING).sum()
    }
}
