import { isRecording, type SwitchState } from "@seqwatch/core";
import type { Static } from "typebox";
import { errorSchema, switchBody, switchReply } from "./schemas.ts";
import { type ApiSources, errorBody } from "./server.ts";
import type { ApiServer } from "./type-provider.ts";
import { ruleView, toRule } from "./views.ts";

export function addSwitchRoutes(server: ApiServer, { store, wallMs }: ApiSources): void {
  const view = (state: SwitchState): Static<typeof switchReply> => ({
    version: state.version,
    isRecording: isAllRecording(state, wallMs()),
    rules: state.rules.map(ruleView),
  });

  server.get("/api/v1/switch", { schema: { response: { 200: switchReply } } }, async () =>
    view(await store.readSwitch()),
  );

  server.put(
    "/api/v1/switch",
    { schema: { body: switchBody, response: { 200: switchReply, 409: errorSchema } } },
    async (request, reply) => {
      const current = await store.readSwitch();
      if (current.version !== request.body.version) {
        const words = `The switch is at version ${current.version} by now. Read it again, then decide.`;
        return await reply.code(409).send(errorBody("VERSION_CONFLICT", words));
      }
      const next: SwitchState = { version: current.version + 1, rules: request.body.rules.map(toRule) };
      await store.writeSwitch(next);
      return await reply.send(view(next));
    },
  );
}

/** Whether no rule that is in force switches anything off. */
export function isAllRecording(state: SwitchState, nowMs: number): boolean {
  const everywhere = { service: "", clientId: "", destination: "" };
  const inForce = state.rules.filter((rule) => rule.untilMs === undefined || rule.untilMs > nowMs);
  return isRecording(state, everywhere, nowMs) && inForce.every((rule) => rule.recording);
}
