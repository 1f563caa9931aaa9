import { once } from "node:events";
import { connect as connectTo, createServer, type Server, type Socket } from "node:net";
import { startStack } from "../../../../stack/stack.ts";
import { AuditorApi } from "../auditor-api.ts";
import { startAuditorChild } from "./auditor-child.ts";
import { FindingsWatch } from "./findings-watch.ts";
import { redisCommand } from "./redis-command.ts";
import type { Site } from "./site.ts";

/** What can be done to a master with a replica. */
export interface Failover {
  /** The replica keeps what it has, and gets nothing more. */
  freezeReplication(): Promise<void>;
  /** The master dies, the replica takes over, and the address leads to it. */
  promoteReplica(): Promise<void>;
}

const host = "127.0.0.1";
/** Nobody listens here. */
const nowhere = "1";

/** The brokers of a site with a Redis of its own, a master and its replica behind one address, and its own auditor. */
export async function openFailoverSite(main: Site): Promise<Site & { readonly failover: Failover }> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("SEQWATCH_REDIS")),
  );
  const [master, replica] = await Promise.all([
    startStack({ servers: ["redis"], environment }),
    startStack({ servers: ["redis"], environment }),
  ]);
  const [masterPort, replicaPort] = [portOf(master.redis.url), portOf(replica.redis.url)];
  const address = await MovableAddress.open(masterPort);
  await redisCommand(replica.redis.url, "REPLICAOF", host, String(masterPort));
  const redisUrl = `redis://${host}:${address.port}`;
  const auditorSettings = { ...main.auditorSettings, redisUrl };
  const auditor = await startAuditorChild(auditorSettings);
  const api = new AuditorApi(auditor.url);
  const findings = new FindingsWatch(api);
  return {
    ...main,
    addresses: { ...main.addresses, redisUrl, auditorUrl: auditor.url },
    api,
    findings,
    auditorSettings,
    failover: {
      freezeReplication: async () => {
        await redisCommand(replica.redis.url, "REPLICAOF", host, nowhere);
      },
      promoteReplica: async () => {
        await master.redis.server?.stop("SIGKILL");
        await redisCommand(replica.redis.url, "REPLICAOF", "NO", "ONE");
        address.moveTo(replicaPort);
      },
    },
    // The brokers are the main site's to stop.
    close: async () => {
      findings.close();
      await auditor.close();
      address.close();
      await Promise.all([master.stop(), replica.stop()]);
    },
  };
}

/** An address that leads to one server and, when it is moved, to another: what a virtual address or a Sentinel does. */
class MovableAddress {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on("connection", (incoming) => this.#join(incoming));
  }

  static async open(target: number): Promise<MovableAddress> {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    return new MovableAddress(server, target);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  moveTo(target: number): void {
    this.#target = target;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(incoming: Socket): void {
    const outgoing = connectTo(this.#target, host);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
