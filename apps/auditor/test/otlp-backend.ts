import { createServer, type Server } from "node:http";

/** A value of OTLP's JSON encoding, as it came. */
export type Json = Readonly<Record<string, unknown>>;

export interface OtlpBackend {
  readonly url: string;
  /** Everything that was sent to `/v1/traces`, `/v1/logs` or `/v1/metrics`, in the order it came. */
  readonly requests: readonly { readonly path: string; readonly body: Json }[];
  spans(): Json[];
  logRecords(): Json[];
  metricNames(): unknown[];
  close(): Promise<void>;
}

/** A real HTTP endpoint for OTLP in its JSON encoding, on loopback. */
export async function startOtlpBackend(): Promise<OtlpBackend> {
  const requests: { path: string; body: Json }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({ path: request.url ?? "", body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bodies = (path: string): Json[] =>
    requests.filter((request) => request.path === path).map((request) => request.body);
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    spans: () => dig(bodies("/v1/traces"), "resourceSpans", "scopeSpans", "spans"),
    logRecords: () => dig(bodies("/v1/logs"), "resourceLogs", "scopeLogs", "logRecords"),
    metricNames: () => dig(bodies("/v1/metrics"), "resourceMetrics", "scopeMetrics", "metrics").map(({ name }) => name),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Attributes as a plain object: `{ key, value: { stringValue } }` → `key: "…"`. */
export function plain(attributes: unknown): Json {
  const list = Array.isArray(attributes) ? attributes : [];
  return Object.fromEntries(list.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: Json): unknown {
  const list = value["arrayValue"];
  if (typeof list === "object" && list !== null && "values" in list && Array.isArray(list.values))
    return list.values.map(plainValue);
  const [first] = Object.values(value);
  return "intValue" in value ? Number(first) : first;
}

/** The elements of lists that lie in lists. */
function dig(bodies: readonly Json[], ...path: readonly string[]): Json[] {
  let found: readonly Json[] = bodies;
  for (const name of path) {
    found = found.flatMap((element) => {
      const list: unknown = element[name];
      return Array.isArray(list) ? list : [];
    });
  }
  return [...found];
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The backend does not listen at an IP address.");
  return address.port;
}
