// with-cloud.mjs COMMAND...: starts a cloud, runs the command with its placeholders in INTEROP_CLOUD, ends the cloud.
// INTEROP_PROXY is a proxy for HTTPS through which every host name leads to this cloud, as the field's name service would.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = mkdtempSync(join(tmpdir(), "interop-cloud-"));
const serve = spawn("cargo", ["run", "--quiet", "-p", "cloud", "--example", "serve", "--", folder], {
  stdio: ["pipe", "pipe", "inherit"],
});
serve.on("exit", (code) => code && process.exit(code));
const [line] = await new Promise((resolve) => createInterface(serve.stdout).once("line", (text) => resolve([text])));
const cloud = JSON.parse(line);
const proxy = createServer().on("connect", (_, client) => {
  const door = connect(Number(cloud["cloud.https_port"]), "127.0.0.1", () => {
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    door.pipe(client).pipe(door);
  });
  for (const socket of [client, door]) socket.on("error", () => [client, door].forEach((one) => one.destroy()));
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
const ca = cloud["cloud.ca_file"];
const INTEROP_PROXY = `http://127.0.0.1:${proxy.address().port}`;
const env = { ...process.env, INTEROP_CLOUD: line, INTEROP_PROXY, NODE_EXTRA_CA_CERTS: ca, REQUESTS_CA_BUNDLE: ca, SSL_CERT_FILE: ca };
const [command, ...args] = process.argv.slice(2);
spawn(command, args, { stdio: "inherit", env }).on("exit", (code) => {
  process.exitCode = code ?? 1;
  serve.stdin.end();
  proxy.close();
});
