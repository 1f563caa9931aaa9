// Plays one run after the other, each as it is asked for.
import { parentPort } from "node:worker_threads";
import { type Play, play } from "./play.ts";

parentPort?.on("message", (wish: Play) => {
  void play(wish).then(
    (result) => answer({ result }),
    (error: unknown) => answer({ failed: error instanceof Error ? error.stack : String(error) }),
  );
});

function answer(value: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin; only a window does.
  parentPort?.postMessage(value);
}
