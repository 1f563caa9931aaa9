import { Redis } from "ioredis";
import type { Commands, RedisClient } from "./redis-client.ts";
import type { Settings } from "./settings.ts";
import { StoreError, toStoreError } from "./store-error.ts";
import { withinTime } from "./within-time.ts";

/** Commands without an answer at one time: with Redis frozen, nothing more piles up than these. */
const maxUnderWay = 1_000;
const backOffMs = { first: 50, longest: 2_000 } as const;

/**
 * A connection that fails open: no command waits in a queue, none longer than the timeout, and nothing is sent twice.
 * It connects when it is first needed, and again, with growing pauses, whenever it is needed and gone: who reports every
 * second needs no timer that reconnects.
 */
export class Connection implements Commands {
  readonly #settings: Settings;
  readonly #client: RedisClient;
  /** Undefined where the client is the user's own, which connects by itself. */
  readonly #own?: Redis;
  #connecting: Promise<void> | undefined;
  #failures = 0;
  #retryAtMs = 0;
  #lastError: unknown;
  #underWay = 0;
  #isClosed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    if (settings.client !== undefined) {
      this.#client = settings.client;
      return;
    }
    this.#own = createClient(settings);
    this.#client = asClient(this.#own);
    // The listener is also what keeps an 'error' event from ending the process.
    this.#own.on("error", (error: unknown) => {
      this.#lastError = error;
    });
  }

  get client(): RedisClient {
    return this.#client;
  }

  /** Runs a command, on one node of a cluster where it is given. */
  async run(
    what: string,
    [name, ...rest]: readonly [string, ...string[]],
    node: Pick<RedisClient, "call"> = this.#client,
  ): Promise<unknown> {
    if (this.#isClosed) throw new StoreError("STORE_CLOSED", `Could not ${what}: the store was closed.`);
    if (this.#underWay >= maxUnderWay) throw this.#busy(what);
    try {
      // Where nothing has to be waited for, nothing is: at the exit of a process only what is written at once gets out.
      if (!this.#isReady) await this.#counted(this.#connected(what));
      return await this.#answered(what, this.#counted(node.call(name, ...rest)));
    } catch (error) {
      throw toStoreError(what, this.#settings.where, error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#own?.disconnect();
  }

  /** Until it is settled, not until it is given up: a client of the user's own may keep it in a queue for long. */
  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work;
    } finally {
      this.#underWay--;
    }
  }

  async #answered(what: string, answer: Promise<unknown>): Promise<unknown> {
    const { commandTimeoutMs, keepsProcessAlive } = this.#settings;
    return withinTime(answer, { limitMs: commandTimeoutMs, keepsProcessAlive }, () => {
      // Whatever else is under way on this connection would wait as well; a new one may be served by a new master.
      this.#own?.stream?.destroy();
      return this.#timeout(what);
    });
  }

  get #isReady(): boolean {
    return this.#own === undefined || this.#own.status === "ready";
  }

  async #connected(what: string): Promise<void> {
    const own = this.#own;
    if (own === undefined || this.#isReady) return;
    if (this.#connecting === undefined && performance.now() < this.#retryAtMs) {
      throw this.#lastError ?? new Error("Connection is closed.");
    }
    this.#connecting ??= this.#connect(own, what).finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  async #connect(own: Redis, what: string): Promise<void> {
    const { commandTimeoutMs, keepsProcessAlive } = this.#settings;
    this.#lastError = undefined;
    try {
      const connected = own.connect();
      if (!keepsProcessAlive) setImmediate(() => own.stream?.unref?.()).unref();
      await withinTime(connected, { limitMs: commandTimeoutMs, keepsProcessAlive }, () => {
        own.disconnect();
        own.stream?.destroy();
        return this.#timeout(what);
      });
      this.#failures = 0;
    } catch (error) {
      this.#retryAtMs = performance.now() + Math.min(backOffMs.first * 2 ** this.#failures++, backOffMs.longest);
      // The client rejects with "Connection is closed."; the reason, unless it is ours, came as an event just before.
      if (error instanceof StoreError) this.#lastError = error;
      throw this.#lastError ?? error;
    }
  }

  #timeout(what: string): StoreError {
    const { where, commandTimeoutMs } = this.#settings;
    const text = `Could not ${what} at ${where}: no answer within ${commandTimeoutMs} ms.`;
    return new StoreError("STORE_TIMEOUT", `${text} Redis may be frozen or overloaded; see its SLOWLOG.`);
  }

  #busy(what: string): StoreError {
    const text = `Could not ${what} at ${this.#settings.where}: ${maxUnderWay} commands wait for an answer.`;
    return new StoreError("STORE_BUSY", `${text} Redis may be frozen or overloaded; see its SLOWLOG.`);
  }
}

/** An ioredis client that neither queues, retries nor reconnects: each of these would let a command wait or run twice. */
export function createClient(settings: Settings): Redis {
  return new Redis({
    ...settings.connection,
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: settings.commandTimeoutMs,
    // Its timer for a stream that does not close would keep the process alive so long.
    disconnectTimeout: 50,
    connectionName: settings.connection.connectionName ?? "seqwatch",
    replyMapping: "legacy",
  });
}

function asClient(redis: Redis): RedisClient {
  return {
    get status() {
      return redis.status;
    },
    call: (command, ...args) => redis.call(command, ...args),
    duplicate: () => redis.duplicate(),
  };
}
