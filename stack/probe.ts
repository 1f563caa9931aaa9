import { connect } from "node:net";
import { loopback } from "./ports.ts";

/** What to say to a server, and how to tell from the bytes so far that its answer is complete. */
export interface ProbeOptions {
  readonly port: number;
  readonly request: Uint8Array | string;
  readonly isComplete: (answer: Buffer) => boolean;
}

const answerLimitMs = 2_000;

/** Asks a server one question on a connection of its own. Undefined when it does not answer in time. */
export function probe({ port, request, isComplete }: ProbeOptions): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, loopback);
    let answer = Buffer.alloc(0);
    const finish = (result: Buffer | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(answerLimitMs, () => finish(undefined));
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(undefined));
    socket.on("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (isComplete(answer)) finish(answer);
    });
  });
}
