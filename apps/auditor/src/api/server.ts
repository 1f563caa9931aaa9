import helmet from "@fastify/helmet";
import { type ClientStanding, type ClientWatch, type Store } from "@seqwatch/core";
import type { Figures } from "@seqwatch/otel";
import fastify, { type FastifyError, type FastifyReply } from "fastify";
import type { FindingBook } from "../finding-book.ts";
import { checkAccess } from "./access.ts";
import { addCoverageRoutes } from "./coverage-routes.ts";
import { addDuplicateRoutes } from "./duplicate-routes.ts";
import { addFindingRoutes } from "./finding-routes.ts";
import { addHealthRoutes, type Health } from "./health-routes.ts";
import { addStatusRoutes } from "./status-routes.ts";
import { addStreamRoutes } from "./stream-routes.ts";
import { addSwitchRoutes } from "./switch-routes.ts";
import type { ApiServer, SchemaTypes } from "./type-provider.ts";

/** What the API shows. It reads; the one thing it writes is the switch. */
export interface ApiSources {
  readonly token: string | undefined;
  /** HOST:PORT,… for commands that people copy; undefined where the auditor reads no Kafka. */
  readonly kafkaBrokers?: string | undefined;
  /** The one of RabbitMQ that the auditor reads, for the same. */
  readonly virtualHost?: string | undefined;
  readonly findings: FindingBook;
  readonly store: Pick<Store, "kind" | "readLane" | "readSwitch" | "writeSwitch">;
  readonly laneKeys: () => Iterable<string>;
  readonly clients: () => ClientWatch;
  readonly standings: () => ReadonlyMap<string, ClientStanding>;
  readonly health: () => Health;
  /** How many auditors share the store. */
  readonly auditorCount: () => number;
  readonly figures: () => Figures;
  readonly readMetrics: () => Promise<string>;
  readonly wallMs: () => number;
  readonly failed: (where: string, error: unknown) => void;
}

/** The HTTP API, not yet listening. Schemas come first: they check what comes in and shape what goes out. */
export async function createApi(sources: ApiSources): Promise<ApiServer> {
  const server = fastify({
    bodyLimit: 256 * 1_024,
    // A caller that dawdles gives its place back.
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    // A close must not wait for callers that keep their connections open.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 8_192 },
    ajv: { customOptions: { removeAdditional: false } },
  }).withTypeProvider<SchemaTypes>();
  await server.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });
  addAccess(server, sources);
  addErrors(server, sources);
  server.addHook("onSend", async (_request, reply, payload) => escapeJson(reply, payload));
  addHealthRoutes(server, sources);
  addStatusRoutes(server, sources);
  addFindingRoutes(server, sources);
  addStreamRoutes(server, sources);
  addCoverageRoutes(server, sources);
  addDuplicateRoutes(server, sources);
  addSwitchRoutes(server, sources);
  return server;
}

/** Whether a process lives is asked by whoever runs it, who has no token to give. */
const openPaths: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

function addAccess(server: ApiServer, { token }: ApiSources): void {
  server.addHook("onRequest", async (request, reply) => {
    if (openPaths.has(request.routeOptions.url ?? "")) return;
    const { authorization, host } = request.headers;
    const access = checkAccess({ authorization, host }, token);
    if (access.kind === "granted") return;
    if (access.status === 401) reply.header("www-authenticate", "Bearer");
    await reply
      .code(access.status)
      .send(errorBody(access.status === 401 ? "UNAUTHORIZED" : "FORBIDDEN", access.reason));
  });
}

function addErrors(server: ApiServer, { failed }: ApiSources): void {
  server.setErrorHandler(async (error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return await reply.code(status).send(errorBody(error.code, messageOf(error)));
    // What went wrong inside is for the log; the caller gets to know that it did.
    failed(`${request.method} ${request.routeOptions.url ?? ""}`, error);
    return await reply.code(500).send(errorBody("INTERNAL", "The auditor could not answer. Its log says why."));
  });
  server.setNotFoundHandler(async (_request, reply) => {
    await reply.code(404).send(errorBody("NOT_FOUND", "There is nothing here."));
  });
}

/** What the framework leaves for the caller to guess: the values that are allowed, and the header that is missing. */
function messageOf(error: FastifyError): string {
  const allowed = error.validation?.map(({ params }) => params.allowedValues).find((values) => Array.isArray(values));
  if (allowed !== undefined) return `${error.message}: ${allowed.join(", ")}`;
  return error.statusCode === 415 ? `${error.message}: send content-type: application/json` : error.message;
}

export function errorBody(code: string, message: string): { readonly error: { code: string; message: string } } {
  return { error: { code, message } };
}

/** JSON that is safe wherever a page may put it: names of topics and orders are written by others. */
function escapeJson(reply: FastifyReply, payload: unknown): unknown {
  const type = String(reply.getHeader("content-type") ?? "");
  if (typeof payload !== "string" || !type.startsWith("application/json")) return payload;
  const escaped = payload.replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  if (escaped.length !== payload.length) reply.header("content-length", Buffer.byteLength(escaped));
  return escaped;
}
