/**
 * What the store uses of a Redis client: an ioredis `Redis` or `Cluster` is one. Commands go through `call`, so that
 * nothing depends on how a client names them.
 */
export interface RedisClient {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(): RedisSubscriber;
  /** Only clusters have it. */
  nodes?(role: "master"): readonly Pick<RedisClient, "call">[];
}

/** A second connection, for messages alone. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  disconnect(): void;
}

/** Runs commands on Redis within a time limit, and says why where it cannot. */
export interface Commands {
  /** `what` completes "Could not …". */
  run(what: string, command: readonly [string, ...string[]]): Promise<unknown>;
}
