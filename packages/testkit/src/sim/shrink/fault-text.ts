import type { FaultMix, SimSystem } from "../campaign/play.ts";
import { noFaults as noKafkaFaults } from "../kafka/faults.ts";
import { noFaults as noRabbitFaults } from "../rabbitmq/faults.ts";

/** What a run is like when nothing is chosen to go wrong. */
const calm: Readonly<Record<SimSystem, FaultMix>> = {
  kafka: { ...noKafkaFaults },
  rabbitmq: { ...noRabbitFaults },
  kafkajs: { ...noKafkaFaults },
};

/** What in a mix is other than calm. */
export function troublesIn(mix: FaultMix, system: SimSystem): FaultMix {
  return Object.fromEntries(Object.entries(mix).filter(([name, value]) => value !== calm[system][name]));
}

/** As the command line takes it: `memberKillEveryMs=4500,zombie=0.4`; "none" where nothing is wrong. */
export function textOfFaults(mix: FaultMix, system: SimSystem): string {
  const troubles = Object.entries(troublesIn(mix, system));
  return troubles.length === 0 ? "none" : troubles.map(([name, value]) => `${name}=${value}`).join(",");
}

/** Reads what `textOfFaults` writes. What is not named does not go wrong. */
export function parseFaults(text: string, system: SimSystem): FaultMix {
  if (text === "none") return {};
  return Object.fromEntries(text.split(",").map((part) => parseFault(part, system)));
}

function parseFault(part: string, system: SimSystem): readonly [string, number | string] {
  const [name = "", value = ""] = part.split("=", 2);
  const usual = calm[system][name];
  if (usual === undefined) {
    throw new TypeError(`${system} has no fault "${name}". It has ${Object.keys(calm[system]).join(", ")}.`);
  }
  if (typeof usual === "string") return [name, value];
  const number = Number(value);
  if (value === "" || !Number.isFinite(number) || number < 0) {
    throw new TypeError(`The fault ${name} is "${value}". Give a number, as in ${name}=0.1.`);
  }
  return [name, number];
}
