// How many messages a second go through one queue, with the official client and with a plain AMQP client.

import { ServiceBusClient } from "@azure/service-bus";
import rhea from "rhea";

import { cloud, transports } from "./support.js";

const COUNT = Number(process.env.INTEROP_MESSAGES ?? 10_000);
const MANAGE = "cloud.organization.manage";
const QUEUE = "events";

async function measure(name, work) {
  const began = performance.now();
  await work();
  const rate = (COUNT * 1_000) / (performance.now() - began);
  console.log(`${name.padEnd(40)} ${Math.round(rate).toLocaleString("en").padStart(9)} messages/s`);
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

const connection = rhea.create_container().connect({
  host: "127.0.0.1",
  port: Number(cloud["cloud.organization.amqp_port"]),
  username: cloud[`${MANAGE}.key_name`],
  password: cloud[`${MANAGE}.key`],
});
await measure("plain AMQP: send, receive and complete", () => {
  let sent = 0;
  const sender = connection.open_sender(QUEUE);
  sender.on("sendable", () => {
    for (; sender.sendable() && sent < COUNT; sent++) sender.send({ body: "x".repeat(200) });
  });
  return new Promise((resolve) => {
    let settled = 0;
    const receiver = connection.open_receiver({ source: QUEUE, credit_window: 500, rcv_settle_mode: 1, snd_settle_mode: 0 });
    receiver.on("settled", () => ++settled === COUNT && resolve());
  });
});
connection.close();
