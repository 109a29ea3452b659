use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::error::BuildError;
use crate::grading::Grading;
use crate::order::Order;
use crate::profile::Profile;
use crate::study::Study;
use crate::{icd, narrative};

const PAGE: Rect = Rect { x1: 0.0, y1: 0.0, x2: 595.0, y2: 842.0 }; // A4, in points
const MARGIN: f32 = 50.0;
const FONT_SIZE: f32 = 10.0;
const LEADING: f32 = 14.0;
/// What surely fits between the margins at this size, Helvetica being proportional.
const COLUMNS: usize = 90;
const ROWS: usize = 53;
/// The font's name within the file.
const HELVETICA: Name<'_> = Name(b"F1");

/// The report as a PDF: the text of the narrative, one page unless the grader's notes are long, with order number and MRN in the
/// document's metadata. Equal inputs give equal bytes (ORU-GEN-05).
pub fn report(order: &Order, grading: &Grading, profile: &Profile) -> Result<Vec<u8>, BuildError> {
    let order = order.effective();
    let study = Study::check(&order, grading, profile)?;
    let dx = icd::diagnoses(&order, &study, profile);
    let lines = narrative::lines(&order, grading, &study, &dx, &profile.disclaimer)?;
    let rows: Vec<_> = lines.iter().flat_map(|line| wrapped(&readable(line))).collect();

    let mut refs = (1..).map(Ref::new);
    let mut next = || refs.next().expect("a report has fewer objects than there are numbers");
    let (catalog, tree, font, info) = (next(), next(), next(), next());
    let pages: Vec<_> = rows.chunks(ROWS).map(|rows| (next(), next(), rows)).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids(pages.iter().map(|(page, ..)| *page)).count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    pdf.type1_font(font).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    for (page, text, rows) in pages {
        let mut writer = pdf.page(page);
        writer.media_box(PAGE).parent(tree).contents(text);
        writer.resources().fonts().pair(HELVETICA, font);
        writer.finish();
        pdf.stream(text, &body(rows));
    }
    let subject = format!("Order {}, MRN {}", readable(&order.placer), readable(&order.mrn));
    let title = format!("Retinal study {}", order.filler);
    pdf.document_info(info).title(TextStr(&title)).subject(TextStr(&subject));
    Ok(pdf.finish())
}

fn body(rows: &[String]) -> Vec<u8> {
    let mut content = Content::new();
    content.begin_text().set_font(HELVETICA, FONT_SIZE).set_leading(LEADING);
    content.next_line(MARGIN, PAGE.y2 - MARGIN);
    for row in rows {
        content.show(Str(&latin1(row))).next_line_using_leading();
    }
    content.end_text();
    content.finish().into_vec()
}

fn wrapped(line: &str) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in line.split(' ') {
        let fits = rows.last().is_some_and(|row| row.chars().count() + 1 + word.chars().count() <= COLUMNS);
        match rows.last_mut() {
            Some(row) if row.is_empty() => row.push_str(word),
            Some(row) if fits => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.into()),
        }
    }
    rows
}

/// The charset of an order is unknown (ORU-ENC-08); UTF-8 is a guess that damages nothing but this page.
fn readable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).collect()
}

/// Characters that the page's encoding lacks become `?`.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}
