// An MLLP server of the package `node-hl7-server` that answers each message with AA.
import net from "node:net";
import { Server } from "node-hl7-server";

const free = await new Promise((resolve) => {
  const probe = net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const server = new Server({ bindAddress: "127.0.0.1" });
const inbound = server.createInbound({ port: free }, async (_request, response) => { await response.sendResponse("AA"); });
inbound.on("listen", () => console.log(free));
process.stdin.resume().on("end", () => process.exit(0));
