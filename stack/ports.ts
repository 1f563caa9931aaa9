import { createServer } from "node:net";
import { StackError } from "./errors.ts";

/** The only address anything here listens on. */
export const loopback = "127.0.0.1";

/**
 * Below the range from which systems take the ports of outgoing connections. A port out of that range could be taken by
 * any connection while its server is stopped by a lab, or even by the client that tries to reach the stopped server:
 * such a client can connect to itself.
 */
const firstPort = 15_000;
const portCount = 17_000;

/**
 * Where this process looks next. Processes with neighbouring numbers begin 1,009 ports apart, because stacks that start
 * at the same moment must not find the same port free before either has opened it.
 */
let cursor = (process.pid * 1_009) % portCount;

/** Finds as many different ports as asked for, each free on the loopback address at the time of asking. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let looks = 0; looks < portCount && ports.length < count; looks += 1) {
    const port = firstPort + cursor;
    cursor = (cursor + 1) % portCount;
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length === count) return ports;
  throw new StackError(
    "STACK_START_FAILED",
    `Found only ${ports.length} of ${count} free ports from ${firstPort} to ${firstPort + portCount - 1} on ` +
      `${loopback}. Stop what listens there and try again.`,
  );
}

/** Finds one free port. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  if (port === undefined) throw new StackError("STACK_START_FAILED", `Found no free port on ${loopback}.`);
  return port;
}

/** True when a server could listen on this port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, loopback, () => probe.close(() => resolve(true)));
  });
}
