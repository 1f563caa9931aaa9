import { BatchAccount, type DeliveredBatch } from "./batch-account.ts";
import { KnownPlaces } from "./known-places.ts";
import type { Lane } from "./lane.ts";
import { maxRanges } from "./ledger-report.ts";
import {
  contains,
  difference,
  firstOf,
  foldOldest,
  overlaps,
  type RangeSet,
  rangeOf,
  union,
  upTo,
} from "./range-set.ts";
import type { Answer } from "./store.ts";
import { bodyOf, createDraft, createHolding, type Draft, isBlank, splitDraft } from "./testimony-draft.ts";
import * as limits from "./testimony-limits.ts";
import type { MemberClaim, ReceiptTotals, TestimonyReport } from "./testimony-report.ts";

/**
 * What one member can testify about one lane for its group. It collects, batch by batch, the offsets that are done
 * and the sequences processed at exactly those offsets, and hands them out as reports. Nothing that is *left behind*
 * crosses `enter`: another member may have worked in between.
 *
 * A class because it changes with every message, on the user's hot path.
 */
export class LaneTestimony {
  readonly lane: Lane;
  readonly group: string;
  clientId: string;
  /** A message that comes for the first time more places than this behind a later one is told. */
  maxDisorder = Number.POSITIVE_INFINITY;
  readonly totals: { -readonly [K in keyof ReceiptTotals]: ReceiptTotals[K] } = {
    received: 0,
    processed: 0,
    redelivered: 0,
    unstamped: 0,
    forwarded: 0,
    skipped: 0,
  };
  #claim: MemberClaim = { state: "open", inWork: undefined, committed: undefined };
  #claimChanged = true;
  #entered: TestimonyReport["entered"];
  /** What the report in flight says of entering: a later join is news of its own. */
  #enteredInFlight: TestimonyReport["entered"];
  #era = 0;
  #draft: Draft = createDraft(0);
  /** Sealed drafts that wait for their turn, oldest first. */
  #queue: Draft[] = [];
  #inFlight: Draft | undefined;
  #mustSendAll = false;
  #isDoubted = false;
  /** Everything this member still knows of the present era, for "send-all". Left-behind offsets are not kept. */
  #held: Draft = createHolding(0);
  /** Below it, streams were forgotten: those offsets are never claimed again. */
  #holdsFrom = 0;
  /** Counts joins and leaves: a batch that is still in work then belongs to the assignment before. */
  #assignment = 0;
  readonly #candidates = new Map<number, limits.Candidate>();
  /** How far our own commits have passed in this assignment: what is left below it later is left behind at once. */
  #passed = 0;
  #jumpedRanges: RangeSet = [];
  /** The next raw offset of this assignment; undefined until its first batch. */
  #position: number | undefined;
  #seeked = false;
  /** The highest of our own commits: what lies below it and comes again was asked for again. */
  #highestCommit = 0;
  readonly #places = new KnownPlaces();

  constructor(lane: Lane, group: string, clientId: string) {
    this.lane = lane;
    this.group = group;
    this.clientId = clientId;
  }

  /** A new assignment begins (a join, or the first life sign after "off"). */
  enter(highWatermark: number, wasOff: boolean): void {
    this.#endAssignment();
    for (const draft of [this.#draft, ...this.#queue]) draft.forgetLeft();
    this.#inFlight?.forgetLeft();
    const before = this.#entered;
    this.#entered = {
      highWatermark: Math.max(before?.highWatermark ?? 0, highWatermark),
      wasOff: wasOff || before?.wasOff === true,
    };
    const { inWork, committed } = this.#claim;
    this.#setClaim({ state: "open", inWork, committed });
  }

  /** The first fetch of this assignment asked for this offset. Call it after `enter`. */
  beganAt(offset: number, isNewPartition: boolean): void {
    this.#setClaim({ ...this.#claim, began: { offset, era: this.#era, isNewPartition } });
  }

  /** The assignment is over, or the member: what was not committed by now is not testified. */
  leave(state: "off" | "closed"): void {
    this.#endAssignment();
    this.#setClaim({ state, inWork: undefined, committed: this.#claim.committed });
  }

  /**
   * Booking went wrong somewhere, so an offset may have entered without its sequence: what is not reported yet is never
   * testified, nothing that was is repeated, and the assignment ends as by a switch.
   */
  distrust(): void {
    this.#dropQueue();
    this.#forgetHeld();
    this.#places.clear();
    this.leave("off");
  }

  /** The consumer ended for good while its process lives: nobody will start it again. */
  crashed(reason: string): void {
    this.#setClaim({ ...this.#claim, state: "closed", crash: reason.slice(0, limits.maxCrashLength) });
  }

  /** A handler failed: its message is tried again, and people want to see how often. */
  failed(): void {
    this.#claimChanged = true;
  }

  /**
   * While nobody of the group was there, an operator moved it past these offsets, and this process saw it. What a member
   * may have worked there unheard the store knows by who has not left.
   */
  movedPast(first: number, nextOffset: number): void {
    this.#entered = {
      highWatermark: Math.max(this.#entered?.highWatermark ?? 0, nextOffset),
      wasOff: this.#entered?.wasOff === true,
    };
    this.#draft.jumpOver(difference(rangeOf(first, nextOffset - 1), this.#held.handled));
    this.#setClaim({ state: "closed", inWork: undefined, committed: nextOffset });
  }

  /** The position was moved on purpose (seek) or by a reset: what lies between was jumped over. */
  seeked(): void {
    this.#seeked = true;
  }

  /** Begins a batch; its account takes the outcomes message by message. */
  openBatch(batch: DeliveredBatch): BatchAccount {
    if (this.#seeked && this.#position !== undefined && batch.first > this.#position) {
      this.#jumpedRanges = union(this.#jumpedRanges, rangeOf(this.#position, batch.first - 1));
    }
    if (this.#position !== undefined && batch.first < this.#position) this.#awaitAgain(batch.first);
    this.#seeked = false;
    this.#position = batch.first;
    this.#separate(batch);
    return new BatchAccount(this, batch, this.#era, this.#assignment);
  }

  /** Our own commit succeeded in this assignment: everything open below it is left behind for good. */
  committed(nextOffset: number): void {
    this.#setClaim({ ...this.#claim, committed: nextOffset });
    this.#highestCommit = Math.max(this.#highestCommit, nextOffset);
    this.#passed = Math.max(this.#passed, nextOffset);
    for (const [offset, candidate] of this.#candidates) {
      if (offset >= nextOffset) continue;
      this.#candidates.delete(offset);
      this.#draftOf(candidate.era).giveUp(offset, candidate.producerId, candidate.sequence);
    }
    const jumped = difference(upTo(this.#jumpedRanges, nextOffset - 1), this.#held.handled);
    this.#jumpedRanges = difference(this.#jumpedRanges, rangeOf(0, nextOffset - 1));
    this.#draft.jumpOver(jumped);
  }

  /** What is being handled now, for people. */
  working(inWork: MemberClaim["inWork"]): void {
    this.#claim = { ...this.#claim, inWork };
  }

  /** The store lost what we had told it, or another process goes by our id: nothing we remember is beyond doubt. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  get hasNews(): boolean {
    return (
      this.#claimChanged ||
      this.#entered !== undefined ||
      this.#mustSendAll ||
      this.#queue.length > 0 ||
      !isBlank(this.#draft)
    );
  }

  /** How many offsets wait to be reported: the edge reports sooner under load. */
  get waitingCount(): number {
    return this.#draft.messageCount;
  }

  /**
   * The next report. The edge repeats the same object until it is answered and then calls `accept`; only then it may
   * ask for another.
   */
  nextReport(heading: limits.TestimonyHeading): TestimonyReport {
    const isWhole = this.#mustSendAll;
    if (!isWhole) this.#seal();
    const draft = isWhole ? this.#held : (this.#queue.shift() ?? createDraft(this.#era));
    this.#inFlight = draft;
    this.#enteredInFlight = this.#entered;
    this.#claimChanged = false;
    if (isWhole) this.#dropQueue();
    return {
      group: this.group,
      clientId: this.clientId,
      ...heading,
      whole: isWhole,
      ...bodyOf(draft, isWhole ? this.#holdsFrom : 0),
      // It has left only when all that it did has been told: its follower may believe that nothing is unheard.
      claim: this.#queue.length > 0 && this.#claim.state === "closed" ? { ...this.#claim, state: "open" } : this.#claim,
      entered: this.#entered,
      totals: { ...this.totals },
    };
  }

  /** Takes in the store's answer to the last report. */
  accept(answer: Answer): void {
    const draft = this.#inFlight;
    this.#inFlight = undefined;
    switch (answer.kind) {
      case "stored":
        this.#mustSendAll = false;
        if (this.#entered === this.#enteredInFlight) this.#entered = undefined;
        this.#setEra(answer.era);
        return;
      case "partly-known":
        this.#claimChanged = true;
        if (draft !== undefined) this.#queue.unshift(...splitDraft(draft, answer.known));
        return;
      case "send-all":
      case "clone":
        // After "clone" the edge takes a new client id; under it the record knows nothing of us.
        this.#mustSendAll = true;
        this.#isDoubted = true;
        this.#claimChanged = true;
        if (answer.kind === "send-all") this.#setEra(answer.era);
        return;
    }
  }

  /** @internal Used by the batch's account, with the era in which the batch was delivered. */
  bookProcessed(era: number, offset: number, epoch: number, producerId: string | undefined, sequence: number): void {
    const draft = this.#draftOf(era);
    if (producerId !== undefined && this.#comesLate(offset, producerId, sequence)) draft.comeLate(producerId, sequence);
    draft.process(offset, epoch, producerId, sequence);
    if (era === this.#era) this.#held.process(offset, epoch, producerId, sequence);
    this.totals.processed += 1;
    const earlier = producerId === undefined ? undefined : this.#places.note(producerId, sequence, offset);
    if (producerId !== undefined && earlier !== undefined) {
      draft.copy(producerId, sequence, [earlier, offset]);
    }
    if (this.#candidates.size > 0) this.#candidates.delete(offset);
  }

  /** What is read anew, and a second copy, are no disorder. */
  #comesLate(offset: number, producerId: string, sequence: number): boolean {
    if (this.#places.behind(producerId, sequence) <= this.maxDisorder) return false;
    if (contains(this.#held.handled, offset)) return false;
    return !contains(this.#held.streams.get(producerId)?.processed ?? [], sequence);
  }

  /** @internal */
  bookMark(era: number, kind: "unstamped" | "foreign", offset: number): void {
    this.#draftOf(era).mark(kind, offset);
    if (era === this.#era) this.#held.mark(kind, offset);
    this.totals[kind === "unstamped" ? "unstamped" : "forwarded"] += 1;
  }

  /** @internal Offsets that no handler is ever given. */
  bookInvisible(era: number, first: number, last: number): void {
    this.#draftOf(era).skipInvisible(first, last);
    if (era === this.#era) this.#held.skipInvisible(first, last);
  }

  /** @internal The handler is over and did not process it. */
  bookLeft(assignment: number, era: number, offset: number, producerId: string | undefined, sequence: number): void {
    if (assignment !== this.#assignment || this.#candidates.size >= limits.maxCandidates) return;
    if (offset < this.#passed) this.#draftOf(era).giveUp(offset, producerId, sequence);
    else this.#candidates.set(offset, { producerId, sequence, era });
  }

  /** @internal */
  bookPosition(assignment: number, era: number, nextOffset: number): void {
    if (assignment === this.#assignment && era === this.#era) this.#position = nextOffset;
    this.#bound();
  }

  /** What lies at or above the position is going to be delivered again: it is not left behind yet. */
  #awaitAgain(from: number): void {
    for (const offset of this.#candidates.keys()) if (offset >= from) this.#candidates.delete(offset);
    this.#passed = Math.min(this.#passed, from);
    this.#jumpedRanges = upTo(this.#jumpedRanges, from - 1);
  }

  /** The draft for offsets of an era: the present one, or a late one for a batch that was delivered before the rise. */
  #draftOf(era: number): Draft {
    if (era === this.#era) return this.#draft;
    const waiting = this.#queue.find((draft) => draft.era === era);
    if (waiting !== undefined) return waiting;
    const late = createDraft(era);
    this.#queue.push(late);
    return late;
  }

  /** What comes again is reported apart from what comes for the first time: the store counts a report as one kind. */
  #separate({ first, last }: DeliveredBatch): void {
    const isReplay = first < this.#highestCommit;
    const { handled, isReplay: wasReplay } = this.#draft;
    if (isReplay === wasReplay && !overlaps(handled, first, last)) return;
    if (this.#queue.length < limits.maxSeparated) this.#seal();
    if (isBlank(this.#draft)) this.#draft = createDraft(this.#era, isReplay);
  }

  #endAssignment(): void {
    this.#assignment += 1;
    this.#seeked = false;
    this.#position = undefined;
    this.#passed = 0;
    this.#candidates.clear();
    this.#jumpedRanges = [];
  }

  #setClaim(claim: MemberClaim): void {
    this.#claim = claim;
    this.#claimChanged = true;
  }

  #seal(): void {
    if (isBlank(this.#draft)) return;
    this.#queue.push(this.#draft);
    this.#draft = createDraft(this.#era, this.#draft.isReplay);
  }

  /** What waits is part of what is held. */
  #dropQueue(): void {
    this.#queue = [];
    this.#draft = createDraft(this.#era);
  }

  /**
   * Offsets of another era have no common measure with these: what was collected keeps the old label. An older era is
   * what a store says that lost its record: offsets of now under an old label would be taken for those of then.
   */
  #setEra(era: number): void {
    if (era <= this.#era) return;
    this.#seal();
    this.#jumpedRanges = [];
    this.#position = undefined;
    this.#era = era;
    this.#draft = createDraft(era);
    this.#held = createHolding(era);
    this.#holdsFrom = 0;
    this.#places.clear();
    this.#highestCommit = 0;
    // What was committed before is an offset of the era before.
    this.#setClaim({ ...this.#claim, committed: undefined });
  }

  /** What waits for the store, what is held for it, and where copies would be found. */
  get weightBytes(): number {
    const drafts = [this.#held, this.#draft, ...this.#queue];
    return drafts.reduce((sum, draft) => sum + draft.weightBytes, this.#places.weightBytes);
  }

  /** Gives up what waits (it is then sent from what is held), else what is held. */
  shrink(): void {
    this.#places.clear();
    if (this.#queue.length === 0 && isBlank(this.#draft)) return this.#forgetHeld();
    this.#dropQueue();
    this.#mustSendAll = true;
  }

  /** What was reported until now is never repeated. */
  #forgetHeld(): void {
    this.#held = createHolding(this.#era);
    this.#holdsFrom = Math.max(this.#holdsFrom, this.#position ?? 0);
  }

  /** With the store away memory stays bounded: what outgrows its bounds is sent from what is held, or forgotten. */
  #bound(): void {
    if (this.#held.isTooBig) this.#forgetHeld();
    if (this.#draft.isTooBig) {
      this.#draft = createDraft(this.#era);
      this.#mustSendAll = true;
    }
    const folded = foldOldest(this.#held.handled, maxRanges);
    this.#holdsFrom = Math.max(this.#holdsFrom, folded.floor);
    if (this.#held.streamCount > limits.maxHeldStreams) {
      this.#holdsFrom = Math.max(this.#holdsFrom, this.#held.forgetOldestStream());
    }
    const first = firstOf(this.#held.handled);
    if (first !== undefined && first < this.#holdsFrom) this.#held.forgetBelow(this.#holdsFrom);
  }
}
