import { visible } from "@seqwatch/core";
import type { Static } from "typebox";
import type { findingSchema } from "../api/schemas.ts";

type FindingView = Static<typeof findingSchema>;

/** `kafka orders/3 → billing`; without a group it is lost for all. */
export function placeOf(finding: Pick<FindingView, "system" | "destination" | "partition" | "group">): string {
  const { system, destination, partition, group } = finding;
  const place = `${system} ${destination === "" ? "(default exchange)" : destination}/${partition}`;
  return group === undefined ? place : `${place} → ${group}`;
}

const maxIdWidth = 40;

/** Enough of an id for `explain`; the lane in front of it is seldom needed. */
export function shortIdOf({ id, producerId }: Pick<FindingView, "id" | "producerId">): string {
  const tail = id.slice(id.indexOf("#") + 1);
  if (tail.length <= maxIdWidth) return visible(tail);
  // A group's long name is left out: explain takes parts.
  return visible(`${producerId} ${id.slice(id.lastIndexOf("#"))}`).slice(0, maxIdWidth);
}
