/** How often what goes wrong. Shares are of the thing that is named; `…EveryMs` are means of waiting times, 0 = never. */
export interface KafkaFaults {
  /** Of sends: the answer leaves them out, and they were not stored, stored, or stored later. */
  readonly omittedLost: number;
  readonly omittedStored: number;
  readonly omittedLate: number;
  /** Of sends: the send rejects, and they were stored or not. */
  readonly rejectedStored: number;
  readonly rejectedLost: number;
  readonly refused: number;
  /** Of sends: the answer is lost, the client sends again, both copies are stored. */
  readonly storedTwice: number;
  /** Of sends: acked without an offset. */
  readonly untold: number;
  /** Of sends of an idempotent producer: the answer is lost, and the next send is acked with this one's offsets. */
  readonly misAcked: number;
  /** Of producers. */
  readonly acksOne: number;
  /** Of appended batches: a record without stamp, a forged stamp, a copy of another lane, a control record follow. */
  readonly unstamped: number;
  /** Of messages: their headers are lost on the way. */
  readonly stripped: number;
  readonly forged: number;
  readonly foreignStamp: number;
  readonly invisible: number;
  readonly producerKillEveryMs: number;
  readonly producerToggleEveryMs: number;
  readonly memberKillEveryMs: number;
  readonly rebalanceEveryMs: number;
  /** Of rebalances: the old owner is not asked, and works on. */
  readonly zombie: number;
  readonly foreignMemberEveryMs: number;
  readonly memberToggleEveryMs: number;
  readonly emptyGroupEveryMs: number;
  /** Of batches. */
  readonly givenUp: number;
  readonly brokenOff: number;
  readonly failedHandler: number;
  readonly seekForward: number;
  readonly seekBack: number;
  readonly slowHandler: number;
  /** Of commits. */
  readonly commitFailure: number;
  readonly truncationEveryMs: number;
  readonly electionEveryMs: number;
  readonly followerLagEveryMs: number;
  readonly recreationEveryMs: number;
  readonly retentionEveryMs: number;
  readonly failoverEveryMs: number;
  readonly flushEveryMs: number;
  readonly cutEveryMs: number;
  /** Of the store's answers. */
  readonly answerLoss: number;
  readonly auditorRestartEveryMs: number;
  /** Of readings of the log: none comes, or it takes seconds. */
  readonly silentLog: number;
  readonly slowLog: number;
  /** Of runs: the leader's own log end cannot be read; a second auditor; a second group; it reads from latest. */
  readonly hiddenLogEnd: number;
  readonly secondAuditor: number;
  readonly secondGroup: number;
  readonly fromLatest: number;
}

export const noFaults: KafkaFaults = {
  omittedLost: 0,
  omittedStored: 0,
  omittedLate: 0,
  rejectedStored: 0,
  rejectedLost: 0,
  refused: 0,
  storedTwice: 0,
  untold: 0,
  misAcked: 0,
  acksOne: 0,
  unstamped: 0,
  stripped: 0,
  forged: 0,
  foreignStamp: 0,
  invisible: 0,
  producerKillEveryMs: 0,
  producerToggleEveryMs: 0,
  memberKillEveryMs: 0,
  rebalanceEveryMs: 0,
  zombie: 0,
  foreignMemberEveryMs: 0,
  memberToggleEveryMs: 0,
  emptyGroupEveryMs: 0,
  givenUp: 0,
  brokenOff: 0,
  failedHandler: 0,
  seekForward: 0,
  seekBack: 0,
  slowHandler: 0,
  commitFailure: 0,
  truncationEveryMs: 0,
  electionEveryMs: 0,
  followerLagEveryMs: 0,
  recreationEveryMs: 0,
  retentionEveryMs: 0,
  failoverEveryMs: 0,
  flushEveryMs: 0,
  cutEveryMs: 0,
  answerLoss: 0,
  auditorRestartEveryMs: 0,
  silentLog: 0,
  slowLog: 0,
  hiddenLogEnd: 0,
  secondAuditor: 0,
  secondGroup: 0,
  fromLatest: 0,
};

/** Messages that really get lost, each with one unambiguous verdict, and the ordinary noise of sending. */
const losses: Partial<KafkaFaults> = {
  omittedLost: 0.02,
  omittedStored: 0.01,
  rejectedStored: 0.01,
  rejectedLost: 0.01,
  refused: 0.01,
  storedTwice: 0.01,
  givenUp: 0.03,
  seekForward: 0.02,
  failedHandler: 0.03,
  invisible: 0.05,
  secondGroup: 0.5,
};

const rebalances: Partial<KafkaFaults> = { rebalanceEveryMs: 2_000, zombie: 0.4, slowHandler: 0.02, seekBack: 0.01 };
const kills: Partial<KafkaFaults> = {
  memberKillEveryMs: 4_500,
  producerKillEveryMs: 6_000,
  auditorRestartEveryMs: 7_500,
  commitFailure: 0.05,
  brokenOff: 0.02,
};
const storeTrouble: Partial<KafkaFaults> = {
  failoverEveryMs: 6_000,
  flushEveryMs: 15_000,
  cutEveryMs: 3_000,
  answerLoss: 0.03,
  secondAuditor: 0.5,
};
const logCuts: Partial<KafkaFaults> = {
  truncationEveryMs: 6_000,
  electionEveryMs: 4_500,
  followerLagEveryMs: 4_500,
  recreationEveryMs: 20_000,
  acksOne: 0.4,
  silentLog: 0.1,
  slowLog: 0.1,
  hiddenLogEnd: 0.15,
};
const retention: Partial<KafkaFaults> = { retentionEveryMs: 3_500, emptyGroupEveryMs: 7_500 };
const foreign: Partial<KafkaFaults> = {
  foreignMemberEveryMs: 4_500,
  unstamped: 0.03,
  stripped: 0.005,
  forged: 0.02,
  foreignStamp: 0.02,
  fromLatest: 0.2,
};
const toggles: Partial<KafkaFaults> = { memberToggleEveryMs: 3_000, producerToggleEveryMs: 4_500 };

/** Named mixes. All of them lose messages; what they add is what could make a loss look other than it is. */
export const kafkaProfiles = {
  quiet: { ...noFaults, ...losses },
  rebalances: { ...noFaults, ...losses, ...rebalances },
  kills: { ...noFaults, ...losses, ...rebalances, ...kills },
  "store-trouble": { ...noFaults, ...losses, ...rebalances, ...storeTrouble },
  "log-cuts": { ...noFaults, ...losses, ...rebalances, ...logCuts },
  retention: { ...noFaults, ...losses, ...rebalances, ...retention },
  foreign: { ...noFaults, ...losses, ...rebalances, ...foreign },
  toggles: { ...noFaults, ...losses, ...rebalances, ...toggles },
  "mis-acks": { ...noFaults, ...losses, misAcked: 0.03, untold: 0.01, omittedLate: 0.01, rebalanceEveryMs: 3_000 },
  everything: {
    ...noFaults,
    ...losses,
    ...rebalances,
    ...kills,
    ...storeTrouble,
    ...logCuts,
    ...retention,
    ...foreign,
    ...toggles,
    misAcked: 0.02,
    untold: 0.01,
    omittedLate: 0.01,
  },
} as const satisfies Record<string, KafkaFaults>;

export type KafkaProfile = keyof typeof kafkaProfiles;

/** A swarm mix: of everything, each fault is there or not, so that rare pairs meet without the noise of all others. */
export function swarmOf(chance: (share: number) => boolean): KafkaFaults {
  const everything: Record<string, number> = { ...kafkaProfiles.everything };
  const mix: Record<string, number> = {};
  for (const [name, value] of Object.entries(everything)) mix[name] = chance(0.5) ? value : 0;
  return { ...noFaults, ...mix };
}

/** Whether nothing in it can leave a hole in the testimony: then every loss has to be confirmed. */
export function leavesNoHole(faults: KafkaFaults): boolean {
  return holes.every((name) => faults[name] === 0);
}

const holes = [
  "producerKillEveryMs",
  "producerToggleEveryMs",
  "memberKillEveryMs",
  "foreignMemberEveryMs",
  "memberToggleEveryMs",
  "rebalanceEveryMs",
  "brokenOff",
  "truncationEveryMs",
  "recreationEveryMs",
  "retentionEveryMs",
  "failoverEveryMs",
  "flushEveryMs",
  "cutEveryMs",
  "unstamped",
  "forged",
  "foreignStamp",
  "fromLatest",
  "zombie",
  "followerLagEveryMs",
  "electionEveryMs",
  "misAcked",
  "untold",
] as const satisfies readonly (keyof KafkaFaults)[];
