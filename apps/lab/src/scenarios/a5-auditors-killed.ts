import { AuditorApi } from "../auditor-api.ts";
import { type AuditorChild, startAuditorChild } from "../lab/auditor-child.ts";
import { anyInstant } from "../lab/load-pace.ts";
import type { Scenario } from "../lab/scenario.ts";

const keyCount = 20;
const rounds = 3;

/** Several auditors share the lanes, and one after the other dies in the middle of its work, while messages get lost. */
export const scenario: Scenario = {
  id: "A5",
  title: "Auditors share the work and are killed in the middle of it: every loss is found, once",
  world: { rabbitmq: "shared", redis: "alone" },
  broken: {
    rule: "an auditor whose number stands still loses its lanes to the others",
    file: "packages/core/src/lease.ts",
    from: "others.filter(([, { sinceMs }]) => watch.reachableMs - sinceMs >= leaseMs)",
    to: "others.filter(() => false)",
    mayThrow: "in vain for 3 auditors to share the lanes",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("payments", "direct");
    const shop = lab.service("shop");
    const channel = await (await shop.amqp()).createConfirmChannel();
    const auditors: AuditorChild[] = [];
    const startOne = async () => {
      const auditor = await startAuditorChild(lab.site.auditorSettings);
      lab.afterwards(async () => await auditor.close());
      auditors.push(auditor);
      return auditor;
    };
    const lost: string[] = [];
    const publish = async () => {
      for (let key = 0; key < keyCount; key += 1) {
        for (const name of shop.names(exchange, `nobody-${key}`, 2)) {
          channel.publish(exchange, `nobody-${key}`, Buffer.from(name));
          lost.push(name);
        }
      }
      await channel.waitForConfirms();
    };
    const sharedBy = async (count: number) =>
      await lab.until(`${count} auditors to share the lanes`, async () => {
        const { auditors: found } = await lab.api.get("/api/v1/status");
        return Number(found) === count;
      });

    await startOne();
    const last = await startOne();
    await sharedBy(3);
    for (let round = 0; round < rounds; round += 1) {
      await publish();
      // Anywhere in a pass: it begins every half second, and the reports come within one.
      await anyInstant(1_500);
      await auditors.shift()?.kill();
      await startOne();
    }
    lab.lostNow();
    await sharedBy(3);
    await last.kill();
    const other = new AuditorApi(auditors.at(-1)?.url ?? "");
    for (const [who, api] of Object.entries({ "the first auditor": lab.api, "the newest auditor": other })) {
      lab.check(`${who} tells each loss in one finding, whoever found it`, async () => {
        const own = (await api.findings()).filter(({ destination }) => destination === exchange);
        const names = own.flatMap(({ sequences, partition }) =>
          Object.values(sequences).flatMap((text) => rangesIn(text).map((sequence) => `${partition}|${sequence}`)),
        );
        return names.length === lost.length && new Set(names).size === lost.length;
      });
    }
    return { lost, says: [{ state: "confirmed", verdict: "produce.unroutable", group: null, names: lost }] };
  },
};

/** `5-6,9` */
function rangesIn(text: string): readonly number[] {
  return text.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
