//! Pages with text as a tagged PDF with fonts of its own: what the report of a result and the harness's acceptance report share.

mod font;
mod layout;

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings, tagging};

pub use font::{Face, REGULAR, SEMIBOLD, printable};
pub use layout::{Color, Line, Node, PAGE_HEIGHT, PAGE_WIDTH, Place, Sheet, Style};

/// The pages as a PDF of US letter size. The text is tagged for screen readers, the glyphs are embedded. Equal inputs give equal
/// bytes (ORU-GEN-05).
///
/// # Errors
/// What the PDF library says of texts that it cannot set.
pub fn pdf(metadata: Metadata, language: &str, sheets: &[Sheet]) -> Result<Vec<u8>, String> {
    // As small as it can be: the file may travel in a message.
    let settings = SerializeSettings { pretty: false, xmp_metadata: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata);
    let mut tree = TagTree::new().with_lang(Some(language.into()));
    for sheet in sheets {
        let size = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("the page's size is a constant");
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        draw_shapes(&mut surface, sheet);
        tree.children.extend(sheet.nodes.iter().map(|node| draw(&mut surface, node)));
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tree);
    document.finish().map_err(|error| format!("{error:?}"))
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
