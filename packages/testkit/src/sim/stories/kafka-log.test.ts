import { expect, test } from "vitest";
import { KafkaStage } from "./kafka-stage.ts";

/** Ten messages, worked up to `worked`, known to a first look. */
async function tenSent(stage: KafkaStage, worked: number) {
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.work(0, worked - 1);
  member.commit(worked);
  member.report();
  await stage.look(2);
  return { shop, member };
}

test("F6: a tail that was truncated away is gone though no group will ever pass it", async () => {
  const stage = new KafkaStage();
  const { shop } = await tenSent(stage, 4);
  stage.log.truncate(8);
  await stage.look(8);
  expect(stage.lost(shop)).toEqual([9, 10]);
  expect(stage.said(shop)).toContain("stream confirmed store.truncated 9 10");
});

test("F6: what retention took from a group that rests is lost, and read in this order only", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 4);
  member.leave();
  stage.broker("billing", { committed: 4, isEmpty: true });
  await stage.look(2);
  stage.log.retain(7);
  await stage.look(8);
  expect(stage.lost(shop, "billing")).toEqual([5, 7]);
});

test("F6: a group that caught up between the two readings has lost nothing", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 4);
  member.work(4, 9);
  member.commit(10);
  member.leave();
  stage.broker("billing", { committed: 10, isEmpty: true });
  stage.log.retain(7);
  await stage.look(8);
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("F7, K1: a high watermark that lags after an election is no fall of the log", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.work(0, 3);
  member.commit(4);
  member.report();
  await stage.look(2);
  stage.log.elect();
  stage.log.highWatermark = 6;
  await stage.look(8);
  expect(stage.store.lane.era).toBe(0);
  stage.log.replicate();
  member.work(4, 9);
  member.commit(10);
  member.report();
  await stage.look();
  expect(stage.lost(shop)).toEqual([]);
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("F12: a member that enters above what the group had committed skipped it only if nobody else can have worked it", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 4);
  member.leave();
  stage.broker("billing", { committed: 4, isEmpty: true });
  await stage.look(2);
  stage.broker("billing", { isEmpty: false, foreignMemberCount: 1 });
  await stage.look(2);
  stage.broker("billing", { committed: 8, foreignMemberCount: 0 });
  const next = stage.member();
  next.testimony.beganAt(8, false);
  next.work(8, 9);
  next.commit(10);
  next.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt foreign-member 5 8"]);
});

test("F16: messages that are read under another name of their cluster are no testimony", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  const run = shop.stamp(5);
  for (let sequence = 1; sequence <= 5; sequence += 1)
    stage.log.append({ kind: "foreign", message: undefined, producerId: shop.producerId, sequence, stamp: undefined });
  stage.log.replicate();
  run.acked(0);
  shop.report();
  const member = stage.member();
  member.work(0, 4);
  member.commit(5);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("F17: a message whose header was stripped on the way is not missing", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 10);
  const run = shop.stamp();
  run.acked(shop.append(run, true));
  shop.send(2);
  shop.report();
  member.work(10, 12);
  member.commit(13);
  member.report();
  await stage.look(8);
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt unstamped-in-range 11 11"]);
});

test("F18: a topic that is made again begins its offsets anew, and nothing old speaks of them", async () => {
  const stage = new KafkaStage();
  const { shop } = await tenSent(stage, 10);
  stage.log.recreate();
  stage.broker("billing", { committed: undefined });
  await stage.look(2);
  shop.send(3);
  shop.report();
  await stage.look(8);
  expect(stage.lost(shop)).toEqual([]);
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("F33: on a compacted topic a hole at its own offset is explained, not lost", async () => {
  const stage = new KafkaStage();
  stage.sight = { compacted: true };
  const shop = stage.producer();
  shop.send(3);
  shop.report();
  const none = { message: undefined, producerId: undefined, sequence: 0, stamp: undefined };
  stage.log.records[1] = { kind: "control", ...none, epoch: 0 };
  const member = stage.member();
  member.work(0, 0);
  member.work(2, 2);
  member.commit(3);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing explained store.compacted 2 2"]);
});

test("K2: what is acked between a reading and the snapshot is no fall of the log", async () => {
  const stage = new KafkaStage();
  const { shop } = await tenSent(stage, 10);
  stage.betweenReadingAndSnapshot = () => {
    stage.betweenReadingAndSnapshot = () => {};
    shop.send(3);
    shop.report();
  };
  await stage.look();
  expect(stage.store.lane.era).toBe(0);
  expect(stage.lost(shop)).toEqual([]);
});

test("K3: what a foreign member worked before the log was cut is not gone", async () => {
  const stage = new KafkaStage();
  const { shop } = await tenSent(stage, 4);
  stage.broker("billing", { foreignMemberCount: 1, committed: 10 });
  await stage.look(2);
  stage.broker("billing", { foreignMemberCount: 0 });
  stage.log.truncate(8);
  await stage.look(8);
  expect(stage.lost(shop)).toEqual([]);
});

test("K4: what a new producer sends to a topic that was made again is not covered by offsets of before", async () => {
  const stage = new KafkaStage();
  await tenSent(stage, 10);
  stage.log.recreate();
  const fresh = stage.producer();
  fresh.send(3);
  // It does not know of the new era yet, and nobody has looked since.
  fresh.report();
  await stage.look(8);
  expect(stage.lost(fresh)).toEqual([]);
  expect(stage.lost(fresh, "billing")).toEqual([]);
});

test("K5: one fall that two auditors tell of raises the era once", async () => {
  const stage = new KafkaStage();
  await tenSent(stage, 10);
  const told = { eraRise: { era: 1, cut: 6 }, doubts: [], streamDoubts: [], seen: [], withdrawn: [], settled: [] };
  await stage.store.writeNotes(stage.lane, { ...told, asked: [] });
  await stage.store.writeNotes(stage.lane, { ...told, asked: [], eraRise: { era: 1, cut: 7 } });
  expect([stage.store.lane.era, stage.store.lane.cut]).toEqual([1, 6]);
});

test("K6: an offset told in place of another looks like a fall to the producer alone, and raises no era", async () => {
  const stage = new KafkaStage();
  const { shop } = await tenSent(stage, 10);
  shop.stamp().acked(3);
  shop.send(2);
  shop.report();
  await stage.look();
  expect(stage.store.lane.era).toBe(0);
  expect(stage.lost(shop)).toEqual([]);
});

test("K7: a message that was left out of an answer and stored is not shut out by one acked in its place", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 10);
  const omitted = shop.stamp();
  const base = shop.append(omitted);
  omitted.omitted();
  shop.stamp().acked(base);
  shop.report();
  await stage.look(8);
  expect(stage.lost(shop)).toEqual([]);
  member.work(10, 10);
  member.commit(11);
  member.report();
  await stage.look(8);
  expect(stage.said(shop)).toEqual([
    "stream explained produce.ack-missing 11 11",
    "billing confirmed produce.mis-acked 12 12",
  ]);
});

test("K8: where the leader's own end is hidden, a follower that lags does not make a stored message absent", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 10);
  stage.sight = { logEnd: undefined };
  stage.log.isLagging = true;
  const omitted = shop.stamp();
  shop.append(omitted);
  omitted.omitted();
  shop.report();
  await stage.look(40);
  expect(stage.lost(shop)).toEqual([]);
  stage.log.isLagging = false;
  stage.log.replicate();
  member.work(10, 10);
  member.commit(11);
  member.report();
  await stage.look(20);
  expect(stage.lost(shop)).toEqual([]);
});

test("K9: what the log start passed while somebody held it in hand is not retained away", async () => {
  const stage = new KafkaStage();
  const { shop } = await tenSent(stage, 4);
  stage.broker("billing", { foreignMemberCount: 1, isEmpty: false, committed: 4 });
  stage.log.retain(7);
  await stage.look(8);
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("K10: a log that was cut and filled again between two looks is known by the epochs of the reports", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 6);
  const other = stage.producer();
  // The group goes on to what lay there before the cut; then the log is cut below that and filled again.
  other.send(4);
  member.work(6, 13);
  member.commit(14);
  member.report();
  stage.log.truncate(10);
  const late = shop.stamp(4);
  late.acked(shop.append(late));
  shop.report();
  await stage.look(8);
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("K12: what a member killed before its commit may have worked, its follower cannot give up", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 4);
  member.work(4, 9);
  stage.standings.set(member.clientId, "silent");
  const heir = stage.member();
  heir.work(4, 9, [6, 7]);
  heir.commit(10);
  heir.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt member-died 7 8"]);
});

test("K13: of a batch that was sent twice the first copy may live below the cut", async () => {
  const stage = new KafkaStage();
  const { shop, member } = await tenSent(stage, 4);
  const twice = shop.stamp(2);
  shop.append(twice);
  twice.retried();
  shop.send(3);
  twice.acked(shop.append(twice));
  shop.report();
  await stage.look(2);
  stage.log.truncate(13);
  await stage.look(8);
  expect(stage.lost(shop)).toEqual([14, 15]);
  member.work(4, 12);
  member.commit(13);
  member.report();
  await stage.look();
  expect(stage.lost(shop)).toEqual([14, 15]);
});
