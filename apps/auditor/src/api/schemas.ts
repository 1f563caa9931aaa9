import { Type } from "typebox";

const gapStates = ["suspected", "pending", "in-doubt", "explained", "confirmed", "withdrawn", "not-sent"] as const;
const systems = ["kafka", "rabbitmq", "rocketmq"] as const;

const text = (maxLength = 1_024) => Type.String({ minLength: 1, maxLength });
const count = Type.Integer({ minimum: 0 });
/** RFC 3339, UTC. */
const time = Type.String();

export const errorSchema = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) });

const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(text(8_192)),
};

export const findingsQuery = Type.Object(
  {
    ...pageQuery,
    state: Type.Optional(Type.Enum(gapStates)),
    verdict: Type.Optional(text(64)),
    system: Type.Optional(Type.Enum(systems)),
    destination: Type.Optional(Type.String({ maxLength: 1_024 })),
    group: Type.Optional(text()),
  },
  { additionalProperties: false },
);

const instanceSchema = Type.Object({
  clientId: Type.String(),
  service: Type.String(),
  instance: Type.Optional(Type.String()),
  pid: Type.Optional(Type.Integer()),
});

export const findingSchema = Type.Object({
  id: Type.String(),
  system: Type.Enum(systems),
  cluster: Type.String(),
  destination: Type.String(),
  partition: Type.String(),
  producerId: Type.String(),
  /** Absent = lost for every group. */
  group: Type.Optional(Type.String()),
  state: Type.Enum(gapStates),
  verdict: Type.String(),
  cause: Type.Optional(Type.String()),
  /** By state, as `5-6,9`. In lists the first 64 ranges. */
  sequences: Type.Record(Type.String(), Type.String()),
  isShortened: Type.Boolean(),
  /** Messages in the state it is in. */
  messageCount: count,
  offsets: Type.Optional(Type.Object({ low: Type.Number(), high: Type.Number() })),
  decidedBy: Type.String(),
  references: Type.Array(Type.String()),
  /** Which sequence each reference is the name of. */
  messages: Type.Array(Type.Object({ sequence: Type.Number(), reference: Type.String() })),
  /** The facts behind it, with figures; in lists left out, as the steps are. */
  facts: Type.Array(Type.String()),
  /** Proven by the reports alone, without a record of the log: its stage is not certain. */
  isUnattributed: Type.Boolean(),
  /** Where docs/verdicts.md explains it. */
  docs: Type.String(),
  nextSteps: Type.Array(
    Type.Object({
      text: Type.String(),
      command: Type.Optional(Type.Object({ language: Type.Enum(["sh", "js"]), text: Type.String() })),
    }),
  ),
  producer: Type.Optional(instanceSchema),
  /** Members of the group that have reported of the place. */
  consumers: Type.Array(instanceSchema),
  neighbours: Type.Array(
    Type.Object({
      sequence: Type.Number(),
      offset: Type.Optional(Type.Number()),
      timestamp: Type.Optional(time),
      traceparent: Type.Optional(Type.String()),
    }),
  ),
  openedAt: time,
  changedAt: time,
  history: Type.Array(
    Type.Object({ state: Type.Enum(gapStates), at: time, provenForMs: Type.Optional(Type.Number()) }),
  ),
});

export const findingsPage = Type.Object({ findings: Type.Array(findingSchema), next: Type.Optional(Type.String()) });
export const findingParams = Type.Object({ id: text(4_096) });

export const streamsQuery = Type.Object(
  {
    ...pageQuery,
    system: Type.Optional(Type.Enum(systems)),
    destination: Type.Optional(Type.String({ maxLength: 1_024 })),
  },
  { additionalProperties: false },
);

/** Messages that came to a group more than once, by why. None of it is an alarm. */
const duplicatesSchema = Type.Object({
  /** Stored twice by their own producer, which had to try again. */
  producedTwice: count,
  /** RabbitMQ: published twice. */
  publishedTwice: count,
  /** Sent back with their headers kept: from a dead-letter topic, by an operator. */
  redriven: count,
  redelivered: count,
  replayed: count,
  /** Copies from other lanes, of any stream. */
  forwarded: count,
  /** Left out by `onDuplicate: "skip"`, of any stream. */
  skipped: count,
  /** The sequences of those stored more than once, as `5-6,9`; of the first 64 ranges. */
  sequences: Type.Object({ producedTwice: Type.String(), publishedTwice: Type.String(), redriven: Type.String() }),
  /** Where the newest of them lie. */
  copies: Type.Array(Type.Object({ sequence: count, offsets: Type.Array(count) })),
});

export const duplicatesQuery = Type.Object(
  {
    /** Partitions and routing keys a page looks at. */
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    cursor: Type.Optional(text(8_192)),
    system: Type.Optional(Type.Enum(systems)),
    destination: Type.Optional(Type.String({ maxLength: 1_024 })),
  },
  { additionalProperties: false },
);

/** Of one group in one lane, over all streams. */
export const duplicatesLine = Type.Object({
  system: Type.Enum(systems),
  cluster: Type.String(),
  destination: Type.String(),
  partition: Type.String(),
  group: Type.String(),
  producedTwice: count,
  publishedTwice: count,
  redriven: count,
  redelivered: count,
  replayed: count,
  forwarded: count,
  skipped: count,
});

export const duplicatesPage = Type.Object({
  duplicates: Type.Array(duplicatesLine),
  next: Type.Optional(Type.String()),
});

const memberSchema = Type.Object({
  clientId: Type.String(),
  service: Type.Optional(Type.String()),
  standing: Type.Optional(Type.String()),
  state: Type.Enum(["open", "off", "closed"]),
  committed: Type.Optional(count),
  /** What it works on, or failed at and tries again. */
  inWork: Type.Optional(Type.Object({ offset: count, forMs: count, tries: count })),
  crash: Type.Optional(Type.String()),
});

export const streamSchema = Type.Object({
  system: Type.Enum(systems),
  cluster: Type.String(),
  destination: Type.String(),
  partition: Type.String(),
  producerId: Type.String(),
  clientId: Type.String(),
  service: Type.Optional(Type.String()),
  standing: Type.Optional(Type.String()),
  /** How often the producer has reported it. */
  reports: count,
  assigned: count,
  acked: count,
  omitted: count,
  uncertain: count,
  notSent: count,
  lost: count,
  /** Went out without a stamp: there was no room for one, or they went to several routing keys at once. */
  unaudited: count,
  isEnded: Type.Boolean(),
  confirms: Type.Boolean(),
  groups: Type.Array(
    Type.Object({
      group: Type.String(),
      processed: count,
      rejected: count,
      duplicated: count,
      lost: count,
      openMembers: count,
      /** Promised, and neither processed nor lost yet. */
      waiting: count,
      duplicates: duplicatesSchema,
      /** Who works this partition, or ended for good in a process that lives. */
      members: Type.Array(memberSchema),
    }),
  ),
});

export const streamsPage = Type.Object({ streams: Type.Array(streamSchema), next: Type.Optional(Type.String()) });

export const coverageQuery = Type.Object(
  { destination: Type.Optional(Type.String({ maxLength: 1_024 })) },
  { additionalProperties: false },
);

const share = Type.Number({ minimum: 0, maximum: 1 });

export const coverageReply = Type.Object({
  destinations: Type.Array(
    Type.Object({
      system: Type.Enum(systems),
      cluster: Type.String(),
      destination: Type.String(),
      streams: count,
      stamped: count,
      /** Sent by watched producers without a stamp. */
      unstamped: count,
      groups: Type.Array(
        Type.Object({
          group: Type.String(),
          received: count,
          /** Without a stamp: a producer is not watched, or could not stamp it. */
          unstamped: count,
          /** Stamped for another place. */
          forwarded: count,
          /** The share that is audited here. */
          audited: share,
        }),
      ),
    }),
  ),
  /** What nobody can testify about, and why. */
  blind: Type.Array(
    Type.Union([
      Type.Object({
        reason: Type.Literal("cluster-named-twice"),
        system: Type.Enum(systems),
        destination: Type.String(),
        clusters: Type.Array(Type.String()),
        groups: Type.Array(Type.String()),
        partitions: count,
        text: Type.String(),
      }),
      /** A client that stopped recording after too many internal errors; until a person switches it on again. */
      Type.Object({
        reason: Type.Literal("off-by-itself"),
        clientId: Type.String(),
        service: Type.String(),
        instance: Type.String(),
        roles: Type.Array(Type.String()),
        text: Type.String(),
      }),
    ]),
  ),
  /** More lanes than one answer reads: ask by destination. */
  isPartial: Type.Boolean(),
});

export const clientsReply = Type.Object({
  clients: Type.Array(
    Type.Object({
      clientId: Type.String(),
      service: Type.String(),
      instance: Type.String(),
      pid: Type.Integer(),
      version: Type.String(),
      system: Type.String(),
      standing: Type.Enum(["alive", "silent", "off", "closed"]),
      roles: Type.Array(Type.String()),
      reportErrors: count,
      droppedReports: count,
      /** Messages given to a send that bore no stamp yet at its last life sign: of a client that is gone, nobody knows more. */
      unstamped: count,
    }),
  ),
});

const scopeSchema = Type.Union([
  Type.Object({ kind: Type.Literal("global") }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal("service"), service: text(256) }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal("instance"), clientId: text(256) }, { additionalProperties: false }),
  Type.Object(
    { kind: Type.Literal("destination"), destination: Type.String({ maxLength: 1_024 }) },
    { additionalProperties: false },
  ),
]);

const ruleSchema = Type.Object(
  {
    scope: scopeSchema,
    recording: Type.Boolean(),
    /** Absent = until changed. */
    until: Type.Optional(Type.String({ format: "date-time" })),
    reason: text(500),
    who: text(200),
  },
  { additionalProperties: false },
);

export const switchReply = Type.Object({
  version: count,
  isRecording: Type.Boolean(),
  rules: Type.Array(
    Type.Object({
      scope: Type.Object({
        kind: Type.String(),
        service: Type.Optional(Type.String()),
        clientId: Type.Optional(Type.String()),
        destination: Type.Optional(Type.String()),
      }),
      recording: Type.Boolean(),
      until: Type.Optional(time),
      reason: Type.String(),
      who: Type.String(),
    }),
  ),
});

export const switchBody = Type.Object(
  {
    /** The version that the caller saw: another one by now is refused, so that two people do not undo each other. */
    version: count,
    rules: Type.Array(ruleSchema, { maxItems: 200 }),
  },
  { additionalProperties: false },
);

export const healthReply = Type.Object({ status: Type.Literal("alive") });
export const statusReply = Type.Object({
  version: Type.String(),
  isReady: Type.Boolean(),
  reasons: Type.Array(Type.String()),
  warnings: Type.Array(Type.String()),
  store: Type.String(),
  /** Auditors that share the lanes, this one among them. */
  auditors: count,
  /** Those that this one looks after. */
  lanes: count,
  lastPassAt: Type.Optional(time),
  isRecording: Type.Boolean(),
  streams: Type.Object({ active: count, blind: count }),
  messages: Type.Record(Type.String(), count),
  /** What is open, by state: loss, doubt and what was not sent are never added up. */
  findings: Type.Array(Type.Object({ state: Type.String(), findings: count, messages: count })),
});

export const readyReply = Type.Object({
  status: Type.Enum(["ready", "not-ready"]),
  reasons: Type.Array(Type.String()),
  store: Type.String(),
  warnings: Type.Array(Type.String()),
  lastPassAt: Type.Optional(time),
  lanes: count,
});
