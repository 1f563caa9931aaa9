/** Every metric: name, unit, kind and what it counts. Names carry the unit where it is not a count: exporters differ in adding it. */
export const metricNames = {
  sent: { name: "seqwatch.messages.sent", unit: "{message}", help: "Messages that producers stamped and sent." },
  received: { name: "seqwatch.messages.received", unit: "{message}", help: "Messages that were handed to consumers." },
  processed: { name: "seqwatch.messages.processed", unit: "{message}", help: "Messages that consumers processed." },
  lost: {
    name: "seqwatch.messages.lost",
    unit: "{message}",
    help: "Messages confirmed as lost, withdrawn ones included.",
  },
  duplicated: { name: "seqwatch.messages.duplicated", unit: "{message}", help: "Messages stored or published twice." },
  redelivered: { name: "seqwatch.messages.redelivered", unit: "{message}", help: "Messages handed over again." },
  late: {
    name: "seqwatch.messages.late",
    unit: "{message}",
    help: "Messages that were processed after they had been confirmed as lost.",
  },
  forwarded: {
    name: "seqwatch.messages.forwarded",
    unit: "{message}",
    help: "Messages read in another place than they were sent to.",
  },
  unstamped: { name: "seqwatch.messages.unstamped", unit: "{message}", help: "Messages without a usable stamp." },
  findingsOpen: { name: "seqwatch.findings.open", unit: "{finding}", help: "Findings by state." },
  messagesMissing: {
    name: "seqwatch.messages.missing",
    unit: "{message}",
    help: "Messages that are missing, by state.",
  },
  messagesNotSent: {
    name: "seqwatch.messages.not_sent",
    unit: "{message}",
    help: "Messages that were not sent: refused, nacked, or without an answer. They are not lost, and nobody got them.",
  },
  detectionDelay: {
    name: "seqwatch.detection.delay_seconds",
    unit: "s",
    help: "From the last good neighbour of a loss, else from its opening, to its confirmation.",
  },
  streamsActive: { name: "seqwatch.streams.active", unit: "{stream}", help: "Streams that have not ended." },
  streamsBlind: {
    name: "seqwatch.streams.blind",
    unit: "{stream}",
    help: "Active streams for which nobody testifies.",
  },
  recording: {
    name: "seqwatch.recording",
    unit: "1",
    help: "1 while everything records, 0 while anything is switched off.",
  },
  reportErrors: { name: "seqwatch.report.errors", unit: "{error}", help: "Reports of clients that failed." },
  reportsDropped: { name: "seqwatch.reports.dropped", unit: "{report}", help: "Reports that clients had to drop." },
  storeOperation: {
    name: "seqwatch.store.operation.duration_seconds",
    unit: "s",
    help: "How long the store took to answer the auditor.",
  },
  lastPass: {
    name: "seqwatch.auditor.last_pass_timestamp_seconds",
    unit: "s",
    help: "When the auditor last finished a pass, in seconds since 1970.",
  },
  buildInfo: { name: "seqwatch.build.info", unit: "1", help: "Always 1; the version is a label." },
} as const;
