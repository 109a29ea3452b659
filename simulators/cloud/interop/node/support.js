// Where the cloud is, from the line of JSON that `cargo run -p cloud --example serve` prints (INTEROP_CLOUD).

export const cloud = JSON.parse(process.env.INTEROP_CLOUD);

/** Connection strings of a shared access policy, over TLS and as the SDK's development emulator (CON-005). */
export const transports = {
  "over TLS": (access, key) => `Endpoint=sb://localhost:${cloud[`${access}.port`]};${keyOf(access, key)}`,
  "as emulator": (access, key) =>
    `Endpoint=sb://127.0.0.1:${cloud["cloud.organization.amqp_port"]};${keyOf(access, key)};UseDevelopmentEmulator=true`,
};

function keyOf(access, key = cloud[`${access}.key`]) {
  return `SharedAccessKeyName=${cloud[`${access}.key_name`]};SharedAccessKey=${key}`;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
