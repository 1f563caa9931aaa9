import type { ServerName } from "./servers.ts";
export async function takeComposeDown(
  _id: string,
  _servers: readonly ServerName[],
  _rest: readonly ServerName[] = [],
): Promise<void> {}
