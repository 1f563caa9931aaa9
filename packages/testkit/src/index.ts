export { type KafkaSimOptions, kafkaProfiles, runKafkaSim, type SimResult } from "./sim/kafka/index.ts";
export {
  noFaults,
  type RabbitFaults,
  type RabbitSimOptions,
  type RabbitSimResult,
  runRabbitSim,
} from "./sim/rabbitmq/index.ts";
export { describeStore } from "./store/describe-store.ts";
export { expectSameStore } from "./store/expect-same-store.ts";
export { operationsOf } from "./store/operations.ts";
export {
  confirmation,
  deliveries,
  finding,
  following,
  kafkaLane,
  ledger,
  rabbitLane,
  stored,
  streamDeliveries,
  streamTestimony,
  testimony,
} from "./store/samples.ts";
