//! The report of a result as a PDF of one page (ORU-DOC-12).

mod content;
mod fit;
mod font;
mod layout;
mod sections;

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings, tagging};

use crate::error::BuildError;
use crate::grading::Grading;
use crate::order::Order;
use crate::profile::Profile;
use content::Content;
use layout::{Color, Line, Node, PAGE_HEIGHT, PAGE_WIDTH, Sheet};

/// The report as a PDF: one page of US letter size with patient, order, care plan, findings of both eyes, diagnoses, comments,
/// signature and disclaimer; order numbers and MRN also stand in the document's metadata (FILE-007). Long texts shrink the type and
/// are cut with a visible mark when even the smallest does not suffice. The text is tagged for screen readers, the glyphs are
/// embedded. Equal inputs give equal bytes (ORU-GEN-05).
pub fn report(order: &Order, grading: &Grading, profile: &Profile) -> Result<Vec<u8>, BuildError> {
    let content = Content::new(&order.effective(), grading, profile)?;
    let sheet = fit::fitted(&content);

    // As small as it can be: the file travels in a message.
    let settings = SerializeSettings { pretty: false, xmp_metadata: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(&content, grading));
    let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("the page's size is a constant");
    let mut page = document.start_page_with(size);
    let mut surface = page.surface();
    draw_shapes(&mut surface, &sheet);
    let mut tree = TagTree::new().with_lang(Some(LANGUAGE.into()));
    tree.children = sheet.nodes.iter().map(|node| draw(&mut surface, node)).collect();
    surface.finish();
    page.finish();
    document.set_tag_tree(tree);
    document.finish().map_err(|error| {
        BuildError::new("ORU-DOC-12", format!("no report can be made of this result: {error:?}; simplify its texts"))
    })
}

const LANGUAGE: &str = "en-US";

/// FILE-007: what ordinary PDF tools show. The instant is that of the grading, never the clock's (ORU-GEN-05).
fn metadata(content: &Content, grading: &Grading) -> Metadata {
    let graded = grading.graded.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    let date = DateTime::new(u16::try_from(graded.year()).unwrap_or_default())
        .month(part(graded.month()))
        .day(part(graded.day()))
        .hour(part(graded.hour()))
        .minute(part(graded.minute()))
        .second(part(graded.second()))
        .utc_offset_hour(0);
    let Content { placer, filler, mrn, grader, .. } = content;
    Metadata::new()
        .title(format!("IRIS retinal study report {filler}"))
        .description(format!("Order {placer}, MRN {mrn}"))
        .authors(vec![grader.clone()])
        .keywords(vec![format!("placer {placer}"), format!("filler {filler}"), format!("MRN {mrn}")])
        .creator("IRIS (simulated)".into())
        .language(LANGUAGE.into())
        .creation_date(date)
        .document_id(format!("IRIS {filler} {placer}"))
}

fn draw_shapes(surface: &mut Surface<'_>, sheet: &Sheet) {
    surface.start_tagged(ContentTag::Artifact(Artifact::new(ArtifactType::Other, None)));
    for (area, color) in &sheet.shapes {
        let mut path = PathBuilder::new();
        path.push_rect(*area);
        if let Some(path) = path.finish() {
            surface.set_fill(Some(fill(*color)));
            surface.draw_path(&path);
        }
    }
    surface.end_tagged();
}

fn draw(surface: &mut Surface<'_>, node: &Node) -> tagging::Node {
    match node {
        Node::Group(tag, children) => {
            let children = children.iter().map(|child| draw(surface, child)).collect();
            TagGroup::with_children(tag.clone(), children).into()
        }
        Node::Text(lines) => {
            let identifier = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            for Line { x, baseline, style, text } in lines {
                surface.set_fill(Some(fill(style.color)));
                let start = Point::from_xy(*x, *baseline);
                let glyphs = style.face.glyphs(text);
                surface.draw_glyphs(start, &glyphs, style.face.font(), text, style.size, false);
            }
            surface.end_tagged();
            identifier.into()
        }
    }
}

fn fill([red, green, blue]: Color) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}
