// What the official client makes of a queue that gives no service (LIFE-105): new links, links that are open, messages.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";

import { ServiceBusClient } from "@azure/service-bus";

import { cloud, transports } from "./support.js";

const QUEUE = "orders";
const RETRY = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000, retryDelayInMs: 100 } };
const CODES = {
  disabled: "MessagingEntityDisabled",
  "not-found": "MessagingEntityNotFound",
  unauthorized: "UnauthorizedAccess",
  busy: "ServiceBusy",
};

let control;
before(async () => {
  control = connect(Number(cloud.control_port), "127.0.0.1");
  await once(control, "connect");
});
after(() => control.end());
afterEach(() => command(`serve ${QUEUE}`));

/** Tells the cloud what the queue is to do. */
async function command(line) {
  control.write(`${line}\n`);
  const [answer] = await once(control, "data");
  assert.equal(String(answer), "ok\n");
}

for (const [transport, connection] of Object.entries(transports)) {
  for (const [what, code] of Object.entries(CODES)) {
    describe(`${what}, ${transport}`, { timeout: 30_000 }, () => {
      let client;
      before(() => (client = new ServiceBusClient(connection("cloud.organization.manage"), RETRY)));
      after(() => client.close());

      test(`sending ends with ${code}, also on a link that was open, and goes on afterwards`, async () => {
        const sender = client.createSender(QUEUE);
        await sender.sendMessages({ body: "before" });
        await command(`${what} ${QUEUE}`);
        await assert.rejects(sender.sendMessages({ body: "refused" }), { code });
        await assert.rejects(client.createSender(QUEUE).sendMessages({ body: "refused" }), { code });
        await command(`serve ${QUEUE}`);
        await sender.sendMessages({ body: "after" });
        const receiver = client.createReceiver(QUEUE, { receiveMode: "receiveAndDelete" });
        const bodies = [];
        while (bodies.at(-1) !== "after")
          for (const { body } of await receiver.receiveMessages(10, { maxWaitTimeInMs: 2_000 })) bodies.push(body);
        assert.deepEqual(bodies, ["before", "after"]);
      });

      test(`receiving ends with ${code}`, async () => {
        await command(`${what} ${QUEUE}`);
        await assert.rejects(client.createReceiver(QUEUE).receiveMessages(1, { maxWaitTimeInMs: 1_000 }), { code });
        await assert.rejects(client.createReceiver(QUEUE).peekMessages(1), { code });
      });

      test(`a subscription is told ${code}`, async () => {
        const receiver = client.createReceiver(QUEUE);
        const told = new Promise((resolve) => {
          receiver.subscribe({ processMessage: async () => {}, processError: async ({ error }) => resolve(error) });
        });
        await receiver.peekMessages(1); // it is open now
        await command(`${what} ${QUEUE}`);
        assert.equal((await told).code, code);
        await receiver.close();
      });
    });
  }
}
