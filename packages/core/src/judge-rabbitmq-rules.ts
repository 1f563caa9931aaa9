/**
 * The clauses of the RabbitMQ judge, each by name. All are on; tests switch single ones off to show which false losses
 * each of them prevents.
 */
export interface RabbitRules {
  /** A doubt covers everything assigned until the producer's second report after it. */
  readonly doubtTo: boolean;
  /** Every open consumer makes two more reports after the queue has passed. */
  readonly twoMoreReports: boolean;
  /** Every open consumer shows that its socket is drained. */
  readonly drainedSockets: boolean;
  /** A is what was assigned when the message was first seen promised, not the message itself. */
  readonly notedFirst: boolean;
  /** Only statistics younger than the gap say that the queue is empty. */
  readonly youngCounts: boolean;
  /** A queue that was not watched until now is in doubt, and so is a stream that is first seen. */
  readonly takeover: boolean;
  readonly getCounters: boolean;
  readonly bindingChange: boolean;
  readonly consumerCount: boolean;
  /** A consumer that dies, goes silent or off makes a doubt. */
  readonly consumerEnd: boolean;
  /** A consumer that closes gives back what it had not read: the queue must pass once more. */
  readonly requeueOnClose: boolean;
  readonly deadLetter: boolean;
  readonly storeDoubt: boolean;
}

export const allRabbitRules: RabbitRules = {
  doubtTo: true,
  twoMoreReports: true,
  drainedSockets: true,
  notedFirst: true,
  youngCounts: true,
  takeover: true,
  getCounters: true,
  bindingChange: true,
  consumerCount: true,
  consumerEnd: true,
  requeueOnClose: true,
  deadLetter: true,
  storeDoubt: true,
};
