import { openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

const frameBytes = 8_192;
/** From where there is room for more than the stamp to where there is none: what else the frame holds is left some room. */
const window = 3_000;
const step = 30;

/** AMQP sends a message's headers in one frame: what fills it has no room for one more. */
export const scenario: Scenario = {
  id: "A11.frame",
  title: "A header table that fills its frame has no room for the stamp: the message goes out without it",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a header table without room is left as it is",
    file: "packages/amqplib/src/carrier.ts",
    from: "return tableBytesOf(headers, maxTableBytes) + stampBytes <= maxTableBytes ? headers : undefined;",
    to: "return headers;",
    mayThrow: "channel closed",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("orders");
    const probe = await lab.rabbitmq.queue("probe");
    const url = `${lab.rabbitmq.url}${lab.rabbitmq.url.includes("?") ? "&" : "?"}frameMax=${frameBytes}`;
    // What fits is found out, not reckoned: the largest that a client without Seqwatch can send.
    const fits = async (bytes: number) => {
      try {
        const channel = await (await lab.rabbitmq.bare(url)).createConfirmChannel();
        channel.on("error", () => undefined);
        channel.publish("", probe, Buffer.from("x"), { headers: { filler: "f".repeat(bytes) } });
        await channel.waitForConfirms();
        return true;
      } catch {
        return false;
      }
    };
    let [low, high] = [1_000, frameBytes];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await fits(middle)) low = middle;
      else high = middle;
    }

    const shop = lab.service("shop");
    const channel = await (await shop.amqp({}, url)).createConfirmChannel();
    const worker = await openWorker(lab, queue);
    const sent: string[] = [];
    for (let bytes = low - window; bytes <= low; bytes += step) {
      const name = `${lab.prefix}#${bytes}`;
      channel.publish("", queue, Buffer.from(name), { headers: { filler: "f".repeat(bytes) } });
      sent.push(name);
    }
    await channel.waitForConfirms();
    await lab.until("everything to be handled", () => sent.every((name) => worker.handled.has(name)));

    lab.check("some went out with the stamp, some without, and the API counts both", async () => {
      const streams = (await lab.api.streams("")).filter((one) => one["partition"] === queue);
      const stamped = Number(streams[0]?.["assigned"]);
      const processed = JSON.stringify(streams).includes(`"processed":${stamped}`);
      const unstamped = JSON.stringify(streams).includes(`"unaudited":${sent.length - stamped}`);
      return stamped > 0 && stamped < sent.length && processed && unstamped;
    });
    return { lost: [], says: [] };
  },
};
