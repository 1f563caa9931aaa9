import type { Span } from "./span.ts";

/** How a send ended for the application: the only thing that it can go by. */
type Outcome = "accepted" | "rejected";

/** What a worker tells the demo. Together the news are the demo's own truth: no word of them comes from Seqwatch. */
export type News =
  | { readonly kind: "ready" }
  /** Where the auditor's API and pages are. */
  | { readonly kind: "listening"; readonly url: string }
  | ({ readonly kind: "sent"; readonly outcome: Outcome; readonly atMs: number } & Span)
  /** Sent while Seqwatch was switched off: nobody asked for the name of these messages, so they carry no stamp. */
  | ({ readonly kind: "unaudited" } & Span)
  | { readonly kind: "processed"; readonly spans: readonly Span[] }
  /** Handlers that began and do not end. */
  | { readonly kind: "held"; readonly spans: readonly Span[] }
  | { readonly kind: "stored"; readonly spans: readonly Span[] }
  /** Every log was read to the end that it had at this time. */
  | { readonly kind: "read-to"; readonly atMs: number }
  /** An order was carried out. */
  | { readonly kind: "done"; readonly order: Order["kind"] }
  | { readonly kind: "failed"; readonly text: string };

/** What the demo tells a worker. */
export type Order =
  /** To a producer: the traffic begins. */
  | { readonly kind: "start" }
  | { readonly kind: "publish"; readonly routingKey: string; readonly count: number }
  /** No more of its own accord with this routing key, until "go-on". Done when the last one's confirm has come. */
  | { readonly kind: "hush"; readonly routingKey: string }
  | { readonly kind: "go-on"; readonly routingKey: string }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** From now on handlers begin and do not end. */
  | { readonly kind: "hold" }
  /** To a producer: no more is sent. It stays connected, as a service does when nothing happens. */
  | { readonly kind: "rest" }
  | { readonly kind: "pace"; readonly everyMs: number }
  | { readonly kind: "stop" };
