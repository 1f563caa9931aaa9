interface EndHooks {
  readonly idle: () => void;
  readonly exit: () => void;
}

/** One pair of listeners a process, however many clients it has: Node warns from the eleventh listener on. */
const hooks = new Set<EndHooks>();
let isListening = false;

/** Runs `idle` once at the first `beforeExit` (scheduling work there fires it again), and `exit` at `exit`. */
export function onProcessEnd(added: EndHooks): () => void {
  if (!isListening) {
    isListening = true;
    process.on("beforeExit", () => runAll("idle"));
    process.on("exit", () => runAll("exit"));
  }
  hooks.add(added);
  return () => void hooks.delete(added);
}

function runAll(which: keyof EndHooks): void {
  for (const hook of hooks) hook[which]();
}
