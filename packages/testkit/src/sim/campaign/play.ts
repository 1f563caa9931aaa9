import { drawKafkajsConditions, type KafkajsMix, runKafkajsSim } from "../adapters/kafkajs-run.ts";
import { drawConditions, type KafkaMix } from "../kafka/conditions.ts";
import { type KafkaProfile, kafkaProfiles } from "../kafka/faults.ts";
import { type KafkaSimOptions, runKafkaSim } from "../kafka/run.ts";
import { noFaults as calm } from "../rabbitmq/faults.ts";
import { drawRabbitFaults, runRabbitSim } from "../rabbitmq/run.ts";

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
  /** How often what goes wrong, instead of what the seed draws; what is not named does not. */
  readonly given?: FaultMix;
  /** What a Kafka auditor reads of the broker; "records" where not said. */
  readonly evidence?: KafkaSimOptions["evidence"];
}

/** Faults by name, in the words of the system. */
export type FaultMix = Readonly<Record<string, number | string>>;

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
  const { system, seed, messages, mix, evidence = "records" } = wish;
  if (system === "rabbitmq") {
    const { trace, ...result } = runRabbitSim({ seed, messages, faults: { ...calm, ...faultsOf(wish) } });
    return { ...wish, ...result, trace: isTold ? trace : [] };
  }
  if (system === "kafkajs") {
    const { sizes } = drawKafkajsConditions(kafkajsMixOf(mix), seed);
    return { ...wish, ...(await runKafkajsSim({ seed, messages, faults: faultsOf(wish), sizes, trace: isTold })) };
  }
  const { sizes } = drawConditions(kafkaMixOf(mix), seed);
  const result = await runKafkaSim({ seed, messages, faults: faultsOf(wish), sizes, evidence, trace: isTold });
  return { ...wish, ...result };
}

/** What goes wrong in a run: what is given, or what its seed draws. */
export function faultsOf({ system, seed, mix, given }: Play): FaultMix {
  if (given !== undefined) return given;
  if (system === "rabbitmq") return { ...drawRabbitFaults(mix === "sparse" ? "sparse" : "drawn", seed) };
  if (system === "kafkajs") return { ...drawKafkajsConditions(kafkajsMixOf(mix), seed).faults };
  return { ...drawConditions(kafkaMixOf(mix), seed).faults };
}

function kafkajsMixOf(mix: string): KafkajsMix {
  return mix === "sparse" ? "sparse" : "dense";
}

function kafkaMixOf(mix: string): KafkaMix {
  const found = [...profiles, "swarm" as const, "sparse" as const].find((name) => name === mix);
  if (found === undefined) throw new RangeError(`No mix of faults is called ${mix}.`);
  return found;
}

/** Whether it shows a defect. */
export function isBad({ falseLosses, missedLosses, wrongVerdicts }: PlayResult): boolean {
  return falseLosses + missedLosses + wrongVerdicts > 0;
}

/** Whether a process was killed in it. */
export function hasKills({ faultsByKind }: PlayResult): boolean {
  return Object.entries(faultsByKind).some(([name, times]) => /kill/i.test(name) && times > 0);
}
