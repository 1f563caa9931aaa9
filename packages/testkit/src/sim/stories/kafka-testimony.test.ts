import { expect, test } from "vitest";
import { KafkaStage } from "./kafka-stage.ts";

test("F1: a member that worked and committed but cannot reach the store leaves a hole, no loss", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.work(0, 4);
  member.commit(5);
  member.report();
  member.work(5, 9);
  member.commit(10);
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt not-testified 6 10"]);
  member.report();
  await stage.look();
  expect(stage.said(shop)).toEqual(["billing explained store.missing 6 10"]);
});

test("F2: a failover that loses the last report of a member that left cleanly makes a hole, no loss", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.work(0, 4);
  member.report();
  stage.store.checkpoint();
  member.work(5, 9);
  member.commit(10);
  member.leave();
  stage.store.failOver(0);
  shop.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("F3: a record that vanished takes receipts and offsets together, and what is still held comes back", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.work(0, 9);
  member.commit(10);
  member.report();
  stage.store.flush();
  shop.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  shop.send(1);
  shop.report();
  member.work(10, 10);
  member.report();
  await stage.look();
  expect(stage.said(shop).filter((line) => !line.includes("explained"))).toEqual([]);
});

test("F4: a batch that is stored late lies above a slow group, which has not passed it", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  const late = shop.stamp();
  shop.send(50);
  late.acked(shop.append(late));
  shop.report();
  const member = stage.member();
  member.work(0, 39);
  member.commit(40);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  member.work(40, 50);
  member.report();
  await stage.look();
  expect(stage.said(shop)).toEqual([]);
});

test("F5: what lies below where a group joined is not owed to it, whatever the order of the answers", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  const slow = shop.stamp(19);
  const base = shop.append(slow);
  shop.send(1);
  slow.acked(base);
  shop.report();
  const member = stage.member();
  member.work(10, 19);
  member.commit(20);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt joined-late 1 10"]);
});

test("F11: what a killed member had not reported is in doubt, and says whether it had committed early", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.commit(10);
  member.work(0, 4);
  member.report();
  stage.standings.set(member.clientId, "silent");
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt member-died 6 10"]);
});

test("F13: a member that has a partition again after somebody else has jumped over nothing", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(20);
  shop.report();
  const member = stage.member();
  member.work(0, 4);
  member.commit(5);
  member.testimony.leave("closed");
  member.join();
  member.work(15, 19);
  member.commit(20);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.said(shop)).toEqual(["billing in-doubt not-testified 6 15"]);
});

test("F19: without a ledger nobody says that what lies between was sent", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(4);
  const refused = shop.stamp();
  refused.voided("refused");
  shop.send(5);
  const member = stage.member();
  member.work(0, 8);
  member.commit(9);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  shop.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
  expect(stage.lost(shop)).toEqual([]);
  expect(stage.said(shop)).toEqual(["stream not-sent produce.rejected 5 5"]);
});

test("F29: a zombie whose commit is refused testifies nothing about what it left", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const zombie = stage.member();
  zombie.work(0, 9, [5, 6, 7, 8, 9]);
  const heir = stage.member();
  heir.work(5, 9);
  heir.commit(10);
  zombie.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("a member that left in the middle of its backlog has not left for its follower", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const first = stage.member();
  first.work(0, 9);
  first.commit(5);
  // It says that it goes with the first of two reports; its link breaks before the second.
  first.work(0, 2);
  first.testimony.leave("closed");
  stage.store.takeTestimony(first.testimony.nextReport({ number: 2, nonce: "cut", buildsOn: "n3" }));
  const second = stage.member();
  second.work(5, 9, [5, 6]);
  second.commit(10);
  second.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([]);
});

test("what a member gave up, its own commit beyond it, is lost for the group", async () => {
  const stage = new KafkaStage();
  const shop = stage.producer();
  shop.send(10);
  shop.report();
  const member = stage.member();
  member.work(0, 9, [5, 6]);
  member.commit(10);
  member.report();
  await stage.look();
  expect(stage.lost(shop, "billing")).toEqual([6, 7]);
  expect(stage.said(shop)).toEqual(["billing confirmed consume.given-up 6 7"]);
});
