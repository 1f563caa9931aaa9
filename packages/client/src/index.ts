export { Chain, type ChainAuthor, type Link } from "./chain.ts";
export { type Client, clientVersion, createClient } from "./client.ts";
export { ClientError } from "./errors.ts";
export { checkHideNames, createNameHider, hideName } from "./hide-names.ts";
export { createSystemHost, type Host, systemHost } from "./host.ts";
export { createLogObserver } from "./log-observer.ts";
export { badOption, type ClientOptions, checkOptionNames } from "./options.ts";
export type { Registration, Reporter } from "./report-loop.ts";
export { holdsOpen, track } from "./tracked.ts";
