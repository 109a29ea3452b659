// @azure/app-configuration against the settings of the cloud (CON-013, CON-020).
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppConfigurationClient } from "@azure/app-configuration";
import { all, byName, cloud, credential, foreign, options, unique } from "./support.js";

const byKey = (connection = cloud["cloud.settings_connection"]) => new AppConfigurationClient(connection, options);
const byToken = (who = credential()) => new AppConfigurationClient(cloud["cloud.settings"], who, options);

const field = () => {
  const known = credential({ authorityHost: "https://login.microsoftonline.com", ...byName });
  return new AppConfigurationClient("https://config-proxy-qa.azconfig.io", known, byName);
};

for (const [how, connect] of [
  ["the store's key", byKey],
  ["a token", byToken],
  ["the host name of the field", field], // CON-004
]) {
  test(`CON-013, CON-020: with ${how} a setting is written, read, changed and deleted`, async () => {
    const client = connect();
    const id = { key: `app/${unique("key")}:a b*ü,\\`, label: "test" };
    const written = await client.setConfigurationSetting({ ...id, value: "1", contentType: "text/plain", tags: { a: "b" } });
    const read = await client.getConfigurationSetting(id);
    assert.deepEqual([read.key, read.label, read.value, read.contentType, read.tags], [id.key, "test", "1", "text/plain", { a: "b" }]);
    assert.equal(read.etag, written.etag);
    assert.ok(read.lastModified instanceof Date);
    assert.equal((await client.getConfigurationSetting(read, { onlyIfChanged: true })).statusCode, 304);
    const changed = await client.setConfigurationSetting({ ...id, value: "2" });
    assert.notEqual(changed.etag, written.etag);
    await assert.rejects(client.setConfigurationSetting({ ...written, value: "3" }, { onlyIfUnchanged: true }), { statusCode: 412 });
    await assert.rejects(client.addConfigurationSetting({ ...id, value: "4" }), { statusCode: 412 });
    assert.equal((await client.deleteConfigurationSetting(id)).value, "2");
    assert.equal((await client.deleteConfigurationSetting(id)).statusCode, 204);
    await assert.rejects(client.getConfigurationSetting(id), { statusCode: 404 });
  });
}

test("CON-020: keys and labels are filtered, and fields selected", async () => {
  const client = byKey();
  const key = unique("filter");
  for (const [name, label] of [[`${key}:a`, "x"], [`${key}:b`, "x"], [`${key}:a`, undefined], [`${key},c`, "y"]]) {
    await client.setConfigurationSetting({ key: name, label, value: "v" });
  }
  const list = async (filter) => (await all(client.listConfigurationSettings(filter))).map((item) => [item.key, item.label ?? null]);
  assert.deepEqual(await list({ keyFilter: `${key}:*`, labelFilter: "x" }), [[`${key}:a`, "x"], [`${key}:b`, "x"]]);
  assert.deepEqual(await list({ keyFilter: `${key}:*`, labelFilter: "\0" }), [[`${key}:a`, null]]);
  assert.deepEqual(await list({ keyFilter: `${key}:a,${key}:b`, labelFilter: "x,y" }), [[`${key}:a`, "x"], [`${key}:b`, "x"]]);
  assert.deepEqual(await list({ keyFilter: `${key}\\,c` }), [[`${key},c`, "y"]]);
  assert.deepEqual(await list({ keyFilter: "nothing" }), []);
  const [item] = await all(client.listConfigurationSettings({ keyFilter: `${key}:b`, fields: ["key"] }));
  assert.deepEqual([item.key, item.value], [`${key}:b`, undefined]);
  await assert.rejects(list({ keyFilter: "*x" }), { statusCode: 400 });
  const labels = (await all(client.listLabels())).map((label) => label.name);
  assert.ok(labels.includes("x") && labels.includes("y"), `${labels}`);
});

test("CON-020: a long list comes in pages, and an unchanged page is not sent again", async () => {
  const client = byKey();
  const key = unique("page");
  for (let n = 0; n < 205; n += 1) await client.setConfigurationSetting({ key: `${key}:${n}`, value: `${n}` });
  const etags = [];
  const sizes = [];
  for await (const page of client.listConfigurationSettings({ keyFilter: `${key}:*` }).byPage()) {
    sizes.push(page.items.length);
    etags.push(page.etag);
  }
  assert.deepEqual(sizes, [100, 100, 5]);
  for await (const page of client.listConfigurationSettings({ keyFilter: `${key}:*`, pageEtags: etags }).byPage()) {
    assert.equal(Number(page._response.status), 304);
  }
  await client.setConfigurationSetting({ key: `${key}:0`, value: "new" });
  const statuses = [];
  for await (const page of client.listConfigurationSettings({ keyFilter: `${key}:*`, pageEtags: etags }).byPage()) {
    statuses.push(Number(page._response.status));
  }
  assert.deepEqual(statuses, [200, 304, 304]);
});

test("CON-020: a locked setting cannot be changed until it is unlocked", async () => {
  const client = byKey();
  const id = { key: unique("lock") };
  await client.setConfigurationSetting({ ...id, value: "1" });
  assert.equal((await client.setReadOnly(id, true)).isReadOnly, true);
  await assert.rejects(client.setConfigurationSetting({ ...id, value: "2" }), { statusCode: 409 });
  await assert.rejects(client.deleteConfigurationSetting(id), { statusCode: 409 });
  assert.equal((await client.setReadOnly(id, false)).isReadOnly, false);
  assert.equal((await client.setConfigurationSetting({ ...id, value: "2" })).value, "2");
});

test("CON-021: a sentinel shows that other settings changed", async () => {
  const client = byKey();
  const id = { key: "EmrProxy:Sentinel", label: cloud.installation };
  const seen = await client.setConfigurationSetting({ ...id, value: unique("s") });
  assert.equal((await client.getConfigurationSetting(seen, { onlyIfChanged: true })).statusCode, 304);
  await client.setConfigurationSetting({ ...id, value: unique("s") });
  assert.equal((await client.getConfigurationSetting(seen, { onlyIfChanged: true })).statusCode, 200);
});

for (const [what, connect] of [
  ["a wrong key", () => byKey(cloud["cloud.settings_connection"].replace(/Secret=.*/, "Secret=d3Jvbmc="))],
  ["an unknown key id", () => byKey(cloud["cloud.settings_connection"].replace(/Id=[^;]*/, "Id=other"))],
  ["a foreign token", () => byToken(foreign)],
  [
    "a token for another audience",
    () => byToken({ getToken: () => credential().getToken("https://storage.azure.com/.default") }),
  ],
]) {
  test(`CON-013: ${what} is refused`, async () => {
    await assert.rejects(connect().getConfigurationSetting({ key: "any" }), (error) => {
      assert.deepEqual([error.name, error.statusCode], ["RestError", 401]);
      assert.match(error.response.headers.get("www-authenticate"), /HMAC-SHA256.*Bearer/);
      return true;
    });
  });
}
