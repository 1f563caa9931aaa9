import { homedir } from "node:os";
import { join } from "node:path";
import type { Environment } from "./programs.ts";

/** Where this user's downloads are kept between stacks, as the XDG base directory specification says. */
export function cacheFolder(environment: Environment): string {
  return join(environment["XDG_CACHE_HOME"] || join(environment["HOME"] ?? homedir(), ".cache"), "seqwatch");
}
