import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import { processedCount } from "../lab/complete-audit.ts";
import { anyInstant } from "../lab/load-pace.ts";
import type { Scenario } from "../lab/scenario.ts";
import { SteadyLoad } from "../lab/steady-load.ts";

const toggles = 200;
const longestPauseMs = 120;

/** Recording goes off and on at random, for all, for a service, for one process, for one destination. */
export const scenario: Scenario = {
  id: "A6",
  title: "The switch is toggled 200 times at random under load",
  world: { kafka: "shared", rabbitmq: "shared", redis: "alone" },
  broken: {
    rule: "each change of the switch reaches who is watched",
    file: "packages/client/src/recording.ts",
    from: "if (state.version > this.#state.version) {",
    to: "if (this.#state.version === 0) {",
    mayThrow: "in vain for the audit to go on after the last toggle",
  },
  async play(lab) {
    lab.afterwards(async () => await lab.api.switchTo([]));
    const load = await SteadyLoad.start(lab);
    const queue = await lab.rabbitmq.queue("payments");
    const till = await openSender(lab, "till");
    const worker = await openWorker(lab, queue, { base: "till-worker" });
    const paid: string[] = [];
    const { clients } = await lab.api.get("/api/v1/clients");
    const clientIds = Array.isArray(clients)
      ? clients.map((client: unknown) => String(Reflect.get(Object(client), "clientId")))
      : [];
    const scopes = [
      { kind: "global" },
      { kind: "service", service: lab.name("shop") },
      { kind: "service", service: lab.name("worker") },
      { kind: "destination", destination: load.watched.topic },
      { kind: "destination", destination: "" },
      ...clientIds.map((clientId) => ({ kind: "instance", clientId })),
    ];
    for (let toggle = 0; toggle < toggles; toggle += 1) {
      const some = scopes.filter(() => Math.random() < 0.3);
      const rules = some.map((scope) => ({
        scope,
        recording: Math.random() < 0.4,
        reason: "the lab toggles",
        who: "lab",
      }));
      await lab.api.switchTo(rules);
      paid.push(...(await till.send("", queue, 3)));
      await anyInstant(longestPauseMs);
    }
    await lab.api.switchTo([]);
    const audited = async () => await processedCount(lab, load.watched.topic);
    const before = await audited();
    await lab.until("the audit to go on after the last toggle", async () => (await audited()) > before + 500);
    await load.stop(lab);
    await lab.until("the payments to be worked", () => paid.every((name) => worker.handled.has(name)));
    // A consumer that was off has seen messages of which it says nothing: nobody can say more of them than that.
    const nobodySaw = [...load.watched.sent, ...paid];
    return { lost: [], says: [], may: [{ state: "in-doubt", names: nobodySaw }] };
  },
};
