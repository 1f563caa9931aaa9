import type { Static } from "typebox";
import { version } from "../version.ts";
import { statusReply } from "./schemas.ts";
import type { ApiSources } from "./server.ts";
import type { ApiServer } from "./type-provider.ts";
import { timeOf } from "./views.ts";

type Status = Static<typeof statusReply>;

/** The whole at one glance: what a person asks first. */
export function addStatusRoutes(server: ApiServer, { health, figures, store, auditorCount }: ApiSources): void {
  server.get("/api/v1/status", { schema: { response: { 200: statusReply } } }, async (): Promise<Status> => {
    const { reasons, warnings, lastPassAtMs, laneCount } = health();
    const { messages, streams, findings, isRecording } = figures();
    return {
      version,
      isReady: reasons.length === 0,
      reasons: [...reasons],
      warnings: [...warnings],
      store: store.kind,
      auditors: auditorCount(),
      lanes: laneCount,
      ...(lastPassAtMs === undefined ? {} : { lastPassAt: timeOf(lastPassAtMs) }),
      isRecording,
      streams: {
        active: streams.reduce((sum, { active }) => sum + active, 0),
        blind: streams.reduce((sum, { blind }) => sum + blind, 0),
      },
      messages: Object.fromEntries(
        messageNames.map((name) => [name, messages.reduce((sum, { totals }) => sum + (totals[name] ?? 0), 0)]),
      ),
      findings: [...Map.groupBy(findings, ({ state }) => state)].map(([state, lines]) => ({
        state,
        findings: lines.reduce((sum, { open }) => sum + open, 0),
        messages: lines.reduce((sum, { messages: count }) => sum + count, 0),
      })),
    };
  });
}

/** Totals since the auditor started; of a group's figures, all groups together. */
const messageNames = [
  "sent",
  "processed",
  "lost",
  "duplicated",
  "redelivered",
  "late",
  "forwarded",
  "unstamped",
] as const;
