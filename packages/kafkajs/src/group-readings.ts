import { setTimeout as delay } from "node:timers/promises";
import type { GroupReading } from "@seqwatch/core";
import { isAssigned } from "./assignment-bytes.ts";
import type { ClusterPort } from "./cluster.ts";
import { committedOf } from "./log-answers.ts";
import { modernGroupsAt } from "./modern-groups.ts";
import { at, listAt, textAt } from "./untyped.ts";

/** The Kafka member ids of living watched clients, each with its client id. */
export type MemberIds = () => Promise<ReadonlyMap<string, string>>;

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
  const everybody = looks.flatMap(({ members }) => members.map(({ memberId }) => memberId));
  const ours = everybody.length === 0 ? new Map<string, string>() : await readOurs(everybody, memberIds);
  return new Map(
    looks.map(({ groupId, state, members, committed, isModern }) => [
      groupId,
      {
        committed,
        isEmpty: !isModern && members.length === 0 && (state === "Empty" || state === "Dead"),
        isGone: !isModern && state === "Dead" && committed === undefined,
        // kafkajs speaks the classic protocol alone: whoever works in a group of another one is none of ours.
        watchedClients: watchedOf(members, ours),
        foreignMemberCount: isModern ? 1 : members.filter(({ memberId }) => !ours.has(memberId)).length,
      },
    ]),
  );
}

interface GroupLook {
  readonly groupId: string;
  readonly state: string;
  readonly members: readonly { readonly memberId: string; readonly mayHaveIt: boolean }[];
  readonly committed: number | undefined;
  /** Of a newer protocol: its members do not show, and they join without the pause that holds a first member back. */
  readonly isModern: boolean;
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
  const state = textAt(group, "state");
  const committed = committedOf(fetched, topic, partition);
  return {
    groupId,
    state,
    members: listAt(group, "members").map((member) => ({
      memberId: textAt(member, "memberId"),
      mayHaveIt: state !== "Stable" || isAssigned(at(member, "memberAssignment"), { topic, partition }) !== false,
    })),
    committed,
    isModern: state === "Dead" && (committed !== undefined || (await modernGroupsAt(coordinator)).has(groupId)),
  };
}

/** A client may be several members of one group. */
function watchedOf(members: GroupLook["members"], ours: ReadonlyMap<string, string>): ReadonlyMap<string, boolean> {
  const watched = new Map<string, boolean>();
  for (const { memberId, mayHaveIt } of members) {
    const clientId = ours.get(memberId);
    if (clientId !== undefined) watched.set(clientId, mayHaveIt || watched.get(clientId) === true);
  }
  return watched;
}

/** Asked after the groups, and once more for a member nobody knows: it may have joined a moment ago. */
async function readOurs(
  members: readonly string[],
  memberIds: MemberIds | undefined,
): Promise<ReadonlyMap<string, string>> {
  if (memberIds === undefined) return new Map();
  const ours = await memberIds();
  if (members.every((memberId) => ours.has(memberId))) return ours;
  await delay(settleMs, undefined, { ref: false });
  return await memberIds();
}

const settleMs = 250;
