import { healthReply, readyReply } from "./schemas.ts";
import type { ApiSources } from "./server.ts";
import type { ApiServer } from "./type-provider.ts";
import { timeOf } from "./views.ts";

/** How the auditor itself is. */
export interface Health {
  /** Why it cannot be relied on now; empty when it can. */
  readonly reasons: readonly string[];
  /** What is wrong with the store's settings. */
  readonly warnings: readonly string[];
  readonly lastPassAtMs: number | undefined;
  readonly laneCount: number;
}

export function addHealthRoutes(server: ApiServer, { health, readMetrics, store }: ApiSources): void {
  server.get("/healthz", { schema: { response: { 200: healthReply } } }, async () => ({ status: "alive" as const }));

  server.get("/readyz", { schema: { response: { 200: readyReply, 503: readyReply } } }, async (_request, reply) => {
    const { reasons, warnings, lastPassAtMs, laneCount } = health();
    const status = reasons.length === 0 ? "ready" : "not-ready";
    return await reply.code(status === "ready" ? 200 : 503).send({
      status,
      reasons: [...reasons],
      warnings: [...warnings],
      store: store.kind,
      lanes: laneCount,
      ...(lastPassAtMs === undefined ? {} : { lastPassAt: timeOf(lastPassAtMs) }),
    });
  });

  server.get("/metrics", async (_request, reply) => {
    return await reply.type("text/plain; version=0.0.4; charset=utf-8").send(await readMetrics());
  });
}
