import type { ConsumerPort, ReceivedMessage, RunConfigPort } from "../src/port.ts";

/** The shape of a kafkajs consumer, without a broker: batches are delivered and committed at will. */
export class FakeConsumer implements ConsumerPort {
  readonly #listeners = new Map<string, ((event: { readonly payload?: unknown }) => void)[]>();
  #config: RunConfigPort = {};

  on(event: string, listener: (event: { readonly payload?: unknown }) => void): () => void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return () => {};
  }
  async run(config: RunConfigPort = {}): Promise<void> {
    this.#config = config;
  }
  async disconnect(): Promise<void> {}
  seek(): void {}

  join(topic: string, partitions: readonly number[]): void {
    this.#emit("group_join", { memberId: "member", memberAssignment: { [topic]: partitions } });
  }

  /** One batch through the handlers, as kafkajs would bring it; then a commit of all of it. */
  async deliver(topic: string, partition: number, messages: readonly ReceivedMessage[]): Promise<void> {
    const firstOffset = messages[0]?.offset ?? "0";
    const lastOffset = messages.at(-1)?.offset ?? "0";
    const highWatermark = String(Number(lastOffset) + 1);
    const payload = { topic, partition, firstOffset, lastOffset, highWatermark, batchSize: messages.length };
    this.#emit("start_batch_process", payload);
    for (const message of messages) await this.#config.eachMessage?.({ topic, partition, message });
    const batch = {
      topic,
      partition,
      highWatermark,
      messages: [...messages],
      firstOffset: () => firstOffset,
      lastOffset: () => lastOffset,
    };
    const asked = { resolveOffset: () => {}, isRunning: () => true, isStale: () => false };
    await this.#config.eachBatch?.({ batch, ...asked });
    this.#emit("end_batch_process", payload);
    this.#emit("commit_offsets", { topics: [{ topic, partitions: [{ partition, offset: highWatermark }] }] });
  }

  #emit(event: string, payload: unknown): void {
    for (const listener of this.#listeners.get(`consumer.${event}`) ?? []) listener({ payload });
  }
}
