import { redisStore } from "@seqwatch/store-redis";

// A process that uses a store and then has nothing more to do: it prints for how long the store kept it alive.
const store = redisStore(process.argv[2] ?? "");
let doneAtMs = 0;

store.watchSwitch(() => undefined);
setInterval(() => void store.readSwitch().catch(() => undefined), 50).unref();
setTimeout(() => {
  doneAtMs = performance.now();
}, 500);
process.once("exit", () => {
  process.stdout.write(`${performance.now() - doneAtMs}`);
});
