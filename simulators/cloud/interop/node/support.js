// What the programs share: where the cloud is (with-cloud.mjs says it), and how a client gets in.

import { createHmac } from "node:crypto";

import { ClientSecretCredential } from "@azure/identity";

/** The placeholders of proxy profiles. */
export const cloud = JSON.parse(process.env.INTEROP_CLOUD);

/** Fail at once: a test waits for an answer, not for a better one. */
export const options = { retryOptions: { maxRetries: 0 } };

const proxy = new URL(process.env.INTEROP_PROXY);

/** Options that lead every host name to the cloud, as in the field (CON-004). */
export const byName = { ...options, proxyOptions: { host: `http://${proxy.hostname}`, port: Number(proxy.port) } };

/** The credential of the installation; `changes` replace its parts. */
export function credential(changes = {}) {
  const { tenant, secret, ...rest } = { tenant: cloud.tenant, secret: cloud.client_secret, ...changes };
  return new ClientSecretCredential(tenant, rest.clientId ?? cloud.client_id, secret, {
    authorityHost: cloud["cloud.login"],
    disableInstanceDiscovery: true,
    ...options,
    ...rest,
  });
}

/** A credential whose tokens are no tokens of this cloud. */
export const foreign = { getToken: async () => ({ token: "a.b.c", expiresOnTimestamp: Date.now() + 3_600_000 }) };

/** Connection strings of a shared access policy, over TLS and as the SDK's development emulator (CON-005). */
export const transports = {
  "over TLS": (access, key) => `Endpoint=sb://localhost:${cloud[`${access}.port`]};${keyOf(access, key)}`,
  "as emulator": (access, key) =>
    `Endpoint=sb://127.0.0.1:${cloud["cloud.organization.amqp_port"]};${keyOf(access, key)};UseDevelopmentEmulator=true`,
};

function keyOf(access, key = cloud[`${access}.key`]) {
  return `SharedAccessKeyName=${cloud[`${access}.key_name`]};SharedAccessKey=${key}`;
}

/** A credential that gives out one signature by the policy `access` for `resource`, good for so many seconds. */
export function signature(access, resource, seconds) {
  const expiry = Math.floor(Date.now() / 1_000) + seconds;
  const encoded = encodeURIComponent(resource);
  const digest = createHmac("sha256", cloud[`${access}.key`]).update(`${encoded}\n${expiry}`).digest("base64");
  const token = `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(digest)}&se=${expiry}&skn=${cloud[`${access}.key_name`]}`;
  return { signature: token };
}

/** A name that no other test uses. */
export function unique(prefix) {
  return `${prefix}-${process.pid}-${(unique.count = (unique.count ?? 0) + 1)}`;
}

/** Everything that a paged listing yields. */
export async function all(pages) {
  const found = [];
  for await (const item of pages) found.push(item);
  return found;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
