// A customer that orders by messages, with the official clients: IRIS's public TypeScript client sends such a request through
// @azure/service-bus. Order, images, grading, events and results (08-order-lifecycle).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";

import { cloud, transports } from "./support.js";

const RETRY = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };
const CLIENT = "63E3C9EF-66AC-4154-B0C2-494515EB99A7";

// LIFE-097: a connection string for each queue
const clients = Object.fromEntries(
  ["orders", "events", "results", "gradings"].map((queue) => [
    queue, new ServiceBusClient(transports["over TLS"](`cloud.organization.${queue}`), RETRY),
  ]),
);
after(() => Promise.all(Object.values(clients).map((client) => client.close())));

const sender = (queue) => clients[queue].createSender(queue);
const [orders, gradings] = [sender("orders"), sender("gradings")];
const receivers = Object.fromEntries(["events", "results"].map((queue) => [queue, clients[queue].createReceiver(queue)]));

/** The next objects of a queue, each completed after it was read (LIFE-104). */
async function next(queue, count = 1) {
  const found = [];
  while (found.length < count) {
    const messages = await receivers[queue].receiveMessages(count - found.length, { maxWaitTimeInMs: 5_000 });
    assert.ok(messages.length > 0, `${found.length} of ${count} came on ${queue}: ${JSON.stringify(found)}`);
    for (const message of messages) {
      found.push(message.body);
      await receivers[queue].completeMessage(message);
    }
  }
  return found;
}

async function nothingOn(queue) {
  assert.deepEqual(await receivers[queue].peekMessages(10), []);
}

const kinds = (events) => events.map((event) => `${event.ResultObjectType}${event.Success ? "" : "!"}`);

/** The published request, under another LocalId. */
function request(changes = {}, localId = "2031203") {
  const published = JSON.parse(readFileSync(process.env.INTEROP_REQUEST, "utf8"));
  return { ...published, Order: { ...published.Order, LocalId: localId }, ...changes };
}

const change = (code, localId) => ({ Version: "2.3.1", ClientGuid: CLIENT, OrderControlCode: code, Order: { LocalId: localId } });

/** A DICOM file (Part 10, explicit VR) of a patient's right or left eye. */
function dicom(patient, side) {
  const element = (tag, vr, value) => {
    const padded = value.length % 2 ? `${value} ` : value;
    return Buffer.concat([Buffer.from(tag), Buffer.from(vr), Buffer.from([padded.length, 0]), Buffer.from(padded)]);
  };
  const parts = [element([0x10, 0, 0x20, 0], "LO", patient), element([0x20, 0, 0x62, 0], "CS", side)];
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), ...parts]);
}

async function drop(name, content) {
  const box = BlobServiceClient.fromConnectionString(cloud["cloud.blob_connection"]).getContainerClient("drop");
  await box.getBlockBlobClient(name).uploadData(content);
}

function graded(localId, retinopathy) {
  const eye = { Gradable: true, Findings: [
    { Finding: "Diabetic Retinopathy", Result: retinopathy }, { Finding: "Macular Edema", Result: "None" } ] };
  return { Version: "2.3.1", ClientGuid: CLIENT, LocalId: localId, Site: { LocalId: "102330B" }, OD: eye, OS: eye };
}

test("LIFE-SM-01, LIFE-SM-12: the public client's request becomes an order, events and a result", async () => {
  await orders.sendMessages({ body: request() });
  const [receipt] = await next("events");
  assert.deepEqual(kinds([receipt]), ["OrderCreationReceipt"]);
  assert.deepEqual([receipt.OrderLocalId, receipt.PatientLocalId], ["2031203", "TestMRN1234"]); // LIFE-070
  assert.ok(receipt.IrisOrderId > 0); // LIFE-009

  await drop("right.dcm", dicom("TestMRN1234", "R")); // LIFE-054
  await drop("left.dcm", dicom("TestMRN1234", "L"));
  assert.deepEqual(kinds(await next("events", 3)), ["ImageReceipt", "ImageReceipt", "ReadyForGradingEvent"]);

  await gradings.sendMessages({ body: graded("2031203", "Mild") });
  assert.deepEqual(kinds(await next("events", 2)), ["GradingReceipt", "OrderGradedEvent"]); // LIFE-081
  const [result] = await next("results");
  assert.deepEqual([result.ResultCode, result.Order.LocalId, result.Order.Status], ["F", "2031203", "Complete"]);
  assert.equal(result.Order.PatientOrderId, receipt.IrisOrderId);
  assert.deepEqual(result.Gradings.DxCodes, ["E113293"]); // ICD-042
  assert.equal(Buffer.from(result.ResultsDocument.Content, "base64").subarray(0, 5).toString(), "%PDF-"); // LIFE-RS-19

  await orders.sendMessages({ body: change("ResendResult", "2031203") }); // LIFE-SM-28, LIFE-C5: without Site
  const [again] = await next("results");
  assert.deepEqual([again.ResultCode, again.Gradings], ["R", result.Gradings]); // LIFE-049
  assert.notEqual(again.TransactionId, result.TransactionId);
  await nothingOn("events");
});

test("LIFE-SM-22, LIFE-SM-26: an order is changed and cancelled, and a cancelled one is not graded", async () => {
  await orders.sendMessages([{ body: request({}, "2031204") }, { body: request({ OrderControlCode: "XO" }, "2031204") }]);
  assert.deepEqual(kinds(await next("events")), ["OrderCreationReceipt"]); // LIFE-044: the change has none
  await orders.sendMessages({ body: change("CA", "2031204") });
  assert.deepEqual(kinds(await next("events")), ["OrderCancelled"]);
  await gradings.sendMessages({ body: graded("2031204", "None") }); // LIFE-SM-14
  await orders.sendMessages({ body: change("CA", "2031204") }); // LIFE-SM-27
  await orders.sendMessages({ body: request({}, "2031205") });
  assert.deepEqual(kinds(await next("events")), ["OrderCreationReceipt"]); // LIFE-096: nothing in between
  await nothingOn("results");
});

test("LIFE-028, LIFE-029: what is wrong with a request is told, but not to strangers", async () => {
  await orders.sendMessages([
    { body: request({ ClientGuid: "00000000-0000-0000-0000-000000000001" }, "2031206") },
    { body: request({ Site: { LocalId: "nowhere" } }, "2031207") },
  ]);
  const [refused] = await next("events");
  assert.deepEqual([refused.Success, refused.IrisOrderId, refused.OrderLocalId], [false, 0, "2031207"]);
  assert.ok(refused.ErrorMessage);
  await nothingOn("events");
});

test("LIFE-027: what is no request becomes a dead letter", async () => {
  await orders.sendMessages({ body: "no request" });
  const manage = new ServiceBusClient(transports["over TLS"]("cloud.organization.manage"), RETRY);
  const dead = manage.createReceiver("orders", { subQueueType: "deadLetter", receiveMode: "receiveAndDelete" });
  const [letter] = await dead.receiveMessages(1, { maxWaitTimeInMs: 5_000 });
  assert.equal(letter.body, "no request");
  assert.equal(letter.deadLetterReason, "Unreadable");
  await manage.close();
});
