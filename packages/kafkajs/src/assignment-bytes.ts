/**
 * Whether the assignment of a member names a partition, as DescribeGroups hands it out: a version, then each topic with
 * its partitions (Kafka: ConsumerProtocolAssignment). undefined = it cannot be read.
 */
export function isAssigned(
  bytes: unknown,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): boolean | undefined {
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return partitionsOf(bytes, topic).includes(partition);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function partitionsOf(bytes: Buffer, wanted: string): readonly number[] {
  const partitions: number[] = [];
  let at = 2;
  const readInt32 = (): number => {
    at += 4;
    return bytes.readInt32BE(at - 4);
  };
  for (let topics = readInt32(); topics > 0; topics -= 1) {
    const length = bytes.readInt16BE(at);
    const topic = bytes.toString("utf8", at + 2, at + 2 + length);
    at += 2 + length;
    for (let left = readInt32(); left > 0; left -= 1) {
      const partition = readInt32();
      if (topic === wanted) partitions.push(partition);
    }
  }
  return partitions;
}
