import { createRandom, drawn } from "../rabbitmq/random.ts";
import { type KafkaFaults, type KafkaProfile, kafkaProfiles, swarmOf } from "./faults.ts";
import { drawSizes, type KafkaSizes, smallSizes, sparseOf } from "./sizes.ts";

/** What a run is like: how often what goes wrong, and how large everything is. */
export interface KafkaConditions {
  readonly faults: KafkaFaults;
  readonly sizes: KafkaSizes;
}

export type KafkaMix = KafkaProfile | "swarm" | "sparse";

/** The conditions that a seed draws in a mix. The draw has numbers of its own: given one by one they play the same run. */
export function drawConditions(mix: KafkaMix, seed: number): KafkaConditions {
  const random = createRandom(seed ^ drawn);
  if (mix === "swarm") return { faults: swarmOf((share) => random.chance(share)), sizes: smallSizes };
  if (mix !== "sparse") return { faults: kafkaProfiles[mix], sizes: smallSizes };
  const sizes = drawSizes(random);
  return { faults: sparseOf(random, sizes, random.integer(400, 4_000)), sizes };
}
