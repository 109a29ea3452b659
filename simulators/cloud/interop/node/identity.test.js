// @azure/identity against the identity platform of the cloud (CON-001, CON-002, CON-010 to CON-013).
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { byName, cloud, credential } from "./support.js";

const SCOPE = "https://azconfig.io/.default";

const get = (url, options = {}) =>
  new Promise((resolve, reject) => {
    https
      .get(url, options, async (answer) => {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        resolve({ status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks)) });
      })
      .on("error", reject);
  });

test("CON-011: a token is for the audience of its scope and lives as long as told", async () => {
  for (const [scope, audience] of [
    [SCOPE, "https://azconfig.io"],
    ["https://storage.azure.com/.default", "https://storage.azure.com"],
    ["https://servicebus.azure.net/.default", "https://servicebus.azure.net"],
    [`${cloud["cloud.emr_api"]}/.default`, cloud["cloud.emr_api"]],
  ]) {
    const before = Date.now();
    const { token, expiresOnTimestamp } = await credential().getToken(scope);
    const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    assert.equal(claims.aud, audience);
    assert.equal(claims.tid, cloud.tenant);
    assert.ok(Math.abs(expiresOnTimestamp - before - 3_599_000) < 5_000);
  }
});

for (const authorityHost of ["https://login.microsoftonline.com", cloud["cloud.login"]]) {
  test(`CON-010: with instance discovery a token comes from ${authorityHost.replace(/[0-9]+$/, "PORT")}`, async () => {
    const known = credential({ authorityHost, disableInstanceDiscovery: false, ...byName });
    assert.ok((await known.getToken(SCOPE)).token);
  });
}

test("CON-010: the published key verifies a token", async () => {
  const { token } = await credential().getToken(SCOPE);
  const [head, claims, signature] = token.split(".");
  const base = `${cloud["cloud.login"]}/${cloud.tenant}`;
  const { body: metadata } = await get(`${base}/v2.0/.well-known/openid-configuration`);
  const { body: set } = await get(metadata.jwks_uri);
  const { kid } = JSON.parse(Buffer.from(head, "base64url"));
  const key = createPublicKey({ key: set.keys.find((one) => one.kid === kid), format: "jwk" });
  const options = { key, dsaEncoding: "ieee-p1363" };
  assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), options, Buffer.from(signature, "base64url")));
  assert.equal(JSON.parse(Buffer.from(claims, "base64url")).iss, metadata.issuer);
});

for (const [what, changes, scope, code] of [
  ["a wrong secret", { secret: "wrong" }, SCOPE, 7000215],
  ["an unknown application", { clientId: "11111111-2222-3333-4444-555555555555" }, SCOPE, 700016],
  ["a scope without .default", {}, "https://azconfig.io", 1002012],
  ["an unknown resource", {}, "https://example.org/.default", 500011],
]) {
  test(`CON-012: ${what} is refused with ${code}`, async () => {
    const refusal = { name: "AuthenticationRequiredError", message: new RegExp(`AADSTS${code}`) };
    await assert.rejects(credential(changes).getToken(scope), refusal);
  });
}

test("CON-012: an unknown tenant is refused", async () => {
  const stranger = credential({ tenant: "11111111-2222-3333-4444-555555555555" });
  await assert.rejects(stranger.getToken(SCOPE), { name: "CredentialUnavailableError", message: /endpoints_resolution_error/ });
});

test("CON-002: a client that knows TLS 1.2 only is refused", async () => {
  const url = `${cloud["cloud.login"]}/common/discovery/instance`;
  await assert.rejects(get(url, { maxVersion: "TLSv1.2", agent: false }), /alert protocol version/);
  assert.equal((await get(url, { minVersion: "TLSv1.3", agent: false })).status, 200);
});

test("CON-002: plain HTTP gets no answer", async () => {
  const asked = new Promise((resolve, reject) => {
    http.get(`http://localhost:${cloud["cloud.https_port"]}/common/discovery/instance`, resolve).on("error", reject);
  });
  await assert.rejects(asked);
});
