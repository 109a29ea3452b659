//! Blobs made of blocks: uploaded one by one, then put together.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use wiremock::ResponseTemplate;

use super::access::Access;
use super::blobs::{Place, check_md5, headers_of, md5};
use super::failure::Failure;
use super::store::Block;
use super::{Answer, xml};

/// Most blocks of a blob; the limit of the real service.
const MAX_BLOCKS: usize = 50_000;
/// Longest id of a block before it is encoded, in bytes; the limit of the real service.
const MAX_ID: usize = 64;

/// The body of Put Block List.
#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "$value", default)]
    blocks: Vec<Choice>,
}

/// Where a block is looked for.
#[derive(Deserialize)]
enum Choice {
    Latest(String),
    Committed(String),
    Uncommitted(String),
}

/// The answer of Get Block List.
#[derive(Serialize)]
#[serde(rename = "BlockList", rename_all = "PascalCase")]
struct BlockList {
    #[serde(skip_serializing_if = "Option::is_none")]
    committed_blocks: Option<Blocks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncommitted_blocks: Option<Blocks>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Blocks {
    block: Vec<Listed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    size: usize,
}

/// Put Block.
pub(super) fn stage(place: &Place<'_>) -> Result<Answer, Failure> {
    let id = place.call.query("blockid").unwrap_or_default();
    let raw = STANDARD.decode(&id).ok().filter(|raw| (1..=MAX_ID).contains(&raw.len()));
    if raw.is_none() {
        let message = "The value of blockid must be base64 of 1 to 64 bytes.";
        return Err(Failure::new(400, "InvalidQueryParameterValue", message));
    }
    check_md5(place.call, "content-md5")?;
    let content = Bytes::copy_from_slice(&place.call.request.body);
    let mut store = place.state.blobs();
    store.reserve(content.len())?;
    let container = store.container_mut(place.container)?;
    let blocks = container.staged.entry(place.blob.to_owned()).or_default();
    let hash = md5(&content);
    put(blocks, Block { id, content })?;
    let response = ResponseTemplate::new(201).insert_header("Content-MD5", hash);
    Ok((201, response.insert_header("x-ms-request-server-encrypted", "true")))
}

/// Puts a block beside the others of its blob, or in the place of the one with its id.
fn put(blocks: &mut Vec<Block>, new: Block) -> Result<(), Failure> {
    if blocks.first().is_some_and(|first| first.id.len() != new.id.len()) {
        let message = "The specified blob or block content is invalid: all block ids must have one length.";
        return Err(Failure::new(400, "InvalidBlobOrBlock", message));
    }
    blocks.retain(|block| block.id != new.id);
    if blocks.len() >= MAX_BLOCKS {
        return Err(Failure::new(409, "BlockCountExceedsLimit", "The uncommitted block count exceeds 50,000 blocks."));
    }
    blocks.push(new);
    Ok(())
}

/// Put Block List.
pub(super) fn commit(place: &Place<'_>, access: &Access) -> Result<Answer, Failure> {
    check_md5(place.call, "content-md5")?;
    let invalid =
        || Failure::new(400, "InvalidXmlDocument", "The specified XML is not syntactically valid: <BlockList>.");
    let text = std::str::from_utf8(&place.call.request.body).map_err(|_| invalid())?;
    let wanted: Wanted = quick_xml::de::from_str(text).map_err(|_| invalid())?;
    let mut store = place.state.blobs();
    let container = store.container(place.container)?;
    let committed = container.blobs.get(place.blob).map_or(&[][..], |blob| &blob.blocks);
    let staged = container.staged.get(place.blob).map_or(&[][..], Vec::as_slice);
    let find = |blocks: &[Block], id: &str| blocks.iter().find(|block| block.id == id).cloned();
    let block = |choice: &Choice| match choice {
        Choice::Latest(id) => find(staged, id).or_else(|| find(committed, id)),
        Choice::Committed(id) => find(committed, id),
        Choice::Uncommitted(id) => find(staged, id),
    };
    let blocks: Option<Vec<Block>> = wanted.blocks.iter().map(block).collect();
    let blocks = blocks
        .filter(|blocks| blocks.len() <= MAX_BLOCKS)
        .ok_or_else(|| Failure::new(400, "InvalidBlockList", "The specified block list is invalid."))?;
    let length: usize = blocks.iter().map(|block| block.content.len()).sum();
    store.reserve(length)?;
    let mut content = BytesMut::with_capacity(length);
    blocks.iter().for_each(|block| content.extend_from_slice(&block.content));
    let content = content.freeze();
    let mut start = 0;
    let share = |block: Block| {
        let end = start + block.content.len();
        let shared = Block { id: block.id, content: content.slice(start..end) };
        start = end;
        shared
    };
    let blocks = blocks.into_iter().map(share).collect();
    let response = place.write(&mut store, access, content, blocks, headers_of(place.call))?;
    Ok((201, response))
}

/// Get Block List.
pub(super) fn list(place: &Place<'_>) -> Result<Answer, Failure> {
    let kind = place.call.query("blocklisttype").unwrap_or_else(|| "committed".to_owned());
    let store = place.state.blobs();
    let container = store.container(place.container)?;
    let (blob, staged) = (container.blobs.get(place.blob), container.staged.get(place.blob));
    if blob.is_none() && staged.is_none() {
        return Err(Failure::no_blob());
    }
    let listed = |blocks: Option<&Vec<Block>>| {
        let block = |block: &Block| Listed { name: block.id.clone(), size: block.content.len() };
        Blocks { block: blocks.into_iter().flatten().map(block).collect() }
    };
    let body = BlockList {
        committed_blocks: matches!(kind.as_str(), "committed" | "all").then(|| listed(blob.map(|blob| &blob.blocks))),
        uncommitted_blocks: matches!(kind.as_str(), "uncommitted" | "all").then(|| listed(staged)),
    };
    let response =
        xml(200, &body).insert_header("x-ms-blob-content-length", blob.map_or(0, |b| b.content.len()).to_string());
    Ok((200, response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_has_so_many_blocks_and_no_more_and_one_may_be_replaced() {
        let block = |number: usize| Block { id: format!("{number:08}"), content: Bytes::new() };
        let mut blocks: Vec<Block> = (1..MAX_BLOCKS).map(block).collect();
        put(&mut blocks, block(MAX_BLOCKS)).unwrap();
        put(&mut blocks, block(1)).unwrap();
        assert!(put(&mut blocks, block(MAX_BLOCKS + 1)).is_err());
        assert_eq!(blocks.len(), MAX_BLOCKS);
    }
}
