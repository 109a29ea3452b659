use krilla::geom::Rect;
use krilla::tagging::TagKind;

use super::font::Face;

/// US letter, in points like every length here.
pub const PAGE_WIDTH: f32 = 612.0;
/// US letter's height.
pub const PAGE_HEIGHT: f32 = 792.0;

/// Red, green, blue.
pub type Color = [u8; 3];

/// Baseline to baseline, per point of type size.
const LEADING: f32 = 1.34;
/// Top of a row to its baseline, per point of type size.
const ASCENT: f32 = 1.02;

/// A page in the making: what is drawn where, the origin at the top left.
pub struct Sheet {
    /// Every type size and distance is multiplied by this.
    pub scale: f32,
    /// A text had more rows than it may.
    pub cut: bool,
    /// Stands where a text was cut.
    pub mark: &'static str,
    /// Backgrounds and rules, drawn first.
    pub shapes: Vec<(Rect, Color)>,
    /// The texts in reading order.
    pub nodes: Vec<Node>,
}

/// A part of the document's logical structure.
pub enum Node {
    /// A heading, a paragraph, a table or a part of it.
    Group(TagKind, Vec<Node>),
    /// A text.
    Text(Vec<Line>),
}

/// A row of a text.
pub struct Line {
    /// Where it begins.
    pub x: f32,
    /// Where its letters stand.
    pub baseline: f32,
    /// How it looks.
    pub style: Style,
    /// What it says.
    pub text: String,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Style {
    /// The weight.
    pub face: &'static Face,
    /// The type size.
    pub size: f32,
    /// The colour.
    pub color: Color,
}

/// Where a text goes: the left end of its first row's top, its width, and the rows it may take.
#[derive(Clone, Copy)]
pub struct Place {
    /// Left end.
    pub x: f32,
    /// Top of the first row.
    pub top: f32,
    /// Room to the right.
    pub width: f32,
    /// Most rows.
    pub rows: usize,
}

impl Sheet {
    /// An empty page.
    pub fn new(scale: f32, mark: &'static str) -> Self {
        Self { scale, cut: false, mark, shapes: Vec::new(), nodes: Vec::new() }
    }

    /// A style at this sheet's scale.
    pub fn style(&self, face: &'static Face, size: f32, color: Color) -> Style {
        Style { face, size: size * self.scale, color }
    }

    /// The text set into its place, and where the next one may begin.
    pub fn text(&mut self, text: &str, style: Style, place: Place) -> (Node, f32) {
        let (mut rows, fits) = style.face.wrapped(text, style.size, place.width, place.rows);
        if !fits {
            self.cut = true;
            rows.pop();
            rows.push(self.mark.into());
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

    /// A filled rectangle behind the texts: left, top, right, bottom.
    pub fn fill(&mut self, [left, top, right, bottom]: [f32; 4], color: Color) {
        self.shapes.extend(Rect::from_ltrb(left, top, right, bottom).map(|area| (area, color)));
    }
}

impl Style {
    /// How many rows a height holds.
    pub fn rows_within(self, height: f32) -> usize {
        std::iter::successors(Some(0.0), |bottom| Some(bottom + self.size * LEADING))
            .skip(1)
            .take_while(|bottom| *bottom <= height)
            .count()
    }

    /// The height of a text that takes `rows` at most.
    pub fn height(self, text: &str, width: f32, rows: usize) -> f32 {
        self.face.wrapped(text, self.size, width, rows).0.iter().map(|_| self.size * LEADING).sum()
    }
}
