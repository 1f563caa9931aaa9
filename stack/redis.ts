import { join } from "node:path";
import { findFreePort, loopback } from "./ports.ts";
import { probe } from "./probe.ts";
import type { ServerControls } from "./server-process.ts";
import type { ServerSite } from "./site.ts";

/** A Redis a stack has: where it is and, if the stack started it, how to trouble it. */
export interface RedisServer {
  readonly url: string;
  readonly server: ServerControls | undefined;
}

/** How Redis is to differ from the defaults. */
export interface RedisOptions {
  /** More arguments for the server, e.g. `["--maxmemory", "10mb"]`. By default nothing is kept on disk. */
  readonly args?: readonly string[];
}

/** Starts one Redis. */
export async function startRedis(site: ServerSite, program: string, options: RedisOptions): Promise<RedisServer> {
  const port = await findFreePort();
  const dataDir = join(site.folder, "redis", "data");
  const server = site.createProcess({
    server: "redis",
    name: "redis",
    program,
    args: [...toArguments(port, dataDir), ...(options.args ?? [])],
    environment: {},
    dataDir,
    logFile: join(site.folder, "redis", "redis.log"),
    isReady: () => isRedisReady(port),
  });
  await server.start();
  return { url: `redis://${loopback}:${port}`, server };
}

function toArguments(port: number, dataDir: string): readonly string[] {
  const place = ["--port", String(port), "--bind", loopback, "--dir", dataDir];
  return [...place, "--save", "", "--appendonly", "no", "--daemonize", "no"];
}

/** Looks once whether a Redis on this port answers. */
export async function isRedisReady(port: number): Promise<boolean> {
  const answer = await probe({ port, request: "PING\r\n", isComplete: (bytes) => bytes.includes("\n") });
  return answer?.toString("latin1").startsWith("+PONG") ?? false;
}
