// @azure/storage-blob against the blobs of the cloud (CON-013, CON-033).
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  AccountSASPermissions, AccountSASResourceTypes, AccountSASServices, BlobSASPermissions, BlobServiceClient,
  ContainerSASPermissions, StorageSharedKeyCredential, generateAccountSASQueryParameters, generateBlobSASQueryParameters,
} from "@azure/storage-blob";
import { all, byName, cloud, credential, foreign, unique } from "./support.js";

const options = { retryOptions: { maxTries: 1 } };
const url = cloud["cloud.blob"];
const key = new StorageSharedKeyCredential(cloud["cloud.blob_account"], cloud["cloud.blob_key"]);
const byKey = () => BlobServiceClient.fromConnectionString(cloud["cloud.blob_connection"], options);
const byToken = (who = credential()) => new BlobServiceClient(url, who, options);
const later = (minutes) => new Date(Date.now() + minutes * 60_000);

async function container(service = byKey()) {
  const client = service.getContainerClient(unique("box"));
  await client.create();
  return client;
}

const accountSas = (changes = {}) =>
  `${url}?${generateAccountSASQueryParameters({
    expiresOn: later(10), permissions: AccountSASPermissions.parse("rwdlc"),
    resourceTypes: AccountSASResourceTypes.parse("sco").toString(), services: AccountSASServices.parse("b").toString(), ...changes,
  }, changes.key ?? key)}`;

const field = () => new BlobServiceClient("https://irisicdqa.blob.core.windows.net", key, { ...options, proxyOptions: byName.proxyOptions });

for (const [how, connect] of [
  ["the host name of the field", field], // CON-004
  ["the account's key", byKey],
  ["a token", byToken],
  ["an account's signature", () => new BlobServiceClient(accountSas(), undefined, options)],
]) {
  test(`CON-013, CON-033: with ${how} a blob is written, read and deleted`, async () => {
    const box = await container(connect());
    const blob = box.getBlockBlobClient("conformance clinic/ü+%/1.hl7");
    const written = await blob.upload("MSH|^~\\&|", 9, {
      blobHTTPHeaders: { blobContentType: "x-application/hl7-v2+er7", blobCacheControl: "no-cache" }, metadata: { kind: "order" },
    });
    assert.equal(written._response.status, 201); // CON-033
    assert.equal((await blob.downloadToBuffer()).toString(), "MSH|^~\\&|");
    const known = await blob.getProperties();
    assert.equal(known.contentType, "x-application/hl7-v2+er7");
    assert.equal(known.cacheControl, "no-cache");
    assert.equal(known.contentLength, 9);
    assert.equal(known.etag, written.etag);
    assert.equal(known.blobType, "BlockBlob");
    assert.deepEqual(known.metadata, { kind: "order" });
    assert.deepEqual(Buffer.from(known.contentMD5), Buffer.from(written.contentMD5));
    assert.equal(await blob.exists(), true);
    await blob.delete();
    assert.equal(await blob.exists(), false);
    await box.delete();
    assert.equal(await box.exists(), false);
  });
}

test("CON-033: the container for orders exists from the start", async () => {
  assert.equal(await byKey().getContainerClient("orders").exists(), true);
});

test("a large blob goes up in blocks and comes down in ranges", async () => {
  const box = await container();
  const blob = box.getBlockBlobClient("large");
  const content = randomBytes(5_000_000);
  await blob.uploadData(content, { blockSize: 1_000_000, maxSingleShotSize: 500_000, concurrency: 3 });
  assert.ok((await blob.downloadToBuffer(0, undefined, { blockSize: 700_000 })).equals(content));
  assert.ok((await blob.downloadToBuffer(4_999_990)).equals(content.subarray(4_999_990)));
  const blocks = await blob.getBlockList("all");
  assert.equal(blocks.committedBlocks.length, 5);
  assert.equal(blocks.committedBlocks[0].size, 1_000_000);
  assert.equal(blocks.uncommittedBlocks?.length ?? 0, 0);
  await assert.rejects(blob.download(6_000_000), { statusCode: 416, code: "InvalidRange" });
  await blob.stageBlock(Buffer.from("other-block-00000000000000000000000000000000000000000000").toString("base64"), "x", 1);
  assert.equal((await blob.getBlockList("uncommitted")).uncommittedBlocks.length, 1);
  await assert.rejects(blob.commitBlockList([Buffer.from("none").toString("base64")]), { code: "InvalidBlockList" });
});

test("staged blocks become a blob when they are committed", async () => {
  const blob = (await container()).getBlockBlobClient("staged");
  const [first, second] = ["b-1", "b-2"].map((name) => Buffer.from(name).toString("base64"));
  await blob.stageBlock(second, "2", 1);
  await blob.stageBlock(first, "1", 1);
  await assert.rejects(blob.download(), { statusCode: 404, code: "BlobNotFound" });
  await blob.commitBlockList([first, second], { metadata: { kind: "order" } });
  assert.equal((await blob.downloadToBuffer()).toString(), "12");
  assert.deepEqual((await blob.getProperties()).metadata, { kind: "order" });
});

test("an empty blob is a blob", async () => {
  const blob = (await container()).getBlockBlobClient("empty");
  await blob.upload("", 0);
  assert.equal((await blob.downloadToBuffer()).length, 0);
});

test("blobs are listed by prefix, hierarchy and page, with metadata", async () => {
  const box = await container();
  for (const name of ["a/1", "a/2", "b/1", "c & <d>"]) await box.getBlockBlobClient(name).upload("x", 1, { metadata: { n: "1" } });
  const names = async (filter) => (await all(box.listBlobsFlat(filter))).map((item) => item.name);
  assert.deepEqual(await names({}), ["a/1", "a/2", "b/1", "c & <d>"]);
  assert.deepEqual(await names({ prefix: "a/" }), ["a/1", "a/2"]);
  const levels = await all(box.listBlobsByHierarchy("/"));
  assert.deepEqual(levels.map((item) => [item.kind, item.name]), [["prefix", "a/"], ["prefix", "b/"], ["blob", "c & <d>"]]);
  const sizes = [];
  for await (const page of box.listBlobsFlat().byPage({ maxPageSize: 3 })) sizes.push(page.segment.blobItems.length);
  assert.deepEqual(sizes, [3, 1]);
  const [first] = await all(box.listBlobsFlat({ includeMetadata: true }));
  assert.deepEqual(first.metadata, { n: "1" });
  assert.equal(first.properties.contentLength, 1);
  assert.equal(first.properties.blobType, "BlockBlob");
  assert.ok(first.properties.lastModified instanceof Date);
  assert.ok((await all(byKey().listContainers({ prefix: box.containerName }))).length === 1);
});

test("metadata and properties are changed without the content", async () => {
  const blob = (await container()).getBlockBlobClient("x");
  await blob.upload("x", 1);
  await blob.setMetadata({ a: "1", b: "2" });
  await blob.setHTTPHeaders({ blobContentType: "text/plain" });
  const known = await blob.getProperties();
  assert.deepEqual([known.metadata, known.contentType, known.contentLength], [{ a: "1", b: "2" }, "text/plain", 1]);
});

test("conditions decide about writing and reading", async () => {
  const blob = (await container()).getBlockBlobClient("x");
  const { etag } = await blob.upload("1", 1, { conditions: { ifNoneMatch: "*" } });
  await assert.rejects(blob.upload("2", 1, { conditions: { ifNoneMatch: "*" } }), { statusCode: 409, code: "BlobAlreadyExists" });
  await assert.rejects(blob.download(0, undefined, { conditions: { ifNoneMatch: etag } }), { statusCode: 304 });
  const second = await blob.upload("2", 1, { conditions: { ifMatch: etag } });
  await assert.rejects(blob.upload("3", 1, { conditions: { ifMatch: etag } }), { statusCode: 412, code: "ConditionNotMet" });
  await assert.rejects(blob.delete({ conditions: { ifMatch: etag } }), { statusCode: 412 });
  await assert.rejects(blob.getProperties({ conditions: { ifModifiedSince: later(10) } }), { statusCode: 304 });
  await blob.delete({ conditions: { ifMatch: second.etag } });
});

test("what is missing, twice there or wrongly named is refused by its code", async () => {
  const service = byKey();
  const box = await container(service);
  await assert.rejects(box.getBlobClient("none").download(), { statusCode: 404, code: "BlobNotFound" });
  await assert.rejects(box.getBlobClient("none").delete(), { statusCode: 404, code: "BlobNotFound" });
  await assert.rejects(box.create(), { statusCode: 409, code: "ContainerAlreadyExists" });
  const none = service.getContainerClient("no-such-box");
  await assert.rejects(none.getBlockBlobClient("x").upload("x", 1), { statusCode: 404, code: "ContainerNotFound" });
  await assert.rejects(all(none.listBlobsFlat()), { statusCode: 404, code: "ContainerNotFound" });
  await assert.rejects(service.getContainerClient("No_Box").create(), { statusCode: 400, code: "InvalidResourceName" });
  const wrong = { transactionalContentMD5: new Uint8Array(16) };
  await assert.rejects(box.getBlockBlobClient("x").stageBlock("eA==", "x", 1, wrong), { statusCode: 400, code: "Md5Mismatch" });
});

test("CON-013: a signature for one blob opens that blob only, and no more than it says", async () => {
  const box = await container();
  for (const name of ["mine", "other"]) await box.getBlockBlobClient(name).upload("x", 1);
  const sas = (permissions, changes = {}) =>
    generateBlobSASQueryParameters({ containerName: box.containerName, permissions, expiresOn: later(10), ...changes }, key).toString();
  const open = (name, sas) => new BlobServiceClient(`${url}?${sas}`, undefined, options).getContainerClient(box.containerName).getBlockBlobClient(name);
  const mine = sas(BlobSASPermissions.parse("r"), { blobName: "mine", contentDisposition: "inline" });
  const read = await open("mine", mine).download();
  assert.equal(read.contentDisposition, "inline");
  await assert.rejects(open("other", mine).download(), { statusCode: 403, code: "AuthenticationFailed" });
  await assert.rejects(open("mine", mine).upload("y", 1), { statusCode: 403, code: "AuthorizationPermissionMismatch" });
  const create = sas(BlobSASPermissions.parse("c"), { blobName: "mine" });
  await assert.rejects(open("mine", create).upload("y", 1), { statusCode: 403, code: "UnauthorizedBlobOverwrite" });
  const expired = sas(BlobSASPermissions.parse("r"), { blobName: "mine", expiresOn: later(-1) });
  await assert.rejects(open("mine", expired).download(), { statusCode: 403, code: "AuthenticationFailed" });
  const early = sas(BlobSASPermissions.parse("r"), { blobName: "mine", startsOn: later(5) });
  await assert.rejects(open("mine", early).download(), { statusCode: 403, code: "AuthenticationFailed" });
  const list = sas(ContainerSASPermissions.parse("rl"));
  const listed = new BlobServiceClient(`${url}?${list}`, undefined, options).getContainerClient(box.containerName);
  assert.equal((await all(listed.listBlobsFlat())).length, 2);
  await assert.rejects(listed.delete(), { statusCode: 403 });
});

const wrongKey = new StorageSharedKeyCredential(cloud["cloud.blob_account"], Buffer.from("wrong").toString("base64"));
for (const [what, connect, statusCode, code] of [
  ["a wrong key", () => new BlobServiceClient(url, wrongKey, options), 403, "AuthenticationFailed"],
  ["no proof of identity", () => new BlobServiceClient(url, undefined, options), 401, "NoAuthenticationInformation"],
  ["an expired signature", () => new BlobServiceClient(accountSas({ expiresOn: later(-1) }), undefined, options), 403, "AuthenticationFailed"],
  ["a signature by a wrong key", () => new BlobServiceClient(accountSas({ key: wrongKey }), undefined, options), 403, "AuthenticationFailed"],
  ["a signature that may not list", () => new BlobServiceClient(accountSas({ permissions: AccountSASPermissions.parse("r") }), undefined, options), 403, "AuthorizationPermissionMismatch"],
  ["a foreign token", () => byToken(foreign), 401, "InvalidAuthenticationInfo"],
]) {
  test(`CON-013: ${what} is refused`, async () => {
    await assert.rejects(all(connect().listContainers()), { statusCode, code });
  });
}
