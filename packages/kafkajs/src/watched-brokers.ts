import type { BrokerPort, ClusterPort, OffsetCommitPort } from "./cluster.ts";
import { watchMemberId } from "./member-id-watch.ts";
import { listAt, numberAt, textAt } from "./untyped.ts";

/** One partition of a fetch: where it was asked from, and what came. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly fetchOffset: number;
  readonly highWatermark: number;
  /** The last raw offset that came; −1 = nothing. */
  readonly last: number;
}

/** What a consumer wants to know of its own requests. */
export interface BrokerHooks {
  fetched(partition: FetchedPartition): void;
  /** Before a commit leaves; returns what to do once the broker has accepted it. */
  committing(commit: OffsetCommitPort): () => void;
  /** The coordinator has given this member its id; it is in its group from now on, and the join may yet take seconds. */
  readonly joining: (memberId: string) => void;
  /** A join was answered: the member is of this generation of its group. */
  readonly joined: (memberId: string, generation: number) => void;
  readonly failed: (where: string, error: unknown) => void;
}

/**
 * Listens to the fetches and commits of one consumer, on the broker objects of its own Cluster. Every commit passes
 * here before it is sent, also those that no event announces: a seek's, and the reset of a position that is out of range.
 */
export function watchBrokers(cluster: ClusterPort, hooks: BrokerHooks): void {
  const known = new WeakSet<object>();
  const findBroker = cluster.findBroker.bind(cluster);
  cluster.findBroker = async (query) => {
    const broker = await findBroker(query);
    if (typeof broker === "object" && broker !== null && !known.has(broker)) {
      known.add(broker);
      watchBroker(broker, hooks);
    }
    return broker;
  };
}

function watchBroker(broker: BrokerPort, hooks: BrokerHooks): void {
  const fetch = broker.fetch.bind(broker);
  broker.fetch = async (request) => {
    const response = await fetch(request);
    guard(hooks, "reading a fetch", () => {
      for (const partition of fetchedPartitions(request, response)) hooks.fetched(partition);
    });
    return response;
  };
  const offsetCommit = broker.offsetCommit.bind(broker);
  broker.offsetCommit = async (commit) => {
    const committed = guard(hooks, "reporting before a commit", () => hooks.committing(commit));
    const answer = await offsetCommit(commit);
    guard(hooks, "booking a commit", () => committed?.());
    return answer;
  };
  const joinGroup = broker.joinGroup?.bind(broker);
  if (joinGroup !== undefined) {
    broker.joinGroup = async (request) => {
      const joined = await joinGroup(request);
      guard(hooks, "hearing of a join", () =>
        hooks.joined(textAt(joined, "memberId"), numberAt(joined, "generationId")),
      );
      return joined;
    };
  }
  watchMemberId(broker, hooks.joining, hooks.failed);
}

function guard<T>(hooks: BrokerHooks, where: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    hooks.failed(where, error);
    return undefined;
  }
}

/** Joins the request's offsets with the response's partitions; what has another shape is left out. */
function* fetchedPartitions(request: unknown, response: unknown): Generator<FetchedPartition> {
  const asked = new Map<string, number>();
  for (const topic of listAt(request, "topics")) {
    for (const entry of listAt(topic, "partitions")) {
      asked.set(`${textAt(topic, "topic")}/${numberAt(entry, "partition")}`, numberAt(entry, "fetchOffset"));
    }
  }
  for (const topic of listAt(response, "responses")) {
    for (const entry of listAt(topic, "partitions")) {
      const name = textAt(topic, "topicName");
      const partition = numberAt(entry, "partition");
      const fetchOffset = asked.get(`${name}/${partition}`);
      if (fetchOffset === undefined) continue;
      const newest: unknown = listAt(entry, "messages").at(-1);
      const last = newest === undefined ? -1 : numberAt(newest, "offset");
      yield { topic: name, partition, fetchOffset, highWatermark: numberAt(entry, "highWatermark"), last };
    }
  }
}
