import { setTimeout as delay } from "node:timers/promises";
import type { GroupReading } from "@seqwatch/core";
import type { ClusterPort } from "./cluster.ts";
import { committedOf } from "./log-answers.ts";
import { listAt, textAt } from "./untyped.ts";

/** The Kafka member ids of living watched clients. */
export type MemberIds = () => Promise<ReadonlySet<string>>;

/**
 * How far each group has got in a partition, and who is in it. By raw requests to each group's coordinator: kafkajs's
 * admin would first load the metadata of every topic that it ever heard of, and fail with any of them.
 */
export async function readGroups(
  cluster: ClusterPort,
  place: { readonly topic: string; readonly partition: number },
  groups: readonly string[],
  memberIds: MemberIds | undefined,
): Promise<ReadonlyMap<string, GroupReading>> {
  const looks = await Promise.all(groups.map((groupId) => lookAt(cluster, place, groupId)));
  const everybody = looks.flatMap(({ members }) => members);
  const ours = everybody.length === 0 ? new Set<string>() : await readOurs(everybody, memberIds);
  return new Map(
    looks.map(({ groupId, state, members, committed }) => [
      groupId,
      {
        committed,
        isEmpty: state === "Empty" || state === "Dead",
        isGone: state === "Dead" && committed === undefined,
        foreignMemberCount: members.filter((memberId) => !ours.has(memberId)).length,
      },
    ]),
  );
}

interface GroupLook {
  readonly groupId: string;
  readonly state: string;
  readonly members: readonly string[];
  readonly committed: number | undefined;
}

async function lookAt(
  cluster: ClusterPort,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  groupId: string,
): Promise<GroupLook> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const described = await coordinator.describeGroups({ groupIds: [groupId] });
  const group = listAt(described, "groups").find((entry) => textAt(entry, "groupId") === groupId);
  const fetched = await coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: [{ partition }] }] });
  return {
    groupId,
    state: textAt(group, "state"),
    members: listAt(group, "members").map((member) => textAt(member, "memberId")),
    committed: committedOf(fetched, topic, partition),
  };
}

/** Asked after the groups, and once more for a member nobody knows: it may have joined a moment ago. */
async function readOurs(members: readonly string[], memberIds: MemberIds | undefined): Promise<ReadonlySet<string>> {
  if (memberIds === undefined) return new Set();
  const ours = await memberIds();
  if (members.every((memberId) => ours.has(memberId))) return ours;
  await delay(settleMs, undefined, { ref: false });
  return await memberIds();
}

const settleMs = 250;
