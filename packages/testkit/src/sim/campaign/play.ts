import { type KafkaProfile, kafkaProfiles } from "../kafka/faults.ts";
import { runKafkaSim } from "../kafka/run.ts";
import { runRabbitSim } from "../rabbitmq/run.ts";

/** What is simulated. */
export const systems = ["kafka", "rabbitmq"] as const;
export type SimSystem = (typeof systems)[number];

/** One run of one system; the same seed and number of messages give the same run. */
export interface Play {
  readonly system: SimSystem;
  readonly seed: number;
  readonly messages: number;
}

/** What one run came to. */
export interface PlayResult extends Play {
  /** The mix of faults, by name. */
  readonly mix: string;
  readonly faults: number;
  readonly lost: number;
  readonly confirmed: number;
  readonly withdrawn: number;
  readonly falseLosses: number;
  readonly missedLosses: number;
  readonly wrongVerdicts: number;
  readonly inDoubt: number;
  readonly inDoubtByCause: Readonly<Record<string, number>>;
  readonly confirmedByVerdict: Readonly<Record<string, number>>;
  readonly trace: readonly string[];
}

const mixes = [
  ...Object.keys(kafkaProfiles).filter((name): name is KafkaProfile => name in kafkaProfiles),
  "swarm",
] as const;

/** Plays it with the mix of faults that its seed draws. */
export async function play({ system, seed, messages }: Play, isTold = false): Promise<PlayResult> {
  if (system === "rabbitmq") {
    const { trace, ...result } = runRabbitSim({ seed, messages });
    return { ...noDetails, ...result, system, mix: "drawn", trace: isTold ? trace : [] };
  }
  const mix = mixes[seed % mixes.length] ?? "swarm";
  const result = await runKafkaSim({ seed, messages, faults: mix, trace: isTold });
  return { ...result, system, seed, mix };
}

const noDetails = { inDoubtByCause: {}, confirmedByVerdict: {} };

/** Whether it shows a defect. */
export function isBad({ falseLosses, missedLosses, wrongVerdicts }: PlayResult): boolean {
  return falseLosses + missedLosses + wrongVerdicts > 0;
}
