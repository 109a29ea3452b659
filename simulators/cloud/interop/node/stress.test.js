// The mock Service Bus under load and with connections that die, with rhea, a plain AMQP 1.0 client.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";

import rhea from "rhea";

import { cloud, sleep } from "./support.js";

const MESSAGES = Number(process.env.INTEROP_MESSAGES ?? 10_000);
const CUTS = Number(process.env.INTEROP_CUTS ?? 50);
const MANAGE = "cloud.organization.manage";
const LOCK = 2_000; // of queue gradings (examples/serve.rs)
const LAG = 500; // of this program's clock behind the cloud's
const SIZE = 1_024; // of a message
const GROWTH = 8 * 1_024; // kilobytes that a server may grow while four fifths of the messages pass
const AHEAD = 1_000; // messages in the queue at most, so that memory does not grow by what waits there

const open = new Set();
// also after a failure, or the program would not end
afterEach(() => open.forEach((connection) => connection.close()));

function connect() {
  const connection = rhea.create_container().connect({
    host: "127.0.0.1",
    port: Number(cloud["cloud.organization.amqp_port"]),
    username: cloud[`${MANAGE}.key_name`],
    password: cloud[`${MANAGE}.key`],
    reconnect: false,
  });
  connection.once("disconnected", () => open.delete(connection));
  open.add(connection);
  return connection;
}

/** Numbers on their way into a queue. One that is not accepted is sent again, on the next connection if need be. */
class Sending {
  constructor(queue, count, mayGoOn = () => true) {
    Object.assign(this, { queue, mayGoOn });
    this.waiting = Array.from({ length: count }, (_, number) => number).reverse();
    this.accepted = new Set();
    this.done = count;
  }

  start() {
    const underWay = new Map();
    this.connection = connect();
    const sender = this.connection.open_sender(this.queue);
    this.goOn = () => {
      while (sender.sendable() && this.waiting.length > 0 && this.mayGoOn()) {
        const number = this.waiting.pop();
        underWay.set(sender.send({ body: String(number).padEnd(SIZE) }), number);
      }
    };
    sender.on("sendable", this.goOn);
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

/** What receivers of a queue have seen, and whether the rules of peek-lock held. */
class Record {
  constructor() {
    this.order = []; // numbers as they were completed for the first time
    this.completed = new Map(); // sequence numbers whose completion was confirmed, with the message's number
    this.given = new Map(); // when a sequence number was last delivered, and its delivery count
    this.unanswered = new Set(); // numbers whose completion was asked for on a connection that was cut
    this.offences = [];
    this.late = 0; // attempts to complete after the lock's end
    this.lastCut = 0;
    this.last = Date.now();
  }

  delivered(sequence, count) {
    const [before, now] = [this.given.get(sequence), Date.now()];
    const offence = (what) => this.offences.push(`${sequence} ${what}`);
    if (this.completed.has(sequence)) offence("came again after its completion");
    if (before) {
      // each lost lock counts one; one that was given to a connection that died was not seen here
      const lost = count - before.count;
      if (lost < 1 || (lost > 1 && this.lastCut < before.at)) offence(`counts ${count} after ${before.count}`);
      if (now - before.at < Math.max(lost, 1) * LOCK - LAG) offence(`came again while it was locked`);
    }
    this.given.set(sequence, { at: now, count });
    this.last = now;
  }
}

/** A receiver under peek-lock. `plan` says what becomes of a delivery: "complete", "late" (when the lock is gone), "leave". */
class Receiving {
  constructor(queue, record = new Record(), plan = () => "complete") {
    Object.assign(this, { queue, record, plan });
  }

  start() {
    const { record } = this;
    const asked = new Set();
    const connection = (this.connection = connect());
    connection.once("disconnected", () => asked.forEach((number) => record.unanswered.add(number)));
    const receiver = connection.open_receiver({
      source: { address: this.queue },
      autoaccept: false,
      credit_window: 100,
      snd_settle_mode: 0,
      rcv_settle_mode: 1,
    });
    receiver.on("message", ({ message, delivery }) => {
      const sequence = Number(message.message_annotations["x-opt-sequence-number"]);
      const [number, plan] = [Number(message.body), this.plan()];
      record.delivered(sequence, message.delivery_count);
      if (plan === "leave") return;
      delivery.settledAs = { sequence, number, plan };
      if (plan === "late") return setTimeout(() => connection.is_open() && delivery.accept(), LOCK + LAG);
      asked.add(number);
      delivery.accept();
    });
    receiver.on("settled", ({ delivery }) => {
      const { sequence, number, plan } = delivery.settledAs;
      asked.delete(number);
      const refused = delivery.remote_state?.error?.condition;
      if (plan === "late") {
        record.late++;
        if (refused !== "com.microsoft:message-lock-lost") record.offences.push(`${sequence} was settled without a lock`);
      }
      if (refused) return; // the lock was lost
      record.completed.set(sequence, number);
      record.order.push(number);
      this.afterCompletion?.();
    });
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

test(`${MESSAGES} messages arrive once, in order, all of them, and memory stays`, { timeout: limit }, async () => {
  const receiving = new Receiving("events");
  const { record } = receiving;
  const sending = new Sending("events", MESSAGES, () => MESSAGES - sending.waiting.length - record.order.length < AHEAD);
  const memory = new Map([[0, residentKilobytes()]]);
  receiving.afterCompletion = () => {
    const percent = (record.order.length * 100) / MESSAGES;
    if (percent % 10 === 0) memory.set(percent, residentKilobytes());
    sending.goOn();
  };
  receiving.start();
  sending.start();
  const told = () => `${sending.accepted.size} sent, ${record.order.length} received`;
  await until(() => record.order.length >= MESSAGES, limit, told);
  await sleep(500); // for duplicates
  assert.deepEqual(record.order, Array.from({ length: MESSAGES }, (_, number) => number));
  assert.deepEqual(record.offences, []);
  if (memory.get(0) !== undefined) {
    console.log([...memory].map(([percent, kilobytes]) => `${percent} %: ${kilobytes} kB`).join(", "));
    // the journal of a server is full by then; what a message leaves behind would show
    const growth = memory.get(100) - memory.get(20);
    assert.ok(growth < GROWTH, `${growth} kB more at the end than after a fifth`);
  }
});

test(`connections cut ${CUTS} times lose no message and break no lock`, { timeout: 120_000 + CUTS * 500 }, async () => {
  const count = CUTS * 20;
  const sending = new Sending("gradings", count);
  const record = new Record();
  const chance = () => {
    const die = Math.random();
    return die < 0.96 ? "complete" : die < 0.98 ? "late" : "leave";
  };
  // receivers that compete, so that a message could be given to two; one is not cut and outlives its locks
  const receivers = [1, 2].map(() => new Receiving("gradings", record));
  const victims = [sending, ...receivers];
  for (const one of [...victims, new Receiving("gradings", record, chance)]) one.start();
  for (let cut = 0; cut < CUTS; cut++) {
    await sleep(Math.random() * 100);
    const victim = victims[Math.floor(Math.random() * victims.length)];
    const gone = new Promise((resolve) => victim.connection.once("disconnected", resolve));
    record.lastCut = Date.now();
    victim.connection.socket.destroy(new Error("cut"));
    await gone;
    victim.start();
  }
  await until(() => sending.finished, 60_000, () => `${sending.accepted.size} of ${count} sent`);
  // every message is completed or, after three lapsed locks, dead
  await until(() => Date.now() - record.last > 3 * LOCK, 90_000, () => "messages keep coming");
  const dead = new Receiving("gradings/$DeadLetterQueue");
  dead.start();
  await until(() => Date.now() - dead.record.last > 1_000, 30_000, () => "dead letters keep coming");
  const found = new Set([...record.completed.values(), ...dead.record.completed.values()]);
  const lost = [...sending.accepted].filter((number) => !found.has(number));
  // a completion whose answer was cut off may have been done
  const unexplained = lost.filter((number) => !record.unanswered.has(number));
  const again = [...record.given.values()].filter(({ count }) => count > 0).length;
  console.log(`${record.completed.size} completed, ${dead.record.completed.size} dead, ${record.given.size} in all;`);
  console.log(`${again} given again, ${record.late} settled too late, ${lost.length} completed without an answer`);
  assert.deepEqual(unexplained, []);
  assert.deepEqual([...record.offences, ...dead.record.offences], []);
  assert.ok(CUTS < 20 || (again > 0 && record.late > 0), "locks were lost");
});
