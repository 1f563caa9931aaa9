import { Chain } from "@seqwatch/client";
import { LaneTestimony, laneHashOf, type TestimonyReport } from "@seqwatch/core";
import { expect, test } from "vitest";
import { AssignedLane, type StartedBatch } from "./assigned-lane.ts";
import type { Member } from "./members.ts";

const lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" } as const;

function setUp() {
  const testimony = new LaneTestimony(lane, "billing", "client");
  const idle = {
    hasNews: () => false,
    next: (): TestimonyReport => testimony.nextReport({ number: 1, nonce: "n", buildsOn: "" }),
    send: () => Promise.reject(new Error("There is no store.")),
    accept: () => {},
  };
  const chain = new Chain<TestimonyReport>(idle, () => "nonce");
  const member: Member = {
    lane,
    laneHash: laneHashOf(lane),
    testimony,
    chain,
    owner: undefined,
    workingOffset: -1,
    failedTries: 0,
  };
  const assigned = new AssignedLane(member);
  const owner = {};
  assigned.join(owner, { isNewPartition: false, isContinued: false });
  const process = (...offsets: readonly number[]): void => {
    for (const offset of offsets) {
      assigned.account?.processed(offset, 0, undefined, 0);
      assigned.booked(offset);
    }
  };
  /** A batch whose records, all visible, lie at these offsets, and which is processed to its end. */
  const work = (fetchOffset: number | undefined, ...offsets: readonly number[]): void => {
    assigned.start(batchOf(fetchOffset, offsets));
    process(...offsets);
    assigned.end();
  };
  const report = (): TestimonyReport => testimony.nextReport({ number: 1, nonce: "n", buildsOn: "" });
  return { assigned, owner, testimony, work, process, report };
}

function batchOf(fetchOffset: number | undefined, offsets: readonly number[]): StartedBatch {
  const last = offsets.at(-1) ?? 0;
  return { first: offsets[0], last, visibleCount: offsets.length, highWatermark: last + 1, fetchOffset };
}

test("offsets between two batches hold no record where the second was asked for from the end of the first", () => {
  const { work, report } = setUp();
  work(0, 0, 1, 2);
  work(3, 10, 11);
  expect(report()).toMatchObject({ handled: [0, 11], jumped: [] });
});

test("offsets below the first batch of an assignment are nobody's testimony", () => {
  const { work, report } = setUp();
  work(0, 5, 6);
  expect(report().handled).toEqual([5, 6]);
});

test.each([
  ["asked for from further on", 10],
  ["asked for from nobody knows where", undefined],
])("offsets before a batch %s were jumped over, once our own commit has passed them", (_, fetchOffset) => {
  const { work, testimony, report } = setUp();
  work(0, 0, 1, 2);
  work(fetchOffset, 10, 11);
  expect(report()).toMatchObject({ handled: [0, 2, 10, 11], jumped: [] });
  testimony.committed(12);
  expect(report().jumped).toEqual([3, 9]);
});

test("what a failed batch did not get to is fetched again, and is no jump", () => {
  const { assigned, work, process, testimony, report } = setUp();
  assigned.start(batchOf(0, [0, 1, 2, 3]));
  process(0, 1);
  work(2, 2, 3);
  testimony.committed(4);
  expect(report()).toMatchObject({ handled: [0, 3], jumped: [], givenUp: [] });
});

test("a batch that is still worked when the group joins anew counts, and says nothing of the new position", () => {
  const { assigned, owner, work, process, testimony, report } = setUp();
  assigned.start(batchOf(0, [0, 1, 2]));
  process(0);
  assigned.join(owner, { isNewPartition: false, isContinued: false });
  process(1);
  assigned.end();
  work(20, 20, 21);
  testimony.committed(22);
  expect(report()).toMatchObject({ handled: [0, 1, 20, 21], jumped: [] });
});

test("a lane that was taken over by another consumer of the process is not left by the first", () => {
  const { assigned, owner, work, report } = setUp();
  work(0, 0);
  const second = new AssignedLane(assigned.member);
  second.join({}, { isNewPartition: false, isContinued: false });
  assigned.leave(owner);
  expect(report().claim.state).toBe("open");
});

test("a lane that is taken away while a handler works says goodbye only when the handler is over", () => {
  const { assigned, owner, process, report } = setUp();
  assigned.start(batchOf(0, [0, 1]));
  process(0);
  assigned.leave(owner);
  expect(report().claim.state).toBe("open");
  process(1);
  assigned.end();
  expect(report().claim.state).toBe("closed");
});

test("a lane that comes back while its handler still works is not left at the handler's end", () => {
  const { assigned, owner, process, report } = setUp();
  assigned.start(batchOf(0, [0]));
  assigned.leave(owner);
  assigned.join(owner, { isNewPartition: false, isContinued: false });
  process(0);
  assigned.end();
  expect(report().claim.state).toBe("open");
});
