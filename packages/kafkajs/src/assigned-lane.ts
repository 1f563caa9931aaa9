import type { BatchAccount } from "@seqwatch/core";
import type { DuplicateGuard } from "./duplicate-guard.ts";
import type { Member } from "./members.ts";
import type { FetchedPartition } from "./watched-brokers.ts";

/** A batch as its start event tells of it. */
export interface StartedBatch {
  /** The first raw offset at or above the position; undefined where none came. */
  readonly first: number | undefined;
  readonly last: number;
  readonly visibleCount: number;
  readonly highWatermark: number;
  /** The position that was asked for; undefined where it cannot be seen. */
  readonly fetchOffset: number | undefined;
}

/** How the group's latest join gave a lane to a consumer. */
export interface Joining {
  /** The partition was added after this consumer had joined. */
  readonly isNewPartition: boolean;
  /** The member was in the group's generation before, and commits what its handlers have returned from by itself. */
  readonly isContinued: boolean;
}

/** One consumer's work in one lane: between the client's events and the testimony of its process. */
export class AssignedLane {
  readonly member: Member;
  /** The batch that is being worked; undefined between batches and while switched off. */
  account: BatchAccount | undefined;
  /** Only with `onDuplicate: "skip"`. */
  readonly guard: DuplicateGuard | undefined;
  #batch: StartedBatch | undefined;
  /** Whether the account's assignment is still the present one: else its end says nothing about the position. */
  #isPresent = false;
  /** The next raw offset of this assignment, when it is known. */
  #expected: number | undefined;
  #bookedTo = -1;
  #mustEnter = true;
  #isOff = false;
  #highWatermark = 0;
  #fetched: FetchedPartition | undefined;
  /** The lane was taken away while a handler of ours was still at work in it. */
  #isLeaving = false;
  /** Whether the assignment's first fetch was seen. */
  #isPositionKnown = false;
  /** The partition was added after this consumer had joined, and it has not committed there yet. */
  #isNewPartition = false;

  constructor(member: Member, guard?: DuplicateGuard) {
    this.member = member;
    this.guard = guard;
  }

  /** The group gave this lane to this consumer, anew or again. Nothing that was left behind crosses this. */
  join(owner: object, { isNewPartition, isContinued }: Joining): void {
    this.guard?.entered(isContinued && this.member.owner === owner && !this.#isOff);
    this.member.owner = owner;
    this.#isNewPartition ||= isNewPartition;
    this.#isLeaving = false;
    this.#isPresent = false;
    this.#expected = undefined;
    this.#fetched = undefined;
    this.#mustEnter = true;
    this.#isPositionKnown = false;
    if (!this.#isOff) this.member.testimony.enter(this.#highWatermark, false);
  }

  /** The lane is no longer this consumer's. */
  leave(owner: object): void {
    this.#isPresent = false;
    this.#isNewPartition = false;
    this.#expected = undefined;
    if (this.member.owner !== owner) return;
    this.member.owner = undefined;
    // Who says goodbye while a handler still works would let the next owner's leaving count as proof.
    if (this.account === undefined) this.member.testimony.leave("closed");
    else this.#isLeaving = true;
  }

  /** Recording is off: what was delivered is accounted to its end, then there is no testimony until the next batch. */
  switchOff(): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.guard?.forget();
    this.#isPresent = false;
    this.#expected = undefined;
    this.member.testimony.leave("off");
  }

  /**
   * Accounting went wrong: nobody can say what was booked halfway. As if switched off until the next batch, and what is
   * not reported by now is not testified.
   */
  distrust(): void {
    this.account?.abandon();
    this.account = undefined;
    this.#isOff = true;
    this.#isPresent = false;
    this.#expected = undefined;
    this.member.testimony.distrust();
  }

  fetched(partition: FetchedPartition): void {
    const isFirst = !this.#isPositionKnown;
    this.#isPositionKnown = true;
    this.#fetched = partition;
    this.#highWatermark = partition.highWatermark;
    if (this.#isOff) return;
    this.#enter(partition.highWatermark);
    if (isFirst) this.member.testimony.beganAt(partition.fetchOffset, this.#isNewPartition);
  }

  /** Its own commit: from here on it goes on where it stopped, as in any other partition. */
  committed(): void {
    this.#isNewPartition = false;
  }

  start(batch: StartedBatch): void {
    this.end();
    const wasOff = this.#isOff;
    this.#isOff = false;
    if (wasOff) this.#mustEnter = true;
    this.#highWatermark = batch.highWatermark;
    this.#enter(batch.highWatermark, wasOff);
    const fetchOffset = batch.fetchOffset ?? this.#fetchOffsetOf(batch);
    const isContinued = fetchOffset !== undefined && this.#expected !== undefined && fetchOffset <= this.#expected;
    // Asked from where the last batch ended (or before), the broker had no record below the first that came: what lies
    // between holds none. After a jump it may.
    const first = isContinued ? fetchOffset : (batch.first ?? batch.last);
    if (this.#expected !== undefined && !isContinued && first > this.#expected) this.member.testimony.seeked();
    this.#batch = batch;
    this.#bookedTo = first - 1;
    this.#isPresent = true;
    this.account = this.member.testimony.openBatch({ first, last: batch.last, visibleCount: batch.visibleCount });
  }

  /** Whether this batch is being worked, and of the present assignment. */
  isAtWork(account: BatchAccount): boolean {
    return this.#isPresent && this.account === account;
  }

  /** An outcome at this offset was booked. */
  booked(offset: number): void {
    this.#bookedTo = offset;
  }

  /** The batch's handler is over, or will not go on with it. */
  end(): void {
    const account = this.account;
    this.account = undefined;
    if (this.#isLeaving) {
      this.#isLeaving = false;
      this.member.testimony.leave("closed");
    }
    if (account === undefined || this.#batch === undefined || !this.#isPresent) return;
    account.close();
    this.#expected = account.isComplete ? Math.max(this.#bookedTo, this.#batch.last) + 1 : this.#bookedTo + 1;
  }

  #enter(highWatermark: number, wasOff = false): void {
    if (!this.#mustEnter) return;
    this.#mustEnter = false;
    this.member.testimony.enter(highWatermark, wasOff);
  }

  /** The latest fetch of the partition is this batch's, if it ended at the same offset. */
  #fetchOffsetOf(batch: StartedBatch): number | undefined {
    return this.#fetched?.last === batch.last ? this.#fetched.fetchOffset : undefined;
  }
}
