import type { JudgeInput, Judgement } from "./judge.ts";
import { noNotes } from "./store.ts";

export interface KafkaMemory {
  readonly passes: number;
}
export const noKafkaMemory: KafkaMemory = { passes: 0 };

export function judgeKafka(input: JudgeInput): Judgement {
  return { memory: input.memory, gaps: [], proofs: [], notes: noNotes, wanted: [] };
}
