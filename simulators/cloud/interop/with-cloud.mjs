// with-cloud.mjs SERVE FOLDER COMMAND...: starts a cloud (the program SERVE, its CA in FOLDER), runs the command, ends the cloud.
// The command finds in INTEROP_CLOUD the placeholders of proxy profiles, in INTEROP_PROXY a proxy for HTTPS through which
// every host name leads to this cloud, as the field's name service would, and in INTEROP_PID the cloud's process.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [serve, folder, command, ...args] = process.argv.slice(2);
const server = spawn(serve, [folder], { stdio: ["pipe", "pipe", "inherit"] });
const line = await new Promise((resolve, reject) => {
  createInterface(server.stdout).once("line", resolve);
  server.once("error", reject).once("exit", (code) => reject(new Error(`the cloud ended with ${code} before it was up`)));
});
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
const program = spawn(command, args, {
  stdio: "inherit",
  env: {
    ...process.env,
    INTEROP_CLOUD: line,
    INTEROP_PROXY: `http://127.0.0.1:${proxy.address().port}`,
    INTEROP_PID: String(server.pid),
    NODE_EXTRA_CA_CERTS: ca,
    REQUESTS_CA_BUNDLE: ca,
  },
});
// whoever stops this process stops the program, then the cloud ends with its input as always
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => program.kill("SIGTERM"));
program.on("error", (error) => console.error(String(error))).on("close", (code) => {
  process.exitCode = code ?? 1;
  server.stdin.end();
  proxy.close();
  proxy.closeAllConnections();
});
