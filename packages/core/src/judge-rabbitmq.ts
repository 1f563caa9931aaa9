import type { JudgeInput, Judgement } from "./judge.ts";
import { noNotes } from "./store.ts";

export interface RabbitMemory {
  readonly passes: number;
}
export const noRabbitMemory: RabbitMemory = { passes: 0 };

export function judgeRabbit(input: JudgeInput): Judgement {
  return { memory: input.memory, gaps: [], proofs: [], notes: noNotes, wanted: [] };
}
