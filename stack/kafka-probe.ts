import { probe } from "./probe.ts";

const metadataKey = 3;
const metadataVersion = 4;

/**
 * Asks one broker for the cluster's metadata and replies the node ids of the brokers that it knows to be alive;
 * undefined when it does not answer. Metadata request and response, version 4, as the Kafka protocol guide has them.
 */
export async function readLivingBrokers(port: number): Promise<readonly number[] | undefined> {
  const answer = await probe({
    port,
    request: encodeMetadataRequest(),
    isComplete: (bytes) => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0),
  });
  return answer === undefined ? undefined : decodeBrokers(answer);
}

function encodeMetadataRequest(): Buffer {
  const clientId = Buffer.from("seqwatch-stack");
  const body = Buffer.alloc(2 + 2 + 4 + 2 + clientId.length + 4 + 1);
  body.writeInt16BE(metadataKey, 0);
  body.writeInt16BE(metadataVersion, 2);
  body.writeInt32BE(1, 4);
  body.writeInt16BE(clientId.length, 8);
  clientId.copy(body, 10);
  // No topics, and no topic may be made by asking: the zero count and the zero flag are already there.
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function decodeBrokers(answer: Buffer): readonly number[] {
  // Size, correlation id and throttle time come first, four bytes each.
  const count = answer.readInt32BE(12);
  const nodeIds: number[] = [];
  let offset = 16;
  for (let index = 0; index < count; index += 1) {
    nodeIds.push(answer.readInt32BE(offset));
    offset = skipText(answer, offset + 4); // host
    offset = skipText(answer, offset + 4); // rack, after the port
  }
  return nodeIds;
}

function skipText(answer: Buffer, offset: number): number {
  const length = answer.readInt16BE(offset);
  return offset + 2 + Math.max(length, 0);
}
