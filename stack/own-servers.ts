import { resolve } from "node:path";
import { isComposeUsable } from "./compose.ts";
import { startInContainers } from "./containers.ts";
import { claimFolder } from "./folder.ts";
import { createMissingError, mayInstall, providePrograms } from "./install.ts";
import { type Keeper, startKeeper } from "./keep.ts";
import type { Environment } from "./programs.ts";
import { findLacks, type Programs } from "./requirements.ts";
import type { ServerName } from "./servers.ts";
import { ServerSite } from "./site.ts";
import type { ServerOptions, StackOptions, StackServers } from "./stack.ts";
import { startServer } from "./start-server.ts";
import { takeDown } from "./takedown.ts";
import { toUrls } from "./urls.ts";

/** Servers that this process has started and must end. */
export interface OwnServers {
  readonly folder: string;
  readonly parts: Partial<StackServers>;
  stop(): Promise<void>;
  release(): Promise<void>;
}

/** How each of the servers is to be run. */
interface Provision {
  readonly programs: Programs;
  /** Those that nothing on the machine can run, and that Docker can. */
  readonly composed: readonly ServerName[];
}

/** Gets what the servers need, takes a folder and starts them all at once. When one fails, none is left. */
export async function startOwnServers(
  servers: readonly ServerName[],
  options: StackOptions,
  environment: Environment,
): Promise<OwnServers> {
  const announce = options.onProgress ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const provision = await provide(servers, environment, announce);
  const { folder, state } = await claimFolder(options.folder === undefined ? undefined : resolve(options.folder));
  const keeper = startKeeper(folder);
  const site = new ServerSite(folder, environment, state);
  const starts = startEach(servers, provision, site, options);
  try {
    const parts: Partial<StackServers> = Object.assign({}, ...(await Promise.all(starts)));
    return { folder, parts, stop: () => stopAll(site, keeper), release: () => releaseAll(site, keeper) };
  } catch (error) {
    await stopAll(site, keeper);
    await Promise.allSettled(starts);
    throw error;
  }
}

async function provide(
  servers: readonly ServerName[],
  environment: Environment,
  announce: (line: string) => void,
): Promise<Provision> {
  const programs = await providePrograms(servers, environment, announce);
  const lacks = findLacks(servers, environment);
  const composed = servers.filter((server) => lacks.some((lack) => lack.server === server));
  if (composed.length === 0) return { programs, composed };
  // Fetching an image is an installation like another.
  const mayCompose = mayInstall(environment) && (await isComposeUsable(environment));
  if (!mayCompose) throw createMissingError(lacks, environment);
  announce(`Running ${composed.join(", ")} with Docker, its images and settings as compose.yaml has them…`);
  return { programs, composed };
}

function startEach(
  servers: readonly ServerName[],
  { programs, composed }: Provision,
  site: ServerSite,
  options: ServerOptions,
): readonly Promise<Partial<StackServers>>[] {
  const native = servers
    .filter((server) => !composed.includes(server))
    .map(async (server) => {
      const parts = await startServer(server, site, programs, options);
      site.recordUrls(server, toUrls(parts));
      return parts;
    });
  return composed.length === 0 ? native : [...native, startInContainers(site, composed)];
}

async function stopAll(site: ServerSite, keeper: Keeper): Promise<void> {
  site.close();
  await keeper.takeDown();
  // Does something only when the keeper was killed or could not end a server; then this tells why.
  await takeDown(site.folder);
}

async function releaseAll(site: ServerSite, keeper: Keeper): Promise<void> {
  site.recordRelease();
  await keeper.release();
}
