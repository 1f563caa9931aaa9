import type { ClientSign, ClientStanding, Store } from "@seqwatch/core";
import { SharedAnswers } from "./evidence/shared-answers.ts";

/**
 * Signs of the clients that live, read anew for each reading: a consumer that joined since the last pass must not be
 * taken for a foreign one. All readings within a fifth of a second share one answer.
 */
export function createLivingSigns(options: {
  readonly store: Pick<Store, "readClients">;
  readonly standings: () => ReadonlyMap<string, ClientStanding>;
  readonly nowMs: () => number;
}): () => Promise<readonly ClientSign[]> {
  const { store, standings, nowMs } = options;
  const shared = new SharedAnswers<readonly ClientSign[]>(200);
  return async () => {
    const { value: signs } = await shared.ask("clients", nowMs(), () => store.readClients());
    const standing = standings();
    return signs.filter(({ clientId, state }) => state !== "closed" && standing.get(clientId) !== "silent");
  };
}
