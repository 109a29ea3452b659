use std::num::NonZeroU16;

use krilla::tagging::{TableHeaderScope, Tag, TagKind};

use super::content::{Cell, Content, Severity};
use crate::paper::{Color, Face, Node, PAGE_HEIGHT, PAGE_WIDTH, Place, REGULAR, SEMIBOLD, Sheet};

const LEFT: f32 = 50.0;
const RIGHT: f32 = PAGE_WIDTH - LEFT;
const TOP: f32 = 38.0;
const BOTTOM: f32 = PAGE_HEIGHT - 36.0;
/// Between the columns of patient and order.
const GUTTER: f32 = 28.0;

/// Stands where a text was cut.
const CUT: &str = "(continued in the message)";

const INK: Color = [0x1d, 0x29, 0x39];
const MUTED: Color = [0x5d, 0x69, 0x7b];
const BRAND: Color = [0x0b, 0x3c, 0x5d];
const RULE: Color = [0xd5, 0xda, 0xe1];
const TINT: Color = [0xf3, 0xf6, 0xf9];
const WHITE: Color = [0xff; 3];
const GREEN: Color = [0x1b, 0x7f, 0x4b];
const AMBER: Color = [0xb4, 0x53, 0x09];
const RED: Color = [0xb4, 0x23, 0x18];

/// The rows that texts may take.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// A value of patient or order, the plan's name, a result, a diagnosis.
    pub(super) value: usize,
    /// The plan's text, reasons, suspected conditions, signature, disclaimer.
    pub(super) text: usize,
    /// How many diagnoses.
    pub(super) diagnoses: usize,
}

/// The report at one scale.
pub(super) struct Page {
    pub(super) sheet: Sheet,
    limits: Limits,
    /// Where the next section begins.
    y: f32,
    /// Something else than the comments was cut.
    pub(super) cut_before_comments: bool,
    /// The room for comments.
    pub(super) rows_of_comments: usize,
}

impl Page {
    pub(super) fn new(content: &Content, scale: f32, limits: Limits) -> Self {
        let mut page =
            Self { sheet: Sheet::new(scale, CUT), limits, y: TOP, cut_before_comments: false, rows_of_comments: 0 };
        page.header();
        page.identities(content);
        page.recommendation(content);
        page.findings(content);
        page.diagnoses(content);
        let foot = page.foot(content);
        page.comments(content, foot.top);
        page.sheet.nodes.extend(foot.nodes);
        page
    }

    fn scaled(&self, length: f32) -> f32 {
        length * self.sheet.scale
    }

    /// A text at a place of this page; where it ends is the second value.
    fn put(&mut self, text: &str, (face, size, color): Type, place: Place) -> (Node, f32) {
        let style = self.sheet.style(face, size, color);
        self.sheet.text(text, style, place)
    }

    fn header(&mut self) {
        let (title, bottom) =
            self.put("IRIS Retinal Study Report", (&SEMIBOLD, 19.0, BRAND), one_row(LEFT, self.y, 320.0));
        let note = "SIMULATED RESULT \u{2013} NOT FOR CLINICAL USE";
        let width = SEMIBOLD.width(note, self.scaled(7.5));
        let middle = (self.y + bottom) / 2.0;
        let height = self.scaled(14.0);
        let top = middle - height / 2.0;
        self.sheet.fill([RIGHT - width - self.scaled(14.0), top, RIGHT, top + height], AMBER);
        let place = one_row(RIGHT - width - self.scaled(7.0), top + self.scaled(2.2), width + 1.0);
        let (note, _) = self.put(note, (&SEMIBOLD, 7.5, WHITE), place);
        self.y = bottom + self.scaled(4.0);
        self.sheet.fill([LEFT, self.y, RIGHT, self.y + 1.6], BRAND);
        self.y += self.scaled(12.0);
        self.sheet
            .nodes
            .extend([group(heading(1, "IRIS Retinal Study Report"), vec![title]), group(Tag::P, vec![note])]);
    }

    /// Patient and order, side by side.
    fn identities(&mut self, content: &Content) {
        let width = (RIGHT - LEFT - GUTTER) / 2.0;
        let top = self.y;
        self.fields("Patient", &content.patient, LEFT, width);
        let bottom = std::mem::replace(&mut self.y, top);
        self.fields("Order", &content.order, LEFT + width + GUTTER, width);
        self.y = self.y.max(bottom) + self.scaled(9.0);
    }

    fn fields(&mut self, title: &str, fields: &[(&'static str, String)], x: f32, width: f32) {
        self.title(title, x, x + width);
        let label_width = self.scaled(92.0);
        let mut nodes = Vec::new();
        for (label, value) in fields {
            let (label, _) = self.put(label, (&REGULAR, 9.0, MUTED), one_row(x, self.y, label_width));
            let rows = self.limits.value;
            let place = Place { x: x + label_width, top: self.y, width: width - label_width, rows };
            let (value, bottom) = self.put(value, (&SEMIBOLD, 9.0, INK), place);
            nodes.extend([label, value]);
            self.y = bottom + self.scaled(1.6);
        }
        self.sheet.nodes.push(group(Tag::P, nodes));
    }

    /// The care plan, with the severity beside it.
    fn recommendation(&mut self, content: &Content) {
        let (severity, color) = match content.severity {
            Severity::Normal => ("Normal", GREEN),
            Severity::Abnormal => ("Abnormal", AMBER),
            Severity::Critical => ("Critical", RED),
            Severity::Undetermined => ("Not determined", MUTED),
        };
        let top = self.y;
        let aside = RIGHT - self.scaled(112.0);
        let x = LEFT + 14.0;
        let width = aside - x - 28.0;
        let (inset, first) = (self.scaled(8.0), top + self.scaled(8.0));

        let (label, mut y) = self.put("CARE PLAN", (&SEMIBOLD, 7.5, MUTED), one_row(x, first, width));
        let mut nodes = vec![group(heading(2, "Care plan"), vec![label])];
        for (text, kind, rows) in [
            (&content.plan.name, (&*SEMIBOLD, 14.0, color), self.limits.value),
            (&content.plan.text, (&*REGULAR, 10.5, INK), self.limits.text),
        ] {
            if !text.is_empty() {
                let (node, bottom) = self.put(text, kind, Place { x, top: y, width, rows });
                nodes.push(group(Tag::P, vec![node]));
                y = bottom + self.scaled(1.0);
            }
        }
        let (label, below) = self.put("SEVERITY", (&SEMIBOLD, 7.5, MUTED), one_row(aside, first, RIGHT - aside));
        let (value, below) = self.put(severity, (&SEMIBOLD, 12.0, color), one_row(aside, below, RIGHT - aside));
        nodes.push(group(Tag::P, vec![label, value]));
        self.sheet.nodes.extend(nodes);

        let bottom = y.max(below) + inset;
        self.sheet.fill([LEFT, top, RIGHT, bottom], TINT);
        self.sheet.fill([LEFT, top, LEFT + 4.0, bottom], color);
        self.sheet.fill([aside - 14.0, first, aside - 13.4, bottom - inset], RULE);
        self.y = bottom + self.scaled(13.0);
    }

    /// Both eyes as a table: right, then left.
    fn findings(&mut self, content: &Content) {
        self.title("Findings", LEFT, RIGHT);
        let columns = [LEFT, LEFT + 138.0, LEFT + 326.0, RIGHT];
        let width = |column: usize| columns[column + 1] - columns[column] - 12.0;
        let padding = self.scaled(3.0);
        let head = (&*SEMIBOLD, 9.0, BRAND);
        let top = self.y;
        let mut cells = Vec::new();
        let mut bottom = top;
        for (column, title) in ["Finding", "Right eye (OD)", "Left eye (OS)"].into_iter().enumerate() {
            let (node, below) = self.put(title, head, one_row(columns[column] + 6.0, top + padding, width(column)));
            cells.push(group(Tag::TH(TableHeaderScope::Column), vec![node]));
            bottom = below + padding;
        }
        self.sheet.fill([LEFT, top, RIGHT, bottom], TINT);
        let mut rows = vec![group(Tag::TR, cells)];
        for row in &content.findings {
            let top = bottom + padding;
            let place =
                |column: usize, rows: usize| Place { x: columns[column] + 6.0, top, width: width(column), rows };
            let limit = if row.diagnosis { self.limits.value } else { self.limits.text };
            let (node, mut lowest) = self.put(&row.label, (&REGULAR, 9.5, MUTED), place(0, self.limits.value));
            let mut cells = vec![group(Tag::TH(TableHeaderScope::Row), vec![node])];
            for (column, Cell { text, marked }) in [(1, &row.right), (2, &row.left)] {
                let kind = if *marked { (&*SEMIBOLD, 9.5, RED) } else { (&*REGULAR, 9.5, INK) };
                let (node, below) = self.put(text, kind, place(column, limit));
                cells.push(group(Tag::TD, vec![node]));
                lowest = lowest.max(below);
            }
            rows.push(group(Tag::TR, cells));
            bottom = lowest + padding;
            self.sheet.fill([LEFT, bottom, RIGHT, bottom + 0.6], RULE);
        }
        self.sheet.nodes.push(group(Tag::Table, rows));
        self.y = bottom + self.scaled(13.0);
    }

    fn diagnoses(&mut self, content: &Content) {
        if content.diagnoses.is_empty() {
            return;
        }
        self.title("Diagnoses present", LEFT, RIGHT);
        let code_width = self.scaled(62.0);
        let limit = self.limits.diagnoses;
        for (code, text) in content.diagnoses.iter().take(limit) {
            let top = self.y;
            let (code, below) = self.put(code, (&SEMIBOLD, 9.5, INK), one_row(LEFT, top, code_width));
            let (x, rows) = (LEFT + code_width, self.limits.value);
            let (text, bottom) = self.put(text, (&REGULAR, 9.5, INK), Place { x, top, width: RIGHT - x, rows });
            self.sheet.nodes.push(group(Tag::P, vec![code, text]));
            self.y = bottom.max(below);
        }
        if content.diagnoses.len() > limit {
            let (node, bottom) = self.put(CUT, (&REGULAR, 9.5, INK), one_row(LEFT, self.y, RIGHT - LEFT));
            self.sheet.nodes.push(group(Tag::P, vec![node]));
            self.sheet.cut = true;
            self.y = bottom;
        }
        self.y += self.scaled(11.0);
    }

    /// Takes what room the rest of the page leaves.
    fn comments(&mut self, content: &Content, foot: f32) {
        self.title("Interpreting provider's comments", LEFT, RIGHT);
        let style = self.sheet.style(&REGULAR, 9.5, INK);
        let rows = style.rows_within(foot - self.y);
        self.cut_before_comments = self.sheet.cut;
        self.rows_of_comments = rows;
        let place = Place { x: LEFT, top: self.y, width: RIGHT - LEFT, rows };
        let (node, _) = self.sheet.text(&content.comments, style, place);
        self.sheet.nodes.push(group(Tag::P, vec![node]));
    }

    /// Signature and disclaimer, which end at the bottom of the page whatever their height.
    fn foot(&mut self, content: &Content) -> Foot {
        let (limits, width) = (self.limits, RIGHT - LEFT);
        let small = format!(
            "Order {} \u{b7} IRIS order {} \u{b7} MRN {} \u{b7} Page 1 of 1",
            content.placer, content.filler, content.mrn
        );
        let texts = [
            (&content.signature, (&*SEMIBOLD, 9.0, INK), limits.text),
            (&content.disclaimer, (&*REGULAR, 8.0, MUTED), limits.text),
            (&small, (&*REGULAR, 7.0, MUTED), limits.value),
        ];
        let gap = self.scaled(4.0);
        let mut nodes = Vec::new();
        let mut top = BOTTOM;
        for (text, (face, size, color), rows) in texts.into_iter().rev().filter(|(text, ..)| !text.is_empty()) {
            let style = self.sheet.style(face, size, color);
            top -= style.height(text, width, rows) + gap;
            let (node, _) = self.sheet.text(text, style, Place { x: LEFT, top, width, rows });
            nodes.insert(0, group(Tag::P, vec![node]));
        }
        top -= self.scaled(6.0);
        self.sheet.fill([LEFT, top, RIGHT, top + 0.8], BRAND);
        Foot { top: top - self.scaled(8.0), nodes }
    }

    /// A section's title with a rule below.
    fn title(&mut self, title: &str, x: f32, right: f32) {
        let (node, bottom) = self.put(title, (&SEMIBOLD, 10.5, BRAND), one_row(x, self.y, right - x));
        self.sheet.nodes.push(group(heading(2, title), vec![node]));
        self.sheet.fill([x, bottom + 1.0, right, bottom + 1.6], RULE);
        self.y = bottom + self.scaled(4.5);
    }
}

struct Foot {
    top: f32,
    nodes: Vec<Node>,
}

/// Weight, size before scaling, colour.
type Type = (&'static Face, f32, Color);

fn one_row(x: f32, top: f32, width: f32) -> Place {
    Place { x, top, width, rows: 1 }
}

fn group(tag: impl Into<TagKind>, children: Vec<Node>) -> Node {
    Node::Group(tag.into(), children)
}

fn heading(level: u16, title: &str) -> TagKind {
    Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(title.into())).into()
}
