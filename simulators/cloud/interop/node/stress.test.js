// The mock Service Bus under load and with connections that die, with rhea, a plain AMQP 1.0 client.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import rhea from "rhea";

import { cloud, sleep } from "./support.js";

const MESSAGES = Number(process.env.INTEROP_MESSAGES ?? 10_000);
const CUTS = Number(process.env.INTEROP_CUTS ?? 50);
const MANAGE = "cloud.organization.manage";
const LOCK = 2_000; // of queue gradings (examples/serve.rs)

function connect() {
  return rhea.create_container().connect({
    host: "127.0.0.1",
    port: Number(cloud["cloud.organization.amqp_port"]),
    username: cloud[`${MANAGE}.key_name`],
    password: cloud[`${MANAGE}.key`],
    reconnect: false,
  });
}

/** Numbers on their way into a queue. One that is not accepted is sent again, on the next connection if need be. */
class Sending {
  constructor(queue, count) {
    this.queue = queue;
    this.waiting = Array.from({ length: count }, (_, number) => number).reverse();
    this.accepted = new Set();
    this.done = count;
  }

  start() {
    const underWay = new Map();
    this.connection = connect();
    const sender = this.connection.open_sender(this.queue);
    sender.on("sendable", () => {
      while (sender.sendable() && this.waiting.length > 0) {
        const number = this.waiting.pop();
        underWay.set(sender.send({ body: String(number) }), number);
      }
    });
    sender.on("accepted", ({ delivery }) => {
      this.accepted.add(underWay.get(delivery));
      underWay.delete(delivery);
    });
    this.connection.once("disconnected", () => this.waiting.push(...underWay.values()));
  }

  get finished() {
    return this.accepted.size === this.done;
  }
}

/** Deliveries under peek-lock. */
class Receiving {
  constructor(queue, completes = () => true) {
    Object.assign(this, { queue, completes });
    this.order = []; // numbers as they were completed for the first time
    this.completed = new Map(); // sequence numbers whose completion was confirmed, with the message's number
    this.given = new Map(); // when a sequence number was last delivered, and its delivery count
    this.unanswered = new Set(); // numbers whose completion was asked for on a connection that was cut
    this.offences = [];
    this.last = Date.now();
  }

  start() {
    const asked = new Set();
    this.connection = connect();
    this.connection.once("disconnected", () => asked.forEach((number) => this.unanswered.add(number)));
    const receiver = this.connection.open_receiver({
      source: { address: this.queue },
      autoaccept: false,
      credit_window: 100,
      snd_settle_mode: 0,
      rcv_settle_mode: 1,
    });
    receiver.on("message", ({ message, delivery }) => {
      const sequence = Number(message.message_annotations["x-opt-sequence-number"]);
      this.check(sequence, message.delivery_count);
      this.last = Date.now();
      if (!this.completes()) return; // left to its lock
      delivery.settledAs = [sequence, Number(message.body)];
      asked.add(Number(message.body));
      delivery.accept();
    });
    receiver.on("settled", ({ delivery }) => {
      const [sequence, number] = delivery.settledAs;
      asked.delete(number);
      if (delivery.remote_state?.error) return; // the lock was lost
      this.completed.set(sequence, number);
      this.order.push(number);
    });
  }

  check(sequence, count) {
    if (this.completed.has(sequence)) this.offences.push(`${sequence} came again after its completion`);
    const before = this.given.get(sequence);
    if (before && Date.now() - before.at < LOCK - 500) this.offences.push(`${sequence} came again while it was locked`);
    if (before && count !== before.count + 1) this.offences.push(`${sequence} counts ${count} after ${before.count}`);
    this.given.set(sequence, { at: Date.now(), count });
  }
}

/** Waits until `done`, for `limit` milliseconds at most. */
async function until(done, limit, what) {
  for (const end = Date.now() + limit; !done(); await sleep(20)) assert.ok(Date.now() < end, what());
}

function residentKilobytes() {
  const pid = process.env.INTEROP_PID;
  if (!pid || process.platform !== "linux") return undefined;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

const limit = 60_000 + MESSAGES * 5;

test(`${MESSAGES} messages arrive once, in order, all of them`, { timeout: limit }, async () => {
  const before = residentKilobytes();
  const [sending, receiving] = [new Sending("events", MESSAGES), new Receiving("events")];
  receiving.start();
  sending.start();
  const told = () => `${sending.accepted.size} sent, ${receiving.order.length} received`;
  await until(() => receiving.order.length >= MESSAGES, limit, told);
  await sleep(500); // for duplicates
  assert.deepEqual(receiving.order, Array.from({ length: MESSAGES }, (_, number) => number));
  assert.deepEqual(receiving.offences, []);
  sending.connection.close();
  receiving.connection.close();
  if (before !== undefined) {
    // what grows is the journal, which keeps every byte and every fact of a scenario
    const perMessage = ((residentKilobytes() - before) * 1_024) / MESSAGES;
    console.log(`${Math.round(perMessage)} bytes of memory per message, for the journal`);
    assert.ok(perMessage < 8_192 || MESSAGES < 5_000, `${perMessage} bytes per message`);
  }
});

test(`connections cut ${CUTS} times lose no message and break no lock`, { timeout: 120_000 + CUTS * 500 }, async () => {
  const count = CUTS * 20;
  const sending = new Sending("gradings", count);
  const receiving = new Receiving("gradings", () => Math.random() < 0.98);
  receiving.start();
  sending.start();
  for (let cut = 0; cut < CUTS; cut++) {
    await sleep(Math.random() * 100);
    const victim = Math.random() < 0.5 ? sending : receiving;
    const gone = new Promise((resolve) => victim.connection.once("disconnected", resolve));
    victim.connection.socket.destroy(new Error("cut"));
    await gone;
    victim.start();
  }
  await until(() => sending.finished, 60_000, () => `${sending.accepted.size} of ${count} sent`);
  // every message is completed or, after three lapsed locks, dead
  await until(() => Date.now() - receiving.last > 3 * LOCK, 90_000, () => "messages keep coming");
  const dead = new Receiving("gradings/$DeadLetterQueue");
  dead.start();
  await until(() => Date.now() - dead.last > 1_000, 30_000, () => "dead letters keep coming");
  const found = new Set([...receiving.completed.values(), ...dead.completed.values()]);
  const lost = [...sending.accepted].filter((number) => !found.has(number));
  // a completion whose answer was cut off may have been done
  const unexplained = lost.filter((number) => !receiving.unanswered.has(number));
  console.log(`${receiving.completed.size} completed, ${dead.completed.size} dead, ${receiving.given.size} in all`);
  assert.deepEqual(unexplained, []);
  assert.deepEqual([...receiving.offences, ...dead.offences], []);
  for (const { connection } of [sending, receiving, dead]) connection.close();
});
