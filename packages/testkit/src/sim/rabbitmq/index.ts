export { noFaults, type RabbitFaults } from "./faults.ts";
export { type RabbitSimOptions, type RabbitSimResult, runRabbitSim } from "./run.ts";
