import { defaultPolicy, everythingOn, type Lane, parseStamp, type SwitchState } from "@seqwatch/core";
import { type KafkaFaults, leavesNoHole } from "../kafka/faults.ts";
import type { AuditedGroup } from "../kafka/group.ts";
import { SimLog } from "../kafka/log.ts";
import { Oracle } from "../kafka/oracle.ts";
import type { KafkaSizes } from "../kafka/sizes.ts";
import { SimStore } from "../kafka/store.ts";
import { type Message, Truth } from "../kafka/truth.ts";
import type { World } from "../kafka/world.ts";
import { Clock } from "../rabbitmq/clock.ts";
import type { Random } from "../rabbitmq/random.ts";

export const topicName = "orders";
export const partitionCount = 3;

/** A topic of some partitions, each with its log, its record in the store, its truth and its oracle. */
export class ModelTopic {
  readonly partitions: readonly World[];
  readonly oracles: readonly Oracle[];
  readonly switch: SwitchState = everythingOn;
  /** Of each partition, filled before anything is judged. */
  readonly groups: AuditedGroup[][] = Array.from({ length: partitionCount }, () => []);

  constructor(random: Random, faults: KafkaFaults, sizes: KafkaSizes, isTracing: boolean) {
    const shared = { clock: new Clock(), random, faults, sizes, without: undefined, struck: new Map<string, number>() };
    const trace: string[] = [];
    const oracles: Oracle[] = [];
    this.partitions = Array.from({ length: partitionCount }, (_, partition) => ({
      ...shared,
      policy: defaultPolicy,
      evidence: "records" as const,
      lane: laneOf(partition),
      log: new SimLog(),
      store: new SimStore((confirmation, added) => oracles[partition]?.heed(confirmation, added)),
      truth: new Truth(1, isTracing),
      isDraining: false,
      ids: partition * 1_000_000,
      trace,
    }));
    oracles.push(...this.partitions.map((world, at) => new Oracle(world, this.groups[at] ?? [])));
    this.oracles = oracles;
  }

  /** What all partitions share can be had of any. */
  get world(): World {
    return this.partition(0);
  }

  get messageCount(): number {
    return this.partitions.reduce((sum, { truth }) => sum + truth.count, 0);
  }

  get canMiss(): boolean {
    return leavesNoHole(this.world.faults);
  }

  partition(at: number): World {
    const world = this.partitions[at];
    if (world === undefined) throw new RangeError(`There is no partition ${at}.`);
    return world;
  }

  storeOf({ partition }: Lane): SimStore {
    return this.partition(Number(partition)).store;
  }

  /** The message that bears this header, met for the first time when its producer has stamped it. */
  meet(partition: number, header: unknown): Message | undefined {
    const stamp = parseStamp(header);
    if (stamp === undefined) return undefined;
    const { truth, clock } = this.partition(partition);
    return truth.find(stamp.producerId, stamp.sequence) ?? truth.meet(stamp.producerId, stamp.sequence, clock.nowMs);
  }
}

function laneOf(partition: number): Lane {
  return { system: "kafka", cluster: "sim", destination: topicName, partition: String(partition) };
}
