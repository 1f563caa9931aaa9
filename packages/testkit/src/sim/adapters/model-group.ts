import type { AuditedGroup } from "../kafka/group.ts";
import { tell } from "../kafka/world.ts";
import type { ModelConsumer } from "./model-consumer.ts";
import { type ModelTopic, partitionCount } from "./topic.ts";

/** A consumer group over all partitions: its coordinator, and what auditors read of it. */
export class ModelGroup {
  readonly name = "group0";
  readonly committed: (number | undefined)[] = Array.from({ length: partitionCount }, () => undefined);
  members: ModelConsumer[] = [];
  generation = 0;
  readonly #topic: ModelTopic;
  readonly #createMember: () => ModelConsumer;
  #isMoving = false;
  #mustMoveAgain = false;

  constructor(topic: ModelTopic, createMember: (group: ModelGroup) => ModelConsumer) {
    this.#topic = topic;
    this.#createMember = () => createMember(this);
  }

  /** The group as an auditor reads it of one partition. */
  viewOf(partition: number): AuditedGroup {
    const committed = (): number | undefined => this.committed[partition];
    const members = (): AuditedGroup["members"] =>
      this.members.map((member) => ({
        isForeign: false,
        client: { clientId: member.process.clientId },
        assignment: member.owns(partition) ? this.generation : 0,
      }));
    return {
      index: 0,
      name: this.name,
      startedAtMs: 0,
      foreignLooks: 0,
      get committed() {
        return committed();
      },
      get members() {
        return members();
      },
    };
  }

  start(count: number): void {
    for (let at = 0; at < count; at += 1) this.members.push(this.#createMember());
    this.#assign();
  }

  /** Whether somebody has worked the partition up to there. */
  isAtEnd(partition: number, end: number): boolean {
    return (
      !this.#isMoving && this.members.some((member) => member.owns(partition) && member.positionOf(partition) >= end)
    );
  }

  commit(generation: number, partition: number, next: number): void {
    if (generation !== this.generation) throw new Error("The member's generation is over.");
    this.committed[partition] = next;
  }

  /** A member comes or goes: all finish what they have in hand, within limits, and join again. */
  async rebalance(change: "join" | "leave" | "stay"): Promise<void> {
    if (this.#isMoving) {
      this.#mustMoveAgain = true;
      return;
    }
    this.#isMoving = true;
    const { clock, random } = this.#topic.world;
    const limit = new Promise<void>((resolve) => clock.after(5_000, resolve));
    const present = this.members.filter((member) => member.process.isAlive);
    await Promise.race([Promise.all(present.map((member) => member.revoke())), limit]);
    if (change === "join" && this.members.length < 4) this.members.push(this.#createMember());
    const leaving = change === "leave" && present.length > 1 ? random.pick(present) : undefined;
    if (leaving !== undefined) {
      this.members = this.members.filter((member) => member !== leaving);
      leaving.stop();
    }
    this.#assign();
    this.#isMoving = false;
    if (!this.#mustMoveAgain) return;
    this.#mustMoveAgain = false;
    await this.rebalance("stay");
  }

  /** Its session ends a while after its death. */
  kill(member: ModelConsumer): void {
    const { clock, random } = this.#topic.world;
    tell(this.#topic.world, `${member.process.name} is killed`);
    member.process.kill();
    clock.after(random.between(1_000, 6_000), () => {
      this.members = this.members.filter((other) => other !== member);
      if (this.members.length === 0) this.members.push(this.#createMember());
      void this.rebalance("stay");
    });
  }

  /** Who is still at work has missed the join: it is out of the group, and joins again when its handler is over. */
  #assign(): void {
    this.generation += 1;
    for (const member of this.members.filter(({ isIdle }) => !isIdle)) member.evict(() => void this.rebalance("stay"));
    if (!this.members.some(({ process, isIdle }) => process.isAlive && isIdle)) this.members.push(this.#createMember());
    const alive = this.members.filter(({ process, isIdle }) => process.isAlive && isIdle);
    for (const [at, member] of alive.entries()) {
      const own = Array.from({ length: partitionCount }, (_, partition) => partition);
      member.assign(
        this.generation,
        own.filter((partition) => partition % alive.length === at),
      );
    }
  }
}
