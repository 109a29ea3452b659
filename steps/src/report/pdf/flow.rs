//! Text that flows over pages.

use std::num::NonZeroU16;

use krilla::tagging::{TableHeaderScope, Tag, TagKind};
use results::paper::{Color, Face, Node, PAGE_HEIGHT, PAGE_WIDTH, Place, REGULAR, SEMIBOLD, Sheet, printable};

pub(super) const LEFT: f32 = 54.0;
pub(super) const RIGHT: f32 = PAGE_WIDTH - 54.0;
const TOP: f32 = 54.0;
const BOTTOM: f32 = PAGE_HEIGHT - 60.0;
/// Most rows of one text: what a page holds.
const ROWS: usize = 40;

pub(super) const INK: Color = [0x1d, 0x29, 0x39];
pub(super) const MUTED: Color = [0x5d, 0x69, 0x7b];
pub(super) const BRAND: Color = [0x0b, 0x3c, 0x5d];
pub(super) const RULE: Color = [0xd5, 0xda, 0xe1];
pub(super) const TINT: Color = [0xf3, 0xf6, 0xf9];
pub(super) const GREEN: Color = [0x1b, 0x7f, 0x4b];
pub(super) const AMBER: Color = [0xb4, 0x53, 0x09];
pub(super) const RED: Color = [0xb4, 0x23, 0x18];

/// Weight, size, colour.
pub(super) type Type = (&'static Face, f32, Color);

/// For ordinary text.
pub(super) fn body() -> Type {
    (&REGULAR, 9.0, INK)
}

/// Pages in the making, and where the next text begins.
pub(super) struct Flow {
    sheets: Vec<Sheet>,
    pub(super) y: f32,
}

impl Default for Flow {
    fn default() -> Flow {
        Flow { sheets: vec![page()], y: TOP }
    }
}

fn page() -> Sheet {
    Sheet::new(1.0, "(cut; the HTML report has the rest)")
}

/// A cell of a table: its text, and how it looks.
pub(super) type Cell = (String, Type);

impl Flow {
    /// The page that is being filled.
    pub(super) fn sheet(&mut self) -> &mut Sheet {
        if self.sheets.is_empty() {
            self.sheets.push(page());
        }
        let last = self.sheets.len() - 1;
        &mut self.sheets[last]
    }

    /// Begins another page.
    pub(super) fn new_page(&mut self) {
        self.sheets.push(page());
        self.y = TOP;
    }

    /// Begins another page unless this one has room for so much.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.new_page();
        }
    }

    pub(super) fn heading(&mut self, level: u16, text: &str) {
        let (size, gap) = if level == 1 { (15.0, 14.0) } else { (11.0, 8.0) };
        self.need(90.0);
        if self.y > TOP {
            self.y += gap;
        }
        let style = self.sheet().style(&SEMIBOLD, size, BRAND);
        let place = Place { x: LEFT, top: self.y, width: RIGHT - LEFT, rows: 2 };
        let text = printable(text.as_bytes());
        let (node, bottom) = self.sheet().text(&text, style, place);
        let tag = Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(text));
        self.sheet().nodes.push(group(tag, vec![node]));
        self.y = bottom + 3.0;
        if level == 1 {
            self.sheet().fill([LEFT, bottom + 1.0, RIGHT, bottom + 1.8], BRAND);
            self.y += 5.0;
        }
    }

    pub(super) fn paragraph(&mut self, text: &str, kind: Type) {
        self.set(text, kind, LEFT, Tag::P);
        self.y += 3.0;
    }

    /// Lines that follow each other closely, indented; they may go over pages.
    pub(super) fn lines(&mut self, text: &str, kind: Type) {
        for line in text.lines() {
            self.set(line, kind, LEFT + 10.0, Tag::P);
        }
    }

    fn set(&mut self, text: &str, (face, size, color): Type, x: f32, tag: impl Into<TagKind>) {
        let text = printable(text.as_bytes());
        let style = self.sheet().style(face, size, color);
        self.need(style.height(&text, RIGHT - x, ROWS));
        let place = Place { x, top: self.y, width: RIGHT - x, rows: ROWS };
        let (node, bottom) = self.sheet().text(&text, style, place);
        self.sheet().nodes.push(group(tag, vec![node]));
        self.y = bottom;
    }

    /// A table whose head is repeated on each page. `widths` are those of the columns.
    pub(super) fn table(&mut self, head: &[&str], widths: &[f32], rows: impl IntoIterator<Item = Vec<Cell>>) {
        let titles = || head.iter().map(|title| (title.to_string(), (&*SEMIBOLD, 8.0, BRAND))).collect::<Vec<Cell>>();
        self.need(60.0);
        let mut done = Vec::new();
        if !head.is_empty() {
            done.push(self.row(&titles(), widths, true));
        }
        for cells in rows {
            if self.y + self.height(&cells, widths) > BOTTOM {
                self.sheet().nodes.push(group(Tag::Table, std::mem::take(&mut done)));
                self.new_page();
                if !head.is_empty() {
                    done.push(self.row(&titles(), widths, true));
                }
            }
            done.push(self.row(&cells, widths, false));
        }
        self.sheet().nodes.push(group(Tag::Table, done));
        self.y += 6.0;
    }

    fn height(&mut self, cells: &[Cell], widths: &[f32]) -> f32 {
        let height = |((text, (face, size, color)), width): (&Cell, &f32)| {
            let style = page().style(face, *size, *color);
            style.height(&printable(text.as_bytes()), width - 8.0, ROWS)
        };
        cells.iter().zip(widths).map(height).fold(0.0, f32::max) + 5.0
    }

    fn row(&mut self, cells: &[Cell], widths: &[f32], head: bool) -> Node {
        let bottom = self.y + self.height(cells, widths);
        if head {
            let top = self.y;
            self.sheet().fill([LEFT, top, RIGHT, bottom], TINT);
        }
        let (mut x, top) = (LEFT, self.y + 2.0);
        let mut nodes = Vec::new();
        for (column, ((text, (face, size, color)), width)) in cells.iter().zip(widths).enumerate() {
            let style = self.sheet().style(face, *size, *color);
            let place = Place { x: x + 4.0, top, width: width - 8.0, rows: ROWS };
            let (node, _) = self.sheet().text(&printable(text.as_bytes()), style, place);
            nodes.push(match (head, column) {
                (true, _) => group(Tag::TH(TableHeaderScope::Column), vec![node]),
                (false, 0) => group(Tag::TH(TableHeaderScope::Row), vec![node]),
                _ => group(Tag::TD, vec![node]),
            });
            x += width;
        }
        self.sheet().fill([LEFT, bottom - 0.5, RIGHT, bottom], RULE);
        self.y = bottom;
        group(Tag::TR, nodes)
    }

    /// The pages, each with its number and the text at its foot.
    pub(super) fn finish(mut self, foot: &str) -> Vec<Sheet> {
        let count = self.sheets.len();
        for (index, sheet) in self.sheets.iter_mut().enumerate() {
            let style = sheet.style(&REGULAR, 7.5, MUTED);
            let number = format!("Page {} of {count}", index + 1);
            sheet.fill([LEFT, BOTTOM + 12.0, RIGHT, BOTTOM + 12.6], RULE);
            let wide = REGULAR.width(&number, style.size) + 2.0;
            for (text, x, width) in
                [(printable(foot.as_bytes()), LEFT, RIGHT - LEFT - wide - 12.0), (number, RIGHT - wide, wide + 2.0)]
            {
                let (node, _) = sheet.text(&text, style, Place { x, top: BOTTOM + 16.0, width, rows: 1 });
                sheet.nodes.push(group(Tag::P, vec![node]));
            }
        }
        self.sheets
    }
}

pub(super) fn group(tag: impl Into<TagKind>, children: Vec<Node>) -> Node {
    Node::Group(tag.into(), children)
}
