import type { Source } from "./book.ts";

/** The names that the demo's servers, workers and truth share. */
export const ordersTopic = "orders";
export const orderPartitions = 6;
export const ordersGroup = "orders-worker";
export const paymentsExchange = "payments";

/** One kind of message over RabbitMQ: its routing key is its name, and the source of its messages in the book. */
export interface PaymentKind {
  readonly routingKey: string;
  /** undefined = nothing is bound: the broker confirms such messages all the same, and throws them away. */
  readonly queue: string | undefined;
  /** The oldest are thrown away beyond so many. */
  readonly capacity?: number;
  /** Sent all the time; the others only when a fault asks for them. */
  readonly isSteady: boolean;
}

export const fullQueueCapacity = 100;
/** So many messages a consumer with acknowledgements has in its hands at most. */
export const prefetchCount = 10;

export const paymentKinds = [
  { routingKey: "payment", queue: "payments", isSteady: true },
  { routingKey: "refund", queue: undefined, isSteady: false },
  { routingKey: "receipt", queue: "receipts", capacity: fullQueueCapacity, isSteady: true },
  { routingKey: "notice", queue: "notices", isSteady: true },
] as const satisfies readonly PaymentKind[];

/** How the book has to read the messages of a source. */
export function sourceOf(name: string): Source {
  const payments = paymentKinds.find(({ routingKey }) => routingKey === name);
  if (payments === undefined) return { carrier: "kafka" };
  return { carrier: "rabbitmq", capacity: "capacity" in payments ? payments.capacity : undefined };
}
