/**
 * Every attribute name that Seqwatch puts on a span, a log event or a link, in one place: the names are an interface
 * that dashboards and alert rules rest on. README.md of this package holds the same names as a table, and a test holds
 * the two together. `messaging.*` and `error.type` are names of the OpenTelemetry conventions and mean what they mean
 * there; whatever the conventions have no word for is under `seqwatch.*`.
 */
export const attributes = {
  system: "messaging.system",
  destination: "messaging.destination.name",
  partition: "messaging.destination.partition.id",
  routingKey: "messaging.rabbitmq.destination.routing_key",
  consumerGroup: "messaging.consumer.group.name",
  kafkaOffset: "messaging.kafka.offset",
  errorType: "error.type",
  cluster: "seqwatch.cluster",
  lane: "seqwatch.lane",
  group: "seqwatch.group",
  findingId: "seqwatch.finding.id",
  findingState: "seqwatch.finding.state",
  previousState: "seqwatch.finding.previous_state",
  openedAt: "seqwatch.finding.opened_at",
  decidedBy: "seqwatch.finding.decided_by",
  facts: "seqwatch.finding.facts",
  unattributed: "seqwatch.finding.unattributed",
  docs: "seqwatch.finding.docs",
  nextSteps: "seqwatch.finding.next_steps",
  verdict: "seqwatch.verdict",
  cause: "seqwatch.doubt.cause",
  producerId: "seqwatch.producer.id",
  producerService: "seqwatch.producer.service",
  producerClientId: "seqwatch.producer.client_id",
  producerInstance: "seqwatch.producer.instance",
  consumerInstances: "seqwatch.consumer.instances",
  /** Followed by the state: `seqwatch.sequences.confirmed`. */
  sequences: "seqwatch.sequences",
  messageCount: "seqwatch.message.count",
  offsetLow: "seqwatch.offset.low",
  offsetHigh: "seqwatch.offset.high",
  references: "seqwatch.references",
  referencesOmitted: "seqwatch.references.omitted_count",
  neighbourSequence: "seqwatch.neighbour.sequence",
  foldedCount: "seqwatch.folded.count",
  foldedVerdicts: "seqwatch.folded.verdicts",
  noticeCode: "seqwatch.notice.code",
  noticeWhere: "seqwatch.notice.where",
} as const;

/** Labels of the metrics: short, for a person writes them into queries by hand. */
export const labels = {
  system: "system",
  destination: "destination",
  group: "group",
  partition: "partition",
  state: "state",
  operation: "operation",
  version: "version",
} as const;
