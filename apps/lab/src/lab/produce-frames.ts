/** The parts of Kafka's produce request and response that the proxy reads and writes (versions 5 to 8 of KIP-98 and later). */
export interface ProduceRequest {
  readonly correlationId: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

/** Reads a whole frame, its length first. */
export function parseProduceRequest(frame: Buffer): ProduceRequest {
  let at = 8;
  const int16 = () => frame.readInt16BE((at += 2) - 2);
  const int32 = () => frame.readInt32BE((at += 4) - 4);
  const text = () => {
    const length = int16();
    return length < 0 ? "" : frame.toString("utf8", at, (at += length));
  };
  const correlationId = int32();
  text(); // client id
  text(); // transactional id
  int16(); // acks
  int32(); // time-out
  const topics = Array.from({ length: int32() }, () => ({
    topic: text(),
    partitions: Array.from({ length: int32() }, () => {
      const partition = int32();
      at += Math.max(0, int32()); // the records
      return partition;
    }),
  }));
  return { correlationId, topics };
}

/** The answer of a broker that stored nothing of it. */
export function formatRefusal({ correlationId, topics }: ProduceRequest, errorCode: number): Buffer {
  const int16 = (value: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(value);
    return bytes;
  };
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const none64 = Buffer.alloc(8, 0xff);
  const body = Buffer.concat([
    int32(correlationId),
    int32(topics.length),
    ...topics.flatMap(({ topic, partitions }) => [
      int16(Buffer.byteLength(topic)),
      Buffer.from(topic),
      int32(partitions.length),
      // Base offset, time of append and log start: −1 each.
      ...partitions.flatMap((partition) => [int32(partition), int16(errorCode), none64, none64, none64]),
    ]),
    int32(0),
  ]);
  return Buffer.concat([int32(body.length), body]);
}
