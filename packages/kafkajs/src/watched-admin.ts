import type { Client } from "@seqwatch/client";
import { type ClusterPort, clusterIdOf } from "./cluster.ts";
import { watchMemberId } from "./member-id-watch.ts";
import { memberRole } from "./member-ids.ts";
import type { Members } from "./members.ts";
import type { AdminPort, ResetOffsetsPort } from "./port.ts";
import { at, listAt, numberAt } from "./untyped.ts";
import { withinMs } from "./within.ts";

/** What a watched admin stands on. */
export interface AdminSurroundings {
  readonly client: Client;
  readonly members: Members;
  readonly cluster: ClusterPort | undefined;
}

/**
 * Watches an admin in place: what `setOffsets` and `resetOffsets` move a group past is testified as skipped. kafkajs
 * allows both only while nobody of the group is there; it joins the group itself for the commit, and that membership
 * is named as ours.
 */
export function watchAdmin<A extends AdminPort>(admin: A, surroundings: AdminSurroundings): A {
  const watch = new WatchedAdmin(admin, surroundings);
  const setOffsets = admin.setOffsets.bind(admin);
  admin.setOffsets = (request) => watch.follow(request, () => setOffsets(request));
  const resetOffsets = admin.resetOffsets.bind(admin);
  admin.resetOffsets = (request) => watch.follow(request, () => resetOffsets(request));
  return admin;
}

class WatchedAdmin {
  readonly #admin: AdminPort;
  readonly #surroundings: AdminSurroundings;
  readonly #known = new WeakSet<object>();
  /** The group that is moved right now. */
  #movedGroup: string | undefined;

  constructor(admin: AdminPort, surroundings: AdminSurroundings) {
    this.#admin = admin;
    this.#surroundings = surroundings;
    if (surroundings.cluster !== undefined) this.#watchCoordinator(surroundings.cluster);
  }

  /** The application's own call, its result and its error as they are; before and after it the commits are read. */
  async follow(request: ResetOffsetsPort, move: () => Promise<void>): Promise<void> {
    const before = await this.#commitsOf(request);
    this.#movedGroup = request.groupId;
    try {
      await move();
    } finally {
      this.#movedGroup = undefined;
      this.#surroundings.client.setRole(this, undefined);
    }
    const after = before === undefined ? undefined : await this.#commitsOf(request);
    if (before !== undefined && after !== undefined) await this.#testify(request, before, after);
  }

  async #testify(
    { groupId, topic }: ResetOffsetsPort,
    before: ReadonlyMap<number, number>,
    after: ReadonlyMap<number, number>,
  ): Promise<void> {
    const { client, members, cluster } = this.#surroundings;
    const name = client.cluster ?? clusterIdOf(cluster);
    if (name === undefined || !client.isRecording(topic)) return;
    for (const [partition, to] of after) {
      const from = before.get(partition) ?? to;
      const lane = { system: "kafka", cluster: name, destination: topic, partition: String(partition) } as const;
      if (to > from) members.memberOf(groupId, lane).testimony.movedPast(from, to);
    }
    await withinMs(client, testifyLimitMs, members.reportNow());
  }

  /** The group's commits by partition, where it has one; undefined where they cannot be read. */
  async #commitsOf({ groupId, topic }: ResetOffsetsPort): Promise<ReadonlyMap<number, number> | undefined> {
    const { client } = this.#surroundings;
    if (typeof groupId !== "string" || typeof topic !== "string" || !client.isRecording(topic)) return undefined;
    try {
      const [read] = await this.#admin.fetchOffsets({ groupId, topics: [topic] });
      const commits = listAt(read, "partitions").map(
        (one) => [numberAt(one, "partition"), numberAt(one, "offset")] as const,
      );
      return new Map(commits.filter(([, offset]) => offset >= 0));
    } catch (error) {
      client.failedOutside("reading what a group had committed", error);
      return undefined;
    }
  }

  #watchCoordinator(cluster: ClusterPort): void {
    const findGroupCoordinator = cluster.findGroupCoordinator.bind(cluster);
    cluster.findGroupCoordinator = async (query) => {
      const broker = await findGroupCoordinator(query);
      if (!this.#known.has(broker)) {
        this.#known.add(broker);
        const { client } = this.#surroundings;
        watchMemberId(
          broker,
          (memberId) => this.#joined(memberId),
          (where, error) => client.failed(where, error),
        );
      }
      return broker;
    };
  }

  #joined(memberId: string): void {
    if (this.#movedGroup === undefined) return;
    this.#surroundings.client.setRole(this, memberRole(this.#movedGroup, memberId));
  }
}

const testifyLimitMs = 1_000;

/** Whether an admin has what is watched. */
export function isAdmin(value: unknown): value is AdminPort {
  return ["setOffsets", "resetOffsets", "fetchOffsets"].every((name) => typeof at(value, name) === "function");
}
