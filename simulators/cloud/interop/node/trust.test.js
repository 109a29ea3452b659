// Who does not trust the test CA does not talk to the cloud (CON-002).

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const clients = {
  "@azure/identity": `
    import { credential } from "./support.js";
    await credential().getToken("https://azconfig.io/.default");`,
  "@azure/app-configuration": `
    import { AppConfigurationClient } from "@azure/app-configuration";
    import { cloud, options } from "./support.js";
    await new AppConfigurationClient(cloud["cloud.settings_connection"], options).listConfigurationSettings().next();`,
  "@azure/storage-blob": `
    import { BlobServiceClient } from "@azure/storage-blob";
    import { cloud } from "./support.js";
    const options = { retryOptions: { maxTries: 1 } };
    await BlobServiceClient.fromConnectionString(cloud["cloud.blob_connection"], options).listContainers().next();`,
  "@azure/service-bus": `
    import { ServiceBusClient } from "@azure/service-bus";
    import { options, transports } from "./support.js";
    const client = new ServiceBusClient(transports["over TLS"]("cloud.organization.manage"), options);
    await client.createSender("orders").sendMessages({ body: "x" });`,
};

// what to trust is read when Node.js starts: hence a process for each client
async function run(code, trusted) {
  const env = { ...process.env };
  if (!trusted) delete env.NODE_EXTRA_CA_CERTS;
  const ends = "process.exit(0);"; // a client of the bus would stay connected
  return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code + ends], { env, timeout: 60_000 });
}

for (const [name, code] of Object.entries(clients)) {
  test(`${name} refuses the cloud without the test CA`, async () => {
    // @azure/identity tells no more than that the tenant's metadata cannot be had
    await assert.rejects(run(code, false), { code: 1, stderr: /unable to verify|endpoints_resolution_error/ });
  });

  test(`${name} talks to the cloud with the test CA`, () => run(code, true));
}
