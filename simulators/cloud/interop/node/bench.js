// How many messages a second go through one queue, with the official client and with a plain AMQP client.

import { readFileSync } from "node:fs";

import { ServiceBusClient } from "@azure/service-bus";
import rhea from "rhea";

import { cloud, transports } from "./support.js";

const COUNT = Number(process.env.INTEROP_MESSAGES ?? 10_000);
const MANAGE = "cloud.organization.manage";
const QUEUE = "events";

/** Processor time that the cloud has used; the client's own limits do not blur it. */
function cloudSeconds() {
  const pid = process.env.INTEROP_PID;
  if (!pid || process.platform !== "linux") return undefined;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in hundredths
}

async function measure(name, work) {
  const [began, busy] = [performance.now(), cloudSeconds()];
  await work();
  const rate = (COUNT * 1_000) / (performance.now() - began);
  const cost = busy === undefined ? "" : `, ${Math.round(((cloudSeconds() - busy) * 1e6) / COUNT)} µs of the cloud each`;
  console.log(`${name.padEnd(44)} ${Math.round(rate).toLocaleString("en").padStart(9)} messages/s${cost}`);
}

for (const [name, connection] of Object.entries(transports)) {
  const client = new ServiceBusClient(connection(MANAGE));
  const sender = client.createSender(QUEUE);
  const body = { LocalId: "A1", filler: "x".repeat(200) };
  await measure(`${name}: send, 100 at once`, async () => {
    for (let sent = 0; sent < COUNT; sent += 100)
      await Promise.all(Array.from({ length: 100 }, () => sender.sendMessages({ body })));
  });
  await measure(`${name}: receive and complete`, async () => {
    const receiver = client.createReceiver(QUEUE);
    for (let received = 0; received < COUNT; ) {
      const messages = await receiver.receiveMessages(500, { maxWaitTimeInMs: 2_000 });
      await Promise.all(messages.map((message) => receiver.completeMessage(message)));
      received += messages.length;
    }
    await receiver.close();
  });
  await measure(`${name}: send in batches`, async () => {
    for (let sent = 0; sent < COUNT; sent += 500)
      await sender.sendMessages(Array.from({ length: 500 }, () => ({ body })));
  });
  await measure(`${name}: receive and delete`, async () => {
    const receiver = client.createReceiver(QUEUE, { receiveMode: "receiveAndDelete" });
    for (let received = 0; received < COUNT; )
      received += (await receiver.receiveMessages(500, { maxWaitTimeInMs: 2_000 })).length;
    await receiver.close();
  });
  await client.close();
}

// a plain AMQP client, with messages of 1 kB over one connection and over several that share the queue
const BODY = "x".repeat(1_024);

async function connect() {
  const connection = rhea.create_container().connect({
    host: "127.0.0.1",
    port: Number(cloud["cloud.organization.amqp_port"]),
    username: cloud[`${MANAGE}.key_name`],
    password: cloud[`${MANAGE}.key`],
  });
  await new Promise((resolve) => connection.once("connection_open", resolve));
  return connection;
}

/** Sends all messages, until the last one is accepted. */
function sendAll(connections) {
  let [toSend, accepted] = [COUNT, 0];
  return new Promise((resolve) => {
    for (const connection of connections) {
      const sender = connection.open_sender(QUEUE);
      sender.on("sendable", () => {
        while (toSend > 0 && sender.sendable()) {
          sender.send({ body: BODY });
          toSend--;
        }
      });
      sender.on("accepted", () => ++accepted === COUNT && resolve());
    }
  });
}

/** Receives all messages, until `event` has come for each of them. */
async function receiveAll(connections, event, modes) {
  let seen = 0;
  const receivers = [];
  await new Promise((resolve) => {
    for (const connection of connections) {
      const receiver = connection.open_receiver({ source: QUEUE, credit_window: 500, ...modes });
      receiver.on(event, () => ++seen === COUNT && resolve());
      receivers.push(receiver);
    }
  });
  receivers.forEach((receiver) => receiver.close());
}

for (const count of [1, 4]) {
  const connections = await Promise.all(Array.from({ length: count }, connect));
  const name = `1 kB, ${count} connection${count > 1 ? "s" : ""}`;
  const [takes, locks] = [{ snd_settle_mode: 1 }, { snd_settle_mode: 0, rcv_settle_mode: 1 }];
  await measure(`${name}: send`, () => sendAll(connections));
  await measure(`${name}: receive and delete`, () => receiveAll(connections, "message", takes));
  await sendAll(connections);
  await measure(`${name}: receive, lock and complete`, () => receiveAll(connections, "settled", locks));
  await measure(`${name}: send, lock and complete at once`, () =>
    Promise.all([sendAll(connections), receiveAll(connections, "settled", locks)]),
  );
  connections.forEach((connection) => connection.close());
}
