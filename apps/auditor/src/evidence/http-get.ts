import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** More than this is no answer of a management API to one of our questions. */
const maxBytes = 64 * 1_024 * 1_024;

/**
 * One GET, by TLS or without. It follows no redirect, for that would carry the password elsewhere. `fetch` takes no
 * certificates to trust, so it is done by hand.
 */
export async function httpGet(
  url: URL,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly ca: readonly string[] | undefined;
  },
): Promise<HttpAnswer> {
  const { headers, signal, ca } = options;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked =
    url.protocol === "https:"
      ? requestHttps(url, { headers, signal, ...(ca !== undefined && { ca: [...ca] }) })
      : requestHttp(url, { headers, signal });
  asked.once("response", resolve).once("error", reject).end();
  const response = await promise;
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    byteCount += bytes.length;
    if (byteCount > maxBytes) throw new Error(`${url.pathname} was answered with more than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}
