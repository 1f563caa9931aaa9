import { randomBytes, randomInt } from "node:crypto";
import { lengthMs } from "../lab/full-length.ts";
import { redisCommand } from "../lab/redis-command.ts";
import type { Scenario } from "../lab/scenario.ts";

const batchSize = 2_000;
const genuineCount = 100;
/** A record with one honest stream is a few hundred bytes. */
const mostBytes = 400_000;

/** Whatever somebody may put into our header: noise, damage, other people's stamps, numbers out of all bounds. */
function forge([version = "", producerId = "", hash = ""]: readonly string[], at: number): string | Buffer {
  const stranger = randomBytes(9).toString("base64url").slice(0, 11);
  const forgeries = [
    () => randomBytes(at % 64),
    () => randomBytes(20).toString("latin1"),
    () => `${version}.${producerId}.${hash}.${Number.MAX_SAFE_INTEGER - (at % 1_000)}`,
    () => `${version}.${producerId}.${hash}.99999999999999999`,
    () => `${version}.${producerId}.${hash}.-1`,
    () => `${version}.${stranger}.${hash}.${randomInt(1, 2 ** 40)}`,
    () => `${version}.${producerId}.AAAAAAAA.${randomInt(1, 200)}`,
    () => `${version}.${producerId}.${hash}.${randomInt(1, genuineCount * 2)}`,
    () => `9.${producerId}.${hash}.1`,
  ];
  return forgeries[at % forgeries.length]?.() ?? "";
}

/** A stream of forged and damaged headers beside an honest producer. */
export const scenario: Scenario = {
  id: "A8",
  title: "Forged and damaged stamps by the hundred thousand: no crash, no loss, bounded state",
  world: { kafka: "shared" },
  broken: {
    rule: "of receipts that no ledger claims only so many are kept",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: "parse(ARGV[i + 4]))\\n  local assigned = highest > 0 and assignedOf(group, ARGV[i], highest)",
    to: 'parse(ARGV[i + 4]))\\n  local assigned = highest > 0 and (tonumber(match(get(\\"l\\" .. ARGV[i]), \\"^%d+;[^;]*;(%d+)\\")) or 0)',
  },
  async play(lab) {
    // A hundred thousand show it; the catalogue has a million.
    const forgedCount = lengthMs({ shownMs: 100_000, fullMs: 1_000_000 });
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    const stranger = lab.kafka.bare().producer();
    await Promise.all([producer.connect(), stranger.connect()]);
    lab.leaving(async () => await stranger.disconnect());
    await producer.send({ topic, messages: shop.messages(topic, 0, genuineCount) });
    const [first] = await lab.kafka.stored(topic);
    const parts = first?.headers["seqwatch"]?.split(".") ?? [];

    let handled = 0;
    const consumer = lab.service("worker").kafka().consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async () => {
        handled += 1;
      },
    });
    lab.leaving(async () => await consumer.disconnect());
    for (let at = 0; at < forgedCount; at += batchSize) {
      const messages = Array.from({ length: batchSize }, (_, index) => ({
        value: "forged",
        partition: 0,
        headers: { seqwatch: forge(parts, at + index) },
      }));
      await stranger.send({ topic, messages });
    }
    await producer.send({ topic, messages: shop.messages(topic, 0, genuineCount) });
    const everything = forgedCount + 2 * genuineCount;
    await lab.until("everything to be handled", () => handled >= everything, 300_000);

    const admin = await lab.kafka.admin();
    const { clusterId } = await admin.describeCluster();
    lab.check("the honest stream is accounted for", async () => {
      const streams = await lab.api.streams(topic);
      const text = JSON.stringify(streams);
      return streams.length === 1 && text.includes('"assigned":200') && text.includes('"processed":200');
    });
    lab.check("the record of the lane stays small", async () => {
      const key = `seqwatch:{kafka/${clusterId}/${topic}/0}`;
      const reply = await redisCommand(lab.addresses.redisUrl, "MEMORY", "USAGE", key, "SAMPLES", "0");
      lab.figure("bytes of the record", Number(reply.slice(1)));
      return Number(reply.slice(1)) < mostBytes;
    });
    return { lost: [], says: [] };
  },
};
