import { runKafkajsSim } from "../adapters/kafkajs-run.ts";
import { type KafkaProfile, kafkaProfiles } from "../kafka/faults.ts";
import { runKafkaSim } from "../kafka/run.ts";
import { runRabbitSim } from "../rabbitmq/run.ts";

/** What is simulated: the core with logs and queues, and an adapter around a model of its client. */
export const systems = ["kafka", "rabbitmq", "kafkajs"] as const;
export type SimSystem = (typeof systems)[number];

/** One run of one system; the same four give the same run. */
export interface Play {
  readonly system: SimSystem;
  readonly seed: number;
  /** The mix of faults, by name. */
  readonly mix: string;
  readonly messages: number;
}

/** What one run came to. */
export interface PlayResult extends Play {
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly confirmed: number;
  readonly withdrawn: number;
  readonly falseLosses: number;
  readonly missedLosses: number;
  readonly wrongVerdicts: number;
  /** Really lost, and honestly not confirmed. */
  readonly inDoubt: number;
  readonly inDoubtByCause: Readonly<Record<string, number>>;
  readonly confirmedByVerdict: Readonly<Record<string, number>>;
  readonly trace: readonly string[];
}

interface Mixes {
  /** The client's own adapter with a model of the client, not the core alone. */
  readonly isAdapter: boolean;
  /** How often a seed draws it, beside the others of its side. */
  readonly weight: number;
  /** Dense mixes: many faults in few messages. */
  readonly mixes: readonly string[];
  /** How many seeds draw long healthy stretches, and how long. */
  readonly sparseShare: number;
  readonly sparse: readonly [number, number];
}

const profiles = Object.keys(kafkaProfiles).filter((name): name is KafkaProfile => name in kafkaProfiles);

export const mixesOf: Readonly<Record<SimSystem, Mixes>> = {
  kafka: {
    isAdapter: false,
    weight: 3,
    mixes: [...profiles, "swarm", "swarm"],
    sparseShare: 0.75,
    sparse: [50_000, 300_000],
  },
  rabbitmq: { isAdapter: false, weight: 2, mixes: ["drawn"], sparseShare: 0.85, sparse: [10_000, 50_000] },
  kafkajs: { isAdapter: true, weight: 1, mixes: ["dense"], sparseShare: 0.6, sparse: [20_000, 120_000] },
};

/** Plays one run. `isTold` keeps its whole story; what is wrong is told in any case. */
export async function play(wish: Play, isTold = false): Promise<PlayResult> {
  const { seed, messages, mix, system } = wish;
  if (system === "rabbitmq") {
    const { trace, ...result } = runRabbitSim({ seed, messages, ...(mix === "sparse" && { faults: "sparse" }) });
    return { ...result, system, mix, trace: isTold ? trace : [] };
  }
  if (system === "kafkajs") {
    const faults = mix === "sparse" ? "sparse" : "dense";
    return { ...(await runKafkajsSim({ seed, messages, faults, trace: isTold })), system, seed, mix };
  }
  const faults = [...profiles, "swarm" as const, "sparse" as const].find((name) => name === mix);
  if (faults === undefined) throw new RangeError(`No mix of faults is called ${mix}.`);
  const result = await runKafkaSim({ seed, messages, faults, trace: isTold });
  return { ...result, system, seed, mix };
}

/** Whether it shows a defect. */
export function isBad({ falseLosses, missedLosses, wrongVerdicts }: PlayResult): boolean {
  return falseLosses + missedLosses + wrongVerdicts > 0;
}

/** Whether a process was killed in it. */
export function hasKills({ faultsByKind }: PlayResult): boolean {
  return Object.entries(faultsByKind).some(([name, times]) => /kill/i.test(name) && times > 0);
}
