export { kafkaProfiles } from "./faults.ts";
export { type KafkaSimOptions, runKafkaSim, type SimResult } from "./run.ts";
