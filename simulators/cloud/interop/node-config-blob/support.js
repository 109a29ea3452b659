// What the tests share: where the cloud is, and credentials for it.
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

/** A name that no other test uses. */
export function unique(prefix) {
  return `${prefix}-${process.pid}-${(unique.count = (unique.count ?? 0) + 1)}`;
}
