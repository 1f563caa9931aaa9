export { type Clause, clauses } from "./clauses.ts";
export { type KafkaFaults, type KafkaProfile, kafkaProfiles } from "./faults.ts";
export { type KafkaSimOptions, runKafkaSim, type SimResult } from "./run.ts";
