import { SimMember } from "./member.ts";
import { tell, type World } from "./world.ts";

/** What auditors read of a group, and what the truth about it needs. */
export interface AuditedGroup {
  readonly index: number;
  readonly name: string;
  readonly startedAtMs: number;
  readonly committed: number | undefined;
  readonly members: readonly {
    readonly isForeign: boolean;
    readonly client: { readonly clientId: string };
    /** The generation in which it owns the partition; 0 = it does not. */
    readonly assignment: number;
  }[];
  foreignLooks: number;
}

/** A consumer group as its coordinator sees it. */
export class SimGroup {
  readonly index: number;
  readonly name: string;
  readonly startsAtEnd: boolean;
  /** What an offset out of range is reset to. */
  readonly resetsToStart: boolean;
  readonly #world: World;
  members: SimMember[] = [];
  owner: SimMember | undefined;
  generation = 0;
  committed: number | undefined;
  /** From when on it is owed messages. */
  startedAtMs = 0;
  /** Finished passes of an auditor that saw the present foreign member. */
  foreignLooks = 0;
  #isMoving = false;

  constructor(world: World, index: number, startsAtEnd: boolean) {
    this.#world = world;
    this.index = index;
    this.name = `group${index}`;
    this.startsAtEnd = startsAtEnd;
    this.resetsToStart = world.random.chance(0.3);
  }

  start(memberCount: number): void {
    this.startedAtMs = this.startsAtEnd ? this.#world.clock.nowMs : 0;
    for (let index = 0; index < memberCount; index += 1) this.members.push(new SimMember(this.#world, this));
    this.#give(this.members[0]);
  }

  commit(generation: number, next: number): boolean {
    if (generation !== this.generation) return false;
    this.committed = next;
    return true;
  }

  /** The partition goes to another member, or to a new one. With a zombie the old owner is not asked. */
  rebalance(isZombie: boolean): void {
    if (this.#isMoving || this.members.length === 0) return;
    const others = this.members.filter((member) => member !== this.owner && member.client.isAlive && !member.isForeign);
    if (others.length === 0) this.#join(new SimMember(this.#world, this), isZombie);
    else this.#moveTo(this.#world.random.pick(others), isZombie);
  }

  /** An uninstrumented member takes the partition, for at least one look of an auditor. */
  visit(isZombie: boolean): void {
    if (this.#isMoving || this.members.length === 0 || this.members.some((member) => member.isForeign)) return;
    const foreign = new SimMember(this.#world, this, true);
    this.foreignLooks = 0;
    tell(this.#world, `${foreign.client.clientId} joins ${this.name}`);
    this.#join(foreign, isZombie);
    this.#world.clock.after(2_500, () => this.#endVisit(foreign));
  }

  kill(member: SimMember): void {
    member.kill();
    this.#world.clock.after(this.#world.random.between(1_000, 6_000), () => {
      this.members = this.members.filter((other) => other !== member);
      if (this.members.length === 0) this.members.push(new SimMember(this.#world, this));
      if (this.owner === member) this.#give(this.#anyAlive());
    });
  }

  /** Everybody leaves cleanly; later somebody comes again. */
  empty(): void {
    if (this.#isMoving || this.members.length === 0) return;
    tell(this.#world, `${this.name} becomes empty`);
    this.#isMoving = true;
    for (const member of this.members) member.close();
    const { random, clock } = this.#world;
    clock.after(200, () => {
      this.generation += 1;
      this.members = this.members.filter((member) => !member.client.isAlive);
      this.owner = undefined;
    });
    clock.after(random.between(3_000, 9_000), () => this.refill());
  }

  /** Somebody instrumented is there to work. */
  refill(): void {
    this.#isMoving = false;
    if (this.owner?.client.isAlive === true && !this.owner.isForeign) return;
    if (!this.members.some((member) => member.client.isAlive && !member.isForeign)) {
      this.members.push(new SimMember(this.#world, this));
    }
    this.#give(this.#anyAlive());
  }

  #anyAlive(): SimMember | undefined {
    return this.members.find((member) => member.client.isAlive && !member.isForeign);
  }

  #join(member: SimMember, isZombie: boolean): void {
    this.members.push(member);
    this.#moveTo(member, isZombie);
  }

  #moveTo(next: SimMember | undefined, isZombie: boolean): void {
    const old = this.owner;
    if (next === undefined || next === old) return;
    const { clock, random } = this.#world;
    if (old === undefined || isZombie || !old.client.isAlive) {
      const generation = old?.assignment ?? 0;
      this.#give(next);
      if (generation > 0) clock.after(random.between(500, 6_000), () => old?.evicted(generation));
      return;
    }
    this.#isMoving = true;
    old.revoke(() => {
      if (!this.#isMoving) return;
      this.#isMoving = false;
      this.#give(next.client.isAlive ? next : this.#anyAlive());
    });
    // A handler that takes too long loses the partition all the same.
    clock.after(5_000, () => {
      if (!this.#isMoving || this.owner !== old) return;
      this.#isMoving = false;
      this.#give(next.client.isAlive ? next : this.#anyAlive());
    });
  }

  #give(member: SimMember | undefined): void {
    this.generation += 1;
    this.owner = member;
    const { log } = this.#world;
    const position = this.committed ?? (this.startsAtEnd ? log.highWatermark : log.start);
    member?.assign(this.generation, position);
  }

  #endVisit(foreign: SimMember): void {
    if (!foreign.client.isAlive) return;
    if (this.foreignLooks === 0) {
      this.#world.clock.after(200, () => this.#endVisit(foreign));
      return;
    }
    tell(this.#world, `${foreign.client.clientId} leaves ${this.name}`);
    this.members = this.members.filter((member) => member !== foreign);
    if (!this.members.some((member) => member.client.isAlive)) this.members.push(new SimMember(this.#world, this));
    const { random, clock } = this.#world;
    if (this.owner === foreign) this.#moveTo(this.#anyAlive(), random.chance(0.5));
    clock.after(random.between(100, 5_000), () => foreign.kill());
  }
}
