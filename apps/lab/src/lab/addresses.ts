/** Where the servers are: all that a process of a row has to know. */
export interface Addresses {
  readonly kafkaBrokers: readonly string[];
  readonly amqpUrl: string;
  readonly amqpManagementUrl: string;
  readonly redisUrl: string;
  readonly auditorUrl: string;
}
