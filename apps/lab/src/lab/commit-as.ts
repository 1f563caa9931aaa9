import type { Kafka } from "kafkajs";
import { LabError } from "../lab-error.ts";

/** The parts of kafkajs's own cluster and broker objects that are used here (kafkajs: src/cluster, src/broker). */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(query: {
    readonly groupId: string;
  }): Promise<{ offsetCommit(request: object): Promise<unknown> }>;
}

/** Commits for a group without being one of its members, as Kafka's own command-line tool does. */
export async function commitAs(
  kafka: Kafka,
  to: { readonly group: string; readonly topic: string; readonly partition: number; readonly offset: number },
): Promise<void> {
  const cluster = createCluster(kafka);
  await cluster.connect();
  try {
    const coordinator = await cluster.findGroupCoordinator({ groupId: to.group });
    await coordinator.offsetCommit({
      groupId: to.group,
      groupGenerationId: -1,
      memberId: "",
      topics: [{ topic: to.topic, partitions: [{ partition: to.partition, offset: String(to.offset) }] }],
    });
  } finally {
    await cluster.disconnect();
  }
}

function createCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((one) => one.description === "private:Kafka:createCluster");
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof create !== "function") throw new LabError("LAB_BAD_INPUT", "This kafkajs does not show its cluster.");
  // The shape above is read off the sources of the one version that the lab has.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Reflect.apply(create, kafka, [{ metadataMaxAge: 1_000, allowAutoTopicCreation: false }]) as Cluster;
}
