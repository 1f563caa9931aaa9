import type { Client } from "@seqwatch/client";
import type { Lane } from "@seqwatch/core";
import { AssignedLane } from "./assigned-lane.ts";
import { type ClusterPort, clusterIdOf, type OffsetCommitPort } from "./cluster.ts";
import { assignmentOf, type BatchStarted, batchStartedOf, commitsOf } from "./consumer-events.ts";
import { DuplicateGuard } from "./duplicate-guard.ts";
import { HandlerWatch } from "./handler-watch.ts";
import { memberRole } from "./member-ids.ts";
import type { Members } from "./members.ts";
import type { OnDuplicate } from "./options.ts";
import type { ConsumerPort, RunConfigPort } from "./port.ts";
import { at, textAt } from "./untyped.ts";
import { type FetchedPartition, watchBrokers } from "./watched-brokers.ts";
import { withinMs } from "./within.ts";

/** What a watched consumer stands on. */
export interface ConsumerSurroundings {
  readonly client: Client;
  readonly members: Members;
  readonly cluster: ClusterPort | undefined;
  readonly groupId: string;
  readonly onDuplicate: OnDuplicate;
  readonly maxDisorder: number;
}

/**
 * Watches one consumer object in place: notes what its handlers did with each message and testifies it before the
 * commit. It never waits between delivery and handler, and a handler's error passes through as it is.
 */
export class WatchedConsumer {
  readonly consumer: ConsumerPort;
  readonly #surroundings: ConsumerSurroundings;
  readonly #lanes = new Map<string, Map<number, AssignedLane>>();
  /** How many partitions each topic had at the last join that gave us some of it. */
  readonly #partitionCounts = new Map<string, number>();
  /** The id under which it led the group at its last join, and so gave out the partitions itself; "" = it did not. */
  #ledAs = "";
  #isNameMissingTold = false;
  #joinCount = 0;
  /** Only then what a handler has returned from waits for nothing else of the application before it is committed. */
  #commitsByItself = true;
  /** As the last answer to a join told, and as it was when the group last gave us our lanes. */
  #joinedAs: Membership | undefined;
  #assignedAs: Membership | undefined;
  /** What was ours when the consumer last stopped. */
  #stoppedLanes: readonly AssignedLane[] = [];

  constructor(consumer: ConsumerPort, surroundings: ConsumerSurroundings) {
    this.consumer = consumer;
    this.#surroundings = surroundings;
    this.#listen(consumer);
    if (surroundings.cluster !== undefined) this.#watchCluster(surroundings.cluster);
    const run = consumer.run.bind(consumer);
    const handlers = new HandlerWatch(
      (topic, partition) => this.#laneAt(topic, partition),
      (error) => surroundings.client.failed("accounting for a message", error),
    );
    consumer.run = (config?: RunConfigPort) => {
      this.#commitsByItself = config?.autoCommit !== false;
      return run(handlers.wrap(config));
    };
    const seek = consumer.seek.bind(consumer);
    consumer.seek = (position) => {
      this.#guard("a seek", () => this.#laneAt(position.topic, position.partition)?.guard?.forget());
      seek(position);
    };
    const disconnect = consumer.disconnect.bind(consumer);
    consumer.disconnect = async () => {
      try {
        await disconnect();
      } finally {
        await this.#leaveAll();
      }
    };
  }

  #listen(consumer: ConsumerPort): void {
    const on = (event: string, listener: (payload: unknown) => void): void => {
      // A listener that throws would break the user's consumption (kafkajs: consumer/index.js emits synchronously).
      consumer.on(`consumer.${event}`, ({ payload }) => this.#guard(`the event ${event}`, () => listener(payload)));
    };
    on("group_join", (payload) => this.#joined(payload));
    on("start_batch_process", (payload) => this.#started(batchStartedOf(payload)));
    on("end_batch_process", (payload) => this.#ended(batchStartedOf(payload)));
    // The next owner should find our report before it begins.
    on("rebalancing", () => this.#surroundings.members.reportSoon());
    on("stop", () => void this.#leaveAll());
    on("crash", (payload) => this.#crashed(payload));
    if (this.#surroundings.cluster === undefined)
      on("commit_offsets", (payload) => this.#committed(commitsOf(payload)));
  }

  #watchCluster(cluster: ClusterPort): void {
    watchBrokers(cluster, {
      fetched: (partition) => this.#fetched(partition),
      committing: (commit) => this.#committing(commit),
      joining: (memberId) => {
        const { client, groupId } = this.#surroundings;
        client.setRole(this, memberRole(groupId, memberId));
      },
      joined: (memberId, generation) => {
        this.#joinedAs = { memberId, generation };
      },
      failed: (where, error) => this.#failed(where, error),
    });
  }

  #joined(payload: unknown): void {
    const { assignment, memberId, isLeader } = assignmentOf(payload);
    const { client, groupId, members } = this.#surroundings;
    this.#joinCount += 1;
    members.activate(this);
    const isContinued = this.#commitsByItself && isNext(this.#assignedAs, this.#joinedAs);
    this.#assignedAs = this.#joinedAs;
    client.setRole(this, memberRole(groupId, memberId));
    for (const [topic, lanes] of this.#lanes) {
      for (const [partition, lane] of lanes) {
        if (assignment.get(topic)?.has(partition) !== true) lane.leave(this);
      }
    }
    for (const [topic, partitions] of assignment) {
      // Only who gave out the partitions of the generation before, and has been a member since, knows that nobody had it.
      const before =
        (this.#ledAs === memberId ? this.#partitionCounts.get(topic) : undefined) ?? Number.POSITIVE_INFINITY;
      for (const partition of partitions) {
        this.#open(topic, partition)?.join(this, { isNewPartition: partition >= before, isContinued });
      }
      const known = this.#surroundings.cluster?.findTopicPartitionMetadata(topic).length ?? 0;
      if (known > 0) this.#partitionCounts.set(topic, known);
    }
    this.#ledAs = isLeader ? memberId : "";
    members.reportSoon();
  }

  #started(batch: BatchStarted): void {
    const lane = this.#open(batch.topic, batch.partition);
    if (lane === undefined) return;
    if (this.#surroundings.client.isRecording(batch.topic)) lane.start(batch);
    else lane.switchOff();
  }

  #ended(batch: BatchStarted): void {
    const lane = this.#laneAt(batch.topic, batch.partition);
    if (lane === undefined) return;
    lane.end();
    const { client, cluster, members } = this.#surroundings;
    if (!client.isRecording(batch.topic)) lane.switchOff();
    // Where commits cannot be seen before they leave, this is the last moment that can.
    if (cluster === undefined) members.reportBeforeCommit(lane.member);
  }

  #fetched(partition: FetchedPartition): void {
    if (this.#surroundings.client.isRecording(partition.topic)) {
      this.#laneAt(partition.topic, partition.partition)?.fetched(partition);
    }
  }

  #committing(commit: OffsetCommitPort): () => void {
    const commits = commitsOf(commit);
    for (const { topic, partition } of commits) {
      const lane = this.#laneAt(topic, partition);
      if (lane !== undefined) this.#surroundings.members.reportBeforeCommit(lane.member);
    }
    for (const { topic, partition, offset } of commits) {
      if (offset >= 0) this.#laneAt(topic, partition)?.guard?.committing(offset);
    }
    const joinCount = this.#joinCount;
    return () => {
      if (joinCount === this.#joinCount) this.#committed(commits);
    };
  }

  /** Only what the group's latest join gave to this consumer is its own to leave behind. */
  #committed(commits: ReturnType<typeof commitsOf>): void {
    for (const { topic, partition, offset } of commits) {
      const lane = this.#laneAt(topic, partition);
      if (offset < 0 || lane?.member.owner !== this) continue;
      lane.member.testimony.committed(offset);
      lane.committed();
    }
  }

  /** Where recording is off now, and nothing delivered while on is still being worked. */
  switchOff(): void {
    for (const [topic, lanes] of this.#lanes) {
      if (this.#surroundings.client.isRecording(topic)) continue;
      for (const lane of lanes.values()) if (lane.account === undefined) lane.switchOff();
    }
  }

  /** It comes after the stop. Unless it is started again, the group stands still here while the process looks well. */
  #crashed(payload: unknown): void {
    if (at(payload, "restart") === true) return;
    const error = at(payload, "error");
    const reason = `${textAt(error, "name")}: ${textAt(error, "message")}`;
    for (const { member } of this.#stoppedLanes) if (member.owner === undefined) member.testimony.crashed(reason);
    this.#surroundings.members.reportSoon();
  }

  async #leaveAll(): Promise<void> {
    const { client, members } = this.#surroundings;
    const owned = [...this.#lanes.values()]
      .flatMap((lanes) => [...lanes.values()])
      .filter(({ member }) => member.owner === this);
    if (owned.length > 0) this.#stoppedLanes = owned;
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes.values()) {
        lane.end();
        lane.leave(this);
      }
    }
    client.setRole(this, undefined);
    members.deactivate(this);
    await withinMs(client, disconnectLimitMs, members.reportNow());
  }

  #laneAt(topic: string, partition: number): AssignedLane | undefined {
    return this.#lanes.get(topic)?.get(partition);
  }

  #open(topic: string, partition: number): AssignedLane | undefined {
    const known = this.#laneAt(topic, partition);
    if (known !== undefined) return known;
    const lane = this.#nameOf(topic, partition);
    if (lane === undefined) return undefined;
    const { client, groupId, members, onDuplicate, maxDisorder } = this.#surroundings;
    const member = members.memberOf(groupId, lane);
    member.testimony.maxDisorder = maxDisorder;
    const opened = new AssignedLane(member, onDuplicate === "skip" ? new DuplicateGuard(client, member) : undefined);
    const lanes = this.#lanes.get(topic) ?? new Map<number, AssignedLane>();
    this.#lanes.set(topic, lanes.set(partition, opened));
    return opened;
  }

  #nameOf(topic: string, partition: number): Lane | undefined {
    const { client } = this.#surroundings;
    const cluster = client.cluster ?? clusterIdOf(this.#surroundings.cluster);
    if (cluster !== undefined) return { system: "kafka", cluster, destination: topic, partition: String(partition) };
    if (this.#isNameMissingTold) return undefined;
    this.#isNameMissingTold = true;
    const text = `The brokers' name for their cluster cannot be seen in this kafkajs: set the option cluster. Group ${this.#surroundings.groupId} is not watched.`;
    client.notice({ kind: "warning", code: "cluster-unnamed", text });
    return undefined;
  }

  #guard(where: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(where, error);
    }
  }

  /** Something about a lane went unnoticed, and nobody can say of which. */
  #failed(where: string, error: unknown): void {
    try {
      for (const lanes of this.#lanes.values()) for (const lane of lanes.values()) lane.distrust();
    } finally {
      this.#surroundings.client.failed(where, error);
    }
  }
}

/** What a consumer is in its group. */
interface Membership {
  readonly memberId: string;
  readonly generation: number;
}

/** Whether a member was in its group all the time between two assignments: the coordinator keeps the id of who stays. */
function isNext(before: Membership | undefined, now: Membership | undefined): boolean {
  return before !== undefined && now?.memberId === before.memberId && now.generation === before.generation + 1;
}

const disconnectLimitMs = 250;
