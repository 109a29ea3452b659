// The mock Service Bus with the official client, @azure/service-bus (CON-001, CON-005, LIFE-Q-01 to LIFE-Q-04).

import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";

import { ServiceBusClient } from "@azure/service-bus";

import { cloud, credential, foreign, signature, sleep, transports } from "./support.js";

const QUEUE = "orders";
const SHORT = "gradings"; // locks of two seconds, three deliveries (examples/serve.rs)
const RETRY = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };
const MANAGE = "cloud.organization.manage";

for (const [name, connection] of Object.entries(transports)) {
  describe(name, { timeout: 240_000 }, () => {
    const client = new ServiceBusClient(connection(MANAGE), RETRY);
    const sender = client.createSender(QUEUE);
    after(() => client.close());

    async function drain(queue) {
      for (const subQueueType of [undefined, "deadLetter"]) {
        const receiver = client.createReceiver(queue, { receiveMode: "receiveAndDelete", subQueueType });
        while ((await receiver.receiveMessages(500, { maxWaitTimeInMs: 200 })).length > 0);
        await receiver.close();
      }
    }

    /** Runs `use` with a receiver, which is closed in any case. */
    async function withReceiver(use, options = {}, queue = QUEUE) {
      const receiver = client.createReceiver(queue, options);
      try {
        return await use(receiver);
      } finally {
        await receiver.close();
      }
    }

    async function one(receiver) {
      const messages = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 });
      assert.equal(messages.length, 1);
      return messages[0];
    }

    async function assertEmpty(receiver) {
      assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 300 }), []);
    }

    beforeEach(() => drain(QUEUE));

    test("a message arrives with all its properties", () =>
      withReceiver(async (receiver) => {
        const sent = {
          body: { LocalId: "A1" },
          messageId: "m-1",
          contentType: "application/json",
          correlationId: "c-1",
          subject: "order",
          replyTo: "replies",
          to: "somewhere",
          timeToLive: 300_000,
          applicationProperties: { text: "t", number: 7, flag: true, real: 1.5 },
        };
        await sender.sendMessages(sent);
        const message = await one(receiver);
        for (const key of Object.keys(sent)) assert.deepEqual(message[key], sent[key], key);
        assert.equal(message.deliveryCount, 0);
        assert.equal(message.state, "active");
        assert.ok(message.sequenceNumber.gt(0));
        const left = message.lockedUntilUtc - Date.now();
        assert.ok(left > 25_000 && left <= 31_000, `locked for ${left} ms`);
        await receiver.completeMessage(message);
        await assertEmpty(receiver);
      }));

    test("a batch arrives in order", () =>
      withReceiver(async (receiver) => {
        const batch = await sender.createMessageBatch();
        const sent = Array.from({ length: 50 }, (_, number) => `b-${number}`);
        for (const body of sent) assert.ok(batch.tryAddMessage({ body }));
        await sender.sendMessages(batch);
        const received = [];
        while (received.length < 50) {
          const messages = await receiver.receiveMessages(50, { maxWaitTimeInMs: 5_000 });
          assert.ok(messages.length > 0, "the queue ended early");
          received.push(...messages.map((message) => message.body));
          await Promise.all(messages.map((message) => receiver.completeMessage(message)));
        }
        assert.deepEqual(received, sent);
      }));

    test("a message of many frames arrives whole and a larger one is refused", () =>
      withReceiver(
        async (receiver) => {
          const body = Buffer.from(Array.from({ length: 250_000 }, (_, number) => number % 251));
          await sender.sendMessages({ body });
          assert.ok(body.equals((await one(receiver)).body));
          // the link is detached with amqp:link:message-size-exceeded, which this client tells as a time-out
          const hasty = new ServiceBusClient(connection(MANAGE), { retryOptions: { maxRetries: 0, timeoutInMs: 1_000 } });
          const large = { body: Buffer.alloc(300_000) };
          await assert.rejects(hasty.createSender(QUEUE).sendMessages(large), { code: "ServiceTimeout" });
          await hasty.close();
          assert.equal((await sender.createMessageBatch()).tryAddMessage(large), false);
          await assertEmpty(receiver);
        },
        { receiveMode: "receiveAndDelete" },
      ));

    test("receive and delete takes a message for good", async () => {
      await sender.sendMessages({ body: "gone" });
      const taken = await withReceiver(one, { receiveMode: "receiveAndDelete" });
      assert.equal(taken.body, "gone");
      await withReceiver(assertEmpty);
    });

    test("a message expires at the end of its time to live", async () => {
      await sender.sendMessages({ body: "short", timeToLive: 300 });
      await sleep(500);
      await withReceiver(assertEmpty);
    });

    test("an abandoned message returns with its count and changed properties", () =>
      withReceiver(async (receiver) => {
        await sender.sendMessages({ body: "again", applicationProperties: { tries: 0, kept: "k" } });
        await receiver.abandonMessage(await one(receiver), { tries: 1 });
        const message = await one(receiver);
        assert.equal(message.deliveryCount, 1);
        assert.deepEqual(message.applicationProperties, { tries: 1, kept: "k" });
        await receiver.completeMessage(message);
      }));

    test("a message is dead-lettered by hand with a reason", async () => {
      await sender.sendMessages({ body: "bad" });
      await withReceiver(async (receiver) =>
        receiver.deadLetterMessage(await one(receiver), {
          deadLetterReason: "Unreadable",
          deadLetterErrorDescription: "not JSON",
          extra: "x",
        }),
      );
      await withReceiver(
        async (dead) => {
          const message = await one(dead);
          assert.deepEqual([message.body, message.deadLetterReason], ["bad", "Unreadable"]);
          assert.equal(message.deadLetterErrorDescription, "not JSON");
          assert.equal(message.applicationProperties.extra, "x");
          await dead.completeMessage(message);
          await assertEmpty(dead);
        },
        { subQueueType: "deadLetter" },
      );
    });

    test("a message that fails too often becomes a dead letter", async () => {
      await drain(SHORT);
      const toShort = client.createSender(SHORT);
      await toShort.sendMessages({ body: "never" });
      await withReceiver(
        async (receiver) => {
          for (const count of [0, 1, 2]) {
            const message = await one(receiver);
            assert.equal(message.deliveryCount, count);
            await receiver.abandonMessage(message);
          }
          await assertEmpty(receiver);
        },
        {},
        SHORT,
      );
      await withReceiver(
        async (dead) => {
          const message = await one(dead);
          assert.deepEqual([message.body, message.deadLetterReason], ["never", "MaxDeliveryCountExceeded"]);
          await dead.completeMessage(message);
        },
        { subQueueType: "deadLetter" },
        SHORT,
      );
    });

    test("a deferred message is received by its number only", () =>
      withReceiver(async (receiver) => {
        await sender.sendMessages([{ body: "later" }, { body: "now" }]);
        const message = await one(receiver);
        await receiver.deferMessage(message);
        const following = await one(receiver);
        assert.equal(following.body, "now");
        await receiver.completeMessage(following);
        await assertEmpty(receiver);
        const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber);
        assert.deepEqual([deferred.body, deferred.state], ["later", "deferred"]);
        await receiver.renewMessageLock(deferred);
        await receiver.completeMessage(deferred);
        await assert.rejects(receiver.receiveDeferredMessages(message.sequenceNumber), { code: "MessageNotFound" });
      }));

    test("peeking changes nothing and goes on by number", () =>
      withReceiver(async (receiver) => {
        await sender.sendMessages([0, 1, 2, 3, 4].map((number) => ({ body: `p-${number}` })));
        const fresh = await receiver.peekMessages(3);
        assert.deepEqual(fresh.map((message) => message.body), ["p-0", "p-1", "p-2"]);
        const rest = await receiver.peekMessages(9);
        assert.deepEqual(rest.map((message) => message.body), ["p-3", "p-4"]);
        assert.deepEqual(await receiver.peekMessages(1), []);
        for (let count = 0; count < 5; count++) {
          const message = await one(receiver);
          assert.equal(message.deliveryCount, 0);
          await receiver.completeMessage(message);
        }
      }));

    test("a scheduled message comes at its time unless it is cancelled", () =>
      withReceiver(async (receiver) => {
        const due = new Date(Date.now() + 2_000);
        await sender.scheduleMessages([{ body: "managed" }], due);
        await sender.sendMessages({ body: "annotated", scheduledEnqueueTimeUtc: due });
        const cancelled = await sender.scheduleMessages([{ body: "x" }, { body: "y" }], due);
        assert.equal((await receiver.peekMessages(1))[0].state, "scheduled");
        await sender.cancelScheduledMessages(cancelled);
        await assert.rejects(sender.cancelScheduledMessages(cancelled), { code: "MessageNotFound" });
        await assertEmpty(receiver);
        const bodies = new Set();
        for (let count = 0; count < 2; count++) {
          const message = await one(receiver);
          bodies.add(message.body);
          await receiver.completeMessage(message);
        }
        assert.deepEqual(bodies, new Set(["managed", "annotated"]));
        assert.ok(Date.now() >= due);
        await assertEmpty(receiver);
      }));

    test("a lock is renewed and without that lost", () =>
      withReceiver(
        async (receiver) => {
          const toShort = client.createSender(SHORT);
          await toShort.sendMessages({ body: "slow" });
          const message = await one(receiver);
          await sleep(1_500);
          assert.ok((await receiver.renewMessageLock(message)) > Date.now() + 1_000);
          await sleep(1_000);
          await receiver.completeMessage(message);

          await toShort.sendMessages({ body: "lost" });
          const lost = await one(receiver);
          await sleep(2_200);
          await assert.rejects(receiver.completeMessage(lost), { code: "MessageLockLost" });
          await assert.rejects(receiver.renewMessageLock(lost), { code: "MessageLockLost" });
          const again = await one(receiver);
          assert.deepEqual([again.body, again.deliveryCount], ["lost", 1]);
          await receiver.completeMessage(again);
        },
        { maxAutoLockRenewalDurationInMs: 0 },
        SHORT,
      ));

    test("a subscription completes what its handler has taken", () =>
      withReceiver(async (receiver) => {
        await sender.sendMessages([0, 1, 2].map((number) => ({ body: `s-${number}` })));
        const bodies = [];
        await new Promise((resolve, reject) =>
          receiver.subscribe({
            processMessage: async (message) => {
              bodies.push(message.body);
              if (bodies.length === 3) setTimeout(resolve, 200);
            },
            processError: async ({ error }) => reject(error),
          }),
        );
        assert.deepEqual(bodies, ["s-0", "s-1", "s-2"]);
      }));

    test("a queue that is not there is refused", async () => {
      const expected = { code: "MessagingEntityNotFound" };
      await assert.rejects(client.createSender("nowhere").sendMessages({ body: "x" }), expected);
      await assert.rejects(client.createReceiver("nowhere").receiveMessages(1), expected);
    });

    test("a wrong key is refused", async () => {
      const wrong = new ServiceBusClient(connection(MANAGE, "d3Jvbmc="), RETRY);
      await assert.rejects(wrong.createSender(QUEUE).sendMessages({ body: "x" }), { code: "UnauthorizedAccess" });
      await wrong.close();
    });

    test("a policy gives no more than its right (LIFE-099)", async () => {
      for (const [queue, maySend] of [["orders", true], ["gradings", true], ["results", false], ["events", false]]) {
        const limited = new ServiceBusClient(connection(`cloud.organization.${queue}`), RETRY);
        const send = () => limited.createSender(queue).sendMessages({ body: "x" });
        const receive = () => limited.createReceiver(queue).receiveMessages(1, { maxWaitTimeInMs: 300 });
        await (maySend ? send : receive)();
        await assert.rejects(maySend ? receive : send, { code: "UnauthorizedAccess" }, queue);
        await limited.close();
        await drain(queue);
      }
    });
  });
}

describe("tokens", { timeout: 60_000 }, () => {
  const client = (who) => new ServiceBusClient(`localhost:${cloud[`${MANAGE}.port`]}`, who, RETRY);

  test("CON-013: one of the login service opens the bus", async () => {
    const known = client(credential());
    await known.createSender(QUEUE).sendMessages({ body: "by token" });
    const receiver = known.createReceiver(QUEUE, { receiveMode: "receiveAndDelete" });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 });
    assert.equal(message.body, "by token");
    await known.close();
  });

  for (const [what, who] of [
    ["for another audience", { getToken: () => credential().getToken("https://storage.azure.com/.default") }],
    ["of somebody else", foreign],
  ]) {
    test(`CON-013: one ${what} is refused`, async () => {
      const refused = client(who);
      await assert.rejects(refused.createSender(QUEUE).sendMessages({ body: "x" }), { code: "UnauthorizedAccess" });
      await refused.close();
    });
  }
});

describe("signatures", { timeout: 60_000 }, () => {
  const client = (seconds) =>
    new ServiceBusClient(`localhost:${cloud[`${MANAGE}.port`]}`, signature(MANAGE, "sb://localhost/orders", seconds), RETRY);

  test("an expired one is refused", async () => {
    const expired = client(-10);
    await assert.rejects(expired.createSender(QUEUE).sendMessages({ body: "x" }), { code: "UnauthorizedAccess" });
    await expired.close();
  });

  test("a link ends when its signature expires", async () => {
    const short = client(3);
    const sender = short.createSender(QUEUE);
    await sender.sendMessages({ body: "in time" });
    await sleep(3_500);
    await assert.rejects(sender.sendMessages({ body: "too late" }), { code: "UnauthorizedAccess" });
    await short.close();
  });
});
