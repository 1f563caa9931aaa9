import { type Kafka, type Message, Partitioners, type ProducerRecord, type RecordMetadata } from "kafkajs";

/**
 * What kafkajs itself answered to the sends of an application, below Seqwatch: by it a row knows which messages an answer
 * left out, whatever Seqwatch made of it. For messages with keys only, for their partition shows in advance.
 */
export class BareAnswers {
  readonly #partitionCount: number;
  readonly #choose = Partitioners.DefaultPartitioner();
  /** Names of messages that a send resolved without covering; what was sent again later stays among them. */
  readonly omitted = new Set<string>();

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount;
  }

  /** To be done before Seqwatch watches the object: so its producers are looked at from below. */
  readonly listen = (kafka: Kafka): void => {
    const make = kafka.producer.bind(kafka);
    kafka.producer = (config) => {
      const producer = make(config);
      const send = producer.send.bind(producer);
      producer.send = async (record) => {
        const answer = await send(record);
        this.#note(record, answer);
        return answer;
      };
      return producer;
    };
  };

  #note({ topic, messages }: ProducerRecord, answer: readonly RecordMetadata[]): void {
    const covered = new Set(answer.map(({ partition }) => partition));
    for (const message of messages) {
      if (!covered.has(this.#partitionOf(topic, message))) this.omitted.add(String(message.value));
    }
  }

  #partitionOf(topic: string, { key, value }: Message): number {
    const partitionMetadata = Array.from({ length: this.#partitionCount }, (_, partitionId) => {
      return { partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [], offlineReplicas: [] };
    });
    return this.#choose({ topic, partitionMetadata, message: { key: key ?? null, value } });
  }
}
