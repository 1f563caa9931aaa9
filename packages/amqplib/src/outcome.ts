import type { Below } from "./override.ts";
import type { Api } from "./ports.ts";

/** How a request to the broker ended. */
export type Outcome = { readonly kind: "done"; readonly value: unknown } | { readonly kind: "failed" };

/**
 * Calls a method that answers later, and tells how it ended, before the application hears it. The application gets
 * what it would have got: the promise rejects where it would have, the callback has the same arguments.
 *
 * Our hearing of it may fail without anybody else's noticing. `callbackAt` is where the callback API has its callback; amqplib lets it be left out, so ours can stand there.
 */
export function callAndTell(
  below: Below,
  args: readonly unknown[],
  how: { readonly api: Api; readonly callbackAt: number; readonly failed: (error: unknown) => void },
  hear: (outcome: Outcome) => void,
): unknown {
  const tell = (outcome: Outcome): void => {
    try {
      hear(outcome);
    } catch (error) {
      how.failed(error);
    }
  };
  if (how.api === "callback") return below(withCallback(args, how.callbackAt, tell));
  const answer = below(args);
  if (!(answer instanceof Promise)) return answer;
  return answer.then(
    (value: unknown) => {
      tell({ kind: "done", value });
      return value;
    },
    (error: unknown) => {
      tell({ kind: "failed" });
      throw error;
    },
  );
}

function withCallback(args: readonly unknown[], at: number, tell: (outcome: Outcome) => void): readonly unknown[] {
  const copy = [...args];
  while (copy.length < at) copy.push(undefined);
  const given: unknown = args[at];
  copy[at] = (...answer: readonly unknown[]): unknown => {
    tell(answer[0] ? { kind: "failed" } : { kind: "done", value: answer[1] });
    return typeof given === "function" ? Reflect.apply(given, undefined, answer) : undefined;
  };
  return copy;
}
